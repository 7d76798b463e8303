//! What an operation is about: a resource of its own, a part of one, or a setting of one.
//!
//! Nothing is listed by service. What the operation's undo partner needs is the identity of what it
//! made. Of all operations that make something of the same identity, the one with the shortest name says
//! what the thing is: `PutBucketEncryption` is named by the same parameter as `CreateBucket`, so
//! it is about a bucket.

use serde_json::{Map, Value};

use crate::catalog::partner;
use crate::catalog::shapes::{Operation, Service, ShapeKind};

/// Verbs that make something.
const MAKING: [&str; 12] = [
    "Create",
    "CreateOrUpdate",
    "Run",
    "Launch",
    "Allocate",
    "Register",
    "Import",
    "Provision",
    "Request",
    "Copy",
    "Restore",
    "Publish",
];

/// Verbs that end a thing as a whole.
pub(super) const ENDS: [&str; 6] = ["Delete", "Terminate", "Release", "Deregister", "Cancel", "Deprovision"];

/// Verbs that take something from a thing that stays.
const LOOSENS: [&str; 6] = ["Detach", "Disassociate", "Remove", "Revoke", "Unsubscribe", "Untag"];

/// Verbs that make something or change it, whichever is needed.
const PLACING: [&str; 5] = ["Put", "Upload", "Attach", "Associate", "Subscribe"];

/// Verbs that join two things, and what the joint is called.
const JOINING: [(&str, &str); 3] =
    [("Attach", "Attachment"), ("Associate", "Association"), ("Subscribe", "Subscription")];

/// The verb and the noun of an operation, the noun in the singular.
///
/// `RunInstances` → `Run`, `Instance`; `VirtualMachines_CreateOrUpdate` → `CreateOrUpdate`, `VirtualMachines`.
pub(super) fn verb_and_noun(operation: &str) -> (&str, String) {
    if let Some((group, verb)) = operation.rsplit_once('_') {
        return (verb, group.to_owned());
    }
    let end = operation.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(0, |(at, _)| at);
    let (verb, noun) = operation.split_at(end);
    (verb, singular(noun))
}

/// `Policies` → `Policy`, `Addresses` → `Address`, `Instances` → `Instance`.
pub(super) fn singular(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if let Some(stem) = noun.strip_suffix("sses") {
        return format!("{stem}ss");
    }
    noun.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(noun).to_owned()
}

/// Whether the operation takes something away, by its verb.
pub(super) fn takes(operation: &str) -> bool {
    let (verb, _) = verb_and_noun(operation);
    ENDS.contains(&verb) || LOOSENS.contains(&verb)
}

/// What an operation is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// Resources that it made or joined, each by its identity. They are of this kind.
    Things { kind: String, identities: Vec<Map<String, Value>> },
    /// Something that is configured under this name. It is a resource of this kind and identity, where
    /// both are known.
    Setting { name: String, of: Option<(String, Map<String, Value>)> },
}

/// What an operation that changes something is about.
pub(super) fn subject(service: &Service, operation: &Operation, params: &Value, output: &Value) -> Subject {
    let (verb, noun) = verb_and_noun(&operation.name);
    let Some(identity) = identity(service, operation, params, output) else {
        return Subject::Setting { name: noun, of: None };
    };
    let Some(identities) = spread(&identity) else {
        return Subject::Setting { name: setting_name(verb, &noun, params, None), of: None };
    };
    let making = MAKING.contains(&verb);
    match owner(service, params, output, &identity) {
        Some(kind) if kind != noun || !making => {
            let name = setting_name(verb, &noun, params, Some(&kind));
            let of = identities.into_iter().next().map(|identity| (kind, identity));
            Subject::Setting { name, of }
        }
        _ if !making && !PLACING.contains(&verb) => {
            Subject::Setting { name: setting_name(verb, &noun, params, None), of: None }
        }
        _ => {
            let joint = JOINING.iter().find(|(joining, _)| *joining == verb).map_or("", |(_, joint)| joint);
            let kind = format!("{noun}{joint}");
            Subject::Things { kind, identities }
        }
    }
}

/// The parameters by which the thing is named, from the operation's undo partner.
fn identity(
    service: &Service,
    operation: &Operation,
    params: &Value,
    output: &Value,
) -> Option<Map<String, Value>> {
    let partner = partner::undo(service, operation, params)?;
    let Value::Object(mut identity) = partner.params(params, output).ok()? else { return None };
    // Yes and no say how to take it away, and not what.
    identity.retain(|_, value| !value.is_boolean() && !value.is_null());
    (!identity.is_empty()).then_some(identity)
}

/// One identity for each thing; nothing when a value is no name.
fn spread(identity: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let is_name = |value: &Value| value.is_string() || value.is_number();
    let all_names = identity.values().all(|value| match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_name),
        one => is_name(one),
    });
    if !all_names {
        return None;
    }
    let mut members = identity.iter();
    match (members.next(), members.next()) {
        (Some((name, Value::Array(items))), None) => Some(
            items
                .iter()
                .map(|item| Map::from_iter([(name.clone(), Value::Array(vec![item.clone()]))]))
                .collect(),
        ),
        _ => Some(vec![identity.clone()]),
    }
}

