//! What a person can tell a session.

use serde::{Deserialize, Serialize};

use super::SessionId;
use crate::plan::{Digest, ExecutionId, Plan, Target};

/// One message to the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The person's words. While the agent works they are queued.
    Submit {
        /// The words as typed.
        text: String,
    },
    /// A plan that was not made by the agent: from a file, or from one operation.
    Propose {
        /// The plan, without open inputs.
        plan: Plan,
        /// What the person asked for, for the record.
        words: String,
    },
    /// The person's decision on the plan with this digest.
    Decide {
        /// The plan that was on the screen.
        digest: Digest,
        /// What was chosen.
        choice: Choice,
    },
    /// Take the plan with this digest, apply the patch of one finding, and judge it again.
    Patch {
        /// The plan that was on the screen.
        digest: Digest,
        /// The position of the finding in the verdict.
        finding: usize,
    },
    /// Judge the plan that waits again: by rules that were changed, or with an exception that was approved meanwhile.
    Judge,
    /// Stop the agent's turn, or stop the execution after the running steps; a second one
    /// stops the execution at once. Both leave a run that can be resumed.
    Interrupt,
    /// Take up an unfinished execution.
    Resume {
        /// Which one.
        execution: ExecutionId,
    },
    /// Take back what an execution made.
    Undo {
        /// Which one.
        execution: ExecutionId,
    },
    /// Choose where requests go from now on.
    SetTarget {
        /// The new target.
        target: Target,
    },
    /// Start a new conversation.
    NewSession,
    /// Go on with a past conversation; answered by [`super::Event::Opened`].
    OpenSession {
        /// Which one.
        id: SessionId,
    },
    /// Name the conversation.
    RenameSession {
        /// The new name.
        name: String,
    },
    /// Ask for the list of conversations; answered by [`super::Event::Sessions`].
    ListSessions,
    /// Ask for the list of executions; answered by [`super::Event::Executions`].
    ListExecutions,
    /// Ask for one execution in full; answered by [`super::Event::ExecutionDetail`].
    ShowExecution {
        /// Which one.
        execution: ExecutionId,
    },
    /// End the session after everything is on disk; answered by [`super::Event::Stopped`].
    Quit,
}

/// What a person decides about a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Choice {
    /// Run exactly this plan.
    Approve {
        /// The word that the person typed where one was asked for.
        typed: Option<String>,
        /// Exceptions that were accepted.
        exceptions: Vec<String>,
    },
    /// Do not run it.
    Deny,
}
