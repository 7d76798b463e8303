//! Things as they are kept and as they are shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::address::{Address, SUBSCRIPTIONS};
use super::known::Names;
use super::work::{Work, key_at};
use crate::catalog::shapes::{Service, Shape, ShapeKind};
use crate::sandbox::model::{Parent, Phase, Resource};
use crate::text::is_secret_name;

/// Places inside places that are followed.
const DEEPEST: usize = 32;

/// A new thing at an address, without attributes.
pub(super) fn blank(work: &Work<'_>, address: &Address) -> Resource {
    let parents = [address.group_address(), address.container()]
        .into_iter()
        .flatten()
        .filter(|around| around != address)
        .map(|around| Parent { member: String::new(), key: key_at(&around), contains: true })
        .collect();
    Resource {
        service: address.namespace().to_ascii_lowercase(),
        region: String::new(),
        kind: address.kind.to_ascii_lowercase(),
        id: address.key(),
        arn: Some(address.id()),
        names: BTreeMap::from([("name".to_owned(), address.name().to_owned())]),
        parents,
        attributes: Map::new(),
        tags: BTreeMap::new(),
        phase: Phase::Ready,
        reads_left: 0,
        created: work.now,
        changed: work.now,
        token: None,
        inborn: false,
    }
}

/// What templates about a thing may name.
pub(super) fn names(work: &Work<'_>, thing: &Resource) -> Names {
    let mut names = Names::default();
    let location = thing.attributes.get("location").and_then(Value::as_str).unwrap_or("westeurope");
    names.set("name", thing.names.get("name").cloned().unwrap_or_default());
    names.set("id", thing.arn.clone().unwrap_or_default());
    names.set("location", location);
    names.set("endpoint", work.endpoint);
    names.set("power", thing.attributes.get("$power").and_then(Value::as_str).unwrap_or("running"));
    names.set("subscription", work.address.subscription().unwrap_or_default());
    names
}

/// Values laid over others; objects are merged.
pub(super) fn laid_over(under: &Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    let mut out = under.clone();
    for (name, value) in over {
        let merged = match (out.get(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => Value::Object(laid_over(old, new)),
            _ => value.clone(),
        };
        out.insert(name.clone(), merged);
    }
    out
}

/// A body without what nobody gets back: secrets, and what is only ever sent.
pub(super) fn shown_again(service: &Service, shape: &Shape, value: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return value.clone();
    }
    match (&shape.kind, value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => {
            let kept = members.iter().filter_map(|(name, inner)| {
                let Some(member) = shape.member(name) else {
                    let secret = inner.is_string() && is_secret_name(name);
                    return (!secret).then(|| (name.clone(), inner.clone()));
                };
                let own = service.shape(member.shape);
                let hidden = member.traits.write_only || own.traits.write_only;
                let secret = (member.traits.sensitive || own.traits.sensitive || is_secret_name(name))
                    && inner.is_string();
                (!hidden && !secret).then(|| (name.clone(), shown_again(service, own, inner, depth + 1)))
            });
            Value::Object(kept.collect())
        }
        (ShapeKind::List { member }, Value::Array(items)) => {
            let own = service.shape(member.shape);
            items.iter().map(|item| shown_again(service, own, item, depth + 1)).collect()
        }
        _ => value.clone(),
    }
}

/// The member of a shape's `properties`.
pub(super) fn property<'s>(service: &'s Service, shape: &'s Shape, name: &str) -> Option<&'s Shape> {
    let properties = service.shape(shape.member("properties")?.shape);
    let member = properties.members().iter().find(|member| member.name.eq_ignore_ascii_case(name))?;
    Some(service.shape(member.shape))
}

/// Whether a shape is a list of things that have an id and a name of their own.
pub(super) fn lists_things(service: &Service, shape: &Shape) -> bool {
    let ShapeKind::List { member } = &shape.kind else { return false };
    let item = service.shape(member.shape);
    item.member("id").is_some() && item.member("name").is_some()
}

/// A thing as it is shown, with what its type shows of the things in it.
pub(super) fn shown(work: &mut Work<'_>, thing: &Resource) -> Value {
    let id = thing.arn.clone().unwrap_or_default();
    let address = Address::of(&id);
    let mut out = Map::new();
    out.insert("id".into(), id.into());
    out.insert("name".into(), thing.names.get("name").cloned().unwrap_or_default().into());
    if address.kind != SUBSCRIPTIONS {
        out.insert("type".into(), address.kind.clone().into());
    }
    for (name, value) in thing.attributes.iter().filter(|(name, _)| !name.starts_with('$')) {
        out.insert(name.clone(), value.clone());
    }
    let state = match thing.phase {
        Phase::Coming if thing.changed > thing.created => Some("Updating"),
        Phase::Coming => Some("Creating"),
        Phase::Going => Some("Deleting"),
        _ => None,
    };
    if let (Some(state), Some(Value::Object(properties))) = (state, out.get_mut("properties"))
        && properties.contains_key("provisioningState")
    {
        properties.insert("provisioningState".into(), state.into());
    }
    embed(work, &address, &mut out);
    Value::Object(out)
}

/// The types in a type that its things show in their own body, with the names of the lists.
pub(super) fn embedded(work: &mut Work<'_>, address: &Address) -> Vec<String> {
    let Some(found) = work.routes.find("GET", address).filter(|found| found.exact > 1) else { return vec![] };
    let service = found.service.clone();
    let Some(shape) = found.operation().output.map(|id| service.shape(id)) else { return vec![] };
    let lists =
        |name: &String| property(&service, shape, name).is_some_and(|list| lists_things(&service, list));
    work.routes.children(address).into_iter().filter(lists).collect()
}

fn embed(work: &mut Work<'_>, address: &Address, out: &mut Map<String, Value>) {
    for list in embedded(work, address) {
        let kind = format!("{}/{list}", address.kind).to_ascii_lowercase();
        let inner: Vec<Resource> = work
            .ledger
            .of_kind(&address.namespace().to_ascii_lowercase(), "", &kind)
            .filter(|thing| Address::is_within(&thing.id, &address.key()))
            .cloned()
            .collect();
        if inner.is_empty() {
            continue;
        }
        let items: Vec<Value> = inner.iter().map(|thing| shown(work, thing)).collect();
        let properties = out.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(properties) = properties {
            properties.insert(list, items.into());
        }
    }
}
