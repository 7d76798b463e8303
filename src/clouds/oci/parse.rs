//! Answers read: JSON as the service wrote it, bytes as base64, and the headers that say how to go on.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::catalog::shapes::{Operation, Service, ShapeKind};
use crate::clouds::http::HttpResponse;

/// The member that holds what is no object: a list, a text, or bytes.
const BODY: &str = "body";
/// Headers that stand beside the members of an answer: what another request needs.
const KEPT: [&str; 3] = ["opc-next-page", "opc-work-request-id", "etag"];
/// The beginning of headers that a person gave a thing.
const OWN: &str = "opc-meta-";

/// What the cloud refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// The cloud's code.
    pub code: String,
    /// The cloud's words.
    pub message: String,
    /// The other members of the error.
    pub detail: Map<String, Value>,
}

/// An answer, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What the operation answers: the members of its model, or one member `body`.
    Output(Value),
    /// An error.
    Error(Failure),
}

/// Reads a response.
///
/// # Errors
///
/// A good status with a body that the operation cannot answer with.
pub fn parse(service: &Service, operation: &Operation, response: &HttpResponse) -> Result<Answer, String> {
    if !(200..300).contains(&response.status) {
        return Ok(Answer::Error(failure(response)));
    }
    let mut members = match operation.output.map(|id| service.shape(id)) {
        None => Map::new(),
        Some(_) if operation.method == "HEAD" || matches!(response.status, 204 | 304) => Map::new(),
        Some(shape) => match shape.member(BODY).filter(|_| shape.traits.payload.as_deref() == Some(BODY)) {
            Some(member) => {
                let body = whole(&service.shape(member.shape).kind, response)?;
                Map::from_iter([(BODY.to_owned(), body)])
            }
            None => match json(response)? {
                Value::Object(members) => members,
                other => return Err(format!("expected an object, found {}", kind_of(&other))),
            },
        },
    };
    for (name, value) in &response.headers {
        let name = name.to_ascii_lowercase();
        let kept = KEPT.contains(&name.as_str()) || name.starts_with(OWN);
        if kept && !value.is_empty() && !members.contains_key(&name) {
            members.insert(name, value.as_str().into());
        }
    }
    Ok(Answer::Output(Value::Object(members)))
}

/// A body that is no object.
fn whole(kind: &ShapeKind, response: &HttpResponse) -> Result<Value, String> {
    let text = || String::from_utf8_lossy(&response.body).into_owned();
    match kind {
        ShapeKind::Blob => Ok(BASE64_STANDARD.encode(&response.body).into()),
        // Some services write texts as JSON, others as they are.
        ShapeKind::String => Ok(match serde_json::from_slice(&response.body) {
            Ok(Value::String(text)) => text.into(),
            _ => text().into(),
        }),
        ShapeKind::List { .. } => match json(response)? {
            list @ Value::Array(_) => Ok(list),
            other => Err(format!("expected a list, found {}", kind_of(&other))),
        },
        _ => json(response),
    }
}

fn json(response: &HttpResponse) -> Result<Value, String> {
    if response.body.iter().all(u8::is_ascii_whitespace) {
        return Err("the answer is empty, which this operation never answers".into());
    }
    serde_json::from_slice(&response.body).map_err(|e| format!("it is no JSON: {e}"))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn failure(response: &HttpResponse) -> Failure {
    let mut detail = match serde_json::from_slice(&response.body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let mut take = |name: &str| match detail.remove(name) {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let reason = || {
        let known = http::StatusCode::from_u16(response.status).ok().and_then(|s| s.canonical_reason());
        known.unwrap_or("the cloud gave no reason").to_owned()
    };
    // Identity domains speak SCIM: `detail` and `status`.
    let code = take("code").or_else(|| take("status")).unwrap_or_else(|| response.status.to_string());
    let message = take("message").or_else(|| take("detail")).filter(|text| !text.is_empty());
    let plain = || {
        let text = String::from_utf8_lossy(&response.body);
        let short: String = text.trim().chars().take(300).collect();
        (!short.is_empty() && !short.starts_with(['<', '{', '['])).then_some(short)
    };
    Failure { code, message: message.or_else(plain).unwrap_or_else(reason), detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.into(),
        }
    }

    fn read(operation: &str, response: &HttpResponse) -> Result<Answer, String> {
        let (service, operation) = operation.split_once(' ').unwrap();
        let name = OperationName::new(CloudName::Oci, service, operation);
        let found = Catalog::open(None).unwrap().operation(&name).unwrap();
        parse(found.service(), found.operation(), response)
    }

    #[test]
    fn a_model_comes_with_what_the_headers_say() {
        let headers = [("ETag", "e"), ("opc-work-request-id", "w"), ("opc-request-id", "r"), ("x", "y")];
        let answer = read("core.virtual_network GetVcn", &response(200, &headers, r#"{"id":"i","later":1}"#));
        let expected = json!({"id": "i", "later": 1, "etag": "e", "opc-work-request-id": "w"});
        assert_eq!(answer, Ok(Answer::Output(expected)));
    }

    #[test]
    fn what_is_no_object_stands_under_body() {
        let answer = read(
            "core.virtual_network ListVcns",
            &response(200, &[("opc-next-page", "2")], r#"[{"id":"i"}]"#),
        );
        assert_eq!(answer, Ok(Answer::Output(json!({"body": [{"id": "i"}], "opc-next-page": "2"}))));
        let answer = read("object_storage.object_storage GetNamespace", &response(200, &[], "\"name\""));
        assert_eq!(answer, Ok(Answer::Output(json!({"body": "name"}))));
        let answer =
            read("object_storage.object_storage GetObject", &response(200, &[("opc-meta-a", "b")], "hello"));
        assert_eq!(answer, Ok(Answer::Output(json!({"body": "aGVsbG8=", "opc-meta-a": "b"}))));
        assert_eq!(
            read("core.virtual_network DeleteVcn", &response(204, &[], "")),
            Ok(Answer::Output(json!({})))
        );
    }

    #[test]
    fn a_good_status_without_an_answer_is_not_an_empty_answer() {
        for body in ["", "<html>Log in</html>", "[]", "{\"id\":"] {
            assert!(read("core.virtual_network GetVcn", &response(200, &[], body)).is_err(), "{body}");
        }
        for body in ["", "{}", "\"text\""] {
            assert!(read("core.virtual_network ListVcns", &response(200, &[], body)).is_err(), "{body}");
        }
    }

    #[test]
    fn errors_have_a_code_and_words_whatever_wrote_them() {
        let told = |status, body| match read("core.virtual_network GetVcn", &response(status, &[], body)) {
            Ok(Answer::Error(failure)) => (failure.code, failure.message, failure.detail),
            other => panic!("{other:?}"),
        };
        let (code, message, detail) =
            told(404, r#"{"code":"NotAuthorizedOrNotFound","message":"no","target":"t"}"#);
        assert_eq!(
            (code.as_str(), message.as_str(), &detail["target"]),
            ("NotAuthorizedOrNotFound", "no", &json!("t"))
        );
        assert_eq!(told(502, "<html>").1, "Bad Gateway");
        assert_eq!(told(503, "busy").1, "busy");
        assert_eq!(told(401, r#"{"status":"401","detail":"who?"}"#).1, "who?");
    }
}
