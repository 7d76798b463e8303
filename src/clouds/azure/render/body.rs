//! The body: what the cloud sets itself is left out, what is always the same is filled in.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::catalog::shapes::{Member, Service, Shape, ShapeId, ShapeKind};
use crate::catalog::variant;

/// Places inside places that are followed; what lies deeper is sent as it is.
const DEEPEST: usize = 64;

/// A value as it travels; it is written without a copy of what was given.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    service: &'a Service,
    shape: &'a Shape,
    value: &'a Value,
    depth: usize,
}

impl<'a> Written<'a> {
    pub(super) fn new(service: &'a Service, shape: ShapeId, value: &'a Value) -> Self {
        Self { service, shape: service.shape(shape), value, depth: 0 }
    }

    fn inner(self, shape: ShapeId, value: &'a Value) -> Self {
        Self { shape: self.service.shape(shape), value, depth: self.depth + 1, ..self }
    }

    /// The members that are sent, with their values.
    fn members(self, given: &'a Map<String, Value>) -> impl Iterator<Item = (&'a str, Sent<'a>)> {
        // A variant that is not known here is sent as it is, but for what its base knows.
        let shape = variant(self.service, self.shape, given).unwrap_or(self.shape);
        let own = given.iter().filter_map(move |(name, value)| match shape.member(name) {
            None => Some((name.as_str(), Sent::Plain(value))),
            Some(member) if is_dropped(member) => None,
            Some(member) => {
                let inner = self.inner(member.shape, value);
                (!inner.is_hollow()).then_some((name.as_str(), Sent::Inner(inner)))
            }
        });
        let constants = shape.members().iter().filter_map(move |member| {
            let constant = member.default.as_deref()?;
            let written = given.contains_key(&member.name) && !is_dropped(member);
            let value = (!written).then(|| serde_json::from_str(constant).ok())??;
            Some((member.name.as_str(), Sent::Constant(value)))
        });
        own.chain(constants)
    }

    /// Whether this is no model of its own, but only holds members that models show side by side, and none of them
    /// is sent.
    fn is_hollow(self) -> bool {
        let inline = self.shape.name.is_empty() && matches!(self.shape.kind, ShapeKind::Structure { .. });
        inline && self.value.as_object().is_some_and(|given| self.members(given).next().is_none())
    }
}

/// What stands behind a member's name.
enum Sent<'a> {
    /// What was given, whatever it is.
    Plain(&'a Value),
    /// What was given, without what the cloud sets.
    Inner(Written<'a>),
    /// What is always the same.
    Constant(Value),
}

impl Serialize for Sent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Sent::Plain(value) => value.serialize(serializer),
            Sent::Inner(inner) => inner.serialize(serializer),
            Sent::Constant(value) => value.serialize(serializer),
        }
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.shape.kind, self.value) {
            _ if self.depth > DEEPEST => self.value.serialize(serializer),
            (ShapeKind::Structure { .. }, Value::Object(given)) => {
                serializer.collect_map(self.members(given))
            }
            (ShapeKind::List { member }, Value::Array(items)) => {
                serializer.collect_seq(items.iter().map(|item| self.inner(member.shape, item)))
            }
            (ShapeKind::Map { value: item, .. }, Value::Object(entries)) => serializer
                .collect_map(entries.iter().map(|(key, value)| (key, self.inner(item.shape, value)))),
            _ => self.value.serialize(serializer),
        }
    }
}

fn is_dropped(member: &Member) -> bool {
    member.traits.read_only
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
        let written = Written::new(found.service(), input.member("body").unwrap().shape, value);
        serde_json::to_value(written).unwrap()
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
