//! The way from a call to a request.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::context::RenderContext;
use super::{body, url};
use crate::catalog::shapes::{Collection, Location, Member, Operation, Service, ShapeKind};
use crate::catalog::{Strictness, validate};
use crate::clouds::CloudError;
use crate::clouds::http::HttpRequest;
use crate::plan::{CloudName, OperationName};

/// The request of a call, complete but for its token.
///
/// # Errors
///
/// [`CloudError::Invalid`] with everything that is wrong with the parameters.
pub fn render(
    service: &Service,
    operation: &Operation,
    params: &Value,
    context: &RenderContext,
) -> Result<HttpRequest, CloudError> {
    let params = complete(service, operation, params, context)?;
    let arm = operation.traits.arm.as_deref();
    let mut request = HttpRequest { method: operation.method.clone(), ..HttpRequest::default() };
    if let Some(accept) = arm.and_then(|arm| arm.accept.as_deref()) {
        request.set_header("accept", accept);
    }
    let mut labels: Vec<(&str, String)> = Vec::new();
    let mut query: Vec<(String, String)> = Vec::new();
    let mut content = None;
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    for member in members {
        let Some(value) = params.get(&member.name) else { continue };
        match member.location {
            Location::Uri => labels.push((&member.name, label(member, value))),
            Location::Query => pairs(member, value, &mut query),
            Location::Header | Location::Headers => {
                request.set_header(&member.name.to_ascii_lowercase(), plain(value));
            }
            Location::Body | Location::StatusCode => content = Some((member, value)),
        }
    }
    let empty = content.is_some_and(|(_, value)| is_empty(value));
    let content_type = arm.and_then(|arm| {
        arm.content_type_when_empty.as_deref().filter(|_| empty).or(arm.content_type.as_deref())
    });
    if let Some(kind) = content_type
        && (content.is_some() || arm.is_some_and(|arm| arm.content_type_without_body))
    {
        request.set_header("content-type", kind);
    }
    if let Some((member, value)) = content {
        let kind = arm.and_then(|arm| arm.content_type.as_deref()).unwrap_or("application/json");
        request.body = bytes(service, member, value, kind);
    }
    let path = url::fill(&operation.uri, |name| {
        labels.iter().find(|(label, _)| *label == name).map(|(_, text)| text.clone())
    });
    request.url = url::join(context.base(), &path, &query);
    Ok(request)
}

/// What was given, and what the context and the catalog give in its place.
struct Complete<'a> {
    given: Option<&'a Map<String, Value>>,
    filled: Vec<(&'a str, Value)>,
}

impl Complete<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        let given = self.given.and_then(|given| given.get(name)).filter(|value| !value.is_null());
        given.or_else(|| self.filled.iter().find(|(filled, _)| *filled == name).map(|(_, value)| value))
    }
}

/// The parameters with what the context and the catalog give, checked.
fn complete<'a>(
    service: &'a Service,
    operation: &'a Operation,
    params: &'a Value,
    context: &RenderContext,
) -> Result<Complete<'a>, CloudError> {
    let invalid = |problems: Vec<String>| CloudError::Invalid {
        operation: OperationName::new(CloudName::Azure, &service.name, &operation.name),
        problems,
    };
    let mut problems = match params {
        Value::Null => Vec::new(),
        params => validate(service, operation, params, Strictness::Sending),
    };
    let mut complete = Complete { given: params.as_object(), filled: Vec::new() };
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    for member in members {
        if complete.get(&member.name).is_some() {
            continue;
        }
        let from_context = member.context_param.as_deref() == Some("subscription_id");
        if from_context && let Some(subscription) = &context.subscription_id {
            complete.filled.push((&member.name, subscription.as_str().into()));
        } else if let Some(default) = &member.default
            && let Ok(value) = serde_json::from_str(default)
        {
            complete.filled.push((&member.name, value));
        } else if from_context {
            problems.push(format!(
                "$: `{}` is missing: choose a subscription, or give it with the parameters",
                member.name
            ));
        } else if params.is_null() && member.required {
            problems.push(format!("$: `{}` is required and missing", member.name));
        }
    }
    // An empty part of a path leads to another resource.
    for member in members.iter().filter(|member| member.location == Location::Uri) {
        if complete.get(&member.name).and_then(Value::as_str) == Some("") {
            problems.push(format!("$.{}: is part of the path and must not be empty", member.name));
        }
    }
    if problems.is_empty() { Ok(complete) } else { Err(invalid(problems)) }
}

fn label(member: &Member, value: &Value) -> String {
    let text = plain(value);
    if member.unquoted { url::unquoted(&text) } else { url::quote(&text) }
}

