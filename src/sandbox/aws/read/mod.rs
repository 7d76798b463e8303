//! Requests read: from what came over the wire to parameters as plans write them.
//!
//! The inverse of what an SDK does. Text that does not fit its shape is a fault of the sender that names
//! the member; nothing here can panic.

mod form;
mod json;
mod rest;
mod scalar;
mod xml;

use serde_json::{Map, Value};

use super::fault::Fault;
use super::field::Field;
use super::routes::Labels;
use crate::catalog::shapes::{Operation, Protocol, Service};
use crate::sandbox::http::Request;

/// The parameters of a request.
pub(super) fn params(
    service: &Service,
    operation: &Operation,
    request: &Request,
    labels: &Labels,
) -> Result<Map<String, Value>, Fault> {
    let Some(input) = operation.input else { return Ok(Map::new()) };
    let broken = |reason: String| Fault::malformed(service.protocol, &reason);
    let params = match service.protocol {
        Protocol::Json10 | Protocol::Json11 => json::body(service, input, &request.body).map_err(broken)?,
        Protocol::RestJson | Protocol::RestXml => {
            rest::params(service, operation, request, labels).map_err(broken)?
        }
        Protocol::Query | Protocol::Ec2 => form::params(service, input, request).map_err(broken)?,
        Protocol::RpcV2Cbor | Protocol::Oci | Protocol::Arm => {
            return Err(Fault::not_supported(&service.name, &operation.name, "its protocol"));
        }
    };
    for member in service.shape(input).members() {
        if member.required && params.get(&member.name).is_none_or(Value::is_null) {
            return Err(Fault::missing(service.protocol, Field::new(service, member).name()));
        }
    }
    Ok(params)
}
