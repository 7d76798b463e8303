//! Making a thing, or making it anew.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::begin;
use super::document;
use crate::catalog::{Strictness, validate};
use crate::sandbox::azure::address::{Address, GROUPS};
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::refer;
use crate::sandbox::azure::thing::{
    blank, embedded, laid_over, lists_things, names, property, shown, shown_again,
};
use crate::sandbox::azure::work::{Work, key_at};
use crate::sandbox::http::Answer;
use crate::sandbox::model::{Phase, Resource};

/// The thing at the address is from now on as the body says.
pub(in super::super) fn put(work: &mut Work<'_>) -> Result<Answer, Fault> {
    work.check_surroundings()?;
    super::post::check_registered(work)?;
    let body = work.body()?;
    check_body(work, &body)?;
    let existing = work.at(&work.address).cloned();
    work.check_version(existing.as_ref())?;
    check_location(existing.as_ref(), &body)?;
    let is_new = existing.is_none();
    let thing = make(work, body, existing)?;
    let key = thing.key();
    let value = shown(work, &thing);
    let allowed = work.arm().map_or(vec![200, 201], |arm| arm.success.clone());
    let wanted = if is_new { [201, 200, 202] } else { [200, 201, 202] };
    let status = wanted.into_iter().find(|status| allowed.contains(status)).unwrap_or(wanted[0]);
    let mut answer = document(status, &value);
    if work.is_long() {
        begin(work, &key, None, &mut answer);
    }
    Ok(answer)
}

/// What the body must have, where the version is the catalog's own.
fn check_body(work: &Work<'_>, body: &Map<String, Value>) -> Result<(), Fault> {
    let Some(found) = work.found.as_ref().filter(|found| found.exact > 1) else { return Ok(()) };
    let operation = found.operation();
    if work.arm().and_then(|arm| arm.api_version.as_deref()) != work.api_version() {
        return Ok(());
    }
    let members = operation.input.map_or(&[][..], |id| found.service.shape(id).members());
    let mut params = found.labels.clone();
    params.insert("body".into(), Value::Object(body.clone()));
    // Who sends it has filled in everything else by now.
    let about_body = |problem: &String| problem.starts_with("$.body");
    let has_body = members.iter().any(|member| member.name == "body");
    let problems: Vec<String> =
        validate(&found.service, operation, &Value::Object(params), Strictness::Sending)
            .into_iter()
            .filter(about_body)
            .collect();
    if !has_body || problems.is_empty() {
        return Ok(());
    }
    Err(Fault::new(400, "InvalidRequestContent", problems.join("; ")))
}

fn location(values: &Map<String, Value>) -> Option<String> {
    Some(values.get("location")?.as_str()?.replace(' ', "").to_ascii_lowercase())
}

fn check_location(existing: Option<&Resource>, body: &Map<String, Value>) -> Result<(), Fault> {
    let (Some(old), Some(new)) = (existing.and_then(|thing| location(&thing.attributes)), location(body))
    else {
        return Ok(());
    };
    if old == new {
        return Ok(());
    }
    let name = existing.and_then(|thing| thing.names.get("name")).cloned().unwrap_or_default();
    Err(Fault::new(
        409,
        "InvalidResourceLocation",
        format!(
            "The resource '{name}' already exists in location '{old}'. A resource with the same name cannot be created in location '{new}'."
        ),
    ))
}

/// Keeps a thing as a body says, and the things that its body holds.
pub(super) fn make(
    work: &mut Work<'_>,
    mut body: Map<String, Value>,
    existing: Option<Resource>,
) -> Result<Resource, Fault> {
    let address = work.address.clone();
    for own in ["id", "name", "type", "etag", "systemData"] {
        body.remove(own);
    }
    let references = refer::check(work, &body)?;
    let inner = take_inner(work, &address, &mut body);
    let mut thing = existing.clone().unwrap_or_else(|| blank(work, &address));
    thing.parents.retain(|parent| parent.contains);
    thing.parents.extend(references);
    thing.changed = work.now;
    thing.attributes.insert("location".into(), body.get("location").cloned().unwrap_or_default());
    let names = names(work, &thing);
    let entry = work.entry();
    let fresh = names.fill_map(&entry.attributes);
    // What the cloud gave before it does not give again.
    let given = match &existing {
        Some(old) => laid_over(&fresh, &kept_of(&fresh, &old.attributes)),
        None => fresh,
    };
    let body = match work.output() {
        Some((service, shape)) => match shown_again(service, shape, &Value::Object(body), 0) {
            Value::Object(members) => members,
            _ => Map::new(),
        },
        None => body,
    };
    thing.attributes = laid_over(&given, &body);
    fill_parts(work, &mut thing);
    thing.tags = tags(&thing.attributes);
    set_state(work, &mut thing);
    work.ledger.put(thing.clone());
    keep_inner(work, inner)?;
    Ok(thing)
}

