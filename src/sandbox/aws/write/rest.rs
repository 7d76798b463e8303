//! The REST protocols: the answer travels in the status, headers, and the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::super::field::Field;
use super::super::known::Known;
use super::super::time::{self, Format};
use super::{json, xml};
use crate::catalog::shapes::{Location, Operation, Protocol, Service, ShapeKind};
use crate::sandbox::http::Answer;

pub(super) fn answer(
    known: &Known,
    service: &Service,
    operation: &Operation,
    output: &Map<String, Value>,
) -> Answer {
    let mut answer = Answer { status: operation.response_code.unwrap_or(200), ..Answer::default() };
    let Some(id) = operation.output else { return answer };
    let shape = service.shape(id);
    for member in shape.members() {
        let field = Field::new(service, member);
        let Some(value) = output.get(&member.name).filter(|value| !value.is_null()) else { continue };
        match member.location {
            Location::Header => answer.set(&field.wire().to_ascii_lowercase(), header(value, field)),
            Location::Headers => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let name = format!("{}{name}", field.wire()).to_ascii_lowercase();
                    answer.set(&name, plain(value));
                }
            }
            Location::StatusCode => {
                let status = value.as_u64().and_then(|n| u16::try_from(n).ok());
                answer.status = status.filter(|n| (200..300).contains(n)).unwrap_or(answer.status);
            }
            _ => {}
        }
    }
    let is_xml = service.protocol == Protocol::RestXml;
    let kind = if is_xml { "application/xml" } else { "application/json" };
    let payload = shape.traits.payload.as_deref().and_then(|name| shape.member(name));
    if let Some(field) = payload.map(|member| Field::new(service, member)) {
        let Some(value) = output.get(field.name()).filter(|value| !value.is_null()) else { return answer };
        let (kind, body) = match field.kind() {
            ShapeKind::Blob => {
                let bytes = BASE64_STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
                ("binary/octet-stream", bytes)
            }
            ShapeKind::String => ("text/plain", plain(value).into_bytes()),
            _ if is_xml => {
                (kind, xml::document(service, field.wire_or(&field.shape.name), value, field).into_bytes())
            }
            _ => (kind, json::write(value, field).to_string().into_bytes()),
        };
        answer.body = body;
        set_kind(&mut answer, kind);
        return answer;
    }
    let in_body = shape.members().iter().any(|member| member.location == Location::Body);
    if !in_body || answer.status == 204 {
        return answer;
    }
    answer.body = if !is_xml {
        Value::Object(json::structure(service, id, output)).to_string().into_bytes()
    } else if known.is_unwrapped(&service.name, &operation.name) {
        let only = shape.members().iter().find(|member| member.location == Location::Body);
        only.map(|member| Field::new(service, member)).map_or_else(Vec::new, |field| {
            let value = output.get(field.name()).cloned().unwrap_or(Value::String(String::new()));
            xml::document(service, field.wire(), &value, field).into_bytes()
        })
    } else {
        let root = if shape.name.is_empty() { &operation.name } else { &shape.name };
        xml::whole(service, root, id, output).into_bytes()
    };
    set_kind(&mut answer, kind);
    answer
}

/// The kind of the body, unless a member already said it.
fn set_kind(answer: &mut Answer, kind: &str) {
    if !answer.headers.iter().any(|(name, _)| name == "content-type") {
        answer.set("content-type", kind);
    }
}

fn header(value: &Value, field: Field<'_>) -> String {
    match value {
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(plain).collect();
            parts.join(",")
        }
        value if field.json_value() => BASE64_STANDARD.encode(value.to_string()),
        value => match (field.kind(), time::read(value)) {
            (ShapeKind::Timestamp, Some(at)) => {
                time::write(at, Format::named(field.timestamp_format(), Format::Rfc822))
            }
            _ => plain(value),
        },
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
