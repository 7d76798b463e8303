//! What is known, in the shape of an answer.

use serde_json::{Map, Value};

use super::kind::list_member;
use super::work::{REGION, Work};
use crate::catalog::shapes::{Member, Service, ShapeId, ShapeKind};
use crate::sandbox::model::{Phase, Resource};

/// Members that say where a thing is in its life.
const STATES: [&str; 3] = ["lifecycleState", "state", "status"];
/// Query parameters that say how to show, and not what.
const ASIDES: [&str; 12] = [
    "limit",
    "page",
    "sortBy",
    "sortOrder",
    "fields",
    "prefix",
    "start",
    "end",
    "delimiter",
    "accessLevel",
    "compartmentIdInSubtree",
    "opc-request-id",
];
/// Items of a page when nobody says how many.
const USUAL_LIMIT: usize = 100;

/// A thing as a shape shows it.
pub(super) fn thing(work: &Work<'_>, shape: ShapeId, thing: &Resource) -> Value {
    let mut attributes = thing.attributes.clone();
    if let Some((member, state)) = state_in(work.service, shape, thing.phase) {
        attributes.insert(member, state.into());
    }
    within(work.service, shape, &Value::Object(attributes), 0)
}

/// Only what the shape has; an answer never tells more than the model.
fn within(service: &Service, shape: ShapeId, value: &Value, depth: usize) -> Value {
    if depth > 32 {
        return value.clone();
    }
    let shape = service.shape(shape);
    match (&shape.kind, value) {
        (ShapeKind::Structure { members }, Value::Object(given)) if !members.is_empty() => {
            // A variant has members of its own.
            let of: &[Member] = shape
                .traits
                .discriminator
                .as_ref()
                .and_then(|name| given.get(name)?.as_str())
                .and_then(|kind| shape.traits.variants.iter().find(|(name, _)| name == kind))
                .map_or(members, |(_, variant)| service.shape(*variant).members());
            let own = of.iter().filter_map(|member| {
                let value = given.get(&member.name)?;
                Some((member.name.clone(), within(service, member.shape, value, depth + 1)))
            });
            Value::Object(own.collect())
        }
        (ShapeKind::List { member }, Value::Array(items)) => {
            items.iter().map(|item| within(service, member.shape, item, depth + 1)).collect::<Vec<_>>().into()
        }
        _ => value.clone(),
    }
}

/// The state of a phase, in the words of a shape.
fn state_in(service: &Service, shape: ShapeId, phase: Phase) -> Option<(String, String)> {
    let shape = service.shape(shape);
    let member = STATES.into_iter().find_map(|name| shape.member(name))?;
    let own = &member.traits.allowed;
    let allowed = if own.is_empty() { &service.shape(member.shape).traits.allowed } else { own };
    let words: &[&str] = match phase {
        Phase::Coming => &["PROVISIONING", "CREATING", "ATTACHING", "STARTING", "PENDING", "IN_PROGRESS"],
        Phase::Ready => {
            &["RUNNING", "AVAILABLE", "ACTIVE", "ATTACHED", "ENABLED", "SUCCEEDED", "ASSIGNED", "COMPLETED"]
        }
        Phase::Stopping => &["STOPPING", "INACTIVATING", "DISABLING"],
        Phase::Stopped => &["STOPPED", "INACTIVE", "DISABLED"],
        Phase::Going => &["TERMINATING", "DELETING", "DETACHING", "SCHEDULING_DELETION"],
        Phase::Gone => &["TERMINATED", "DELETED", "DETACHED", "PENDING_DELETION"],
    };
    let fits = |word: &&&str| allowed.iter().any(|one| one.eq_ignore_ascii_case(word));
    let word = words.iter().find(fits).or_else(|| if allowed.is_empty() { words.first() } else { None })?;
    let spelled = allowed.iter().find(|one| one.eq_ignore_ascii_case(word)).cloned();
    Some((member.name.clone(), spelled.unwrap_or_else(|| (*word).to_owned())))
}

/// One page of a list, and where the next one begins.
pub(super) struct Page {
    pub(super) body: Value,
    pub(super) next: Option<String>,
}

/// The list of a collection.
pub(super) fn list(work: &mut Work<'_>) -> Option<Page> {
    let output = work.operation.output?;
    let name = list_member(work.service, work.operation)?;
    let shape = work.service.shape(output).member(name)?.shape;
    let ShapeKind::List { member: item } = &work.service.shape(shape).kind else { return None };
    let front = match work.id_of_path() {
        path if path.is_empty() => path,
        path => format!("{path}/"),
    };
    let prefix = work.text("prefix").unwrap_or_default();
    let all: Vec<Resource> = work
        .ledger
        .of_kind(&work.home(), REGION, &work.meaning.kind)
        .filter(|thing| thing.phase != Phase::Gone && thing.id.starts_with(&front))
        .filter(|thing| thing.id.strip_prefix(&front).is_some_and(|own| own.starts_with(prefix)))
        .cloned()
        .collect();
    let mut items: Vec<Value> = all.iter().map(|one| self::thing(work, item.shape, one)).collect();
    for one in &all {
        work.ledger.seen(&one.key());
    }
    for offered in work.entry().public.get(&work.meaning.kind).into_iter().flatten() {
        let filled = Value::Object(work.names("", &Map::new()).fill_map(offered));
        items.push(within(work.service, item.shape, &filled, 0));
    }
    items.retain(|one| is_wanted(work, one));
    let start: usize = work.text("page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let limit = work.params.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let limit = limit.filter(|limit| *limit > 0).unwrap_or(USUAL_LIMIT);
    let next = (items.len() > start + limit).then(|| (start + limit).to_string());
    let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let body = if work.service.shape(output).traits.payload.as_deref() == Some(name) {
        Value::Array(page)
    } else {
        Value::Object(Map::from_iter([(name.to_owned(), Value::Array(page))]))
    };
    Some(Page { body, next })
}

/// Whether an item has what the query asks for. What an item does not show cannot be asked for.
fn is_wanted(work: &Work<'_>, item: &Value) -> bool {
    let labels: Vec<&str> = work.labels.iter().map(|(label, _)| label.as_str()).collect();
    work.params
        .iter()
        .filter(|(name, _)| !ASIDES.contains(&name.as_str()) && !labels.contains(&name.as_str()))
        .all(|(name, wanted)| match (item.get(name), wanted) {
            (None | Some(Value::Null), _) => true,
            (Some(Value::String(has)), Value::String(wanted)) => has.eq_ignore_ascii_case(wanted),
            (Some(has), Value::Array(any)) => any.contains(has),
            (Some(has), wanted) => has == wanted,
        })
}
