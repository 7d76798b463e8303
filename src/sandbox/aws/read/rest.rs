//! The REST protocols: parameters travel in the path, the query, headers, and the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::super::field::Field;
use super::super::routes::Labels;
use super::{json, scalar, xml};
use crate::catalog::shapes::{Location, Operation, Protocol, Service, ShapeKind};
use crate::sandbox::http::Request;

pub(super) fn params(
    service: &Service,
    operation: &Operation,
    request: &Request,
    labels: &Labels,
) -> Result<Map<String, Value>, String> {
    let Some(id) = operation.input else { return Ok(Map::new()) };
    let input = service.shape(id);
    let mut out = Map::new();
    for member in input.members() {
        let field = Field::new(service, member);
        let value = match member.location {
            Location::Uri => {
                let text = labels.iter().find(|(name, _)| name == field.wire());
                text.map(|(_, text)| scalar::from_text(text, field)).transpose()?
            }
            Location::Query => query(request, field)?,
            Location::Header => header(request, field)?,
            Location::Headers => headers(request, field),
            Location::Body | Location::StatusCode => None,
        };
        if let Some(value) = value {
            out.insert(member.name.clone(), value);
        }
    }
    let payload = input.traits.payload.as_deref().and_then(|name| input.member(name));
    match payload.map(|member| Field::new(service, member)) {
        Some(field) => {
            if let Some(value) = whole_body(service, field, &request.body)? {
                out.insert(field.name().to_owned(), value);
            }
        }
        None => out.extend(body(service, operation, &request.body)?),
    }
    Ok(out)
}

fn whole_body(service: &Service, field: Field<'_>, bytes: &[u8]) -> Result<Option<Value>, String> {
    match field.kind() {
        ShapeKind::Blob => Ok(Some(Value::from(BASE64_STANDARD.encode(bytes)))),
        _ if bytes.is_empty() => Ok(None),
        ShapeKind::String => {
            let text = std::str::from_utf8(bytes).map_err(|_| "the body is no UTF-8".to_owned())?;
            Ok(Some(Value::from(text)))
        }
        _ if service.protocol == Protocol::RestXml => xml::read(&xml::parse(bytes)?, field).map(Some),
        _ => json::read(&json::parse(bytes)?, field).map(Some),
    }
}

fn body(service: &Service, operation: &Operation, bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let Some(id) = operation.input else { return Ok(Map::new()) };
    let in_body = || {
        service
            .shape(id)
            .members()
            .iter()
            .filter(|member| member.location == Location::Body)
            .map(|member| Field::new(service, member))
    };
    if bytes.is_empty() || in_body().next().is_none() {
        return Ok(Map::new());
    }
    if service.protocol == Protocol::RestXml {
        return xml::members(&xml::parse(bytes)?, in_body());
    }
    let Value::Object(members) = json::parse(bytes)? else {
        return Err("the body must be a JSON object".to_owned());
    };
    let mut out = Map::new();
    for field in in_body() {
        if let Some(value) = members.get(field.wire()).filter(|value| !value.is_null()) {
            out.insert(field.name().to_owned(), json::read(value, field)?);
        }
    }
    Ok(out)
}

fn query(request: &Request, field: Field<'_>) -> Result<Option<Value>, String> {
    if let Some(item) = field.item() {
        let values: Vec<Value> = request
            .query
            .iter()
            .filter(|(name, _)| name == field.wire())
            .map(|(_, text)| scalar::from_text(text, item))
            .collect::<Result<_, _>>()?;
        return Ok((!values.is_empty()).then_some(Value::Array(values)));
    }
    if field.entry().is_some() {
        let entries: Map<String, Value> =
            request.query.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
        return Ok((!entries.is_empty()).then_some(Value::Object(entries)));
    }
    request.query(field.wire()).map(|text| scalar::from_text(text, field)).transpose()
}

fn header(request: &Request, field: Field<'_>) -> Result<Option<Value>, String> {
    let Some(text) = request.header(&field.wire().to_ascii_lowercase()) else { return Ok(None) };
    if let Some(item) = field.item() {
        let values: Vec<Value> =
            text.split(',').map(|part| scalar::from_text(part.trim(), item)).collect::<Result<_, _>>()?;
        return Ok(Some(Value::Array(values)));
    }
    if field.json_value() {
        let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
        return Ok(serde_json::from_slice(&bytes).ok());
    }
    scalar::from_text(text, field).map(Some)
}

fn headers(request: &Request, field: Field<'_>) -> Option<Value> {
    let prefix = field.wire().to_ascii_lowercase();
    let entries: Map<String, Value> = request
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), Value::from(value.as_str())))
        })
        .collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}
