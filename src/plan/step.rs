//! One step of a plan: one operation of one cloud.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CloudName, OperationName};

/// The name of a step inside its plan: `[a-z][a-z0-9_-]*`.
pub type StepId = String;

/// One operation, its parameters, and how it is ordered, awaited, and taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique inside the plan.
    pub id: StepId,
    /// The cloud that the operation belongs to.
    pub cloud: CloudName,
    /// The service as the catalog names it.
    pub service: String,
    /// The operation as the catalog names it.
    pub operation: String,
    /// The region, where the operation is regional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account, subscription, or tenancy, where it is not the session's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The operation's input; strings may hold `${{ … }}` references.
    #[serde(default = "empty_object")]
    pub params: Value,
    /// One line for the person who approves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// Steps that must be done first, beside those that references already order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<StepId>,
    /// Whether to wait until the resource is usable.
    #[serde(default, skip_serializing_if = "Wait::is_auto")]
    pub wait: Wait,
    /// How to take the step back.
    #[serde(default, skip_serializing_if = "Undo::is_auto")]
    pub undo: Undo,
}

impl Step {
    /// The operation that the step runs.
    #[must_use]
    pub fn operation_name(&self) -> OperationName {
        OperationName::new(self.cloud, &self.service, &self.operation)
    }
}

fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Whether a step waits until its resource is usable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// A waiter, long-running operation, or work request, if the catalog knows one.
    #[default]
    Auto,
    /// Go on as soon as the cloud answered.
    None,
}

impl Wait {
    fn is_auto(&self) -> bool {
        *self == Wait::Auto
    }
}

/// How a step is taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Undo {
    /// The catalog's undo partner, if there is one.
    #[default]
    #[serde(serialize_with = "auto_word")]
    Auto,
    /// Not at all.
    #[serde(serialize_with = "none_word")]
    None,
    /// This operation of the same service.
    Call {
        /// The operation.
        operation: String,
        /// Its input; may refer to this step's own output.
        params: Value,
    },
}

impl Undo {
    fn is_auto(&self) -> bool {
        *self == Undo::Auto
    }
}

fn auto_word<S: serde::Serializer>(s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str("auto")
}

fn none_word<S: serde::Serializer>(s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str("none")
}

impl<'de> Deserialize<'de> for Undo {
    // Written out because an untagged enum answers a slip with "did not match any variant".
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Call {
            operation: String,
            #[serde(default = "empty_object")]
            params: Value,
        }
        match Value::deserialize(d)? {
            Value::String(word) if word == "auto" => Ok(Undo::Auto),
            Value::String(word) if word == "none" => Ok(Undo::None),
            value @ Value::Object(_) => Call::deserialize(value)
                .map(|c| Undo::Call { operation: c.operation, params: c.params })
                .map_err(serde::de::Error::custom),
            other => Err(serde::de::Error::custom(format!(
                "undo is auto, none, or {{operation, params}}, found {other}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn undo_survives_a_round_trip() {
        for undo in [
            Undo::Auto,
            Undo::None,
            Undo::Call { operation: "DeleteVpc".into(), params: json!({"VpcId": "v"}) },
        ] {
            let text = serde_json::to_string(&undo).unwrap();
            assert_eq!(serde_json::from_str::<Undo>(&text).unwrap(), undo, "{text}");
        }
    }

    #[test]
    fn a_wrong_undo_says_what_is_allowed() {
        let message = serde_json::from_value::<Undo>(json!("never")).unwrap_err().to_string();
        assert!(message.contains("auto, none"), "{message}");
    }
}
