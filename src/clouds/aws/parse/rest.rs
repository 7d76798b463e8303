//! Answers of the REST protocols: members in headers, in the status, and in the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::element::Element;
use super::{header, json, xml};
use crate::catalog::shapes::{Protocol, Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::http::HttpResponse;

/// Reads an answer.
///
/// # Errors
///
/// The body is not what the protocol says.
pub(super) fn parse(service: &Service, shape: &Shape, response: &HttpResponse) -> Result<Value, String> {
    let mut out = Map::new();
    header::members(service, shape, response, &mut out);
    let payload = shape.traits.payload.as_deref().and_then(|name| shape.member(name));
    match payload {
        Some(member) => {
            let field = Field::new(service, member);
            if let Some(value) = whole_body(field, response)? {
                out.insert(member.name.clone(), value);
            }
        }
        None => {
            if let Value::Object(members) = body(service, shape, &response.body)? {
                out.extend(members);
            }
        }
    }
    Ok(Value::Object(out))
}

/// The members of a structure that is spread over the body.
pub(super) fn body(service: &Service, shape: &Shape, bytes: &[u8]) -> Result<Value, String> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    match service.protocol {
        Protocol::RestXml => Ok(xml::structure(service, shape, &Element::answer(bytes)?)),
        _ => Ok(json::structure(service, shape, &json::object(bytes)?)),
    }
}

/// The member that is the whole body; nothing when the body is empty and could say so.
fn whole_body(field: Field<'_>, response: &HttpResponse) -> Result<Option<Value>, String> {
    let bytes = &response.body;
    match field.kind() {
        ShapeKind::Blob => Ok(Some(Value::from(BASE64_STANDARD.encode(bytes)))),
        ShapeKind::String | ShapeKind::Character => {
            let text = String::from_utf8(bytes.clone()).map_err(|e| format!("not UTF-8: {e}"))?;
            Ok(Some(Value::from(text)))
        }
        _ if bytes.iter().all(u8::is_ascii_whitespace) => Ok(None),
        _ if field.service.protocol == Protocol::RestXml => {
            Ok(Some(xml::value(field, &Element::answer(bytes)?)))
        }
        _ => Ok(Some(json::value(field, &json::document(bytes)?))),
    }
}
