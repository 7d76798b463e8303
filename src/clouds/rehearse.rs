//! What a cloud says beforehand about a call that is not carried out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of asking a cloud about a call beforehand. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Rehearsed {
    /// The cloud would take it, and says what would change.
    WouldDo {
        /// What looked at it, for example `ARM what-if`.
        by: String,
        /// What would change; nothing where all is as it should be.
        changes: Vec<Foreseen>,
    },
    /// The cloud would refuse it.
    WouldRefuse {
        /// What looked at it.
        by: String,
        /// The cloud's code.
        code: String,
        /// The cloud's words.
        message: String,
        /// The part of the request that is meant, where the cloud says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// It cannot be known beforehand.
    Cannot {
        /// Why, in words.
        reason: String,
    },
}

/// What would become of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Foreseen {
    /// The resource, by the cloud's own name for it.
    pub resource: String,
    /// `create`, `modify`, `no-change`, `delete`, or another word of the cloud's.
    pub change: String,
    /// The members that would change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<ForeseenProperty>,
}

/// What would become of one member of a resource. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeseenProperty {
    /// Where it stands: names and positions with dots between them.
    pub path: String,
    /// `create`, `modify`, `delete`, `array`, or another word of the cloud's.
    pub change: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// What it would be.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}
