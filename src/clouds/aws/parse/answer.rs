//! The way from a response to an answer.

use serde_json::{Map, Value};

use super::element::Element;
use super::{cbor, error, event, json, rest, xml};
use crate::catalog::shapes::{Operation, Protocol, Service};
use crate::clouds::aws::exceptions;
use crate::clouds::http::HttpResponse;

/// What a response says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The operation was carried out.
    Output(Value),
    /// The cloud refused or failed.
    Error(ServiceFailure),
}

/// An error as the cloud gave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceFailure {
    /// The code; the status where the cloud gave none.
    pub code: String,
    /// The cloud's words.
    pub message: String,
    /// Members of the modelled error.
    pub detail: Map<String, Value>,
    /// The cloud's name for the request.
    pub request_id: Option<String>,
    /// Whether the model says that the error can be retried.
    pub retryable: bool,
}

/// Reads a response.
///
/// # Errors
///
/// The body is not what the protocol says: the place and what is wrong with it.
pub fn parse(service: &Service, operation: &Operation, response: &HttpResponse) -> Result<Answer, String> {
    if response.status >= 300 || exceptions::hides_an_error(service, operation, response) {
        return Ok(Answer::Error(error::parse(service, operation, response)));
    }
    let mut output = match operation.output.map(|id| service.shape(id)) {
        None => Value::Object(Map::new()),
        Some(shape) => {
            if let Some(stream) = event::member(service, operation) {
                event::parse(service, shape, stream, response)?
            } else {
                match service.protocol {
                    Protocol::Json10 | Protocol::Json11 => {
                        json::structure(service, shape, &json::object(&response.body)?)
                    }
                    Protocol::RestJson | Protocol::RestXml => rest::parse(service, shape, response)?,
                    Protocol::Query => {
                        let root = Element::answer(&response.body)?;
                        let result = match &operation.result_wrapper {
                            Some(name) => root.child(name),
                            None => Some(&root),
                        };
                        match result {
                            Some(element) => xml::structure(service, shape, element),
                            None if shape.members().is_empty() => Value::Object(Map::new()),
                            None => return Err(format!("there is no result in <{}>", root.name)),
                        }
                    }
                    Protocol::Ec2 => {
                        let root = Element::answer(&response.body)?;
                        if !root.name.ends_with("Response") {
                            return Err(format!("<{}> is not an answer of this service", root.name));
                        }
                        xml::structure(service, shape, &root)
                    }
                    Protocol::RpcV2Cbor => cbor::structure(service, shape, &cbor::document(&response.body)?),
                    Protocol::Oci | Protocol::Arm => {
                        return Err("this service does not speak an AWS protocol".into());
                    }
                }
            }
        }
    };
    exceptions::after(service, operation, response, &mut output);
    Ok(Answer::Output(output))
}

/// The cloud's name for a request, from its headers.
pub(super) fn request_id(response: &HttpResponse) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .iter()
        .find_map(|name| response.header(name))
        .map(str::to_owned)
}

impl Answer {
    /// The cloud's name for a request: in a header, or in the document of the older protocols.
    #[must_use]
    pub fn request_id(response: &HttpResponse) -> Option<String> {
        request_id(response).or_else(|| {
            let text = String::from_utf8_lossy(&response.body);
            ["<RequestId>", "<requestId>", "<RequestID>"].iter().find_map(|open| {
                let after = text.split_once(open)?.1;
                after.split_once('<').map(|(id, _)| id.to_owned())
            })
        })
    }
}
