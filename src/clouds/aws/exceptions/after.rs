//! Answers that the SDK reads in its own way.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::catalog::shapes::{Operation, Service, ShapeId, ShapeKind};
use crate::clouds::http::HttpResponse;

/// Texts of the listings of objects that were asked for in URL encoding.
const LISTED: [&str; 9] = [
    "Delimiter",
    "Marker",
    "NextMarker",
    "Prefix",
    "StartAfter",
    "KeyMarker",
    "NextKeyMarker",
    "Key",
    "EncodedPrefix",
];

/// Whether a good status hides an error: S3 begins some answers before it knows how they end.
pub(crate) fn hides_an_error(service: &Service, operation: &Operation, response: &HttpResponse) -> bool {
    if service.name != "s3" || response.status != 200 {
        return false;
    }
    let streams = operation.output.is_some_and(|id| {
        let shape = service.shape(id);
        let payload = shape.traits.payload.as_deref().and_then(|name| shape.member(name));
        payload.is_some_and(|m| m.traits.streaming || service.shape(m.shape).traits.streaming)
    });
    let start = String::from_utf8_lossy(&response.body[..response.body.len().min(200)]).into_owned();
    let text = start.trim_start();
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest).trim_start(),
        None => text,
    };
    !streams && text.starts_with("<Error>")
}

/// Changes an answer the way the SDK does before it gives it out.
pub(crate) fn after(service: &Service, operation: &Operation, response: &HttpResponse, output: &mut Value) {
    let Some(members) = output.as_object_mut() else { return };
    match (service.name.as_str(), operation.name.as_str()) {
        ("s3", "GetBucketLocation") => location(response, members),
        ("s3", "ListObjects" | "ListObjectsV2" | "ListObjectVersions")
            if members.get("EncodingType").and_then(Value::as_str) == Some("url") =>
        {
            decode_listing(output);
        }
        ("iam", _) => {
            if let Some(shape) = operation.output {
                decode_policies(service, shape, output);
            }
        }
        ("cloudformation", "GetTemplate") => {
            if let Some(body) = members.get_mut("TemplateBody")
                && let Some(parsed) = body.as_str().and_then(|text| serde_json::from_str(text).ok())
            {
                *body = parsed;
            }
        }
        ("ec2", "GetConsoleOutput") => {
            if let Some(text) = members.get_mut("Output")
                && let Some(Ok(bytes)) = text.as_str().map(|t| BASE64_STANDARD.decode(t))
            {
                *text = String::from_utf8_lossy(&bytes).into_owned().into();
            }
        }
        _ => {}
    }
}

/// The region is the text of the root; an empty one stands for the oldest region.
fn location(response: &HttpResponse, members: &mut Map<String, Value>) {
    let text = String::from_utf8_lossy(&response.body);
    let inside = text.split_once("<LocationConstraint").and_then(|(_, rest)| {
        let (tag, rest) = rest.split_once('>')?;
        if tag.ends_with('/') { None } else { rest.split_once('<').map(|(region, _)| region.to_owned()) }
    });
    members.insert(
        "LocationConstraint".into(),
        inside.filter(|r| !r.is_empty()).map_or(Value::Null, Value::from),
    );
}

fn decode_listing(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                match inner {
                    Value::String(text) if LISTED.contains(&name.as_str()) => {
                        let plain = text.replace('+', " ");
                        *text = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
                    }
                    other => decode_listing(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(decode_listing),
        _ => {}
    }
}

/// Policy documents travel URL-encoded and are JSON.
fn decode_policies(service: &Service, shape: ShapeId, value: &mut Value) {
    let shape = service.shape(shape);
    match (&shape.kind, value) {
        (ShapeKind::Structure { members }, Value::Object(found)) => {
            for member in members {
                if let Some(inner) = found.get_mut(&member.name) {
                    decode_policies(service, member.shape, inner);
                }
            }
        }
        (ShapeKind::List { member }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| decode_policies(service, member.shape, item));
        }
        (ShapeKind::String, value) if shape.name == "policyDocumentType" => {
            let decoded =
                value.as_str().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
            if let Some(parsed) = decoded.and_then(|text| serde_json::from_str(&text).ok()) {
                *value = parsed;
            }
        }
        _ => {}
    }
}
