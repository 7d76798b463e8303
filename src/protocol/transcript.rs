//! What a conversation leaves behind, in the form in which it is stored and shown.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::plan::{Digest, Estimate, ExecutionId, ExecutionStatus, Plan, StepFacts, Target, Verdict};

/// The name of a conversation: `s-` and time-ordered digits.
pub type SessionId = String;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    Person,
    /// The planner, be it a model or the offline planner.
    Agent,
    /// The program itself.
    Notice,
}

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// Words.
    Said {
        /// By whom.
        role: Role,
        /// When.
        at: Timestamp,
        /// The words, sanitised where they are not the person's own.
        text: String,
    },
    /// The agent looked something up.
    Tool {
        /// The tool.
        name: String,
        /// What was asked, in one line.
        summary: String,
        /// Whether it worked.
        ok: bool,
        /// What came back, in one line.
        outcome: String,
    },
    /// A plan was proposed, judged, and priced.
    Proposed {
        /// The plan.
        plan: Plan,
        /// What the catalog says of its steps.
        facts: Vec<StepFacts>,
        /// The judgement.
        verdict: Verdict,
        /// The cost.
        estimate: Estimate,
    },
    /// The person decided.
    Decided {
        /// The plan.
        digest: Digest,
        /// Whether it may run.
        approved: bool,
        /// By whom, in words.
        by: String,
    },
    /// A plan was run.
    Executed {
        /// How it went.
        summary: ExecutionSummary,
    },
    /// Something went wrong.
    Failed {
        /// What, why, and what to do.
        problem: Problem,
    },
}

/// One line of the list of conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// Its name for the program.
    pub id: SessionId,
    /// Its name for people; the first words until it is renamed.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// When something was last said.
    pub last: Timestamp,
    /// How many entries it has.
    pub entries: usize,
    /// How many plans were run.
    pub executions: usize,
    /// Monthly cost of the plans that were run, as far as it is known.
    #[serde(with = "rust_decimal::serde::float")]
    pub monthly: Decimal,
    /// Where its plans ran last.
    pub target: Target,
}

/// How an execution went, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionSummary {
    /// Which one.
    pub id: ExecutionId,
    /// What the plan is for.
    pub name: String,
    /// The plan.
    pub digest: Digest,
    /// Where it ran.
    pub target: Target,
    /// How it ended.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started: Timestamp,
    /// When it came to rest.
    pub ended: Option<Timestamp>,
    /// Steps that are done.
    pub succeeded: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were skipped or not reached.
    pub skipped: usize,
    /// The first failure, if there was one: step, then message.
    pub first_cause: Option<(String, String)>,
    /// What was made: step, then the resource's name as the cloud gave it.
    pub resources: Vec<(String, String)>,
}

/// Where the record of something lies in the audit chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordSummary {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Digest,
}
