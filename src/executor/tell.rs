//! What happens to a step: played on the walk, noted for the journal, and told to who listens.

use jiff::Timestamp;

use super::ExecutorError;
use super::drive::Driver;
use crate::plan::{StepEvent, StepEventKind, StepState};
use crate::protocol::StepProgress;
use crate::store::Line;

impl Driver {
    pub(super) fn happened(&mut self, index: usize, kind: StepEventKind) -> Result<(), ExecutorError> {
        let event = self.event(index, kind);
        self.apply(&event, None)?;
        self.tell(index, &event, None);
        self.unsaved.push(Line::Step(event));
        Ok(())
    }

    pub(super) fn event(&self, index: usize, kind: StepEventKind) -> StepEvent {
        StepEvent { step: self.step(index).id.clone(), at: Timestamp::now(), kind }
    }

    pub(super) fn apply(&mut self, event: &StepEvent, note: Option<String>) -> Result<(), ExecutorError> {
        self.walk.apply(event)?;
        if matches!(event.kind, StepEventKind::Answered { .. })
            && let Some(index) = self.walk.position(&event.step)
        {
            self.tell(index, event, note);
        }
        Ok(())
    }

    pub(super) fn tell(&self, index: usize, event: &StepEvent, note: Option<String>) {
        let mut progress = self.progress_of(index, self.walk.state(index));
        progress.at = event.at;
        progress.note = note.or_else(|| match &event.kind {
            StepEventKind::Failed { failure } | StepEventKind::UndoFailed { failure } => {
                Some(format!("{}: {}", failure.code, failure.message))
            }
            StepEventKind::Skipped { because } => Some(format!("because `{because}` failed")),
            StepEventKind::Waiting { until } => Some(until.clone()),
            StepEventKind::NotSent { reason } => Some(reason.clone()),
            StepEventKind::UndoIntent { operation, .. } => Some(operation.clone()),
            _ => None,
        });
        if let StepEventKind::Answered { request_id, .. } = &event.kind {
            progress.request_id.clone_from(request_id);
        }
        self.send_progress(progress);
    }

    pub(super) fn progress_of(&self, index: usize, state: StepState) -> StepProgress {
        let step = self.step(index);
        StepProgress {
            execution: self.context.id.clone(),
            step: step.id.clone(),
            state,
            operation: format!("{} {}", step.service, step.operation),
            note: None,
            request_id: None,
            at: Timestamp::now(),
            elapsed: self.begun[index].map_or(0.0, |begun| begun.elapsed().as_secs_f64()),
        }
    }

    pub(super) fn send_progress(&self, progress: StepProgress) {
        if let Some(listener) = &self.context.progress {
            // A face that is gone does not stop the run.
            let _ = listener.send(progress);
        }
    }
}
