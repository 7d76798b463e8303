//! JSON bodies of answers.

use serde_json::{Map, Value};

use super::super::field::Field;
use super::super::time::{self, Format};
use crate::catalog::shapes::{Location, Service, ShapeId, ShapeKind};

/// The members of a structure that travel in the body.
pub(super) fn structure(
    service: &Service,
    shape: ShapeId,
    members: &Map<String, Value>,
) -> Map<String, Value> {
    let mut out = Map::new();
    for member in service.shape(shape).members().iter().filter(|m| m.location == Location::Body) {
        let field = Field::new(service, member);
        if let Some(value) = members.get(&member.name).filter(|value| !value.is_null()) {
            out.insert(field.wire().to_owned(), write(value, field));
        }
    }
    out
}

/// A value as JSON bodies write it.
pub(super) fn write(value: &Value, field: Field<'_>) -> Value {
    match (field.kind(), value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => {
            Value::Object(structure(field.service, field.member.shape, members))
        }
        (ShapeKind::List { .. }, Value::Array(items)) => match field.item() {
            Some(item) => Value::Array(items.iter().map(|value| write(value, item)).collect()),
            None => value.clone(),
        },
        (ShapeKind::Map { .. }, Value::Object(entries)) => match field.entry() {
            Some((_, inner)) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), write(value, inner))).collect())
            }
            None => value.clone(),
        },
        (ShapeKind::Timestamp, value) => timestamp(value, field),
        _ => value.clone(),
    }
}

fn timestamp(value: &Value, field: Field<'_>) -> Value {
    let Some(at) = time::read(value) else { return value.clone() };
    match Format::named(field.timestamp_format(), Format::Unix) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
        Format::Unix => Value::from(at.as_millisecond() as f64 / 1000.0),
        format => Value::from(time::write(at, format)),
    }
}
