//! Errors in each protocol's own form.

use quick_xml::escape::escape;
use serde_json::json;

use super::super::fault::Fault;
use super::super::known::Known;
use super::identify;
use super::xml::PROLOGUE;
use crate::catalog::shapes::{Protocol, Service};
use crate::sandbox::http::Answer;

/// An error as the service would give it; without a service, as the commonest clients can read it.
pub(in super::super) fn error(
    known: &Known,
    service: Option<&Service>,
    fault: &Fault,
    head: bool,
    request_id: &str,
) -> Answer {
    let id = escape(request_id);
    let (code, message) = (escape(&fault.code), escape(&fault.message));
    let protocol = service.map_or(Protocol::RestXml, |service| service.protocol);
    let inner = format!("<Code>{code}</Code><Message>{message}</Message>");
    let kind = if fault.status >= 500 { "Receiver" } else { "Sender" };
    let mut answer = match protocol {
        Protocol::Ec2 => xml(
            fault.status,
            format!(
                "<Response><Errors><Error>{inner}</Error></Errors><RequestID>{id}</RequestID></Response>"
            ),
        ),
        Protocol::RestXml if service.is_none_or(|service| known.has_bare_errors(&service.name)) => {
            xml(fault.status, format!("<Error>{inner}<RequestId>{id}</RequestId></Error>"))
        }
        Protocol::Query | Protocol::RestXml => xml(
            fault.status,
            format!(
                "<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error><RequestId>{id}</RequestId></ErrorResponse>"
            ),
        ),
        _ => {
            let name = fault.shape.as_ref().unwrap_or(&fault.code);
            let body = json!({"__type": name, "message": fault.message, "Message": fault.message});
            let mut answer = Answer::new(fault.status, "application/x-amz-json-1.1", body.to_string());
            answer.set("x-amzn-errortype", name.as_str());
            if service.is_some_and(|service| service.traits.query_compatible) {
                answer.set("x-amzn-query-error", format!("{};{kind}", fault.code));
            }
            answer
        }
    };
    if head {
        answer.body.clear();
    }
    identify(&mut answer, request_id);
    answer
}

fn xml(status: u16, body: String) -> Answer {
    Answer::new(status, "text/xml;charset=UTF-8", format!("{PROLOGUE}{body}"))
}
