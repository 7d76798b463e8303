//! Whole answers.

use serde_json::{Map, Value};

use super::super::act::{Acted, publish, select};
use super::super::fault::Fault;
use super::super::kinds::Kind;
use super::super::noun;
use super::super::work::{ACCOUNT, Work, get_any_case, texts_of};
use super::filter::{filters, passes};
use super::page::{label, page};
use super::state;
use super::thing::{View, name_of};
use crate::catalog::shapes::{Member, ShapeId, ShapeKind};
use crate::sandbox::model::Resource;
use crate::sandbox::template::Names;

/// The answer to an operation that acted.
pub(in super::super) fn answer(work: &Work<'_>, kind: &Kind, acted: &Acted) -> Map<String, Value> {
    let mut things: Vec<Resource> =
        acted.keys.iter().filter_map(|key| work.ledger.get(key).cloned()).collect();
    things.extend(acted.removed.iter().cloned());
    for thing in &mut things {
        thing.attributes.extend(acted.once.clone());
    }
    lay_out(work, kind, &things, false)
}

/// The answer to a reading operation.
pub(in super::super) fn read(work: &mut Work<'_>, kind: &Kind) -> Result<Map<String, Value>, Fault> {
    let mut selection = select(work, kind, true)?;
    if let Some(name) = selection.missing.clone()
        && publish(work, kind, &name)
    {
        selection = select(work, kind, true)?;
    }
    let many = lists_kind(work, kind);
    if let Some(name) = &selection.missing {
        if work.entry().nothing.contains(&kind.name) {
            return Ok(Map::new());
        }
        return Err(work.not_found(kind, name));
    }
    if !many && !selection.named {
        return Err(work.unsupported("it does not say which one in a way that the sandbox reads"));
    }
    for key in &selection.keys {
        work.ledger.seen(key);
    }
    let mut things: Vec<Resource> =
        selection.keys.iter().filter_map(|key| work.ledger.get(key).cloned()).collect();
    if !many {
        things.truncate(1);
        return Ok(lay_out(work, kind, &things, false));
    }
    let filters = filters(work);
    if !filters.is_empty() {
        let mut passed = Vec::new();
        for thing in things {
            let shown = shown(work, kind, &thing);
            if passes(work, &filters, &thing, &shown)? {
                passed.push(thing);
            }
        }
        things = passed;
    }
    let page = page(work, kind, things);
    let mut out = lay_out(work, kind, &page.things, true);
    out.extend(page.more);
    Ok(out)
}

/// A thing as the list of this operation shows it.
fn shown(work: &Work<'_>, kind: &Kind, thing: &Resource) -> Map<String, Value> {
    let view = View { work };
    let members = work.operation.output.map_or(&[][..], |id| work.service.shape(id).members());
    members
        .iter()
        .find_map(|member| match list_of(work, kind, member)? {
            Listed::Items(item) => Some(view.structure(item, thing, 1)),
            Listed::Wrapped(_, _, item) => Some(view.structure(item, thing, 1)),
        })
        .unwrap_or_default()
}

