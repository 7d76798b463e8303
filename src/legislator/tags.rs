//! The tags that a step gives, and whether its resource can carry tags at all.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::Catalog;
use crate::catalog::shapes::{Service, ShapeId, ShapeKind};
use crate::plan::{CloudName, Step, is_reference};

/// Tags as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    /// Keys and values.
    pub(super) values: BTreeMap<String, String>,
    /// Whether there may be more: a list of tags is itself a reference.
    pub(super) unknown: bool,
}

impl Tags {
    /// Adds what another step of the same resource gives.
    pub(super) fn add(&mut self, other: Tags) {
        self.values.extend(other.values);
        self.unknown |= other.unknown;
    }
}

/// Names of members that hold tags, in lower case.
const HOLDERS: [&str; 6] = ["tags", "taglist", "tagset", "freeformtags", "definedtags", "tagstoadd"];

/// How deep the members are that hold tags: `CreateBucketConfiguration.Tags`, `TagSpecifications[0].Tags`.
const DEEPEST: usize = 3;

/// The tags in a step's parameters.
pub(super) fn tags(step: &Step) -> Tags {
    let mut found = Tags::default();
    collect(&step.params, DEEPEST, &mut found);
    found
}

fn collect(value: &Value, depth: usize, found: &mut Tags) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let name = name.to_ascii_lowercase();
                if HOLDERS.contains(&name.as_str()) {
                    take(inner, found);
                } else if name == "tagspecifications" && inner.as_str().is_some_and(is_reference) {
                    found.unknown = true;
                } else if depth > 0 {
                    collect(inner, depth - 1, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth, found)),
        _ => {}
    }
}

fn take(holder: &Value, found: &mut Tags) {
    match holder {
        Value::String(text) if is_reference(text) => found.unknown = true,
        Value::Array(items) => {
            for item in items {
                match (member(item, "key"), member(item, "value")) {
                    (Some(Value::String(key)), value) => {
                        found.values.insert(key.clone(), value.map(text).unwrap_or_default());
                    }
                    _ => found.unknown |= item.as_str().is_some_and(is_reference),
                }
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    // Tags of a namespace, as OCI's defined tags are.
                    Value::Object(inner) => {
                        found.values.extend(inner.iter().map(|(key, value)| (key.clone(), text(value))));
                    }
                    value => {
                        found.values.insert(key.clone(), text(value));
                    }
                }
            }
        }
        _ => {}
    }
}

/// The member whose name ends in `wanted`: `Key`, `key`, or `TagKey`.
fn member<'a>(item: &'a Value, wanted: &str) -> Option<&'a Value> {
    item.as_object()?
        .iter()
        .find(|(name, _)| name.to_ascii_lowercase().ends_with(wanted))
        .map(|(_, value)| value)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How operations that make something begin; what changes or tags a thing makes none.
const MAKES: [&str; 9] =
    ["Create", "Run", "Launch", "Allocate", "Register", "Request", "Import", "Copy", "Restore"];

/// Whether a step makes a resource.
pub(super) fn makes(step: &Step) -> bool {
    let action = match step.cloud {
        CloudName::Azure => step.operation.rsplit('_').next().unwrap_or_default(),
        CloudName::Aws | CloudName::Oci => &step.operation,
    };
    MAKES.iter().any(|verb| action.starts_with(verb)) && !action.contains("Tag")
}

/// Whether a step makes a resource that can carry tags.
pub(super) fn taggable(step: &Step, catalog: &Catalog) -> bool {
    if !makes(step) {
        return false;
    }
    let body = step.params.get("body").and_then(Value::as_object);
    match step.cloud {
        CloudName::Aws => catalog.operation(&step.operation_name()).is_ok_and(|found| {
            found.operation().input.is_some_and(|input| holds_tags(found.service(), input, 1))
        }),
        // What ARM calls a tracked resource has a location and can have tags.
        CloudName::Azure => body.is_some_and(|body| body.contains_key("location")),
        // All resources of a compartment can have free-form tags.
        CloudName::Oci => body.is_some_and(|body: &Map<_, _>| body.contains_key("compartmentId")),
    }
}

fn holds_tags(service: &Service, shape: ShapeId, depth: usize) -> bool {
    service.shape(shape).members().iter().any(|member| {
        let name = member.name.to_ascii_lowercase();
        HOLDERS.contains(&name.as_str())
            || name == "tagspecifications"
            || (depth > 0
                && name.ends_with("configuration")
                && matches!(service.shape(member.shape).kind, ShapeKind::Structure { .. })
                && holds_tags(service, member.shape, depth - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn step(cloud: &str, service: &str, operation: &str, params: Value) -> Step {
        serde_json::from_value(json!({
            "id": "a", "cloud": cloud, "service": service, "operation": operation, "params": params,
        }))
        .unwrap()
    }

    fn of(params: Value) -> Tags {
        tags(&step("aws", "x", "Y", params))
    }

    #[test]
    fn tags_are_found_in_every_spelling_of_the_clouds() {
        let owner = BTreeMap::from([("owner".to_owned(), "web".to_owned())]);
        for params in [
            json!({"Tags": [{"Key": "owner", "Value": "web"}]}),
            json!({"tags": {"owner": "web"}}),
            json!({"Tags": [{"TagKey": "owner", "TagValue": "web"}]}),
            json!({"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "owner", "Value": "web"}]}]}),
            json!({"Tagging": {"TagSet": [{"Key": "owner", "Value": "web"}]}}),
            json!({"body": {"tags": {"owner": "web"}}}),
            json!({"body": {"freeformTags": {"owner": "web"}}}),
            json!({"body": {"definedTags": {"Operations": {"owner": "web"}}}}),
        ] {
            assert_eq!(of(params.clone()).values, owner, "{params}");
        }
    }

    #[test]
    fn a_list_that_is_a_reference_may_hold_anything() {
        assert!(of(json!({"Tags": "${{ steps.x.output.Tags }}"})).unknown);
        assert!(!of(json!({"Tags": [{"Key": "owner", "Value": "${{ steps.x.output.Name }}"}]})).unknown);
    }

    #[test]
    fn what_can_carry_tags_is_read_off_the_catalog_or_the_wire_form() {
        let catalog = Catalog::open(None).unwrap();
        let takes =
            |cloud, service, operation, params| taggable(&step(cloud, service, operation, params), &catalog);
        for (service, operation) in [
            ("s3", "CreateBucket"),
            ("ec2", "RunInstances"),
            ("iam", "CreateRole"),
            ("lambda", "CreateFunction"),
        ] {
            assert!(takes("aws", service, operation, json!({})), "{operation}");
        }
        for (service, operation) in [
            ("s3", "PutBucketTagging"),
            ("ec2", "CreateTags"),
            ("ec2", "CreateRoute"),
            ("iam", "CreateAccessKey"),
        ] {
            assert!(!takes("aws", service, operation, json!({})), "{operation}");
        }
        let body = json!({"body": {"location": "x"}});
        assert!(takes("azure", "network", "VirtualNetworks_CreateOrUpdate", body));
        assert!(!takes("azure", "network", "Subnets_CreateOrUpdate", json!({"body": {"properties": {}}})));
        assert!(takes("oci", "core.compute", "LaunchInstance", json!({"body": {"compartmentId": "c"}})));
    }
}
