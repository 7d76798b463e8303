//! Errors as every protocol writes them.

use serde_json::{Map, Value};

use super::answer::{ServiceFailure, request_id};
use super::element::Element;
use super::{cbor, header, json, xml};
use crate::catalog::shapes::{Operation, Protocol, Service, Shape};
use crate::clouds::http::HttpResponse;

/// Reads an error. A body that cannot be read is still an error: its code is then the status.
pub(super) fn parse(service: &Service, operation: &Operation, response: &HttpResponse) -> ServiceFailure {
    let mut failure = match service.protocol {
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => of_xml(service, operation, response),
        Protocol::RpcV2Cbor => match cbor::document(&response.body) {
            Ok(document) => of_cbor(service, operation, &document),
            Err(_) => ServiceFailure::default(),
        },
        _ => of_json(service, operation, response),
    };
    if let Some(code) = response.header("x-amzn-query-error").filter(|_| service.traits.query_compatible) {
        code.split(';').next().unwrap_or(code).clone_into(&mut failure.code);
    }
    if failure.code.is_empty() {
        failure.code = response.status.to_string();
    }
    failure.request_id = request_id(response).or(failure.request_id);
    failure
}

/// The modelled error of this code.
fn modelled<'a>(service: &'a Service, operation: &'a Operation, code: &str) -> Option<&'a Shape> {
    let fits = |shape: &&Shape| shape.name == code || shape.traits.error_code.as_deref() == Some(code);
    operation
        .errors
        .iter()
        .map(|id| service.shape(*id))
        .find(fits)
        .or_else(|| service.shapes.iter().filter(|shape| shape.traits.exception).find(fits))
}

/// `aws.protocols#FooError:http://…` → `FooError`.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

fn of_json(service: &Service, operation: &Operation, response: &HttpResponse) -> ServiceFailure {
    let document = json::document(&response.body).unwrap_or_default();
    let text = |names: &[&str]| {
        names.iter().find_map(|name| document.get(name).and_then(Value::as_str)).map(str::to_owned)
    };
    let own = text(&["__type", "code", "Code"]);
    let header = response.header("x-amzn-errortype").map(str::to_owned);
    let code = match service.protocol {
        Protocol::RestJson => header.or(own),
        _ => own.or(header),
    };
    let code = code.map(|code| bare(&code).to_owned()).unwrap_or_default();
    let mut detail = Map::new();
    let shape = modelled(service, operation, &code);
    if let Some(shape) = shape {
        header::members(service, shape, response, &mut detail);
        if let Value::Object(members) = json::structure(service, shape, &document) {
            detail.extend(members);
        }
    }
    ServiceFailure {
        code,
        message: text(&["message", "Message", "errorMessage"]).unwrap_or_default(),
        detail,
        request_id: None,
        retryable: shape.is_some_and(|shape| shape.traits.retryable),
    }
}

fn of_cbor(service: &Service, operation: &Operation, document: &ciborium::Value) -> ServiceFailure {
    let code = cbor::text(document, "__type").map(|code| bare(&code).to_owned()).unwrap_or_default();
    let shape = modelled(service, operation, &code);
    let detail = match shape.map(|shape| cbor::structure(service, shape, document)) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let message = cbor::text(document, "message").or_else(|| cbor::text(document, "Message"));
    ServiceFailure {
        code,
        message: message.unwrap_or_default(),
        detail,
        request_id: None,
        retryable: shape.is_some_and(|shape| shape.traits.retryable),
    }
}

fn of_xml(service: &Service, operation: &Operation, response: &HttpResponse) -> ServiceFailure {
    let Ok(root) = Element::parse(&response.body) else { return ServiceFailure::default() };
    let error = if root.name == "Error" {
        Some(&root)
    } else {
        root.child("Error").or_else(|| root.child("Errors")?.child("Error"))
    };
    let Some(error) = error else {
        return ServiceFailure {
            request_id: root.text_of("RequestId").map(str::to_owned),
            ..ServiceFailure::default()
        };
    };
    let text = |name: &str| error.text_of(name).map(|text| text.trim().to_owned());
    let code = text("Code").unwrap_or_default();
    let mut detail = Map::new();
    let shape = modelled(service, operation, &code);
    if let Some(shape) = shape {
        header::members(service, shape, response, &mut detail);
        if let Value::Object(members) = xml::structure(service, shape, error) {
            detail.extend(members);
        }
    }
    let id = ["RequestId", "RequestID", "requestId"]
        .iter()
        .find_map(|name| root.text_of(name).or_else(|| error.text_of(name)).map(str::to_owned));
    ServiceFailure {
        code: bare(&code).to_owned(),
        message: text("Message").or_else(|| text("message")).unwrap_or_default(),
        detail,
        request_id: id,
        retryable: shape.is_some_and(|shape| shape.traits.retryable),
    }
}
