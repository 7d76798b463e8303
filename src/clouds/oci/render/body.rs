//! Bodies.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::text::time;
use crate::catalog::shapes::{Service, ShapeId, ShapeKind};

/// The bytes of a body.
///
/// # Errors
///
/// The text of a stream is no base64, in words.
pub(super) fn body(service: &Service, shape: ShapeId, value: &Value) -> Result<Vec<u8>, String> {
    match (&service.shape(shape).kind, value) {
        (ShapeKind::Blob, Value::String(text)) => {
            BASE64_STANDARD.decode(text).map_err(|e| format!("$.body: expected bytes in base64: {e}"))
        }
        // Text goes out as it is, without quotes.
        (ShapeKind::String | ShapeKind::Document, Value::String(text)) => Ok(text.clone().into_bytes()),
        _ => Ok(json(service, shape, value).to_string().into_bytes()),
    }
}

/// The value as it goes out: times in UTC, all else as it is. Nulls stay: they take a value away.
fn json(service: &Service, id: ShapeId, value: &Value) -> Value {
    let shape = service.shape(id);
    match (&shape.kind, value) {
        (ShapeKind::Timestamp, Value::String(text)) => {
            Value::from(time(text).unwrap_or_else(|| text.clone()))
        }
        (ShapeKind::Structure { .. }, Value::Object(given)) => {
            let shape = service.variant(shape, given);
            let written = given.iter().map(|(name, inner)| {
                let inner = match shape.member(name) {
                    Some(member) => json(service, member.shape, inner),
                    None => inner.clone(),
                };
                (name.clone(), inner)
            });
            Value::Object(written.collect::<Map<_, _>>())
        }
        (ShapeKind::List { member }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| json(service, member.shape, item)).collect())
        }
        (ShapeKind::Map { value: member, .. }, Value::Object(entries)) => Value::Object(
            entries.iter().map(|(key, inner)| (key.clone(), json(service, member.shape, inner))).collect(),
        ),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::test_service::service;
    use serde_json::json;

    #[test]
    fn a_text_that_is_the_whole_body_goes_out_without_quotes() {
        for kind in ["string", "document"] {
            let made = service(&[("Send", json!({"body": kind}), json!({}))]);
            let shape = made.shape(made.operations[0].input.unwrap()).member("body").unwrap().shape;
            assert_eq!(body(&made, shape, &json!("a \"b\"")).unwrap(), b"a \"b\"", "{kind}");
        }
        let made = service(&[("Send", json!({"body": "document"}), json!({}))]);
        let shape = made.shape(made.operations[0].input.unwrap()).member("body").unwrap().shape;
        assert_eq!(body(&made, shape, &json!({"a": 1})).unwrap(), br#"{"a":1}"#);
    }
}
