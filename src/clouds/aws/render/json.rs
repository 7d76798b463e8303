//! JSON bodies, for the JSON protocols and REST with JSON.

use serde_json::{Map, Value};

use super::draft::Draft;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

pub(super) fn render(service: &Service, operation: &Operation, params: &Value) -> Draft {
    let target = service.traits.target_prefix.as_deref().unwrap_or_default();
    let version = if service.protocol == Protocol::Json10 { "1.0" } else { "1.1" };
    let headers = vec![
        ("x-amz-target".into(), format!("{target}.{}", operation.name)),
        ("content-type".into(), format!("application/x-amz-json-{version}")),
    ];
    let mut body = Map::new();
    if let (Some(input), Some(params)) = (operation.input, params.as_object()) {
        // A member that is null was not given.
        for (name, value) in params.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(member) = service.shape(input).member(name) {
                let field = Field::new(service, member);
                body.insert(field.wire().to_owned(), json(value, field));
            }
        }
    }
    Draft {
        method: operation.method.clone(),
        path: "/".into(),
        headers,
        body: Value::Object(body).to_string().into_bytes(),
        ..Draft::default()
    }
}

/// A value as JSON bodies write it.
pub(super) fn json(value: &Value, field: Field<'_>) -> Value {
    match (field.kind(), value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => {
            let mut out = Map::new();
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                if let Some(inner) = field.get(name) {
                    out.insert(inner.wire().to_owned(), json(value, inner));
                }
            }
            Value::Object(out)
        }
        (ShapeKind::List { .. }, Value::Array(items)) => match field.item() {
            Some(item) => Value::Array(items.iter().map(|value| json(value, item)).collect()),
            None => value.clone(),
        },
        (ShapeKind::Map { .. }, Value::Object(entries)) => match field.entry() {
            Some((_, item)) => {
                Value::Object(entries.iter().map(|(name, value)| (name.clone(), json(value, item))).collect())
            }
            None => value.clone(),
        },
        (ShapeKind::Timestamp, value) => timestamp(value, field),
        _ => value.clone(),
    }
}

fn timestamp(value: &Value, field: Field<'_>) -> Value {
    let Some(at) = time::read(value) else { return value.clone() };
    match field.format(Format::Unix) {
        Format::Unix => Value::from(at.as_second()),
        Format::UnixMillis => Value::from(time::unix_millis(at)),
        format => Value::from(time::write(at, format)),
    }
}

/// A floating-point number as text, with a point even when it is whole.
pub(super) fn float_text(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e16 => format!("{number:.1}"),
        Some(number) => number.to_string(),
        None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}
