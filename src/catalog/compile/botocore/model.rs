//! One service from its JSON documents.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reader::Reader;
use super::{operation, paging, shape};
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{Protocol, Service, ServiceTraits};
use crate::plan::CloudName;

/// The order in which botocore prefers protocols when a service lists several.
const PREFERENCE: [&str; 6] = ["json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2"];

/// Compiles one service. `name` is botocore's name for it, the folder's name.
///
/// `paginators`, `waiters`, and `rules` are the sibling documents, with `sdk-extras` merged in
/// already.
///
/// # Errors
///
/// Everything that is not understood, with the document's place.
pub fn service_from_models(
    name: &str,
    service2: &Value,
    paginators: Option<&Value>,
    waiters: Option<&Value>,
    rules: Option<&Value>,
) -> Result<Service, CompileError> {
    let model = Reader::new(name, "service-2", service2)?;
    let metadata = model.object("metadata")?.ok_or_else(|| model.error("metadata", "is missing"))?;
    let mut shapes = shape::Shapes::read(&model)?;
    let mut operations = Vec::new();
    if let Some(all) = model.object("operations")? {
        for (operation_name, reader) in all.objects()? {
            operations.push(operation::read(operation_name, &reader, &mut shapes)?);
        }
    }
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    let text = |member| metadata.text(member);
    let endpoint_prefix = text("endpointPrefix")?.unwrap_or_else(|| name.to_owned());
    let mut auth = metadata.texts("auth")?.iter().map(|scheme| scheme_name(scheme)).collect::<Vec<_>>();
    if auth.is_empty() {
        auth.extend(text("signatureVersion")?);
    }
    let traits = ServiceTraits {
        signing_name: text("signingName")?.unwrap_or_else(|| endpoint_prefix.clone()),
        endpoint_prefix,
        auth,
        signature_version: text("signatureVersion")?,
        target_prefix: text("targetPrefix")?,
        service_id: text("serviceId")?.unwrap_or_else(|| name.to_owned()),
        xml_namespace: xml_namespace(&metadata)?,
        query_compatible: metadata.get("awsQueryCompatible").is_some(),
        client_context_params: client_context(&model)?,
        endpoint_rules: rules.map(Value::to_string),
        oci: None,
        arm: None,
    };
    Ok(Service {
        cloud: CloudName::Aws,
        name: name.to_owned(),
        title: text("serviceFullName")?.unwrap_or_else(|| name.to_owned()),
        api_version: text("apiVersion")?.unwrap_or_default(),
        protocol: protocol(&metadata)?,
        traits,
        operations,
        shapes: shapes.finish(),
        paginators: paginators.map_or_else(|| Ok(BTreeMap::new()), |v| paging::paginators(name, v))?,
        waiters: waiters.map_or_else(|| Ok(BTreeMap::new()), |v| paging::waiters(name, v))?,
    })
}

/// `aws.auth#sigv4` as `v4`; names that botocore does not shorten stay.
fn scheme_name(scheme: &str) -> String {
    match scheme {
        "aws.auth#sigv4" => "v4".into(),
        "aws.auth#sigv4a" => "v4a".into(),
        "smithy.api#httpBearerAuth" => "bearer".into(),
        "smithy.api#noAuth" => "none".into(),
        other => other.to_owned(),
    }
}

fn protocol(metadata: &Reader<'_>) -> Result<Protocol, CompileError> {
    let mut listed = metadata.texts("protocols")?;
    if listed.is_empty() {
        listed.push(metadata.needed_text("protocol")?);
    }
    let chosen = PREFERENCE.iter().find(|wanted| listed.iter().any(|p| p == *wanted));
    let Some(chosen) = chosen else {
        return Err(metadata.error("protocols", format!("no known protocol in {}", listed.join(", "))));
    };
    Ok(match *chosen {
        "json" => match metadata.text("jsonVersion")?.as_deref() {
            Some("1.1") => Protocol::Json11,
            None | Some("1.0") => Protocol::Json10,
            Some(other) => return Err(metadata.error("jsonVersion", format!("unknown version {other}"))),
        },
        "rest-json" => Protocol::RestJson,
        "rest-xml" => Protocol::RestXml,
        "smithy-rpc-v2-cbor" => Protocol::RpcV2Cbor,
        "query" => Protocol::Query,
        _ => Protocol::Ec2,
    })
}

fn xml_namespace(metadata: &Reader<'_>) -> Result<Option<String>, CompileError> {
    match metadata.get("xmlNamespace") {
        Some(Value::Object(namespace)) => Ok(namespace.get("uri").and_then(Value::as_str).map(str::to_owned)),
        _ => metadata.text("xmlNamespace"),
    }
}

