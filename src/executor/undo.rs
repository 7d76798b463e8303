//! Taking a run back: what it made, in reverse order, each once.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::classify::{Class, class_of, failure_of, is_not_there, is_still_in_use};
use super::drive::Driver;
use super::inject::FaultKind;
use super::request::{failure, masked_params};
use super::run::{load, rest, wake};
use super::stop::Wish;
use super::wait::{Usable, Waiting};
use super::{Clouds, ExecutorError, Faults, Patience, RunContext};
use crate::catalog::{access, partner};
use crate::clouds::{Call, CloudError, EXISTED};
use crate::plan::{
    Execution, ExecutionStatus, OperationName, StepEventKind, StepFailure, StepState, Undo, references,
    resolve,
};
use crate::protocol::StepProgress;
use crate::store::Line;
use crate::text::MASK;

/// Takes back what a run made: only that, in reverse order, each step once. What cannot be taken
/// back is stuck, with the command that would do it; the others go on.
///
/// # Errors
///
/// The run is unknown, its journal is damaged, or the store refused.
pub async fn undo(context: RunContext) -> Result<Execution, ExecutorError> {
    let (mut driver, replay) = load(&context)?;
    // A request in doubt may have made something: first it is settled, then it is taken back.
    wake(&context, &replay.execution)?;
    driver.settle_doubts().await?;
    driver.write(Line::UndoStarted { at: Timestamp::now() });
    driver.settle().await?;
    take_back(driver, replay.execution).await
}

/// Goes on taking back until nothing more can be.
pub(super) async fn take_back(mut driver: Driver, execution: Execution) -> Result<Execution, ExecutorError> {
    let mut tried = BTreeSet::new();
    while driver.context.stop.now() == Wish::GoOn {
        let ready = driver.ready_to_take_back(&tried);
        if ready.is_empty() {
            break;
        }
        let mut works = Vec::new();
        for index in ready.into_iter().take(driver.context.limits.per_region) {
            tried.insert(index);
            match driver.undo_call(index) {
                Ok(call) => {
                    let service = driver.service_of(index);
                    let operation = call.operation.operation.clone();
                    let params = masked_params(service.as_deref(), &operation, &call.params);
                    driver.happened(index, StepEventKind::UndoIntent { operation, params })?;
                    works.push(driver.undo_work(index, call));
                }
                Err(failure) => {
                    let none = StepEventKind::UndoIntent { operation: "none".into(), params: Value::Null };
                    driver.happened(index, none)?;
                    driver.happened(index, StepEventKind::UndoFailed { failure })?;
                }
            }
        }
        driver.settle().await?;
        for (index, done) in join_all(works.into_iter().map(UndoWork::work)).await {
            let kind = match done {
                Ok(()) => StepEventKind::Undone,
                Err(failure) => StepEventKind::UndoFailed { failure },
            };
            driver.happened(index, kind)?;
        }
        driver.settle().await?;
    }
    let interrupted = driver.context.stop.now() != Wish::GoOn;
    if interrupted {
        driver.parked = Some("taking it back was interrupted".into());
    }
    let status = driver.status_of_undo(interrupted);
    rest(driver, execution, status).await
}

impl Driver {
    /// Finds out what became of requests whose answers were lost; nothing new is started.
    pub(super) async fn settle_doubts(&mut self) -> Result<(), ExecutorError> {
        self.only_doubts = true;
        self.walk_on().await
    }

    /// What taking back came to. What was never sent needs no taking back.
    fn status_of_undo(&self, interrupted: bool) -> ExecutionStatus {
        let count = self.plan.steps.len();
        let any = |state: StepState| (0..count).any(|index| self.walk.state(index) == state);
        let gone = |index: usize| self.walk.state(index) == StepState::Undone;
        // What has no undo of its own goes with what it was made in.
        let is_left = |index: usize| {
            !gone(index)
                && self.walk.left_something(index)
                && !self.walk.needs(index).iter().any(|&need| gone(need))
                && !self.changes_nothing(index)
        };
        if interrupted {
            ExecutionStatus::Parked
        } else if any(StepState::Stuck) {
            ExecutionStatus::Stuck
        } else if any(StepState::Running) {
            ExecutionStatus::Parked
        } else if (0..count).any(is_left) {
            ExecutionStatus::PartlyDone
        } else {
            ExecutionStatus::Undone
        }
    }

    /// Steps that left something and whose dependants have nothing left.
    fn ready_to_take_back(&mut self, tried: &BTreeSet<usize>) -> Vec<usize> {
        let count = self.plan.steps.len();
        let can: Vec<bool> =
            (0..count).map(|index| self.walk.left_something(index) && self.has_undo(index)).collect();
        // A step is in the way of those that it needs while it, or anything behind it, is left.
        let mut in_the_way: Vec<Option<bool>> = vec![None; count];
        (0..count)
            .filter(|&index| {
                can[index]
                    && !tried.contains(&index)
                    && !self.walk.dependants(index).iter().any(|&d| self.blocks(d, &can, &mut in_the_way))
            })
            .collect()
    }

    fn blocks(&self, index: usize, can: &[bool], known: &mut [Option<bool>]) -> bool {
        // Without recursion: a chain may be as long as a plan.
        let mut open = vec![index];
        while let Some(&at) = open.last() {
            if known[at].is_some() {
                open.pop();
                continue;
            }
            let behind = self.walk.dependants(at);
            let unknown: Vec<usize> = behind.iter().copied().filter(|&d| known[d].is_none()).collect();
            if can[at] || unknown.is_empty() {
                known[at] = Some(can[at] || behind.iter().any(|&d| known[d] == Some(true)));
                open.pop();
            } else {
                open.extend(unknown);
            }
        }
        known[index].unwrap_or(false)
    }

