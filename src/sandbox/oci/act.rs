//! What operations do to things: make them, change them, move them on, take them away.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::kind::kind_of;
use super::route::parts;
use super::work::{REGION, Work, called, ocid};
use crate::sandbox::model::{Parent, Phase, Resource, Token, key_of};

/// Parameters that say how to do it, and not what is made.
const ASIDES: [&str; 6] =
    ["opc-retry-token", "opc-request-id", "opc-client-request-id", "if-match", "if-none-match", "body"];

/// Makes a thing of the collection.
pub(super) fn create(work: &mut Work<'_>) -> Result<Resource, Fault> {
    if let Some(again) = made_before(work)? {
        return Ok(again);
    }
    let kind = work.meaning.kind.clone();
    containers_exist(work)?;
    referred_exist(work)?;
    let body = work.body().cloned().unwrap_or_default();
    let mut front: Vec<String> = work.labels.iter().map(|(_, value)| value.clone()).collect();
    let given = given_name(work, &body);
    let own = given.clone().unwrap_or_else(|| ocid(&called(work.entry(), &kind)));
    front.push(own.clone());
    let id = front.join("/");
    if work.find(&kind, &id).is_some() || is_name_taken(work, &kind, &body) {
        let own = body.get("name").and_then(Value::as_str).unwrap_or(&own);
        let message = format!(
            "Either the {} '{own}' already exists or you are not authorized to create it",
            called(work.entry(), &kind)
        );
        let usual = Fault::new(409, "Conflict", message);
        return Err(work.listed(&work.entry().exists, &kind, usual));
    }
    let thing = new_thing(work, &kind, &id, given.is_none().then_some(own.as_str()), body);
    Ok(store_new(work, thing))
}

/// Whether another thing of the kind has the name in the same container, for kinds whose names the list calls unique.
fn is_name_taken(work: &Work<'_>, kind: &str, body: &Map<String, Value>) -> bool {
    let same = |thing: &Resource, member: &str| thing.attributes.get(member) == body.get(member);
    work.entry().exists.contains_key(kind)
        && body.contains_key("name")
        && work
            .ledger
            .of_kind(&work.home(), REGION, kind)
            .any(|thing| !thing.is_gone() && same(thing, "name") && same(thing, "compartmentId"))
}

/// Makes a thing under the name that the path gives, or replaces it.
pub(super) fn put(work: &mut Work<'_>) -> Result<Resource, Fault> {
    containers_exist(work)?;
    let (kind, id) = (work.meaning.kind.clone(), work.id_of_path());
    let body = work.body().cloned().unwrap_or_default();
    let thing = new_thing(work, &kind, &id, None, body);
    if let Some(bytes) = work.text("body") {
        work.ledger.put_body(&thing.key(), bytes.to_owned());
    }
    work.ledger.put(thing.clone());
    Ok(thing)
}

