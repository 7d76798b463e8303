//! The run of a plan: events in a journal, and the state that they add up to.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{Digest, StepId, Target};

/// The name of an execution: `x-` and time-ordered digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionId(pub String);

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One run of one plan, as far as it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its name.
    pub id: ExecutionId,
    /// The plan that runs.
    pub plan: Digest,
    /// What the plan is for.
    pub name: String,
    /// Where it runs.
    pub target: Target,
    /// The session that started it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// When it was started.
    pub started: Timestamp,
    /// When it came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub status: ExecutionStatus,
    /// The state of every step.
    pub steps: BTreeMap<StepId, StepState>,
}

/// How far an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionStatus {
    /// Steps are running, or the program was killed while they were.
    Running,
    /// Stopped by a person or a time-out; can be resumed.
    Parked,
    /// Every step is done.
    Succeeded,
    /// Some steps are done, others failed or were skipped.
    PartlyDone,
    /// No step is done.
    Failed,
    /// Everything that was done was taken back.
    Undone,
    /// Something could not be taken back.
    Stuck,
}

impl ExecutionStatus {
    /// The word shown to a person and used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExecutionStatus::Running => "running",
            ExecutionStatus::Parked => "parked",
            ExecutionStatus::Succeeded => "succeeded",
            ExecutionStatus::PartlyDone => "partly-done",
            ExecutionStatus::Failed => "failed",
            ExecutionStatus::Undone => "undone",
            ExecutionStatus::Stuck => "stuck",
        }
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEvent {
    /// The step.
    pub step: StepId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: StepEventKind,
}

/// What can happen to a step. Secrets in `params` and `output` are masked before they get here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum StepEventKind {
    /// The request is about to leave; on disk before it does.
    Intent {
        /// The parameters with references resolved and idempotency tokens filled in.
        params: Value,
        /// Which try this is, counted from 1.
        attempt: u32,
        /// Whether what it makes was looked for before, and was not there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        absent: bool,
    },
    /// The request surely never left, or was turned away before anything was done.
    NotSent {
        /// Why.
        reason: String,
    },
    /// The cloud answered that it is done; the resource may not be usable yet.
    Answered {
        /// The cloud's answer.
        output: Value,
        /// The cloud's name for the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// What the answer only began has come to its end: the answer from now on.
    Result {
        /// What it came to, in place of the answer.
        output: Value,
    },
    /// Waiting until the resource is usable.
    Waiting {
        /// For what, in words.
        until: String,
    },
    /// Done, and usable if the step waits.
    Succeeded,
    /// The step failed for good.
    Failed {
        /// Why.
        failure: StepFailure,
    },
    /// Not tried, because a step that it needs failed.
    Skipped {
        /// The step that failed first.
        because: StepId,
    },
    /// The request that takes the step back is about to leave.
    UndoIntent {
        /// The operation.
        operation: String,
        /// Its parameters.
        params: Value,
    },
    /// Taken back.
    Undone,
    /// Could not be taken back.
    UndoFailed {
        /// Why.
        failure: StepFailure,
    },
}

/// Why a step failed: what, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// The cloud's or our own code, for example `BucketAlreadyExists`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What a person can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The state of a step; see [`StepState::after`] for the moves between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not started.
    #[default]
    Waiting,
    /// The request may have left.
    Running,
    /// The cloud answered; waiting until the resource is usable.
    Settling,
    /// Done.
    Succeeded,
    /// Failed for good.
    Failed,
    /// Not tried.
    Skipped,
    /// The request that takes it back may have left.
    Undoing,
    /// Taken back.
    Undone,
    /// Could not be taken back.
    Stuck,
}

/// A journal line that cannot follow the ones before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("step `{step}` is {state}, so `{event}` cannot happen to it")]
pub struct IllegalMove {
    /// The step.
    pub step: StepId,
    /// Its state.
    pub state: &'static str,
    /// The event that does not fit.
    pub event: &'static str,
}

