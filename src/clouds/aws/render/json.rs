//! JSON bodies, for the JSON protocols and REST with JSON.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::draft::Draft;
use super::given::Given;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

/// The size of most bodies.
const USUAL: usize = 512;

/// Fills a draft from the parameters.
///
/// # Errors
///
/// The body cannot be written, in words.
pub(super) fn render(service: &Service, operation: &Operation, params: &Given<'_>) -> Result<Draft, String> {
    let target = service.traits.target_prefix.as_deref().unwrap_or_default();
    let version = if service.protocol == Protocol::Json10 { "1.0" } else { "1.1" };
    let headers = vec![
        ("x-amz-target".into(), format!("{target}.{}", operation.name)),
        ("content-type".into(), format!("application/x-amz-json-{version}")),
    ];
    let input = operation.input.map(|input| service.shape(input));
    // A member that is null was not given.
    let given = params.iter().filter(|(_, value)| !value.is_null());
    let members = given
        .filter_map(|(name, value)| input?.member(name).map(|member| (value, Field::new(service, member))));
    let body = object(members)?;
    Ok(Draft { method: operation.method.clone(), path: "/".into(), headers, body, ..Draft::default() })
}

/// The members of a body as one JSON object.
///
/// # Errors
///
/// It cannot be written, in words.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a Value, Field<'a>)>) -> Result<Vec<u8>, String> {
    let mut body = Vec::with_capacity(USUAL);
    let mut writer = serde_json::Serializer::new(&mut body);
    writer
        .collect_map(members.map(|(value, field)| (field.wire(), Written { value, field })))
        .map_err(|e| broken(&e))?;
    Ok(body)
}

/// A value as a JSON body of its own.
///
/// # Errors
///
/// It cannot be written, in words.
pub(super) fn body(value: &Value, field: Field<'_>) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&Written { value, field }).map_err(|e| broken(&e))
}

fn broken(error: &serde_json::Error) -> String {
    format!("the body cannot be written: {error}")
}

/// A value as JSON bodies have it; it is written without a copy of what was given.
struct Written<'a> {
    value: &'a Value,
    field: Field<'a>,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let field = self.field;
        match (field.kind(), self.value) {
            (ShapeKind::Structure { .. }, Value::Object(members)) => {
                let given = members.iter().filter(|(_, value)| !value.is_null());
                let known = given.filter_map(|(name, value)| field.get(name).map(|field| (value, field)));
                serializer.collect_map(known.map(|(value, field)| (field.wire(), Written { value, field })))
            }
            (ShapeKind::List { .. }, Value::Array(items)) => match field.item() {
                Some(field) => serializer.collect_seq(items.iter().map(|value| Written { value, field })),
                None => items.serialize(serializer),
            },
            (ShapeKind::Map { .. }, Value::Object(entries)) => match field.entry() {
                Some((_, field)) => serializer
                    .collect_map(entries.iter().map(|(name, value)| (name, Written { value, field }))),
                None => entries.serialize(serializer),
            },
            (ShapeKind::Timestamp, value) => timestamp(value, field).serialize(serializer),
            (_, value) => value.serialize(serializer),
        }
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
