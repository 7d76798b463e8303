//! The body: what the cloud sets itself is left out, what is always the same is filled in.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::catalog::shapes::{Member, Service, Shape, ShapeId, ShapeKind};
use crate::catalog::variant;

/// Places inside places that are followed; what lies deeper is sent as it is.
const DEEPEST: usize = 64;

/// A value as it travels.
pub(super) fn written(service: &Service, shape: ShapeId, value: &Value) -> Value {
    one(service, shape, value, 0)
}

fn one(service: &Service, id: ShapeId, value: &Value, depth: usize) -> Value {
    let shape = service.shape(id);
    match (&shape.kind, value) {
        _ if depth > DEEPEST => value.clone(),
        (ShapeKind::Structure { .. }, Value::Object(members)) => structure(service, shape, members, depth),
        (ShapeKind::List { member }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| one(service, member.shape, item, depth + 1)).collect())
        }
        (ShapeKind::Map { value: item, .. }, Value::Object(entries)) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), one(service, item.shape, value, depth + 1)))
                .collect(),
        ),
        _ => value.clone(),
    }
}

fn structure(service: &Service, shape: &Shape, given: &Map<String, Value>, depth: usize) -> Value {
    // A variant that is not known here is sent as it is, but for what its base knows.
    let shape = variant(service, shape, given).unwrap_or(shape);
    let mut out = Map::with_capacity(given.len());
    for (name, value) in given {
        match shape.member(name) {
            Some(member) if is_dropped(member) => {}
            Some(member) => {
                out.insert(name.clone(), one(service, member.shape, value, depth + 1));
            }
            None => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    for member in shape.members() {
        if let Some(constant) = member.default.as_deref()
            && !out.contains_key(&member.name)
            && let Ok(value) = serde_json::from_str(constant)
        {
            out.insert(member.name.clone(), value);
        }
    }
    Value::Object(out)
}

fn is_dropped(member: &Member) -> bool {
    member.traits.read_only
}

/// A body that is no JSON: bytes from base64, text as it is.
pub(super) fn raw(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::String(text) => Cow::Borrowed(text.as_bytes()),
        other => Cow::Owned(other.to_string().into_bytes()),
    }
}
