//! Answers written: from values as plans write them to what comes over the wire.

mod error;
mod json;
mod rest;
mod xml;

pub(super) use error::error;

use serde_json::{Map, Value};

use super::known::Known;
use crate::catalog::shapes::{Operation, Protocol, Service};
use crate::sandbox::http::Answer;

/// A successful answer.
pub(super) fn answer(
    known: &Known,
    service: &Service,
    operation: &Operation,
    output: &Map<String, Value>,
    request_id: &str,
) -> Answer {
    let mut answer = match service.protocol {
        Protocol::Query | Protocol::Ec2 => {
            Answer::new(200, "text/xml;charset=UTF-8", xml::answer(service, operation, output, request_id))
        }
        Protocol::RestJson | Protocol::RestXml => rest::answer(known, service, operation, output),
        protocol => {
            let version = if protocol == Protocol::Json10 { "1.0" } else { "1.1" };
            let body = operation.output.map(|id| json::structure(service, id, output)).unwrap_or_default();
            Answer::new(200, &format!("application/x-amz-json-{version}"), Value::Object(body).to_string())
        }
    };
    identify(&mut answer, request_id);
    answer
}

/// The request's id in the headers in which the SDKs look for it.
fn identify(answer: &mut Answer, request_id: &str) {
    answer.set("x-amzn-requestid", request_id);
    answer.set("x-amz-request-id", request_id);
}
