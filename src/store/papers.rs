//! The papers with which a run was allowed, kept for as long as it can be resumed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Store, Tree};
use crate::plan::{Approval, Estimate, Plan, Sighting, StepId, Target, Verdict};

/// A plan with its papers, as it was cleared.
///
/// The plan here holds its literal secrets, because a request whose answer was lost must be sent
/// again exactly as it was. Only this tree does; the store's folder is readable by its owner
/// alone, and the secrets are masked as soon as the run needs them no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Papers {
    /// The plan.
    pub plan: Plan,
    /// The judgement.
    pub verdict: Verdict,
    /// The cost.
    pub estimate: Estimate,
    /// The approval; nothing for a plan of reads.
    pub approval: Option<Approval>,
    /// What its steps were about to change, when the person was asked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sightings: BTreeMap<StepId, Sighting>,
    /// Where it may run.
    pub target: Target,
    /// Whether the plan's secrets were masked: it can then be read, but not sent again.
    pub masked: bool,
}

/// The papers of all executions, by execution.
#[must_use]
pub fn papers(store: &Arc<dyn Store>) -> Tree<Papers> {
    Tree::new(store.clone(), "papers", 1)
}
