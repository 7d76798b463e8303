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

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::catalog::Catalog;

    fn request(service: &str, operation: &str, params: Value) -> Result<HttpRequest, CloudError> {
        let catalog = Catalog::open(None).unwrap();
        let realms = Realms::new(&catalog).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Oci, service, operation)).unwrap();
        let addressing = Addressing { region: Some("eu-frankfurt-1".into()), ..Addressing::default() };
        render(found.service(), found.operation(), &params, &OciContext { realms: &realms, addressing })
    }

    fn problems(service: &str, operation: &str, params: Value) -> Vec<String> {
        match request(service, operation, params) {
            Err(CloudError::Invalid { problems, .. }) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_travels_in_its_place() {
        let params = json!({
            "namespaceName": "ns", "bucketName": "b", "objectName": "a/../ü.txt", "opc-meta-": {"Owner": "web"},
            "if-none-match": "*", "body": "aGk=",
        });
        let put = request("object_storage.object_storage", "PutObject", params).unwrap();
        assert_eq!(put.method, "PUT");
        assert_eq!(
            put.url,
            "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/ns/b/b/o/a%2F..%2F%C3%BC.txt"
        );
        assert_eq!(put.header("opc-meta-owner"), Some("web"));
        assert_eq!(put.header("content-type"), Some("application/octet-stream"));
        assert_eq!((put.header("if-none-match"), put.body.as_slice()), (Some("*"), b"hi".as_slice()));
        assert!(put.signing.unwrap().unsigned_body);
        let listed = json!({"compartmentId": "a b", "sortOrder": "ASC", "lifecycleState": null, "limit": 5});
        let list = request("core.virtual_network", "ListVcns", listed).unwrap();
        assert_eq!(list.query(), Some("compartmentId=a%20b&limit=5&sortOrder=ASC"));
        assert_eq!(list.header("content-type"), Some("application/json"));
    }

    #[test]
    fn times_in_bodies_are_written_in_utc_and_nulls_stay() {
        let params = json!({"alarmId": "a", "body": {"displayName": null, "suppression":
            {"timeSuppressFrom": "2026-01-02T03:04:05+01:00", "timeSuppressUntil": "2026-01-03T00:00:00.5Z"}}});
        let update = request("monitoring.monitoring", "UpdateAlarm", params).unwrap();
        let body: Value = serde_json::from_slice(&update.body).unwrap();
        let times = json!({"timeSuppressFrom": "2026-01-02T02:04:05Z", "timeSuppressUntil": "2026-01-03T00:00:00.500000Z"});
        assert_eq!(body, json!({"displayName": null, "suppression": times}));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let found = problems(
            "core.virtual_network",
            "ListVcns",
            json!({"compartmentid": "x", "sortOrder": "UP", "limit": "5"}),
        );
        assert_eq!(
            found,
            [
                "$: there is no member `compartmentid`; did you mean `compartmentId`?",
                "$.sortOrder: expected one of ASC, DESC, found `UP`",
                "$.limit: expected a whole number, found text",
                "$: `compartmentId` is required and missing",
            ]
        );
        let broken = json!({"namespaceName": "n", "bucketName": "b", "if-match": "a\r\nb: c"});
        let found = problems("object_storage.object_storage", "GetBucket", broken);
        assert_eq!(found, ["$.if-match: travels in a header and must not hold line breaks"]);
        let launch = json!({"body": {"compartmentId": "c", "availabilityDomain": "a",
            "sourceDetails": {"sourceType": "tape", "imageId": "i"}}});
        let found = problems("core.compute", "LaunchInstance", launch);
        assert!(
            found.iter().any(|p| p.contains("$.body.sourceDetails.sourceType: expected one of")),
            "{found:?}"
        );
    }

    #[test]
    fn a_value_cannot_lead_a_path_to_another_place() {
        for (value, wanted) in [("../instances/x", "lead to another place"), (" ", "must not be blank")] {
            let found = problems("core.virtual_network", "GetVcn", json!({"vcnId": value}));
            assert!(found[0].contains(wanted), "{found:?}");
        }
    }

    #[test]
    fn a_service_with_endpoints_of_its_own_says_so() {
        let refused = request("key_management.kms_management", "GetKey", json!({"keyId": "k"}));
        assert!(matches!(refused, Err(CloudError::Endpoint(why)) if why.contains("endpoint of its own")));
    }
}
