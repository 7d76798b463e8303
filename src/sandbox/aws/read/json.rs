//! JSON bodies.

use serde_json::{Map, Value};

use super::super::field::Field;
use super::scalar;
use crate::catalog::shapes::{Service, ShapeId, ShapeKind};

/// A body that is the whole input.
pub(super) fn body(service: &Service, input: ShapeId, bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let Value::Object(members) = parse(bytes)? else {
        return Err("the body must be a JSON object".to_owned());
    };
    structure(service, input, &members)
}

/// JSON, or an empty object for no bytes at all.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|e| format!("the body is no JSON: {e}"))
}

/// The members of a structure; what the model does not know is left out, as services do.
pub(super) fn structure(
    service: &Service,
    shape: ShapeId,
    members: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for member in service.shape(shape).members() {
        let field = Field::new(service, member);
        if let Some(value) = members.get(field.wire()).filter(|value| !value.is_null()) {
            out.insert(member.name.clone(), read(value, field)?);
        }
    }
    Ok(out)
}

/// A value as plans write it.
pub(super) fn read(value: &Value, field: Field<'_>) -> Result<Value, String> {
    let wrong = |what: &str| {
        Err(format!("{} must be {what}, found `{}`", field.name(), scalar::short(&value.to_string())))
    };
    match field.kind() {
        ShapeKind::Structure { .. } => match value {
            Value::Object(members) => {
                Ok(Value::Object(structure(field.service, field.member.shape, members)?))
            }
            _ => wrong("an object"),
        },
        ShapeKind::List { .. } => match (value, field.item()) {
            (Value::Array(items), Some(item)) => {
                items.iter().filter(|v| !v.is_null()).map(|v| read(v, item)).collect::<Result<_, _>>()
            }
            _ => wrong("a list"),
        },
        ShapeKind::Map { .. } => match (value, field.entry()) {
            (Value::Object(entries), Some((_, inner))) => {
                let read = entries
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| Ok((key.clone(), read(value, inner)?)));
                Ok(Value::Object(read.collect::<Result<_, String>>()?))
            }
            _ => wrong("an object"),
        },
        ShapeKind::Timestamp => scalar::timestamp(value).map_or_else(|| wrong("a time"), Ok),
        ShapeKind::Document => Ok(value.clone()),
        ShapeKind::Boolean => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => scalar::from_text(text, field),
            _ => wrong("true or false"),
        },
        ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double => match value {
            Value::Number(_) => Ok(value.clone()),
            Value::String(text) => scalar::from_text(text, field),
            _ => wrong("a number"),
        },
        ShapeKind::String | ShapeKind::Character | ShapeKind::Blob => match value {
            Value::String(_) => Ok(value.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(Value::from(value.to_string())),
            _ => wrong("text"),
        },
    }
}
