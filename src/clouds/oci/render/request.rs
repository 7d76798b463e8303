//! The way from a call to a request.

use serde_json::{Map, Value};

use super::body::body;
use super::text::{Place, text};
use super::uri::{add_pair, has_dot_segment, path_value};
use crate::catalog::shapes::{Collection, Location, Member, OciOperation, Operation, Service, ShapeKind};
use crate::catalog::{Strictness, validate};
use crate::clouds::CloudError;
use crate::clouds::http::{HttpRequest, Signing};
use crate::clouds::oci::endpoint::{Addressing, Realms, endpoint};
use crate::clouds::oci::exceptions;
use crate::plan::{CloudName, OperationName};

/// The scheme of signatures.
const SCHEME: &str = "oci";

/// Everything beside the parameters that a request depends on.
#[derive(Clone)]
pub struct OciContext<'a> {
    /// The realms and regions.
    pub realms: &'a Realms,
    /// How to reach the service.
    pub addressing: Addressing,
}

/// The request for a call, complete but for its signature, its date, and headers that name the client and the try:
/// `opc-request-id`, `opc-client-info`, `user-agent`. A missing `opc-retry-token` is not made up here either.
///
/// # Errors
///
/// [`CloudError::Invalid`] with every problem of the parameters, [`CloudError::Endpoint`] when there is no endpoint.
pub fn render(
    service: &Service,
    operation: &Operation,
    params: &Value,
    context: &OciContext<'_>,
) -> Result<HttpRequest, CloudError> {
    let invalid = |problems: Vec<String>| CloudError::Invalid {
        operation: OperationName::new(CloudName::Oci, &service.name, &operation.name),
        problems,
    };
    let empty = Value::Object(Map::new());
    let params = if params.is_null() { &empty } else { params };
    let mut problems = validate(service, operation, params, Strictness::Sending);
    let nothing = Map::new();
    let given = params.as_object().unwrap_or(&nothing);
    let input = operation.input.map(|id| service.shape(id));
    let members = input.map(|shape| shape.members()).unwrap_or_default();
    check_places(service, members, given, &mut problems);
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let about = OciOperation::default();
    let about = operation.traits.oci.as_deref().unwrap_or(&about);
    let mut path = operation.uri.clone();
    let mut query = String::new();
    let mut request = HttpRequest { method: operation.method.clone(), ..HttpRequest::default() };
    request.headers.clone_from(&about.headers);
    let mut streamed = false;
    for member in members {
        let Some(value) = given.get(&member.name).filter(|value| !value.is_null()) else { continue };
        let kind = &service.shape(member.shape).kind;
        match member.location {
            Location::Uri => {
                let encoded =
                    path_value(&joined(value, kind, Place::Url), exceptions::encodes_slashes(service));
                path = path.replace(&format!("{{{}}}", member.name), &encoded);
            }
            Location::Query => add_query(&mut query, service, member, value),
            Location::Header => {
                request.set_header(&member.name.to_ascii_lowercase(), joined(value, kind, Place::Header));
            }
            Location::Headers => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let name = format!("{}{name}", member.name).to_ascii_lowercase();
                    request.set_header(&name, text(value, &ShapeKind::String, Place::Header));
                }
            }
            Location::Body | Location::StatusCode => {
                streamed = matches!(kind, ShapeKind::Blob);
                request.body =
                    body(service, member.shape, value).map_err(|problem| invalid(vec![problem]))?;
            }
        }
    }
    if request.header("content-type").is_none() {
        request.set_header(
            "content-type",
            if streamed { "application/octet-stream" } else { "application/json" },
        );
    }
    let at_home = exceptions::goes_home(service, operation);
    let base = endpoint(service, context.realms, &context.addressing, at_home, |name| {
        let value = given.get(name).filter(|_| about.required.iter().any(|required| required == name))?;
        Some(text(value, &ShapeKind::String, Place::Url))
    });
    request.url =
        base.map_err(|e| CloudError::Endpoint(format!("{} {}: {e}", service.name, operation.name)))?;
    request.url.push_str(&path);
    if !query.is_empty() {
        request.url.push('?');
        request.url.push_str(&query);
    }
    request.signing = Some(Signing {
        scheme: SCHEME.into(),
        name: service.traits.service_id.clone(),
        region: context.addressing.region.clone().unwrap_or_default(),
        unsigned_body: about.unsigned_content,
    });
    Ok(request)
}

/// What a path or a header cannot carry.
fn check_places(
    service: &Service,
    members: &[Member],
    given: &Map<String, Value>,
    problems: &mut Vec<String>,
) {
    for member in members {
        let Some(value) = given.get(&member.name) else { continue };
        let says = |what: &str| format!("$.{}: {what}", member.name);
        match (member.location, value) {
            (Location::Uri, Value::String(text)) if text.trim().is_empty() => {
                problems.push(says("is part of the path and must not be blank"));
            }
            (Location::Uri, Value::String(text))
                if has_dot_segment(text) && !exceptions::encodes_slashes(service) =>
            {
                problems.push(says("is part of the path, where `.` and `..` lead to another place"));
            }
            (Location::Header, Value::String(text)) if breaks_line(text) => {
                problems.push(says("travels in a header and must not hold line breaks"));
            }
            (Location::Headers, Value::Object(entries)) => {
                for (name, value) in entries {
                    let broken = name.is_empty() || !name.chars().all(is_token);
                    if broken || value.as_str().is_some_and(breaks_line) {
                        problems.push(format!("$.{}.{name}: cannot be written into a header", member.name));
                    }
                }
            }
            _ => {}
        }
    }
}

fn breaks_line(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// One text for a value; items of a list joined by commas.
fn joined(value: &Value, kind: &ShapeKind, place: Place) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| text(item, kind, place)).collect();
            items.join(",")
        }
        value => text(value, kind, place),
    }
}

fn add_query(query: &mut String, service: &Service, member: &Member, value: &Value) {
    let kind = &service.shape(member.shape).kind;
    match (kind, value) {
        (ShapeKind::List { member: item }, Value::Array(items)) => {
            let kind = &service.shape(item.shape).kind;
            if member.collection == Some(Collection::Csv) {
                return add_pair(query, &member.name, &joined(value, kind, Place::Url));
            }
            for item in items {
                // Flags inside lists are written as the SDK's language writes them.
                add_pair(query, &member.name, &text(item, kind, Place::Header));
            }
        }
        (_, value) => add_pair(query, &member.name, &text(value, kind, Place::Url)),
    }
}
