//! Smithy RPC v2 with CBOR bodies.

use ciborium::Value as Cbor;
use serde_json::Value;

use super::draft::Draft;
use super::form::bytes;
use super::given::Given;
use crate::catalog::shapes::{Operation, Service, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time;

/// The tag of a point in time as seconds since 1970.
const EPOCH: u64 = 1;

/// Fills a draft from the parameters.
///
/// # Errors
///
/// The body cannot be written, in words.
pub(super) fn render(service: &Service, operation: &Operation, params: &Given<'_>) -> Result<Draft, String> {
    let target = service.traits.target_prefix.as_deref().unwrap_or_default();
    let streams = operation.output.is_some_and(|id| {
        service.shape(id).members().iter().any(|m| service.shape(m.shape).traits.event_stream)
    });
    let accept = if streams { "application/vnd.amazon.eventstream" } else { "application/cbor" };
    let mut draft = Draft {
        method: operation.method.clone(),
        path: format!("/service/{target}/operation/{}", operation.name),
        headers: vec![("smithy-protocol".into(), "rpc-v2-cbor".into()), ("accept".into(), accept.into())],
        ..Draft::default()
    };
    if let Some(input) = operation.input {
        let shape = service.shape(input);
        let members = params.iter().filter_map(|(name, value)| {
            let field = Field::new(service, shape.member(name).filter(|_| !value.is_null())?);
            Some((Cbor::Text(field.wire().to_owned()), cbor(value, field)))
        });
        let body = Cbor::Map(members.collect());
        ciborium::into_writer(&body, &mut draft.body)
            .map_err(|e| format!("the body cannot be written: {e}"))?;
        draft.set_header("content-type", accept);
    }
    Ok(draft)
}

fn cbor(value: &Value, field: Field<'_>) -> Cbor {
    match (field.kind(), value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => Cbor::Map(
            members
                .iter()
                .filter_map(|(name, value)| {
                    let inner = field.get(name).filter(|_| !value.is_null())?;
                    Some((Cbor::Text(inner.wire().to_owned()), cbor(value, inner)))
                })
                .collect(),
        ),
        (ShapeKind::List { .. }, Value::Array(items)) => match field.item() {
            Some(item) => Cbor::Array(items.iter().map(|value| cbor(value, item)).collect()),
            None => Cbor::Null,
        },
        (ShapeKind::Map { .. }, Value::Object(entries)) => match field.entry() {
            Some((_, item)) => Cbor::Map(
                entries.iter().map(|(name, value)| (Cbor::Text(name.clone()), cbor(value, item))).collect(),
            ),
            None => Cbor::Null,
        },
        (ShapeKind::Blob, Value::String(text)) => Cbor::Bytes(bytes(text)),
        (ShapeKind::Timestamp, value) => match time::read(value) {
            Some(at) => Cbor::Tag(EPOCH, Box::new(Cbor::from(at.as_second()))),
            None => Cbor::Null,
        },
        (ShapeKind::Float | ShapeKind::Double, value) => Cbor::Float(float(value)),
        (_, Value::String(text)) => Cbor::Text(text.clone()),
        (_, Value::Bool(flag)) => Cbor::Bool(*flag),
        (_, Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Cbor::from(number),
            (_, Some(number)) => Cbor::from(number),
            _ => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        _ => Cbor::Null,
    }
}

fn float(value: &Value) -> f64 {
    match value.as_str() {
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        Some("NaN") => f64::NAN,
        _ => value.as_f64().unwrap_or_default(),
    }
}
