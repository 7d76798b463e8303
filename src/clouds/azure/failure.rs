//! What the Resource Manager and the providers behind it refuse, in the forms in which they say it.

use serde_json::{Map, Value, json};

use super::identity::{missing_role, needed};
use crate::clouds::http::{HttpRequest, HttpResponse};

/// Causes inside an error that are told with it.
const MOST_CAUSES: usize = 5;
/// Errors inside errors that are followed.
const DEEPEST: usize = 6;

/// An error as the cloud wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
    /// What else was said: target, details, and what can be done.
    pub(super) detail: Map<String, Value>,
}

/// Reads an error answer. A body that cannot be read is still an error: its code is then the status's name.
pub(super) fn of(response: &HttpResponse) -> Failure {
    let document: Option<Value> = serde_json::from_slice(super::parse::plain(&response.body)).ok();
    let mut failure = document.as_ref().and_then(of_document).unwrap_or_default();
    if failure.code.is_empty() {
        let reason = http::StatusCode::from_u16(response.status).ok().and_then(|s| s.canonical_reason());
        failure.code = reason.map_or_else(|| response.status.to_string(), |words| words.replace(' ', ""));
    }
    if failure.message.is_empty() {
        failure.message = format!("the answer has the status {} and no readable reason", response.status);
    }
    explain(&mut failure);
    failure
}

/// The error that a document holds, if it holds one: with or without the outer `error`, as OData
/// writes it, or as the sign-in writes it.
pub(super) fn of_document(document: &Value) -> Option<Failure> {
    let inner = ["error", "Error", "odata.error"].iter().find_map(|name| document.get(name));
    let error = match inner {
        Some(error @ Value::Object(_)) => error,
        // The sign-in: the code is a text, and the words stand beside it.
        Some(Value::String(code)) => {
            let message = text(document, &["error_description", "message"]).unwrap_or_default();
            return Some(Failure { code: code.clone(), message, detail: Map::new() });
        }
        _ => document,
    };
    let code = text(error, &["code", "Code"]);
    let mut message = text(error, &["message", "Message"]).unwrap_or_default();
    if code.is_none() && (message.is_empty() || inner.is_none() && error.get("properties").is_some()) {
        return None;
    }
    let mut causes = Vec::new();
    gather(error, 0, &mut causes);
    for cause in causes
        .iter()
        .take(MOST_CAUSES)
        .filter(|cause| !message.contains(cause.as_str()))
        .cloned()
        .collect::<Vec<_>>()
    {
        let end = if message.is_empty() || message.ends_with(['.', ':', ';']) { "" } else { ";" };
        message = format!("{message}{end} {cause}").trim().to_owned();
    }
    let detail = error.as_object().map(|members| {
        let kept = |(name, _): &(&String, &Value)| {
            matches!(name.as_str(), "target" | "details" | "additionalInfo" | "innererror")
        };
        members.iter().filter(kept).map(|(name, value)| (name.clone(), value.clone())).collect()
    });
    Some(Failure { code: code.unwrap_or_default(), message, detail: detail.unwrap_or_default() })
}

/// `code: message` of the errors inside an error.
fn gather(error: &Value, depth: usize, causes: &mut Vec<String>) {
    if depth > DEEPEST || causes.len() > MOST_CAUSES {
        return;
    }
    for inner in error.get("details").and_then(Value::as_array).into_iter().flatten() {
        let message = text(inner, &["message", "Message"]).unwrap_or_default();
        // A deployment passes on the answer that it got as text.
        let passed_on = serde_json::from_str::<Value>(&message).ok().and_then(|d| of_document(&d));
        let (code, message) = match passed_on {
            Some(failure) => (Some(failure.code), failure.message),
            None => (text(inner, &["code", "Code"]), message),
        };
        match (code, message) {
            (_, message) if message.is_empty() => {}
            (Some(code), message) => causes.push(format!("{code}: {message}")),
            (None, message) => causes.push(message),
        }
        gather(inner, depth + 1, causes);
    }
}