impl StepState {
    /// The word shown to a person and used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepState::Waiting => "waiting",
            StepState::Running => "running",
            StepState::Settling => "settling",
            StepState::Succeeded => "succeeded",
            StepState::Failed => "failed",
            StepState::Skipped => "skipped",
            StepState::Undoing => "undoing",
            StepState::Undone => "undone",
            StepState::Stuck => "stuck",
        }
    }

    /// Whether no event but an undo or a new try can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, StepState::Waiting | StepState::Running | StepState::Settling | StepState::Undoing)
    }

    /// The state after an event.
    ///
    /// # Errors
    ///
    /// The event cannot happen in this state: the journal is damaged or the program is wrong.
    pub fn after(self, event: &StepEvent) -> Result<StepState, IllegalMove> {
        use StepEventKind as E;
        use StepState as S;
        let next = match (self, &event.kind) {
            // A failed or skipped step may be tried again when the run is resumed, and a
            // request whose answer was never seen may be sent again with the same token.
            (S::Waiting | S::Running | S::Failed | S::Skipped, E::Intent { .. }) => S::Running,
            (S::Running, E::NotSent { .. }) => S::Waiting,
            (S::Running, E::Answered { .. }) => S::Settling,
            (S::Settling, E::Waiting { .. } | E::Result { .. }) => S::Settling,
            (S::Settling, E::Succeeded) => S::Succeeded,
            // A new try of a failed or skipped step may fail before its request is ready to leave.
            (S::Waiting | S::Running | S::Settling | S::Failed | S::Skipped, E::Failed { .. }) => S::Failed,
            (S::Waiting | S::Skipped, E::Skipped { .. }) => S::Skipped,
            // A step that was answered or failed while settling may have left something behind.
            (S::Succeeded | S::Settling | S::Failed | S::Undoing | S::Stuck, E::UndoIntent { .. }) => {
                S::Undoing
            }
            (S::Undoing, E::Undone) => S::Undone,
            (S::Undoing, E::UndoFailed { .. }) => S::Stuck,
            (state, kind) => {
                return Err(IllegalMove {
                    step: event.step.clone(),
                    state: state.as_str(),
                    event: kind.name(),
                });
            }
        };
        Ok(next)
    }
}

impl StepEventKind {
    /// The name of the event as the journal writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StepEventKind::Intent { .. } => "intent",
            StepEventKind::NotSent { .. } => "not_sent",
            StepEventKind::Answered { .. } => "answered",
            StepEventKind::Result { .. } => "result",
            StepEventKind::Waiting { .. } => "waiting",
            StepEventKind::Succeeded => "succeeded",
            StepEventKind::Failed { .. } => "failed",
            StepEventKind::Skipped { .. } => "skipped",
            StepEventKind::UndoIntent { .. } => "undo_intent",
            StepEventKind::Undone => "undone",
            StepEventKind::UndoFailed { .. } => "undo_failed",
        }
    }

    /// What the cloud answered, where the event says it; a later one counts in place of an earlier one.
    #[must_use]
    pub fn output(&self) -> Option<&Value> {
        match self {
            StepEventKind::Answered { output, .. } | StepEventKind::Result { output } => Some(output),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: StepEventKind) -> StepEvent {
        StepEvent { step: "a".into(), at: Timestamp::UNIX_EPOCH, kind }
    }

    fn run(kinds: Vec<StepEventKind>) -> Result<StepState, IllegalMove> {
        kinds.into_iter().try_fold(StepState::Waiting, |state, kind| state.after(&event(kind)))
    }

    fn intent() -> StepEventKind {
        StepEventKind::Intent { params: json!({}), attempt: 1, absent: false }
    }

    fn answered() -> StepEventKind {
        StepEventKind::Answered { output: json!({}), request_id: None }
    }

    #[test]
    fn the_straight_way_succeeds() {
        assert_eq!(run(vec![intent(), answered(), StepEventKind::Succeeded]).unwrap(), StepState::Succeeded);
    }

    #[test]
    fn a_result_follows_an_answer_and_takes_its_place() {
        let result = || StepEventKind::Result { output: json!({"a": 1}) };
        let done = vec![intent(), answered(), result(), StepEventKind::Succeeded];
        assert_eq!(run(done).unwrap(), StepState::Succeeded);
        assert!(run(vec![intent(), result()]).is_err());
        assert_eq!(result().output(), Some(&json!({"a": 1})));
        assert_eq!(StepEventKind::Succeeded.output(), None);
    }

    #[test]
    fn an_answer_without_an_intent_is_illegal() {
        let error = run(vec![answered()]).unwrap_err();
        assert_eq!(error.to_string(), "step `a` is waiting, so `answered` cannot happen to it");
    }

    #[test]
    fn a_request_whose_answer_was_lost_may_be_sent_again() {
        assert_eq!(run(vec![intent(), intent(), answered()]).unwrap(), StepState::Settling);
    }

    #[test]
    fn a_request_that_never_left_leaves_the_step_where_it_was() {
        let not_sent = || StepEventKind::NotSent { reason: "no credentials".into() };
        assert_eq!(run(vec![intent(), not_sent()]).unwrap(), StepState::Waiting);
        assert!(run(vec![not_sent()]).is_err());
        assert!(run(vec![intent(), answered(), not_sent()]).is_err(), "an answer proves that it left");
    }

    #[test]
    fn what_was_taken_back_cannot_be_taken_back_twice() {
        let undo = || StepEventKind::UndoIntent { operation: "D".into(), params: json!({}) };
        let kinds =
            vec![intent(), answered(), StepEventKind::Succeeded, undo(), StepEventKind::Undone, undo()];
        assert!(run(kinds).is_err());
    }

    #[test]
    fn events_survive_a_round_trip() {
        let line = event(StepEventKind::Skipped { because: "b".into() });
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(text, r#"{"step":"a","at":"1970-01-01T00:00:00Z","event":"skipped","because":"b"}"#);
        assert_eq!(serde_json::from_str::<StepEvent>(&text).unwrap(), line);
    }
}