/// The answer that a list of entries gives once and for all.
pub(in super::super) fn fixed(work: &Work<'_>, fixed: &Map<String, Value>) -> Map<String, Value> {
    let mut names = Names::default();
    names.set("account", ACCOUNT);
    names.set("region", work.region);
    names.set("partition", "aws");
    names.set("endpoint", work.endpoint);
    let filled = Value::Object(names.fill_map(fixed));
    let view = View { work };
    match work.operation.output.and_then(|id| view.fit(&filled, id, 0)) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// The answer of a list of which nothing exists; nothing when the operation lists nothing.
pub(in super::super) fn empty(work: &Work<'_>) -> Option<Map<String, Value>> {
    if !state::lists(work.service, work.operation) || work.input().iter().any(|member| member.required) {
        return None;
    }
    let output = work.service.shape(work.operation.output?);
    let mut out = Map::new();
    for member in output.members() {
        match work.service.shape(member.shape).kind {
            ShapeKind::List { .. } => out.insert(member.name.clone(), Value::Array(vec![])),
            ShapeKind::Boolean if noun::squash(&member.name) == "istruncated" => {
                out.insert(member.name.clone(), Value::Bool(false))
            }
            _ => None,
        };
    }
    Some(out)
}

/// How a member lists things of a kind.
enum Listed {
    /// Each item is a thing, or its name.
    Items(ShapeId),
    /// Each item holds a list of things: reservations hold instances.
    Wrapped(ShapeId, String, ShapeId),
}

fn lists_kind(work: &Work<'_>, kind: &Kind) -> bool {
    let members = work.operation.output.map_or(&[][..], |id| work.service.shape(id).members());
    members.iter().any(|member| list_of(work, kind, member).is_some())
}

fn list_of(work: &Work<'_>, kind: &Kind, member: &Member) -> Option<Listed> {
    let service = work.service;
    let ShapeKind::List { member: item } = &service.shape(member.shape).kind else { return None };
    let paged = service.paginators.get(&work.operation.name).is_some_and(|paginator| {
        paginator.result_keys.contains(&member.name) && member.name != "CommonPrefixes"
    });
    if let ShapeKind::Structure { members } = &service.shape(item.shape).kind {
        let inner = members.iter().find_map(|inner| match &service.shape(inner.shape).kind {
            ShapeKind::List { member: deep } if noun::stem(&inner.name) == noun::stem(&kind.noun) => {
                Some((inner.name.clone(), deep.shape))
            }
            _ => None,
        });
        if let Some((name, deep)) = inner.filter(|_| !is_of_kind(work, kind, &member.name, item.shape)) {
            return Some(Listed::Wrapped(item.shape, name, deep));
        }
    }
    let fits = paged || is_of_kind(work, kind, &member.name, item.shape);
    fits.then_some(Listed::Items(item.shape))
}

/// Whether a member, by its name or its shape, holds things of the kind.
fn is_of_kind(work: &Work<'_>, kind: &Kind, name: &str, shape: ShapeId) -> bool {
    let noun = noun::stem(&kind.noun);
    let shape = work.service.shape(shape);
    if noun::stem(name) == noun || noun::about(name).is_some_and(|about| noun::stem(about) == noun) {
        return true;
    }
    if shape.members().is_empty() {
        return false;
    }
    let own = |member: &Member| kind.own().any(|own| own.eq_ignore_ascii_case(&member.name));
    noun::stem(&shape.name) == noun
        || shape.name.strip_suffix("Description").is_some_and(|name| noun::stem(name) == noun)
        || (kind.own().next().is_some() && shape.members().iter().any(own))
}

/// Things laid out in the shape of the answer.
fn lay_out(work: &Work<'_>, kind: &Kind, things: &[Resource], many: bool) -> Map<String, Value> {
    let view = View { work };
    let mut out = Map::new();
    let Some(output) = work.operation.output.map(|id| work.service.shape(id)) else { return out };
    let first = things.first();
    let tokens: Vec<&String> = work
        .service
        .paginators
        .get(&work.operation.name)
        .map(|p| p.output_tokens.iter().chain(&p.more_results).collect())
        .unwrap_or_default();
    for member in output.members() {
        if tokens.iter().any(|token| **token == member.name) {
            continue;
        }
        let shape = work.service.shape(member.shape);
        let value = match (list_of(work, kind, member), &shape.kind) {
            (Some(Listed::Items(item)), _) => {
                Some(things.iter().map(|thing| item_of(view, kind, member, item, thing)).collect())
            }
            (Some(Listed::Wrapped(wrapper, name, item)), _) => Some(
                things
                    .iter()
                    .map(|thing| {
                        let mut outer = view.structure(wrapper, thing, 1);
                        let inner = Value::Object(view.structure(item, thing, 2));
                        outer.insert(name.clone(), Value::Array(vec![inner]));
                        Value::Object(outer)
                    })
                    .collect(),
            ),
            (None, ShapeKind::Structure { .. }) if !many => first.and_then(|thing| {
                let own = get_any_case(&thing.attributes, &member.name).is_some();
                if !own && is_of_kind(work, kind, &member.name, member.shape) {
                    return Some(Value::Object(view.structure(member.shape, thing, 1)));
                }
                view.member(member, thing, 0).or_else(|| nested(view, thing, member))
            }),
            (None, ShapeKind::Boolean) if member.name == "Return" => Some(Value::Bool(true)),
            (None, ShapeKind::Integer | ShapeKind::Long) if many && member.name.ends_with("Count") => {
                Some(Value::from(things.len()))
            }
            _ if !many => {
                first.and_then(|thing| view.member(member, thing, 0).or_else(|| nested(view, thing, member)))
            }
            _ => None,
        };
        if let Some(value) = value.or_else(|| echo(work, kind, member, many)) {
            out.insert(member.name.clone(), value);
        }
    }
    keep_wanted(work, &mut out);
    out
}

fn item_of(view: View<'_>, kind: &Kind, member: &Member, item: ShapeId, thing: &Resource) -> Value {
    if view.work.service.shape(item).members().is_empty() {
        let one = noun::singular(&member.name);
        let name = name_of(kind, thing, &one)
            .map(str::to_owned)
            .or_else(|| noun::squash(&one).ends_with("arn").then(|| thing.arn.clone()).flatten());
        return Value::from(name.unwrap_or_else(|| label(kind, thing)));
    }
    Value::Object(view.structure(item, thing, 1))
}

/// What a parameter structure holds, where the answer has it on top: the rules of a life cycle.
fn nested(view: View<'_>, thing: &Resource, member: &Member) -> Option<Value> {
    let mut found = thing
        .attributes
        .values()
        .filter_map(Value::as_object)
        .filter_map(|inner| inner.get(&member.name))
        .filter_map(|value| view.fit(value, member.shape, 1));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// What the request said comes back, and a list says what it is a list of.
fn echo(work: &Work<'_>, kind: &Kind, member: &Member, many: bool) -> Option<Value> {
    let scalar = matches!(
        work.service.shape(member.shape).kind,
        ShapeKind::String | ShapeKind::Integer | ShapeKind::Long | ShapeKind::Boolean
    );
    if !scalar || noun::squash(&member.name) == "encodingtype" {
        return None;
    }
    if many && member.name == "Name" {
        let (inside, _) = kind.inside.first()?;
        return work.params.get(inside).cloned();
    }
    let value = work.params.get(&member.name)?;
    View { work }.fit(value, member.shape, 0)
}

/// Attributes that were asked for by name, instead of all.
fn keep_wanted(work: &Work<'_>, out: &mut Map<String, Value>) {
    let wanted = work.params.get("AttributeNames").map(texts_of).unwrap_or_default();
    if wanted.is_empty() || wanted.iter().any(|name| name == "All") {
        return;
    }
    if let Some(Value::Object(attributes)) = out.get_mut("Attributes") {
        attributes.retain(|name, _| wanted.contains(name));
    }
}
