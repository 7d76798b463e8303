//! A person's word on one plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Digest, Target};

/// Who allowed a plan to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Approver {
    /// A person, at the screen or the prompt.
    Person {
        /// The login name.
        name: String,
    },
    /// A person, beforehand, by the `--approve` flag of a command.
    Flag {
        /// The login name.
        name: String,
        /// The word after `--approve`.
        policy: String,
    },
}

impl Approver {
    /// The login name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Approver::Person { name } | Approver::Flag { name, .. } => name,
        }
    }
}

/// The permission to run exactly one plan on exactly one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The plan.
    pub plan: Digest,
    /// Where it may run.
    pub target: Target,
    /// Who said so.
    pub by: Approver,
    /// When.
    pub at: Timestamp,
    /// Ids of the exceptions that were accepted with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
}