/// What a thing had of what the cloud gives.
fn kept_of(given: &Map<String, Value>, old: &Map<String, Value>) -> Map<String, Value> {
    given
        .iter()
        .filter_map(|(name, value)| {
            let kept = match (value, old.get(name)?) {
                (Value::Object(given), Value::Object(old)) => Value::Object(kept_of(given, old)),
                (_, old) => old.clone(),
            };
            Some((name.clone(), kept))
        })
        .collect()
}

pub(super) fn tags(attributes: &Map<String, Value>) -> std::collections::BTreeMap<String, String> {
    let tags = attributes.get("tags").and_then(Value::as_object);
    tags.into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// The state of provisioning and the version, where the type has them, and whether it is still on its way.
pub(super) fn set_state(work: &Work<'_>, thing: &mut Resource) {
    let (provisioned, versioned) = match work.output() {
        Some((service, shape)) => {
            (property(service, shape, "provisioningState").is_some(), shape.member("etag").is_some())
        }
        None => (true, false),
    };
    if provisioned || work.address.kind == GROUPS {
        let properties = thing.attributes.entry("properties").or_insert_with(|| json!({}));
        properties["provisioningState"] = "Succeeded".into();
    }
    if versioned {
        thing.attributes.insert("etag".into(), format!("W/\"{}\"", Uuid::new_v4()).into());
    }
    if work.is_long() {
        thing.phase = Phase::Coming;
        thing.reads_left = work.pending_reads;
    }
}

/// The parts of a body that have a name and are no things of their own get an address all the same.
fn fill_parts(work: &Work<'_>, thing: &mut Resource) {
    let Some((service, shape)) = work.output() else { return };
    let own = thing.arn.clone().unwrap_or_default();
    let Some(Value::Object(properties)) = thing.attributes.get_mut("properties") else { return };
    for (list, value) in properties.iter_mut() {
        if !property(service, shape, list).is_some_and(|inner| lists_things(service, inner)) {
            continue;
        }
        for item in value.as_array_mut().into_iter().flatten() {
            let name = item["name"].as_str().map(str::to_owned);
            if let (Some(name), Value::Object(members)) = (name, item) {
                members.insert("id".into(), format!("{own}/{list}/{name}").into());
            }
        }
    }
}

/// Things in the body that are things of their own: taken out, to be kept apart.
fn take_inner(
    work: &mut Work<'_>,
    address: &Address,
    body: &mut Map<String, Value>,
) -> Vec<(Address, Vec<Value>)> {
    let lists = embedded(work, address);
    let Some(Value::Object(properties)) = body.get_mut("properties") else { return vec![] };
    lists
        .into_iter()
        .filter_map(|list| {
            let name = properties.keys().find(|name| name.eq_ignore_ascii_case(&list))?.clone();
            let Some(Value::Array(items)) = properties.remove(&name) else { return None };
            Some((Address::of(&format!("{}/{list}", address.id())), items))
        })
        .collect()
}

/// Keeps them; what is not in a list any more goes, unless something needs it.
fn keep_inner(work: &mut Work<'_>, inner: Vec<(Address, Vec<Value>)>) -> Result<(), Fault> {
    for (collection, items) in inner {
        let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_ascii_lowercase();
        let wanted: Vec<String> = items.iter().map(name).collect();
        let old: Vec<Resource> = work
            .ledger
            .of_kind(&collection.namespace().to_ascii_lowercase(), "", &collection.kind.to_ascii_lowercase())
            .filter(|thing| Address::is_within(&thing.id, &collection.key()))
            .cloned()
            .collect();
        for thing in old {
            let own = thing.names.get("name").map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            if !wanted.contains(&own) {
                refer::check_unused(work, &thing.id)?;
                work.remove_within(&thing.id);
            }
        }
        for item in items {
            let (Value::Object(body), Some(name)) = (item.clone(), item["name"].as_str()) else {
                return Err(Fault::new(
                    400,
                    "InvalidRequestContent",
                    format!("an item of {} has no name", collection.id()),
                ));
            };
            let address = Address::of(&format!("{}/{name}", collection.id()));
            let found = work.routes.find("PUT", &address);
            let (outer, outer_found) = (std::mem::replace(&mut work.address, address), work.found.take());
            work.found = found;
            let existing = work.at(&work.address).cloned();
            let made = make(work, body, existing);
            work.address = outer;
            work.found = outer_found;
            let mut made = made?;
            made.phase = Phase::Ready;
            work.ledger.put(made);
        }
    }
    Ok(())
}

/// The key of the thing at the address.
pub(super) fn own_key(work: &Work<'_>) -> String {
    key_at(&work.address)
}
