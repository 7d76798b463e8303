//! The body: what the cloud sets itself is left out, what is always the same is filled in.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::catalog::shapes::{Member, Service, Shape, ShapeId, ShapeKind};
use crate::catalog::variant;

/// Places inside places that are followed; what lies deeper is sent as it is.
const DEEPEST: usize = 64;

/// A value as it travels.
pub(super) fn written(service: &Service, shape: ShapeId, value: &Value) -> Value {
    one(service, shape, value, 0)
}

fn one(service: &Service, id: ShapeId, value: &Value, depth: usize) -> Value {
    let shape = service.shape(id);
    match (&shape.kind, value) {
        _ if depth > DEEPEST => value.clone(),
        (ShapeKind::Structure { .. }, Value::Object(members)) => structure(service, shape, members, depth),
        (ShapeKind::List { member }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| one(service, member.shape, item, depth + 1)).collect())
        }
        (ShapeKind::Map { value: item, .. }, Value::Object(entries)) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), one(service, item.shape, value, depth + 1)))
                .collect(),
        ),
        _ => value.clone(),
    }
}

fn structure(service: &Service, shape: &Shape, given: &Map<String, Value>, depth: usize) -> Value {
    // A variant that is not known here is sent as it is, but for what its base knows.
    let shape = variant(service, shape, given).unwrap_or(shape);
    let mut out = Map::with_capacity(given.len());
    for (name, value) in given {
        match shape.member(name) {
            Some(member) if is_dropped(member) => {}
            Some(member) => {
                let value = one(service, member.shape, value, depth + 1);
                if !is_hollow(service, member, &value) {
                    out.insert(name.clone(), value);
                }
            }
            None => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    for member in shape.members() {
        if let Some(constant) = member.default.as_deref()
            && !out.contains_key(&member.name)
            && let Ok(value) = serde_json::from_str(constant)
        {
            out.insert(member.name.clone(), value);
        }
    }
    Value::Object(out)
}

fn is_dropped(member: &Member) -> bool {
    member.traits.read_only
}

/// Whether a member that is no model of its own, but only holds members that models show side by side, is empty.
fn is_hollow(service: &Service, member: &Member, value: &Value) -> bool {
    let shape = service.shape(member.shape);
    let inline = shape.name.is_empty() && matches!(shape.kind, ShapeKind::Structure { .. });
    inline && value.as_object().is_some_and(Map::is_empty)
}

/// A body that is no JSON: bytes from base64, text as it is.
pub(super) fn raw(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::String(text) => Cow::Borrowed(text.as_bytes()),
        other => Cow::Owned(other.to_string().into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};

    fn body(service: &str, operation: &str, value: &Value) -> Value {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Azure, service, operation)).unwrap();
        let input = found.service().shape(found.operation().input.unwrap());
        written(found.service(), input.member("body").unwrap().shape, value)
    }

    #[test]
    fn what_the_cloud_sets_is_left_out_at_any_depth() {
        let given = json!({
            "location": "westeurope", "id": "/x", "type": "y", "properties": {"provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_B1s"}}, "resources": [],
        });
        let wanted =
            json!({"location": "westeurope", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}});
        assert_eq!(body("compute", "VirtualMachines_CreateOrUpdate", &given), wanted);
    }

    #[test]
    fn a_holder_of_members_that_are_left_out_is_left_out() {
        let given = json!({"properties": {"description": "set by the cloud"}});
        assert_eq!(body("rdbms.mysql_flexibleservers", "Configurations_Update", &given), json!({}));
    }

    #[test]
    fn members_of_variants_are_known_and_new_variants_are_sent_as_they_are() {
        let rule = json!({"kind": "Custom", "properties": {"access": "Allow", "resourceGuid": "g"}});
        let wanted = json!({"kind": "Custom", "properties": {"access": "Allow"}});
        assert_eq!(body("network", "AdminRules_CreateOrUpdate", &rule), wanted);
        let new = json!({"kind": "Brand new", "anything": {"resourceGuid": "g"}});
        assert_eq!(body("network", "AdminRules_CreateOrUpdate", &new), new);
    }
}
