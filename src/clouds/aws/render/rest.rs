//! The REST protocols: parameters travel in the path, the query, headers, and the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::draft::Draft;
use super::form::bytes;
use super::given::Given;
use super::json::{self, float_text};
use super::{uri, xml};
use crate::catalog::shapes::{Location, Operation, Protocol, Service, Shape, ShapeKind};
use crate::clouds::aws::exceptions;
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self, Format};

/// Fills a draft from the parameters.
///
/// # Errors
///
/// A label of the path without a value, in words.
pub(super) fn render(service: &Service, operation: &Operation, params: &Given<'_>) -> Result<Draft, String> {
    let mut draft = Draft { method: operation.method.clone(), ..Draft::default() };
    let Some(input) = operation.input.map(|id| service.shape(id)) else {
        draft.path.clone_from(&operation.uri);
        return Ok(draft);
    };
    let mut labels: Vec<(&str, String)> = Vec::new();
    let mut body: Vec<(&str, &Value)> = Vec::new();
    let mut maps: Vec<(&String, &Value)> = Vec::new();
    for (name, value) in params.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = input.member(name) else { continue };
        let field = Field::new(service, member);
        match member.location {
            Location::Uri => labels.push((field.wire(), text(value, field, Format::Iso8601))),
            // Names of their own win over names in a map.
            Location::Query if value.is_object() => maps.extend(value.as_object().into_iter().flatten()),
            Location::Query => query(&mut draft.query, value, field),
            Location::Header => {
                if !value.as_array().is_some_and(Vec::is_empty) {
                    draft.set_header(field.wire(), header(value, field));
                }
            }
            Location::Headers => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    draft.set_header(&format!("{}{name}", field.wire()), plain(value));
                }
            }
            Location::Body | Location::StatusCode => body.push((name, value)),
        }
    }
    let named = draft.query.len();
    for (name, value) in maps {
        if draft.query[..named].iter().any(|(own, _)| own == name) {
            continue;
        }
        match value {
            Value::Array(items) => draft.query.extend(items.iter().map(|item| (name.clone(), plain(item)))),
            other => draft.query.push((name.clone(), plain(other))),
        }
    }
    draft.path = uri::fill(exceptions::strip_bucket(service, &operation.uri), |label| {
        labels.iter().find(|(name, _)| *name == label).map(|(_, value)| value.clone())
    })
    .map_err(|label| format!("$.{label}: is part of the path and must be given"))?;
    fill_body(service, operation, input, params, &body, &mut draft)?;
    Ok(draft)
}

fn fill_body(
    service: &Service,
    operation: &Operation,
    input: &Shape,
    params: &Given<'_>,
    body: &[(&str, &Value)],
    draft: &mut Draft,
) -> Result<(), String> {
    let json_body = service.protocol == Protocol::RestJson;
    let broken = |e: std::io::Error| format!("the body cannot be written: {e}");
    let payload =
        input.traits.payload.as_deref().and_then(|name| input.member(name)).map(|m| Field::new(service, m));
    if let Some(field) = payload {
        let value = params.get(&field.member.name).filter(|v| !v.is_null());
        let raw = matches!(field.kind(), ShapeKind::Blob | ShapeKind::String);
        draft.streaming = raw && (field.shape.traits.streaming || field.member.traits.streaming);
        draft.body = match (raw, value) {
            (true, None) => Vec::new(),
            (true, Some(value)) => {
                let text = value.as_str().unwrap_or_default();
                if matches!(field.kind(), ShapeKind::Blob) { bytes(text) } else { text.as_bytes().to_vec() }
            }
            (false, Some(value)) if json_body => json::body(value, field)?,
            (false, Some(value)) => xml::payload(value, field).map_err(broken)?,
            (false, None) if json_body => b"{}".to_vec(),
            (false, None) => Vec::new(),
        };
        if raw {
            return Ok(());
        }
    } else if json_body {
        let in_body = input.members().iter().any(|m| m.location == Location::Body);
        if in_body || !body.is_empty() {
            let members = body.iter().filter_map(|(name, value)| {
                input.member(name).map(|member| (*value, Field::new(service, member)))
            });
            draft.body = json::object(members)?;
        }
    } else if !body.is_empty() {
        draft.body = xml::input(service, operation, body).map_err(broken)?;
    }
    if json_body && !draft.body.is_empty() && draft.header("content-type").is_none() {
        draft.set_header("content-type", "application/json");
    }
    Ok(())
}

fn query(pairs: &mut Vec<(String, String)>, value: &Value, field: Field<'_>) {
    match value {
        Value::Array(items) => {
            if let Some(item) = field.item() {
                pairs.extend(items.iter().map(|v| (field.wire().to_owned(), text(v, item, Format::Iso8601))));
            }
        }
        value => pairs.push((field.wire().to_owned(), text(value, field, Format::Iso8601))),
    }
}

fn header(value: &Value, field: Field<'_>) -> String {
    match value {
        value if field.json_value() => {
            let plain = match value {
                Value::String(text) => Value::from(text.as_str()).to_string(),
                other => other.to_string(),
            };
            BASE64_STANDARD.encode(plain)
        }
        Value::Array(items) => {
            let Some(item) = field.item() else { return String::new() };
            let strings = matches!(item.kind(), ShapeKind::String);
            let parts: Vec<String> = items
                .iter()
                .filter(|v| !v.is_null())
                .map(|v| {
                    let part = text(v, item, Format::Rfc822);
                    // A comma inside an item would look like the end of the item.
                    if strings && part.contains(['"', ',']) {
                        format!("\"{}\"", part.replace('"', "\\\""))
                    } else {
                        part
                    }
                })
                .collect();
            parts.join(",")
        }
        value => text(value, field, Format::Rfc822),
    }
}

fn text(value: &Value, field: Field<'_>, default: Format) -> String {
    match field.kind() {
        ShapeKind::Timestamp => {
            let format = field.format(default);
            time::read(value).map_or_else(|| plain(value), |at| time::write(at, format))
        }
        ShapeKind::Float | ShapeKind::Double => float_text(value),
        _ => plain(value),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
