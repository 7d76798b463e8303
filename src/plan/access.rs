//! What an operation does to the world, which decides whether it may run unasked.

use serde::{Deserialize, Serialize};

use super::StepId;

/// The class of an operation, from harmless to grave. An operation that nobody
/// classified is [`AccessClass::Write`], never [`AccessClass::Read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessClass {
    /// Reads, returns no secret, costs nothing worth naming. The only class that runs unasked.
    Read,
    /// Reads, but the answer holds or mints a secret.
    Secret,
    /// Creates or changes something.
    Write,
    /// Commits to spending beyond the running of a resource: reservations, purchases.
    Spend,
    /// Changes who may do what.
    Permission,
    /// Takes something away.
    Delete,
}

impl AccessClass {
    /// Whether the operation may run without an approval.
    #[must_use]
    pub fn runs_unasked(self) -> bool {
        self == AccessClass::Read
    }

    /// The word shown to a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AccessClass::Read => "read",
            AccessClass::Secret => "secret",
            AccessClass::Write => "write",
            AccessClass::Spend => "spend",
            AccessClass::Permission => "permission",
            AccessClass::Delete => "delete",
        }
    }
}

/// An access class with the ground on which it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The class.
    pub class: AccessClass,
    /// Whether the effect cannot be taken back by any later call.
    pub irreversible: bool,
    /// Where the class comes from, for example `model trait readonly` or `unknown: treated as write`.
    pub source: String,
}

/// What the catalog says about one step of a plan, shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFacts {
    /// The step.
    pub step: StepId,
    /// What the step does to the world.
    pub access: Access,
    /// The operation that would take the step back, if the catalog knows one.
    pub undo: Option<String>,
}
