//! What a session tells its face.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, ExecutionSummary, RecordSummary, SessionId, SessionSummary};
use crate::plan::{
    Digest, Estimate, Execution, ExecutionId, Plan, StepEvent, StepFacts, StepId, StepState, Target, Verdict,
};

/// One message from the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A conversation is open: everything that was said in it so far.
    Opened {
        /// Its name for the program.
        id: SessionId,
        /// Its name for people.
        name: String,
        /// What the frame shows.
        header: Header,
        /// What was said, oldest first.
        entries: Vec<Entry>,
        /// Executions of any session that were interrupted and can be taken up.
        unfinished: Vec<ExecutionSummary>,
    },
    /// What the frame shows has changed.
    HeaderChanged {
        /// The new content.
        header: Header,
    },
    /// What is going on.
    ModeChanged {
        /// The new mode.
        mode: Mode,
    },
    /// A piece of what the agent is saying; the whole follows as [`Event::Added`].
    Delta {
        /// The next piece.
        text: String,
    },
    /// A message that was queued because the agent was working; the whole queue, oldest first.
    Queued {
        /// The words that wait.
        texts: Vec<String>,
    },
    /// The agent looks something up.
    ToolStarted {
        /// The tool.
        name: String,
        /// What is asked, in one line.
        summary: String,
    },
    /// An entry was added to the conversation, and is on disk.
    Added {
        /// The entry.
        entry: Entry,
    },
    /// A plan was proposed. It is being judged and priced.
    PlanProposed {
        /// The plan.
        plan: Plan,
        /// Its identity.
        digest: Digest,
        /// What the catalog says of its steps.
        facts: Vec<StepFacts>,
    },
    /// The verdict on the proposed plan.
    Judged {
        /// The verdict.
        verdict: Verdict,
    },
    /// The cost of the proposed plan.
    Priced {
        /// The cost.
        estimate: Estimate,
    },
    /// The person has to decide.
    DecisionNeeded {
        /// About what.
        request: DecisionRequest,
    },
    /// A decision was taken or the plan was withdrawn; no decision is open any more.
    DecisionClosed {
        /// The plan.
        digest: Digest,
    },
    /// Something happened to a step.
    Step {
        /// What.
        progress: StepProgress,
    },
    /// An execution came to rest.
    Executed {
        /// How it went.
        summary: ExecutionSummary,
    },
    /// It is in the audit chain.
    Recorded {
        /// Where.
        record: RecordSummary,
    },
    /// Something went wrong. The person's words are kept.
    Failed {
        /// What, why, and what to do.
        problem: Problem,
    },
    /// The list of conversations, latest first.
    Sessions {
        /// The list.
        sessions: Vec<SessionSummary>,
    },
    /// The list of executions, latest first.
    Executions {
        /// The list.
        executions: Vec<ExecutionSummary>,
    },
    /// One execution in full.
    ExecutionDetail {
        /// Its state.
        execution: Execution,
        /// Its plan.
        plan: Plan,
        /// Its journal, oldest first.
        journal: Vec<StepEvent>,
        /// Its records in the audit chain.
        records: Vec<RecordSummary>,
    },
    /// Everything is on disk; the session is over.
    Stopped {
        /// How to come back.
        resume: SessionId,
        /// Lines that stay on the screen after the program ended.
        farewell: Vec<String>,
    },
}

/// What is going on in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Waiting for words.
    #[default]
    Idle,
    /// The agent is working on an answer.
    Thinking,
    /// A plan waits for a decision; words may still be typed.
    Deciding,
    /// A plan is running.
    Running,
    /// A plan is coming to a stop after an interrupt.
    Stopping,
}

/// What the frame always shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Where requests go.
    pub target: Target,
    /// The clouds in view, each with its account or profile and region, in words.
    pub clouds: Vec<String>,
    /// The model, or `offline planner`.
    pub planner: String,
    /// Whether everything that acts is switched off.
    pub read_only: bool,
    /// Tokens used in this session, if a model counts them.
    pub tokens: u64,
    /// Warnings that stay, for example that the rules could not be read.
    pub banners: Vec<String>,
}

/// A plan that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRequest {
    /// The plan.
    pub digest: Digest,
    /// Whether the rules let a person approve it at all.
    pub can_approve: bool,
    /// Why it cannot be approved, or what to know before it is.
    pub reason: Option<String>,
    /// Whether the whole plan must have been in view before it can be approved.
    pub must_read: bool,
    /// The word that must be typed to approve, for plans that take something away.
    pub typed_word: Option<String>,
    /// Ids of the approved exceptions that approving uses.
    pub exceptions: Vec<String>,
    /// Where it would run.
    pub target: Target,
}

/// What happened to a step, for the run pane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepProgress {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepId,
    /// Its state now.
    pub state: StepState,
    /// The operation, for example `s3 CreateBucket`.
    pub operation: String,
    /// What is awaited, or why it failed.
    pub note: Option<String>,
    /// The cloud's name for the request.
    pub request_id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Seconds since the step was started.
    pub elapsed: f64,
}

/// An error in three lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What failed.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub fix: String,
}