    fn has_undo(&mut self, index: usize) -> bool {
        match &self.plan.steps[index].undo {
            Undo::None => false,
            Undo::Call { .. } => true,
            Undo::Auto => self.partner(index).is_some(),
        }
    }

    fn partner(&mut self, index: usize) -> Option<partner::Partner> {
        let service = self.service_of(index)?;
        let step = &self.plan.steps[index];
        partner::undo(&service, service.operation(&step.operation)?, &step.params)
    }

    /// Whether a step is a read by the catalog's word.
    pub(super) fn changes_nothing(&self, index: usize) -> bool {
        let step = &self.plan.steps[index];
        let service = self.context.services.service(step.cloud, &step.service);
        service.is_some_and(|service| {
            service
                .operation(&step.operation)
                .is_some_and(|operation| access::classify(&service, operation).class.runs_unasked())
        })
    }

    fn undo_call(&mut self, index: usize) -> Result<Call, StepFailure> {
        let plan = Arc::clone(&self.plan);
        let step = &plan.steps[index];
        let failed = |message: String| failure("CannotBeTakenBack", message, None);
        let (operation, params) = match &step.undo {
            Undo::None => return Err(failed("the plan says not to take it back".into())),
            Undo::Call { operation, params } => {
                let wanted = references(params).map(|found| found.steps).unwrap_or_default();
                let params = resolve(params, &self.scope_with_own(index, &wanted));
                (operation.clone(), params.map_err(|errors| failed(first_of(&errors)))?)
            }
            Undo::Auto => {
                let partner =
                    self.partner(index).ok_or_else(|| failed("no operation takes it back".into()))?;
                if self.outputs[index].as_ref().is_some_and(|output| output[EXISTED] == true) {
                    return Err(failed(format!(
                        "it was there before and was only changed; {} would take away what the run did not make",
                        partner.operation
                    )));
                }
                let wanted = references(&step.params).map(|found| found.steps).unwrap_or_default();
                let given = resolve(&step.params, &self.scope_with_own(index, &wanted))
                    .map_err(|errors| failed(first_of(&errors)))?;
                let output = self.outputs[index].clone().unwrap_or_default();
                let params = partner.params(&given, &output).map_err(|member| {
                    failed(format!("{} needs {member}, which the answer did not give", partner.operation))
                })?;
                (partner.operation, params)
            }
        };
        if params.to_string().contains(MASK) {
            return Err(failed(format!("{operation} needs a secret that was not kept")));
        }
        Ok(Call {
            operation: OperationName::new(step.cloud, &step.service, operation),
            region: step.region.clone(),
            account: step.account.clone(),
            params,
        })
    }

    fn undo_work(&self, index: usize, call: Call) -> UndoWork {
        let step = &self.plan.steps[index];
        UndoWork {
            index,
            call: Arc::new(call),
            clouds: self.context.clouds.clone(),
            faults: self.context.faults.clone(),
            patience: self.context.patience,
            progress: StepProgress {
                execution: self.context.id.clone(),
                step: step.id.clone(),
                state: StepState::Undoing,
                operation: step.operation.clone(),
                note: None,
                request_id: None,
                at: Timestamp::now(),
                elapsed: 0.0,
            },
        }
    }
}

fn first_of<T: std::fmt::Display>(errors: &[(String, T)]) -> String {
    errors.first().map(|(path, error)| format!("{path}: {error}")).unwrap_or_default()
}

struct UndoWork {
    index: usize,
    call: Arc<Call>,
    clouds: Arc<dyn Clouds>,
    faults: Arc<Faults>,
    patience: Patience,
    progress: StepProgress,
}

impl UndoWork {
    async fn work(self) -> (usize, Result<(), StepFailure>) {
        let index = self.index;
        let done = self.take_back().await.map_err(|mut failure| {
            failure.advice = Some(manual_command(&self.call));
            failure
        });
        (index, done)
    }

    async fn take_back(&self) -> Result<(), StepFailure> {
        let step = &self.progress.step;
        if self.faults.strikes(step, FaultKind::UndoRefuse) {
            return Err(failure("InjectedRefusal", "injected on purpose", None));
        }
        let mut tried = 0;
        let output = loop {
            let error = match self.clouds.call(&self.call).await {
                Ok(reply) => break reply.output,
                // Somebody, perhaps we before a crash, has done it already.
                Err(error) if is_not_there(&error) => return Ok(()),
                Err(error) => error,
            };
            tried += 1;
            if tried >= self.patience.tries || !worth_another_try(&error) {
                return Err(failure_of(&error));
            }
            tokio::time::sleep(self.patience.pause_after(tried)).await;
        };
        self.faults.maybe_die(step, FaultKind::KillAfterUndo);
        let waiting = Waiting {
            call: self.call.clone(),
            output,
            clouds: self.clouds.clone(),
            faults: Arc::default(),
            progress: self.progress.clone(),
            listener: None,
        };
        match waiting.wait().await {
            Usable::Yes(_) => Ok(()),
            Usable::Never(failure) => Err(failure),
            Usable::NotYet(until) => Err(failure("TimedOut", format!("still waiting for {until}"), None)),
        }
    }
}

fn worth_another_try(error: &CloudError) -> bool {
    is_still_in_use(error) || !matches!(class_of(error), Class::Refused | Class::Credentials)
}

/// What a person can type to take the step back by hand.
fn manual_command(call: &Call) -> String {
    let name = &call.operation;
    let region = call.region.as_ref().map(|region| format!(" --region {region}")).unwrap_or_default();
    let params = call.params.to_string().replace('\'', "'\\''");
    format!("provisioner call {} {} {}{region} --params '{params}'", name.cloud, name.service, name.operation)
}
