//! The parameters of a request, named and typed as plans have them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::route::Labels;
use crate::catalog::shapes::{Location, Operation, Service, ShapeId, ShapeKind};
use crate::catalog::{Strictness, validate};
use crate::sandbox::http::Request;

/// Takes a request apart and checks it as the model says.
///
/// # Errors
///
/// The body is no JSON, or the parameters do not fit; all that is wrong at once.
pub(super) fn params(
    service: &Service,
    operation: &Operation,
    request: &Request,
    labels: &Labels,
) -> Result<Map<String, Value>, Fault> {
    let mut params = Map::new();
    for member in operation.input.map_or(&[][..], |id| service.shape(id).members()) {
        let value = match member.location {
            Location::Uri => {
                labels.iter().find(|(name, _)| *name == member.name).map(|(_, text)| text.as_str().into())
            }
            Location::Query => {
                let all: Vec<&str> = request
                    .query
                    .iter()
                    .filter(|(name, _)| *name == member.name)
                    .map(|(_, value)| value.as_str())
                    .collect();
                (!all.is_empty()).then(|| typed(service, member.shape, &all))
            }
            Location::Header => {
                let text = request.header(&member.name.to_ascii_lowercase());
                text.map(|text| typed(service, member.shape, &[text]))
            }
            Location::Headers => {
                let own: Map<String, Value> = request
                    .headers
                    .iter()
                    .filter_map(|(name, value)| {
                        Some((name.strip_prefix(&member.name)?.to_owned(), value.as_str().into()))
                    })
                    .collect();
                (!own.is_empty()).then_some(Value::Object(own))
            }
            Location::Body => body(service, member.shape, request)?,
            Location::StatusCode => None,
        };
        if let Some(value) = value {
            params.insert(member.name.clone(), value);
        }
    }
    let whole = Value::Object(params);
    let problems = validate(service, operation, &whole, Strictness::Sending);
    if !problems.is_empty() {
        return Err(Fault::invalid(problems.join("; ")));
    }
    match whole {
        Value::Object(params) => Ok(params),
        _ => Ok(Map::new()),
    }
}

fn body(service: &Service, shape: ShapeId, request: &Request) -> Result<Option<Value>, Fault> {
    if matches!(service.shape(shape).kind, ShapeKind::Blob) {
        return Ok(Some(BASE64_STANDARD.encode(&request.body).into()));
    }
    if request.body.is_empty() {
        return Ok(None);
    }
    let read = serde_json::from_slice(&request.body);
    read.map(Some).map_err(|e| Fault::invalid(format!("the body is no JSON: {e}")))
}

/// Texts of a query or a header as the model types them; what does not fit stays a text and is told by the check.
fn typed(service: &Service, shape: ShapeId, texts: &[&str]) -> Value {
    let first = texts.first().copied().unwrap_or_default();
    let number = |value: Option<Value>| value.unwrap_or_else(|| first.into());
    match &service.shape(shape).kind {
        ShapeKind::Integer | ShapeKind::Long => number(first.parse::<i64>().ok().map(Value::from)),
        ShapeKind::Float | ShapeKind::Double => number(first.parse::<f64>().ok().map(Value::from)),
        ShapeKind::Boolean => number(first.to_ascii_lowercase().parse::<bool>().ok().map(Value::from)),
        ShapeKind::List { member } => {
            texts.iter().map(|text| typed(service, member.shape, &[text])).collect::<Vec<_>>().into()
        }
        _ => first.into(),
    }
}