fn new_thing(
    work: &Work<'_>,
    kind: &str,
    id: &str,
    own_id: Option<&str>,
    body: Map<String, Value>,
) -> Resource {
    let entry = work.entry();
    let name = called(entry, kind);
    let mut attributes = Map::new();
    for (label, value) in work.labels {
        attributes.insert(plain(label), value.as_str().into());
    }
    // What a stream is stored with travels in headers.
    for (parameter, value) in work.params {
        if !ASIDES.contains(&parameter.to_ascii_lowercase().as_str()) && !attributes.contains_key(parameter) {
            attributes.insert(parameter.clone(), value.clone());
        }
    }
    if let Some(bytes) = work.text("body").and_then(|text| BASE64_STANDARD.decode(text).ok()) {
        use md5::Md5;
        attributes.insert("size".into(), bytes.len().into());
        attributes.insert("md5".into(), BASE64_STANDARD.encode(Md5::digest(&bytes)).into());
    }
    attributes.extend(body);
    if let Some(own) = own_id {
        attributes.insert("id".into(), own.into());
    }
    let usual = json!({
        "compartmentId": work.tenancy, "displayName": format!("{name}{}", work.now.strftime("%Y%m%d%H%M%S")),
        "timeCreated": work.now.to_string(), "freeformTags": {}, "definedTags": {},
    });
    for (member, value) in usual.as_object().into_iter().flatten() {
        attributes.entry(member.clone()).or_insert_with(|| value.clone());
    }
    let names = work.names(own_id.unwrap_or(id), &attributes);
    for (member, value) in names.fill_map(entry.attributes.get(kind).unwrap_or(&Map::new())) {
        attributes.entry(member).or_insert(value);
    }
    let tags = attributes.get("freeformTags").and_then(Value::as_object).into_iter().flatten();
    Resource {
        service: work.home(),
        region: REGION.into(),
        kind: kind.into(),
        id: id.into(),
        arn: own_id.map(str::to_owned),
        names: own_id.map(|own| (format!("{name}Id"), own.to_owned())).into_iter().collect(),
        parents: parents(work, &attributes),
        tags: tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
        attributes,
        phase: if work.pending_reads > 0 { Phase::Coming } else { Phase::Ready },
        reads_left: work.pending_reads.saturating_sub(1),
        created: work.now,
        changed: work.now,
        token: token(work),
        inborn: false,
    }
}

/// Keeps a new thing, with what comes into being with it.
fn store_new(work: &mut Work<'_>, mut thing: Resource) -> Resource {
    let entry = work.entry();
    for (member, inborn) in entry.inborn.get(&thing.kind).into_iter().flatten() {
        let id = ocid(&called(entry, &inborn.kind));
        // Templates speak of the thing that it comes with.
        let own = thing.arn.clone().unwrap_or_else(|| thing.id.clone());
        let names = work.names(&own, &thing.attributes);
        let mut attributes = names.fill_map(&inborn.attributes);
        for (name, value) in [
            ("id", Value::from(id.clone())),
            ("compartmentId", thing.attributes.get("compartmentId").cloned().unwrap_or_default()),
            ("timeCreated", work.now.to_string().into()),
        ] {
            attributes.insert(name.to_owned(), value);
        }
        let container = Parent { member: member.clone(), key: thing.key(), contains: true };
        work.ledger.put(Resource {
            kind: inborn.kind.clone(),
            id: id.clone(),
            arn: Some(id.clone()),
            parents: vec![container],
            attributes,
            inborn: true,
            token: None,
            ..thing.clone()
        });
        thing.attributes.insert(member.clone(), id.into());
    }
    work.ledger.put(thing.clone());
    thing
}

/// Changes what the body names.
pub(super) fn update(work: &mut Work<'_>) -> Result<Resource, Fault> {
    let mut thing = work.named()?;
    fits_etag(work, &thing)?;
    thing.attributes.extend(work.body().cloned().unwrap_or_default());
    if let Some(tags) = thing.attributes.get("freeformTags").and_then(Value::as_object) {
        let own = tags.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        thing.tags = own.collect();
    }
    thing.changed = work.now;
    work.ledger.put(thing.clone());
    Ok(thing)
}

/// Sets the one thing of its kind in its container.
pub(super) fn put_setting(work: &mut Work<'_>) -> Result<Resource, Fault> {
    containers_exist(work)?;
    let (kind, id) = (work.meaning.kind.clone(), work.id_of_path());
    let body = work.body().cloned().unwrap_or_default();
    let thing = new_thing(work, &kind, &id, None, body);
    work.ledger.put(thing.clone());
    Ok(thing)
}

