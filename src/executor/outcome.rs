//! What became of the work on a step.

use serde_json::Value;
use tokio::task::{Id, JoinError};

use super::ExecutorError;
use super::drive::{Driver, Outcome};
use super::inject::FaultKind;
use super::partial::not_done;
use super::request::masked_output;
use super::send::Answer;
use super::wait::Usable;
use crate::clouds::EXISTED;
use crate::plan::{StepEventKind, StepFailure, Wait};
use crate::store::Line;

impl Driver {
    pub(super) fn take(&mut self, joined: Result<(Id, Outcome), JoinError>) -> Result<(), ExecutorError> {
        let (id, outcome) = match joined {
            Ok((id, outcome)) => (id, Some(outcome)),
            Err(error) => (error.id(), None),
        };
        let Some(index) = self.working.remove(&id) else { return Ok(()) };
        self.walk.set_busy(index, false);
        match outcome {
            Some(Outcome::Sent(answer, throttled)) => {
                self.places.leave(index, throttled);
                self.answered(index, answer)
            }
            Some(Outcome::Looked(found)) => {
                self.places.leave(index, false);
                self.looked[index] = Some(found);
                Ok(())
            }
            Some(Outcome::Waited(usable)) => self.waited(index, usable),
            None => {
                self.places.leave(index, false);
                self.park(index, "its worker broke off");
                Ok(())
            }
        }
    }

    fn answered(&mut self, index: usize, answer: Answer) -> Result<(), ExecutorError> {
        match answer {
            Answer::Done { mut output, request_id, adopted } => {
                if self.walk.was_absent(index)
                    && let Value::Object(members) = &mut output
                {
                    // It was not there before the first request, so what an earlier one of ours made was found.
                    members.remove(EXISTED);
                }
                let service = self.service_of(index);
                let kept = masked_output(service.as_deref(), &self.step(index).operation, &output);
                self.outputs[index] = Some(output);
                let event = self.event(index, StepEventKind::Answered { output: kept, request_id });
                self.apply(&event, adopted)?;
                self.unsaved.push(Line::Step(event));
                if self.step(index).wait == Wait::None {
                    self.succeeded(index)?;
                }
            }
            Answer::Failed(failure) => self.happened(index, StepEventKind::Failed { failure })?,
            Answer::NotSent(reason) => {
                // Nothing else would come through either.
                self.halted = true;
                self.park(index, &reason);
                self.happened(index, StepEventKind::NotSent { reason })?;
            }
            Answer::InDoubt(reason) => self.park(index, &reason),
        }
        Ok(())
    }

    fn waited(&mut self, index: usize, usable: Usable) -> Result<(), ExecutorError> {
        match usable {
            Usable::Yes(None) => self.succeeded(index)?,
            Usable::Yes(Some(result)) => {
                self.result(index, result)?;
                self.succeeded(index)?;
            }
            Usable::Never(failure) => self.happened(index, StepEventKind::Failed { failure })?,
            Usable::NotYet(until) => {
                self.park(index, &format!("still waiting for {until}"));
                self.happened(index, StepEventKind::Waiting { until })?;
            }
        }
        Ok(())
    }

    /// What an answer began has come to its end: what refers to the step gets this.
    fn result(&mut self, index: usize, mut result: Value) -> Result<(), ExecutorError> {
        let before = self.outputs[index].as_ref();
        let existed = before.and_then(|output| output.get(EXISTED)).cloned();
        if let (Some(existed), Value::Object(members)) = (existed, &mut result) {
            // Only the first answer tells whether it was there before.
            members.insert(EXISTED.into(), existed);
        }
        let service = self.service_of(index);
        let output = masked_output(service.as_deref(), &self.step(index).operation, &result);
        self.outputs[index] = Some(result);
        self.happened(index, StepEventKind::Result { output })
    }

    fn succeeded(&mut self, index: usize) -> Result<(), ExecutorError> {
        if let Some(failure) = self.not_done(index) {
            return self.happened(index, StepEventKind::Failed { failure });
        }
        self.happened(index, StepEventKind::Succeeded)?;
        self.calls[index] = None;
        if !self.is_referred_to[index] && !self.only_doubts {
            // Nobody in this run asks for it any more, and the journal has it.
            self.outputs[index] = None;
        }
        let step = self.plan.steps[index].id.clone();
        if self.context.faults.strikes(&step, FaultKind::KillAfterResult) {
            let kept = self.journal.append(&self.unsaved).and_then(|()| self.journal.sync());
            kept.map_err(|source| ExecutorError::Store { id: self.context.id.clone(), source })?;
            std::process::abort();
        }
        Ok(())
    }

    /// What the answer to a step's request says was not done, also after a restart.
    fn not_done(&mut self, index: usize) -> Option<StepFailure> {
        let service = self.service_of(index);
        let output = self.outputs[index].as_ref()?;
        let step = self.step(index);
        let params = self.calls[index].as_ref().map_or(&step.params, |call| &call.params);
        not_done(&step.operation, false, params, output)?;
        // Only now, because it is rare: what may be told of it, and whether the step changes anything.
        let output = masked_output(service.as_deref(), &step.operation, output);
        not_done(&step.operation, self.changes_nothing(index), params, &output)
    }

    /// Leaves a step for when the run is resumed; the others go on.
    fn park(&mut self, index: usize, reason: &str) {
        let reason = format!("step `{}`: {reason}", self.step(index).id);
        self.walk.set_busy(index, true);
        let mut progress = self.progress_of(index, self.walk.state(index));
        progress.note = Some(reason.clone());
        self.parked.get_or_insert(reason);
        self.send_progress(progress);
    }
}
