//! What a session wants done.

use super::{Proposal, TurnId};
use crate::plan::{ExecutionId, Plan, Target};
use crate::protocol::{Entry, Event, SessionId};

/// One thing to do. Effects are performed in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell the face.
    Emit(Event),
    /// Put an entry on disk, then tell the face with [`Event::Added`].
    Append(Entry),
    /// Start a turn of the agent on these words.
    StartTurn(TurnId, String),
    /// Stop the agent's turn; its answer no longer matters.
    CancelTurn,
    /// Judge and price a plan; answered by [`super::Input::Assessed`].
    Assess(Plan),
    /// Clear the plan with an approval, record it, and run it.
    Run {
        /// The plan and its papers.
        proposal: Box<Proposal>,
        /// Whether a person approved it (else it is made of reads).
        approved: bool,
        /// Exceptions that were accepted.
        exceptions: Vec<String>,
    },
    /// Put a refusal into the audit chain.
    RecordRefusal {
        /// The plan and its papers.
        proposal: Box<Proposal>,
        /// Why, and by whom.
        reason: String,
    },
    /// Stop the execution: after the running steps, or at once.
    InterruptRun {
        /// At once.
        at_once: bool,
    },
    /// Take up an execution.
    Resume(ExecutionId),
    /// Take back an execution.
    Undo(ExecutionId),
    /// Send requests elsewhere from now on.
    SetTarget(Target),
    /// Start a new conversation.
    NewSession,
    /// Open a past conversation; answered by [`super::Input::Opened`].
    OpenSession(SessionId),
    /// Name the conversation.
    Rename(String),
    /// Answer with the list of conversations.
    ListSessions,
    /// Answer with the list of executions.
    ListExecutions,
    /// Answer with one execution.
    ShowExecution(ExecutionId),
    /// Put everything on disk and end.
    Stop,
}
