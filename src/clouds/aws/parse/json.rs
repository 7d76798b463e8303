//! JSON in the shape of the model.

use serde_json::{Map, Value};

use super::header::read;
use crate::catalog::shapes::{Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self as wire, Format};

/// A body as JSON; an empty one says nothing.
///
/// # Errors
///
/// It is not JSON.
pub(super) fn document(body: &[u8]) -> Result<Value, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|e| format!("not JSON: {e}"))
}

/// A body as a JSON object, which is what every answer is; an empty body says nothing.
///
/// # Errors
///
/// It is not JSON, or a value of another kind.
pub(super) fn object(body: &[u8]) -> Result<Value, String> {
    match document(body)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err("a JSON object was expected, and another value came".into()),
    }
}

/// The members of a structure that travel in the body; what the model does not know is left out.
pub(super) fn structure(service: &Service, shape: &Shape, document: &Value) -> Value {
    let mut out = Map::new();
    for member in shape.members() {
        let field = Field::new(service, member);
        if !field.answered_in_body() {
            continue;
        }
        if let Some(found) = document.get(field.wire()).filter(|found| !found.is_null()) {
            out.insert(member.name.clone(), value(field, found));
        }
    }
    if shape.traits.union && out.is_empty() {
        let given = document.as_object().into_iter().flatten();
        let mut names = given.filter(|(name, v)| *name != "__type" && !v.is_null()).map(|(name, _)| name);
        if let (Some(name), None) = (names.next(), names.next()) {
            return unknown_choice(name);
        }
    }
    Value::Object(out)
}

/// A choice of a union that the model does not know yet, as the SDK gives it out.
pub(super) fn unknown_choice(name: &str) -> Value {
    serde_json::json!({"SDK_UNKNOWN_MEMBER": {"name": name}})
}

/// One value in the shape of a field.
pub(super) fn value(field: Field<'_>, found: &Value) -> Value {
    match (field.kind(), found) {
        (ShapeKind::Structure { .. }, Value::Object(_)) => structure(field.service, field.shape, found),
        (ShapeKind::List { .. }, Value::Array(items)) => match field.item() {
            Some(item) => items.iter().map(|one| value(item, one)).collect(),
            None => Value::Array(Vec::new()),
        },
        (ShapeKind::Map { .. }, Value::Object(members)) => match field.entry() {
            Some((_, item)) => members
                .iter()
                .map(|(name, one)| (name.clone(), value(item, one)))
                .collect::<Map<_, _>>()
                .into(),
            None => Value::Null,
        },
        (ShapeKind::Timestamp, found) => time(field, found),
        (_, found) => found.clone(),
    }
}

fn time(field: Field<'_>, found: &Value) -> Value {
    let at = match (Format::named(field.timestamp_format(), Format::Unix), found) {
        (_, Value::Number(seconds)) => seconds.as_f64().and_then(wire::from_seconds),
        (_, Value::String(text)) => read(text),
        _ => None,
    };
    at.map_or_else(|| found.clone(), |at| Value::from(wire::write(at, Format::Iso8601)))
}