fn client_context(model: &Reader<'_>) -> Result<BTreeMap<String, String>, CompileError> {
    let Some(params) = model.object("clientContextParams")? else { return Ok(BTreeMap::new()) };
    params
        .objects()?
        .into_iter()
        .map(|(name, reader)| Ok((name.to_owned(), reader.needed_text("type")?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::shapes::{Location, ShapeKind};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn tiny() -> Value {
        json!({
            "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "thing", "protocol": "rest-json",
                "protocols": ["rest-json"], "serviceFullName": "Amazon Thing", "serviceId": "Thing",
                "signatureVersion": "v4", "auth": ["aws.auth#sigv4"]},
            "operations": {
                "PutThing": {"name": "PutThing", "http": {"method": "PUT", "requestUri": "/things/{Name}?x=1"},
                    "input": {"shape": "PutThingRequest"}, "errors": [{"shape": "Taken"}], "idempotent": true},
                "GetThing": {"name": "GetThing", "http": {"method": "GET", "requestUri": "/"}, "readonly": true},
            },
            "shapes": {
                "PutThingRequest": {"type": "structure", "required": ["Name"], "payload": "Body", "members": {
                    "Name": {"shape": "Name", "location": "uri", "locationName": "Name"},
                    "Token": {"shape": "Name", "idempotencyToken": true},
                    "Body": {"shape": "Name", "sensitive": true},
                }},
                "Name": {"type": "string", "min": 3, "max": 9, "enum": ["abc", "def"]},
                "Taken": {"type": "structure", "members": {}, "exception": true,
                    "error": {"httpStatusCode": 409, "code": "TakenCode"}},
            },
        })
    }

    #[test]
    fn a_service_keeps_every_trait_that_changes_a_request() {
        let service = service_from_models("thing", &tiny(), None, None, None).unwrap();
        assert_eq!(service.protocol, Protocol::RestJson);
        assert_eq!(service.traits.signing_name, "thing");
        assert_eq!(service.traits.auth, ["v4"]);
        let put = service.operation("PutThing").unwrap();
        assert_eq!((put.method.as_str(), put.uri.as_str()), ("PUT", "/things/{Name}?x=1"));
        assert!(put.traits.idempotent && !put.traits.readonly);
        let input = service.shape(put.input.unwrap());
        assert_eq!(input.traits.payload.as_deref(), Some("Body"));
        let name = input.member("Name").unwrap();
        assert!(name.required && name.location == Location::Uri);
        assert!(input.member("Token").unwrap().idempotency_token);
        let text = service.shape(name.shape);
        assert_eq!((text.traits.min, text.traits.allowed.len()), (Some(3.0), 2));
        assert!(matches!(text.kind, ShapeKind::String));
        let taken = service.shape(put.errors[0]);
        assert_eq!(taken.traits.error_code.as_deref(), Some("TakenCode"));
        assert_eq!(taken.traits.error_status, Some(409));
        assert!(service.operation("getthing").is_none());
    }

    #[test]
    fn what_references_and_shapes_say_counts_for_the_members() {
        let mut model = tiny();
        model["operations"]["GetThing"]["input"] = json!({"shape": "GetThingRequest", "payload": "Data"});
        model["shapes"]["GetThingRequest"] = json!({"type": "structure", "xmlNamespace": "https://ns/",
            "members": {"Data": {"shape": "Name"}, "Mark": {"shape": "Mark"}}});
        model["shapes"]["Mark"] = json!({"type": "string", "location": "header", "locationName": "x-mark"});
        let service = service_from_models("thing", &model, None, None, None).unwrap();
        let input = service.shape(service.operation("GetThing").unwrap().input.unwrap());
        assert_eq!((input.name.as_str(), input.traits.payload.as_deref()), ("GetThingRequest", Some("Data")));
        assert_eq!(input.traits.xml_namespace.as_deref(), Some("https://ns/"));
        let mark = input.member("Mark").unwrap();
        assert_eq!((mark.location, mark.wire_name.as_deref()), (Location::Header, Some("x-mark")));
    }

    #[test]
    fn cbor_is_passed_over_when_json_is_listed() {
        let mut model = tiny();
        model["metadata"]["protocol"] = json!("smithy-rpc-v2-cbor");
        model["metadata"]["protocols"] = json!(["smithy-rpc-v2-cbor", "json"]);
        model["metadata"]["jsonVersion"] = json!("1.1");
        assert_eq!(service_from_models("t", &model, None, None, None).unwrap().protocol, Protocol::Json11);
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_place() {
        for (pointer, value, place) in [
            ("/shapes/Name/type", json!("quaternion"), "shapes.Name.type"),
            ("/shapes/PutThingRequest/members/Name/shape", json!("Nowhere"), "members.Name"),
            ("/shapes/PutThingRequest/members/Name/location", json!("cookie"), "location"),
            ("/operations/PutThing/http/method", json!(3), "http.method"),
            ("/metadata/protocols", json!(["carrier-pigeon"]), "protocols"),
            ("/operations/PutThing/surprise", json!(true), "surprise"),
            ("/shapes/Name/surprise", json!(true), "surprise"),
        ] {
            let mut model = tiny();
            match model.pointer_mut(pointer) {
                Some(slot) => *slot = value,
                None => {
                    let (parent, member) = pointer.rsplit_once('/').unwrap();
                    model.pointer_mut(parent).unwrap()[member] = value;
                }
            }
            let message = service_from_models("thing", &model, None, None, None).unwrap_err().to_string();
            assert!(message.contains(place) && message.starts_with("thing"), "{pointer}: {message}");
        }
    }
}
