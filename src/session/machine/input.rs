//! What can happen to a session.

use std::collections::BTreeMap;

use crate::plan::{Digest, Estimate, ExecutionId, Plan, Sighting, StepFacts, StepId, Verdict};
use crate::protocol::{Command, Entry, ExecutionSummary, Problem, StepProgress};

/// Counts the agent's turns, so that the answer of a cancelled one is recognised.
pub type TurnId = u64;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The person said something.
    Command(Command),
    /// The agent said a piece of its answer.
    Delta(TurnId, String),
    /// The agent began to look something up: tool, then what is asked.
    ToolStarted(TurnId, String, String),
    /// The agent looked something up.
    ToolFinished(TurnId, Entry),
    /// The agent's turn is over.
    TurnDone(TurnId, Result<TurnResult, Problem>),
    /// A plan was judged and priced.
    Assessed(Digest, Result<Assessment, Problem>),
    /// Something happened to a step.
    Step(StepProgress),
    /// An execution was started and its permission is in the audit chain.
    Started(ExecutionId),
    /// An execution came to rest, or could not be started. The second part is what to tell the
    /// person of the answers, if there are any.
    RunDone(Result<(ExecutionSummary, Option<String>), Problem>),
    /// A past conversation was read.
    Opened {
        /// Its entries.
        entries: Vec<Entry>,
        /// A plan in it that still waits for a decision, with the words that led to it.
        waiting: Option<(Plan, String)>,
    },
}

/// What the agent's turn came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TurnResult {
    /// What it said.
    pub text: String,
    /// What it proposes.
    pub plan: Option<Plan>,
}

/// The judgement and the cost of a plan, and what the catalog says of its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// What the steps are about to change, as it is now.
    pub sightings: BTreeMap<StepId, Sighting>,
    /// What the catalog says.
    pub facts: Vec<StepFacts>,
    /// The judgement.
    pub verdict: Verdict,
    /// The cost.
    pub estimate: Estimate,
}
