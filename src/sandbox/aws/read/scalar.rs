//! Text on the wire as a value of its shape.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::super::field::Field;
use super::super::time;
use crate::catalog::shapes::ShapeKind;

/// A value from text: of a form, of XML, of a path, a query, or a header.
pub(super) fn from_text(text: &str, field: Field<'_>) -> Result<Value, String> {
    let wrong = |what: &str| format!("{} must be {what}, found `{}`", field.name(), short(text));
    match field.kind() {
        ShapeKind::Integer | ShapeKind::Long => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number"))
        }
        ShapeKind::Float | ShapeKind::Double => {
            let number: f64 = text.trim().parse().map_err(|_| wrong("a number"))?;
            Ok(serde_json::Number::from_f64(number).map_or_else(|| Value::from(text), Value::Number))
        }
        ShapeKind::Boolean => match text.trim() {
            "true" | "True" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong("true or false")),
        },
        ShapeKind::Timestamp => timestamp(&Value::from(text)).ok_or_else(|| wrong("a time")),
        ShapeKind::Blob => {
            BASE64_STANDARD.decode(text.trim()).map_err(|_| wrong("base64"))?;
            Ok(Value::from(text.trim()))
        }
        _ => Ok(Value::from(text)),
    }
}

/// A timestamp as it is kept.
pub(super) fn timestamp(value: &Value) -> Option<Value> {
    time::read(value).map(|at| Value::from(at.to_string()))
}

/// Enough of a text to recognise it.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