/// Takes a thing away with what it contains by birth; nothing else may need it.
pub(super) fn delete(work: &mut Work<'_>) -> Result<Resource, Fault> {
    let mut thing = work.named()?;
    fits_etag(work, &thing)?;
    let dependents: Vec<Resource> = work.ledger.dependents(&thing).cloned().collect();
    if let Some(other) = dependents.iter().find(|other| !other.inborn && !other.is_gone()) {
        let (what, by) = (called(work.entry(), &thing.kind), called(work.entry(), &other.kind));
        let usual = Fault::new(
            409,
            "Conflict",
            format!("The {what} {} is still used by the {by} {}", thing.id, other.id),
        );
        return Err(work.listed(&work.entry().in_use, &thing.kind, usual));
    }
    for other in dependents.iter().filter(|other| other.inborn) {
        work.ledger.remove(&other.key());
    }
    if work.pending_reads > 0 {
        (thing.phase, thing.reads_left) = (Phase::Going, work.pending_reads - 1);
        work.ledger.put(thing.clone());
    } else {
        work.ledger.remove(&thing.key());
        thing.phase = Phase::Gone;
    }
    Ok(thing)
}

/// Does what is called by name.
pub(super) fn act(work: &mut Work<'_>, action: &str) -> Result<Resource, Fault> {
    let mut thing = work.named()?;
    fits_etag(work, &thing)?;
    let action = if action.is_empty() { work.text("action").unwrap_or_default() } else { action };
    match action.to_ascii_lowercase().as_str() {
        "start" | "enable" => (thing.phase, thing.reads_left) = (Phase::Ready, 0),
        "stop" | "softstop" | "disable" => (thing.phase, thing.reads_left) = (Phase::Stopped, 0),
        "reset" | "softreset" | "reboot" => {}
        change
            if change == "changecompartment"
                || change == "movecompartment"
                || change.starts_with("update") =>
        {
            thing.attributes.extend(work.body().cloned().unwrap_or_default());
        }
        _ => return Err(Fault::not_supported(&work.service.name, &work.operation.name)),
    }
    thing.changed = work.now;
    work.ledger.put(thing.clone());
    Ok(thing)
}

