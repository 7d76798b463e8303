//! Waiting until what a step made is usable.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::classify::{Class, class_of, failure_of};
use super::inject::FaultKind;
use super::request::failure;
use super::{Clouds, Faults};
use crate::clouds::{Call, Waited};
use crate::plan::StepFailure;
use crate::protocol::StepProgress;

/// What waiting came to; with the answer from now on, where the first one only began something.
pub(super) enum Usable {
    Yes(Option<Value>),
    Never(StepFailure),
    /// The time allowed is over; it can be taken up again.
    NotYet(String),
}

/// Everything that is needed to wait for one step.
pub(super) struct Waiting {
    pub(super) call: Arc<Call>,
    pub(super) output: Value,
    pub(super) clouds: Arc<dyn Clouds>,
    pub(super) faults: Arc<Faults>,
    /// What is told while waiting, but for the note.
    pub(super) progress: StepProgress,
    pub(super) listener: Option<UnboundedSender<StepProgress>>,
}

impl Waiting {
    pub(super) async fn wait(self) -> Usable {
        let step = &self.progress.step;
        if self.faults.strikes(step, FaultKind::WaitTimeout) {
            return Usable::NotYet("a fault on purpose".into());
        }
        if self.faults.strikes(step, FaultKind::WaitFailure) {
            return Usable::Never(failure("InjectedFailure", "a fault on purpose", None));
        }
        let told = |awaited: String| {
            if let Some(listener) = &self.listener {
                // A face that is gone does not stop the run.
                let _ = listener.send(StepProgress { note: Some(awaited), ..self.progress.clone() });
            }
        };
        match self.clouds.wait(&self.call, &self.output, &told).await {
            Ok(Waited::NothingToWaitFor) => Usable::Yes(None),
            Ok(Waited::Ready { output, .. }) => Usable::Yes(output),
            Ok(Waited::TimedOut { waiter }) => Usable::NotYet(waiter),
            Ok(Waited::Failed { waiter, reason }) => Usable::Never(failure(
                "NotUsable",
                format!("{waiter} came to {reason}"),
                Some("take the run back, or see why in the cloud's own console"),
            )),
            // Looking changes nothing, so every error but a clear no can be looked at again.
            Err(error) if class_of(&error) == Class::Refused => Usable::Never(failure_of(&error)),
            Err(error) => Usable::NotYet(failure_of(&error).message),
        }
    }
}
