//! CBOR in the shape of the model.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ciborium::Value as Cbor;
use serde_json::{Map, Value};

use super::header::read;
use crate::catalog::shapes::{Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self as wire, Format};

/// Values inside values that are followed.
const DEEPEST: usize = 128;

/// A body as CBOR; an empty one says nothing.
///
/// # Errors
///
/// It is not CBOR.
pub(super) fn document(body: &[u8]) -> Result<Cbor, String> {
    if body.is_empty() {
        return Ok(Cbor::Map(Vec::new()));
    }
    ciborium::de::from_reader_with_recursion_limit(body, DEEPEST).map_err(|e| format!("not CBOR: {e}"))
}

/// The text under a key.
pub(super) fn text(document: &Cbor, name: &str) -> Option<String> {
    get(document, name)?.as_text().map(str::to_owned)
}

fn get<'a>(document: &'a Cbor, name: &str) -> Option<&'a Cbor> {
    document.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// The members of a structure.
pub(super) fn structure(service: &Service, shape: &Shape, document: &Cbor) -> Value {
    let mut out = Map::new();
    for member in shape.members() {
        let field = Field::new(service, member);
        if let Some(found) = get(document, field.wire()).filter(|found| !found.is_null()) {
            out.insert(member.name.clone(), value(field, found));
        }
    }
    Value::Object(out)
}

fn value(field: Field<'_>, found: &Cbor) -> Value {
    match (field.kind(), found) {
        (ShapeKind::Structure { .. }, Cbor::Map(_)) => structure(field.service, field.shape, found),
        (ShapeKind::List { .. }, Cbor::Array(items)) => match field.item() {
            Some(item) => items.iter().map(|one| value(item, one)).collect(),
            None => Value::Array(Vec::new()),
        },
        (ShapeKind::Map { .. }, Cbor::Map(entries)) => match field.entry() {
            Some((_, item)) => entries
                .iter()
                .filter_map(|(name, one)| Some((name.as_text()?.to_owned(), value(item, one))))
                .collect::<Map<_, _>>()
                .into(),
            None => Value::Null,
        },
        (ShapeKind::Timestamp, Cbor::Tag(1, seconds)) => time(seconds),
        (ShapeKind::Timestamp, found) => time(found),
        (_, found) => plain(found),
    }
}

fn time(found: &Cbor) -> Value {
    let at = match found {
        Cbor::Integer(_) | Cbor::Float(_) => plain(found).as_f64().and_then(wire::from_seconds),
        Cbor::Text(text) => read(text),
        _ => None,
    };
    at.map_or_else(|| plain(found), |at| Value::from(wire::write(at, Format::Iso8601)))
}

fn plain(found: &Cbor) -> Value {
    match found {
        Cbor::Integer(whole) => {
            let whole = i128::from(*whole);
            i64::try_from(whole)
                .map(Value::from)
                .or_else(|_| u64::try_from(whole).map(Value::from))
                .unwrap_or_default()
        }
        Cbor::Float(float) if float.is_nan() => "NaN".into(),
        Cbor::Float(float) if float.is_infinite() => {
            if *float > 0.0 {
                "Infinity".into()
            } else {
                "-Infinity".into()
            }
        }
        Cbor::Float(float) => (*float).into(),
        Cbor::Bool(flag) => (*flag).into(),
        Cbor::Text(text) => text.clone().into(),
        Cbor::Bytes(bytes) => BASE64_STANDARD.encode(bytes).into(),
        Cbor::Array(items) => items.iter().map(plain).collect(),
        Cbor::Map(entries) => entries
            .iter()
            .filter_map(|(name, one)| Some((name.as_text()?.to_owned(), plain(one))))
            .collect::<Map<_, _>>()
            .into(),
        Cbor::Tag(_, inner) => plain(inner),
        _ => Value::Null,
    }
}