/// The name that the caller gives to a thing, where its path calls it by name.
fn given_name(work: &Work<'_>, body: &Map<String, Value>) -> Option<String> {
    let item = work.service.operations.iter().find_map(|operation| {
        let parts = parts(&operation.uri);
        let (last, front) = parts.split_last()?;
        (last.starts_with('{') && kind_of(front) == work.meaning.kind && operation.method == "GET")
            .then(|| last.trim_matches(['{', '}']).to_owned())
    })?;
    // Identifiers are the cloud's to give; a body that holds one of that name refers to a container.
    if item.ends_with("Id") {
        return None;
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    text(&item).or_else(|| item.to_ascii_lowercase().ends_with("name").then(|| text("name")).flatten())
}

/// A label as the things call it: `namespaceName` is `namespace`, `bucketName` is `bucket`.
fn plain(label: &str) -> String {
    match label {
        "objectName" => "name".to_owned(),
        _ => label.strip_suffix("Name").unwrap_or(label).to_owned(),
    }
}

/// Every container in the path exists, as far as its kind can be made.
pub(super) fn containers_exist(work: &Work<'_>) -> Result<(), Fault> {
    let template = parts(&work.operation.uri);
    let mut names: Vec<&str> = Vec::new();
    for (at, part) in template.iter().enumerate() {
        if !part.starts_with('{') || at + 1 == template.len() {
            continue;
        }
        let Some((_, value)) = work.labels.get(names.len()) else { break };
        names.push(value);
        let kind = kind_of(template.get(..at).unwrap_or_default());
        if makes(work, &kind) && work.find(&kind, &names.join("/")).is_none() {
            return Err(work.not_found(&kind, value));
        }
    }
    Ok(())
}

/// Whether things of a kind are made in this module at all.
fn makes(work: &Work<'_>, kind: &str) -> bool {
    work.service.operations.iter().any(|operation| {
        operation.method == "POST" && kind_of(&parts(&operation.uri)) == kind && !operation.uri.ends_with('}')
    })
}

/// What the parameters refer to, by identifiers that this sandbox gave.
fn parents(work: &Work<'_>, attributes: &Map<String, Value>) -> Vec<Parent> {
    let mut parents = Vec::new();
    let template = parts(&work.operation.uri);
    let mut names: Vec<&str> = Vec::new();
    for (at, _) in template.iter().enumerate().filter(|(_, part)| part.starts_with('{')) {
        let Some((label, value)) = work.labels.get(names.len()) else { break };
        names.push(value);
        let kind = kind_of(template.get(..at).unwrap_or_default());
        if at + 1 < template.len() || work.operation.method == "POST" {
            let key = key_of(&[&work.home(), REGION, &kind, &names.join("/")]);
            if work.ledger.get(&key).is_some() {
                parents.push(Parent { member: label.clone(), key, contains: true });
            }
        }
    }
    let mut stack: Vec<(String, &Value)> = attributes.iter().map(|(n, v)| (n.clone(), v)).collect();
    while let Some((name, value)) = stack.pop() {
        match value {
            Value::Object(members) => stack.extend(members.iter().map(|(n, v)| (n.clone(), v))),
            Value::Array(items) => stack.extend(items.iter().map(|item| (name.clone(), item))),
            Value::String(text) if text.starts_with("ocid1.") && name != "id" && name != "compartmentId" => {
                let found = work.ledger.in_service(&work.home(), REGION).find(|thing| thing.id == *text);
                parents.extend(found.map(|thing| Parent { member: name, key: thing.key(), contains: false }));
            }
            _ => {}
        }
    }
    parents
}

/// Identifiers of kinds that are made here name something that exists. Others may name what the cloud has anyway.
fn referred_exist(work: &Work<'_>) -> Result<(), Fault> {
    let mut stack: Vec<&Value> = work.body().into_iter().flat_map(Map::values).collect();
    while let Some(value) = stack.pop() {
        match value {
            Value::Object(members) => stack.extend(members.values()),
            Value::Array(items) => stack.extend(items),
            Value::String(text) => {
                let Some(called) = text.strip_prefix("ocid1.").and_then(|rest| rest.split('.').next()) else {
                    continue;
                };
                let open = matches!(called, "tenancy" | "user")
                    || work.entry().open.iter().any(|open| open == called);
                let known =
                    open || work.ledger.all().any(|thing| thing.id == *text && thing.phase != Phase::Gone);
                if !known && is_made_here(text) {
                    return Err(Fault::not_found(called, text));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an identifier is of the form that this sandbox gives.
fn is_made_here(ocid: &str) -> bool {
    let parts: Vec<&str> = ocid.split('.').collect();
    parts.len() == 5 && parts.get(3) == Some(&REGION)
}

/// `if-match` names the version that the caller saw.
fn fits_etag(work: &Work<'_>, thing: &Resource) -> Result<(), Fault> {
    match work.text("if-match").or_else(|| work.text("If-Match")) {
        Some(tag) if tag != "*" && tag.trim_matches('"') != etag(thing) => {
            Err(Fault::new(412, "NoEtagMatch", "the thing was changed since this etag was given"))
        }
        _ => Ok(()),
    }
}

/// The version of a thing.
pub(super) fn etag(thing: &Resource) -> String {
    let text = format!("{}|{}|{:?}", thing.key(), thing.changed, thing.attributes);
    hex::encode(&Sha256::digest(text)[..16])
}

fn token(work: &Work<'_>) -> Option<Token> {
    let value = work.text("opc-retry-token")?.to_owned();
    let digest = hex::encode(Sha256::digest(json!([work.params.get("body"), work.id_of_path()]).to_string()));
    Some(Token { operation: work.operation.name.clone(), value, digest })
}

/// The thing that the same request made before.
fn made_before(work: &Work<'_>) -> Result<Option<Resource>, Fault> {
    let Some(token) = token(work) else { return Ok(None) };
    let same = |thing: &&Resource| {
        thing.token.as_ref().is_some_and(|old| old.operation == token.operation && old.value == token.value)
    };
    let Some(thing) = work.ledger.in_service(&work.home(), REGION).find(same) else { return Ok(None) };
    if thing.token.as_ref().is_some_and(|old| old.digest != token.digest) {
        let message = "this opc-retry-token was used with other parameters";
        return Err(Fault::new(409, "InvalidatedRetryToken", message));
    }
    Ok(Some(thing.clone()))
}