/// A member's text; OData wraps it once more.
fn text(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(inner) => inner.get("value").and_then(Value::as_str).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Adds what can be done to errors that a person can mend.
fn explain(failure: &mut Failure) {
    if let Some(advice) = missing_role(&failure.code, &failure.message) {
        failure.message = format!("{}; {advice}", failure.message.trim_end_matches('.'));
    }
    if let Some(step) = registration(failure) {
        let namespace = step["params"]["resourceProviderNamespace"].as_str().unwrap_or_default().to_owned();
        failure.message = format!(
            "{}; put a step before this one that registers it, `azure resource Providers_Register` with \
             resourceProviderNamespace {namespace}",
            failure.message.trim_end_matches('.')
        );
        failure.detail.insert("proposed_step".into(), step);
    }
}

/// Names the action that a refused request needs, where the refusal itself does not.
pub(super) fn name_action(failure: &mut Failure, request: &HttpRequest) {
    let refused = matches!(failure.code.as_str(), "AuthorizationFailed" | "Forbidden");
    if !refused || failure.message.contains("no role allows") {
        return;
    }
    if let Some((action, scope)) = needed(&request.method, &request.url) {
        failure.message = format!(
            "{}; the request needs the action `{action}` at `{scope}`: see that a role of yours allows it there",
            failure.message.trim_end_matches('.')
        );
    }
}

/// The step that registers a provider which a subscription does not use yet. Registering changes the
/// subscription, so it is proposed and not done.
fn registration(failure: &Failure) -> Option<Value> {
    if failure.code != "MissingSubscriptionRegistration" {
        return None;
    }
    let (before, _) = failure.message.rsplit_once('\'')?;
    let (_, namespace) = before.rsplit_once('\'')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
    if namespace.is_empty() || !namespace.chars().all(plain) {
        return None;
    }
    Some(json!({
        "cloud": "azure", "service": "resource", "operation": "Providers_Register",
        "params": {"resourceProviderNamespace": namespace},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn answer(status: u16, body: &Value) -> HttpResponse {
        HttpResponse { status, headers: vec![], body: body.to_string().into_bytes() }
    }

    #[test]
    fn an_error_is_read_with_and_without_its_wrapper() {
        let inner = json!({"code": "NotFound", "message": "gone", "target": "vm"});
        for body in [json!({"error": inner}), inner.clone(), json!({"Error": inner})] {
            let failure = of(&answer(404, &body));
            assert_eq!((failure.code.as_str(), failure.message.as_str()), ("NotFound", "gone"), "{body}");
        }
        let odata =
            json!({"odata.error": {"code": "Request_BadRequest", "message": {"lang": "en", "value": "no"}}});
        assert_eq!(of(&answer(400, &odata)).message, "no");
        let sign_in = json!({"error": "invalid_client", "error_description": "AADSTS7000215: wrong"});
        assert_eq!(of(&answer(401, &sign_in)).code, "invalid_client");
    }

    #[test]
    fn an_unreadable_error_is_still_an_error() {
        let html = HttpResponse { status: 502, headers: vec![], body: b"<html>".to_vec() };
        let failure = of(&html);
        assert_eq!(failure.code, "BadGateway");
        assert!(failure.message.contains("502"), "{failure:?}");
        assert_eq!(of(&answer(599, &json!([]))).code, "599");
    }

    #[test]
    fn the_causes_inside_are_told_even_when_they_are_passed_on_as_text() {
        let passed_on =
            json!({"error": {"code": "SkuNotAvailable", "message": "no such size here"}}).to_string();
        let body = json!({"error": {"code": "DeploymentFailed", "message": "at least one failed", "details": [
            {"code": "Conflict", "message": passed_on}, {"code": "X", "message": "another"}]}});
        let failure = of(&answer(409, &body));
        assert_eq!(failure.message, "at least one failed; SkuNotAvailable: no such size here; X: another");
        assert_eq!(failure.detail["details"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn a_resource_is_no_error() {
        assert_eq!(
            of_document(&json!({"id": "/a", "properties": {"message": "m"}, "message": "hello"})),
            None
        );
        assert_eq!(of_document(&json!({"status": "Succeeded"})), None);
    }

    #[test]
    fn a_provider_that_is_not_registered_comes_with_the_step_that_registers_it() {
        let message = "The subscription is not registered to use namespace 'Microsoft.Compute'. See https://aka.ms/rps-not-found";
        let body = json!({"error": {"code": "MissingSubscriptionRegistration", "message": message}});
        let failure = of(&answer(409, &body));
        assert_eq!(failure.code, "MissingSubscriptionRegistration");
        assert_eq!(
            failure.detail["proposed_step"]["params"]["resourceProviderNamespace"],
            "Microsoft.Compute"
        );
        assert!(failure.message.contains("Providers_Register"), "{}", failure.message);
    }
}