/// The kind of the thing that this identity names, by the operations that make things.
pub(super) fn owner(
    service: &Service,
    params: &Value,
    output: &Value,
    wanted: &Map<String, Value>,
) -> Option<String> {
    service
        .operations
        .iter()
        .filter_map(|operation| {
            let (verb, noun) = verb_and_noun(&operation.name);
            let makes = MAKING.contains(&verb)
                && identity(service, operation, params, output).is_some_and(|found| found == *wanted);
            makes.then_some(noun)
        })
        .min_by_key(String::len)
}

/// What is configured. Operations that add beside what is there get a name for each addition.
fn setting_name(verb: &str, noun: &str, params: &Value, kind: Option<&str>) -> String {
    if kind == Some(noun) {
        return format!("{verb}{noun}");
    }
    if matches!(verb, "Authorize" | "Add" | "Grant" | "Associate" | "Attach") {
        let digest = crate::plan::Digest::of(params).map(|d| d.short().to_owned()).unwrap_or_default();
        return format!("{noun} {digest}");
    }
    noun.to_owned()
}

/// Whether an operation cannot do without a member, on top or in its body.
pub(super) fn requires(service: &Service, operation: &Operation, name: &str) -> bool {
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    members.iter().any(|member| {
        let inner = service.shape(member.shape);
        let in_body = member.name == "body"
            && matches!(inner.kind, ShapeKind::Structure { .. })
            && inner.member(name).is_some_and(|member| member.required);
        in_body || (member.name == name && member.required)
    })
}

/// The name of a thing in one line: the values of its identity.
pub(super) fn name_of(identity: &Map<String, Value>) -> String {
    let parts: Vec<String> = identity
        .values()
        .map(|value| match value {
            Value::Array(items) if items.len() == 1 => word(&items[0]),
            other => word(other),
        })
        .collect();
    parts.join("/")
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::test_service::service;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn storage() -> Service {
        service(&[
            ("CreateBucket", json!({"Bucket!": "string"}), json!({"Location": "string"})),
            ("DeleteBucket", json!({"Bucket!": "string"}), json!({})),
            ("PutBucketTagging", json!({"Bucket!": "string", "Tagging": {"TagSet": ["string"]}}), json!({})),
            ("DeleteBucketTagging", json!({"Bucket!": "string"}), json!({})),
            ("PutObject", json!({"Bucket!": "string", "Key!": "string"}), json!({})),
            ("DeleteObject", json!({"Bucket!": "string", "Key!": "string"}), json!({})),
            ("RunInstances", json!({"ImageId": "string"}), json!({"Instances": [{"InstanceId": "string"}]})),
            ("TerminateInstances", json!({"InstanceIds!": ["string"]}), json!({})),
            ("StartInstances", json!({"InstanceIds!": ["string"]}), json!({})),
            ("StopInstances", json!({"InstanceIds!": ["string"]}), json!({})),
        ])
    }

    fn about(operation: &str, params: Value, output: Value) -> Subject {
        let service = storage();
        subject(&service, service.operation(operation).unwrap(), &params, &output)
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_creation_makes_a_thing_and_what_has_the_same_name_configures_it() {
        let bucket = map(json!({"Bucket": "b"}));
        assert_eq!(
            about("CreateBucket", json!({"Bucket": "b"}), json!({})),
            Subject::Things { kind: "Bucket".into(), identities: vec![bucket.clone()] }
        );
        assert_eq!(
            about("PutBucketTagging", json!({"Bucket": "b"}), json!({})),
            Subject::Setting { name: "BucketTagging".into(), of: Some(("Bucket".into(), bucket)) }
        );
        assert!(matches!(
            about("PutObject", json!({"Bucket": "b", "Key": "k"}), json!({})),
            Subject::Things { kind, .. } if kind == "Object"
        ));
    }

    #[test]
    fn many_at_once_are_many_things() {
        let output = json!({"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]});
        let Subject::Things { kind, identities } = about("RunInstances", json!({}), output) else { panic!() };
        assert_eq!((kind.as_str(), identities.len()), ("Instance", 2));
        assert_eq!(name_of(&identities[1]), "i-2");
    }

    #[test]
    fn starting_a_thing_does_not_make_one() {
        let subject = about("StartInstances", json!({"InstanceIds": ["i-1"]}), json!({}));
        assert!(!matches!(subject, Subject::Things { .. }), "{subject:?}");
    }

    #[test]
    fn nouns_lose_their_plural_and_nothing_else() {
        for (plural, one) in
            [("Policies", "Policy"), ("Addresses", "Address"), ("Address", "Address"), ("Vpcs", "Vpc")]
        {
            assert_eq!(singular(plural), one);
        }
        assert_eq!(
            verb_and_noun("VirtualMachines_CreateOrUpdate"),
            ("CreateOrUpdate", "VirtualMachines".into())
        );
    }
}