/// The pairs of a query parameter, encoded.
fn pairs(member: &Member, value: &Value, query: &mut Vec<(String, String)>) {
    let encoded = |value: &Value| {
        let text = if value.is_null() { String::new() } else { plain(value) };
        if member.unquoted { text } else { url::quote(&text) }
    };
    match (value, member.collection) {
        (Value::Array(items), Some(Collection::Multi)) => {
            query.extend(items.iter().map(|item| (member.name.clone(), encoded(item))));
        }
        (Value::Array(items), _) => {
            let joined: Vec<String> = items.iter().map(encoded).collect();
            query.push((member.name.clone(), joined.join(",")));
        }
        (value, _) => query.push((member.name.clone(), encoded(value))),
    }
}

fn bytes(service: &Service, member: &Member, value: &Value, content_type: &str) -> Vec<u8> {
    if matches!(service.shape(member.shape).kind, ShapeKind::Blob) {
        let text = value.as_str().unwrap_or_default();
        return BASE64_STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
    }
    if content_type.contains("json") {
        // Every key is a text, so this does not fail.
        return serde_json::to_vec(&body::Written::new(service, member.shape, value)).unwrap_or_default();
    }
    body::raw(value).into_owned()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::catalog::Catalog;

    fn rendered(service: &str, operation: &str, params: &Value) -> Result<HttpRequest, CloudError> {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Azure, service, operation)).unwrap();
        let context = RenderContext {
            endpoint: Some("https://arm.example/base/".into()),
            subscription_id: Some("s-1".into()),
        };
        render(found.service(), found.operation(), params, &context)
    }

    #[test]
    fn subscription_and_api_version_come_from_context_and_catalog() {
        let params = json!({"resourceGroupName": "a/b", "vmName": "v", "$expand": "instanceView"});
        let request = rendered("compute", "VirtualMachines_Get", &params).unwrap();
        assert_eq!(request.method, "GET");
        let start = "https://arm.example/base/subscriptions/s-1/resourceGroups/a%2Fb/providers/Microsoft.Compute/virtualMachines/v?";
        assert!(request.url.starts_with(start), "{}", request.url);
        assert!(request.url.contains("$expand=instanceView") && request.url.contains("api-version=20"));
        assert_eq!(request.headers, [("accept".to_owned(), "application/json".to_owned())]);
    }

    #[test]
    fn a_delete_of_the_new_clients_accepts_nothing() {
        let params = json!({"resourceGroupName": "g", "vmName": "v", "forceDeletion": true});
        let request = rendered("compute", "VirtualMachines_Delete", &params).unwrap();
        assert!(request.headers.is_empty(), "{:?}", request.headers);
        assert!(request.url.contains("forceDeletion=true"));
    }

    #[test]
    fn a_few_clients_tell_the_type_of_a_body_that_they_never_send() {
        let params = json!({"resourceGroupName": "g", "edgeActionName": "e", "version": "v"});
        let request = rendered("edgeactions", "EdgeActionVersions_SwapDefault", &params).unwrap();
        assert!(request.body.is_empty());
        let told = request.headers.iter().find(|(name, _)| name == "content-type");
        assert_eq!(told.map(|(_, value)| value.as_str()), Some("application/json"));
    }

    #[test]
    fn a_body_is_json_and_an_empty_optional_one_is_told_as_text() {
        let params = json!({"resourceGroupName": "g", "vmName": "v", "body": {"tempDisk": true}});
        let request = rendered("compute", "VirtualMachines_Reimage", &params).unwrap();
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.body, br#"{"tempDisk":true}"#);
        let params = json!({"resourceGroupName": "g", "vmName": "v", "body": {}});
        let request = rendered("compute", "VirtualMachines_Reimage", &params).unwrap();
        assert_eq!(
            (request.header("content-type"), request.body.as_slice()),
            (Some("text/plain"), &b"{}"[..])
        );
        let params = json!({"resourceGroupName": "g", "vmName": "v"});
        let request = rendered("compute", "VirtualMachines_Reimage", &params).unwrap();
        assert!(request.header("content-type").is_none() && request.body.is_empty());
    }

    #[test]
    fn everything_that_is_wrong_is_told_before_anything_is_sent() {
        let params = json!({"resourceGroupName": "", "vmname": "v", "body": {"location": 3}});
        let Err(CloudError::Invalid { problems, .. }) =
            rendered("compute", "VirtualMachines_CreateOrUpdate", &params)
        else {
            panic!("it was rendered");
        };
        let all = problems.join("\n");
        for wanted in [
            "there is no member `vmname`; did you mean `vmName`?",
            "`vmName` is required and missing",
            "$.body.location: expected text, found the number 3",
            "$.resourceGroupName: is part of the path and must not be empty",
        ] {
            assert!(all.contains(wanted), "{wanted} is not in\n{all}");
        }
    }

    #[test]
    fn a_scope_keeps_its_slashes() {
        let params = json!({"scope": "/subscriptions/s/resourceGroups/g", "roleAssignmentName": "r"});
        let request = rendered("authorization", "RoleAssignments_Get", &params).unwrap();
        let start = "https://arm.example/base/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/r?";
        assert!(request.url.starts_with(start), "{}", request.url);
    }
}
