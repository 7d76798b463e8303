//! Streams of events, read whole.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::{HeaderValue, Message};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::BytesMut;
use serde_json::{Map, Value, json};

use super::{header, rest};
use crate::catalog::shapes::{Member, Operation, Service, Shape, ShapeKind};
use crate::clouds::aws::field::Field;
use crate::clouds::aws::time::{self as wire, Format};
use crate::clouds::http::HttpResponse;

/// The member of an operation's answer that is a stream of events.
pub(in crate::clouds::aws) fn member<'a>(service: &'a Service, operation: &Operation) -> Option<&'a Member> {
    let shape = service.shape(operation.output?);
    shape.members().iter().find(|m| m.traits.event_stream || service.shape(m.shape).traits.event_stream)
}

/// Reads the headers and all events of an answer.
///
/// # Errors
///
/// A frame is damaged, or the stream ends in the middle of one.
pub(super) fn parse(
    service: &Service,
    shape: &Shape,
    stream: &Member,
    response: &HttpResponse,
) -> Result<Value, String> {
    let mut out = Map::new();
    header::members(service, shape, response, &mut out);
    let events = service.shape(stream.shape);
    let mut list = Vec::new();
    let mut bytes = BytesMut::from(response.body.as_slice());
    let mut decoder = MessageFrameDecoder::new();
    while !bytes.is_empty() {
        match decoder.decode_frame(&mut bytes).map_err(|e| format!("not a stream of events: {e}"))? {
            DecodedFrame::Complete(message) => {
                let (name, event) = event(service, events, &message)?;
                // The first answer of the older protocols travels as an event of its own.
                match (name.as_str(), event) {
                    ("initial-response", Value::Object(members)) => out.extend(members),
                    (_, event) => list.push(json!({ name: event })),
                }
            }
            DecodedFrame::Incomplete => return Err("the stream of events ends in the middle".into()),
        }
    }
    out.insert(stream.name.clone(), Value::Array(list));
    Ok(Value::Object(out))
}

fn event(service: &Service, events: &Shape, message: &Message) -> Result<(String, Value), String> {
    let text = |name: &str| {
        message
            .headers()
            .iter()
            .find(|h| h.name().as_str() == name)
            .and_then(|h| h.value().as_string().ok())
            .map(|s| s.as_str().to_owned())
    };
    let kind = text(":message-type").unwrap_or_else(|| "event".into());
    if kind == "error" {
        let detail = json!({"code": text(":error-code"), "message": text(":error-message")});
        return Ok(("error".into(), detail));
    }
    let name = text(if kind == "exception" { ":exception-type" } else { ":event-type" })
        .ok_or("an event has no type")?;
    if name == "initial-response" {
        let value = serde_json::from_slice(message.payload()).unwrap_or_default();
        return Ok((name, value));
    }
    let Some(member) = events.member(&name) else {
        return Ok((name, json!({})));
    };
    Ok((name, members(service, service.shape(member.shape), message)?))
}

fn members(service: &Service, shape: &Shape, message: &Message) -> Result<Value, String> {
    let mut out = Map::new();
    let mut payload = None;
    let mut spread = true;
    for member in shape.members() {
        let field = Field::new(service, member);
        if member.traits.event_header || field.shape.traits.event_header {
            let found = message.headers().iter().find(|h| h.name().as_str() == member.name);
            if let Some(found) = found {
                out.insert(member.name.clone(), header_value(found.value()));
            }
            continue;
        }
        if member.traits.event_payload || field.shape.traits.event_payload {
            payload = Some(field);
            spread = false;
        }
    }
    let bytes = message.payload();
    match payload {
        Some(field) => {
            let value = match field.kind() {
                ShapeKind::Blob => Value::from(BASE64_STANDARD.encode(bytes)),
                ShapeKind::String => Value::from(String::from_utf8_lossy(bytes).into_owned()),
                _ => rest::body(service, field.shape, bytes)?,
            };
            out.insert(field.member.name.clone(), value);
        }
        None if spread => {
            if let Value::Object(found) = rest::body(service, shape, bytes)? {
                for (name, value) in found {
                    out.entry(name).or_insert(value);
                }
            }
        }
        None => {}
    }
    Ok(Value::Object(out))
}

fn header_value(value: &HeaderValue) -> Value {
    match value {
        HeaderValue::Bool(flag) => (*flag).into(),
        HeaderValue::Byte(n) => (*n).into(),
        HeaderValue::Int16(n) => (*n).into(),
        HeaderValue::Int32(n) => (*n).into(),
        HeaderValue::Int64(n) => (*n).into(),
        HeaderValue::ByteArray(bytes) => BASE64_STANDARD.encode(bytes).into(),
        HeaderValue::String(text) => text.as_str().into(),
        HeaderValue::Timestamp(at) => wire::from_seconds(at.as_secs_f64())
            .map_or(Value::Null, |at| wire::write(at, Format::Iso8601).into()),
        HeaderValue::Uuid(id) => uuid::Uuid::from_u128(*id).to_string().into(),
        _ => Value::Null,
    }
}
