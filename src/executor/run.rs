//! Starting a run, and taking it up again.

use std::sync::Arc;

use jiff::Timestamp;

use super::drive::Driver;
use super::undo::take_back;
use super::walk::Walk;
use super::{ExecutorError, RunContext, Services};
use crate::catalog::access;
use crate::plan::{Clearance, Cleared, Execution, ExecutionId, ExecutionStatus, Plan, StepFacts};
use crate::store::{Journal, Line, Papers, Range, Replay, Store, StoreError, executions, papers};
use crate::text::mask_named;

/// Runs a plan that was cleared. Returns when it came to rest: done, failed, or parked.
///
/// # Errors
///
/// The store refused; a step that fails is part of the execution and no error.
pub async fn run(cleared: Cleared, context: RunContext) -> Result<Execution, ExecutorError> {
    let plan = Arc::new(cleared.plan().clone());
    let walk = Walk::of(&plan).map_err(ExecutorError::Cycle)?;
    let id = context.id.clone();
    let failed = |source| match source {
        StoreError::Conflict { .. } => ExecutorError::Taken(id.clone()),
        source => ExecutorError::Store { id: id.clone(), source },
    };
    let execution = Execution {
        id: id.clone(),
        plan: plan.digest(),
        name: plan.name.clone(),
        target: cleared.target(),
        session: context.session.clone(),
        started: Timestamp::now(),
        ended: None,
        status: ExecutionStatus::Running,
        steps: walk.states(),
    };
    let kept = Papers {
        plan: cleared.plan().clone(),
        verdict: cleared.verdict().clone(),
        estimate: cleared.estimate().clone(),
        approval: match cleared.clearance() {
            Clearance::Approved { approval } => Some(approval.clone()),
            Clearance::ReadsOnly => None,
        },
        sightings: context.sightings.clone(),
        target: cleared.target(),
        masked: false,
    };
    executions(&context.store).add(&id.0, &execution).map_err(failed)?;
    papers(&context.store).add(&id.0, &kept).map_err(failed)?;
    // Without its papers a run could not be resumed, so they are on disk before anything leaves.
    context.store.flush().map_err(failed)?;
    let journal = Journal::open(&*context.store, &id).map_err(failed)?;
    let mut driver = Driver::new(context, plan, journal, walk);
    driver.write_opened(&execution);
    driver.compare().await;
    driver.walk_on().await?;
    let status = driver.walk.status();
    rest(driver, execution, status).await
}

/// Takes up a run that was parked, killed, or that failed in part. Requests whose answers were lost are
/// sent again with their tokens, or looked up; steps that failed or were skipped are tried again.
/// A run that was being taken back goes on with that.
///
/// # Errors
///
/// The run is unknown or done, its journal is damaged, or its papers no longer clear it.
pub async fn resume(context: RunContext) -> Result<Execution, ExecutorError> {
    let (mut driver, replay) = load(&context)?;
    if replay.undoing {
        driver.settle_doubts().await?;
        return take_back(driver, replay.execution).await;
    }
    let status = replay.execution.status;
    let refuse = |advice: &str| ExecutorError::NotResumable {
        id: context.id.clone(),
        status: status.as_str(),
        advice: advice.to_owned(),
    };
    match status {
        ExecutionStatus::Succeeded => return Err(refuse("there is nothing left to do")),
        ExecutionStatus::Undone => return Err(refuse("apply its plan again to run it anew")),
        ExecutionStatus::Stuck => return Err(refuse("take it back again when the cause is mended")),
        _ if replay.taken_back => {
            return Err(refuse("it was taken back as far as it can be; apply its plan again"));
        }
        _ => {}
    }
    recheck_papers(&context)?;
    wake(&context, &replay.execution)?;
    driver.walk.retry();
    driver.write(Line::Resumed { at: Timestamp::now() });
    driver.walk_on().await?;
    let status = driver.walk.status();
    rest(driver, replay.execution, status).await
}

/// The executions that can be taken up, oldest first: those that are parked, and those that were
/// running when their program ended.
///
/// # Errors
///
/// The store cannot be read.
pub fn unfinished(store: &Arc<dyn Store>) -> Result<Vec<Execution>, StoreError> {
    reindex(store)?;
    let index = executions(store);
    let mut found = Vec::new();
    for (_, listed) in index.range(&Range::all())? {
        if !is_unfinished(listed.status) {
            continue;
        }
        match Journal::open(&**store, &listed.id).and_then(|journal| journal.replay()) {
            Ok(replay) if is_unfinished(replay.execution.status) => found.push(replay.execution),
            // The program ended before the first word of taking it up or back was written.
            Ok(replay) => index.put(&listed.id.0, &replay.execution)?,
            // A damaged journal is told when the run is resumed.
            Err(_) => found.push(listed),
        }
    }
    Ok(found)
}

fn is_unfinished(status: ExecutionStatus) -> bool {
    matches!(status, ExecutionStatus::Running | ExecutionStatus::Parked)
}

/// The journals are the truth: an execution that the index lost in a power cut is put back.
fn reindex(store: &Arc<dyn Store>) -> Result<(), StoreError> {
    let index = executions(store);
    for name in store.logs()?.into_iter().filter(|name| name.starts_with("x-")) {
        if store.get("executions", name.as_bytes())?.is_none() {
            let id = ExecutionId(name);
            if let Ok(replay) = Journal::open(&**store, &id)?.replay() {
                index.put(&id.0, &replay.execution)?;
            }
        }
    }
    Ok(())
}

/// Lists a run that had come to rest among the running ones again, so that it is found if the program
/// ends before it rests once more.
pub(super) fn wake(context: &RunContext, execution: &Execution) -> Result<(), ExecutorError> {
    let running = Execution { status: ExecutionStatus::Running, ended: None, ..execution.clone() };
    executions(&context.store)
        .put(&context.id.0, &running)
        .and_then(|()| context.store.flush())
        .map_err(|source| ExecutorError::Store { id: context.id.clone(), source })
}

/// Reads a run from its journal.
pub(super) fn load(context: &RunContext) -> Result<(Driver, Replay), ExecutorError> {
    let id = &context.id;
    let failed = |source| ExecutorError::Store { id: id.clone(), source };
    let kept = papers(&context.store).get(&id.0).map_err(failed)?;
    let Some(kept) = kept else { return Err(ExecutorError::Unknown(id.clone())) };
    let journal = Journal::open(&*context.store, id).map_err(failed)?;
    let replay =
        if journal.bytes() == 0 { begun(&context.store, id)? } else { journal.replay().map_err(failed)? };
    let plan = Arc::new(kept.plan);
    let mut walk = Walk::of(&plan).map_err(ExecutorError::Cycle)?;
    let mut driver_outputs = vec![None; plan.steps.len()];
    for event in &replay.events {
        walk.apply(event)?;
        if let (Some(output), Some(index)) = (event.kind.output(), walk.position(&event.step)) {
            driver_outputs[index] = Some(output.clone());
        }
    }
    // What was cut off before the program ended is cut off again, if it still is.
    walk.take_cut_off();
    let mut driver = Driver::new(context.clone(), plan, journal, walk);
    driver.outputs = driver_outputs;
    driver.sightings = kept.sightings;
    if driver.journal.bytes() == 0 {
        driver.write_opened(&replay.execution);
    }
    Ok((driver, replay))
}

/// A run that ended between its papers and the first line of its journal: nothing was sent.
fn begun(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<Replay, ExecutorError> {
    let found = executions(store).get(&id.0);
    let found = found.map_err(|source| ExecutorError::Store { id: id.clone(), source })?;
    let execution = found.ok_or_else(|| ExecutorError::Unknown(id.clone()))?;
    Ok(Replay { execution, events: Vec::new(), undoing: false, taken_back: false, parked: None, torn: None })
}

/// The papers must clear the plan now as they did then.
fn recheck_papers(context: &RunContext) -> Result<(), ExecutorError> {
    let id = &context.id;
    let kept = papers(&context.store).get(&id.0);
    let kept = kept.map_err(|source| ExecutorError::Store { id: id.clone(), source })?;
    let Some(kept) = kept else { return Err(ExecutorError::Unknown(id.clone())) };
    let facts = if kept.approval.is_none() { facts_of(&kept.plan, &*context.services) } else { Vec::new() };
    Cleared::new(kept.plan, &facts, kept.verdict, kept.estimate, kept.approval, kept.target)
        .map(drop)
        .map_err(|refusal| ExecutorError::Refused { id: id.clone(), refusal })
}

fn facts_of(plan: &Plan, services: &dyn Services) -> Vec<StepFacts> {
    plan.steps
        .iter()
        .filter_map(|step| {
            let service = services.service(step.cloud, &step.service)?;
            let operation = service.operation(&step.operation)?;
            let access = access::classify(&service, operation);
            Some(StepFacts { step: step.id.clone(), access, undo: None })
        })
        .collect()
}

/// Writes how the run came to rest.
pub(super) async fn rest(
    mut driver: Driver,
    execution: Execution,
    status: ExecutionStatus,
) -> Result<Execution, ExecutorError> {
    if let Some(source) = driver.take_trouble() {
        // One more try: what is in memory should not be lost with the program.
        tracing::warn!("the journal of {} cannot be written: {source}", execution.id);
    }
    let at = Timestamp::now();
    let reason = (status == ExecutionStatus::Parked)
        .then(|| driver.parked.clone().unwrap_or_else(|| "it was interrupted".to_owned()));
    driver.write(Line::Rested { at, status, reason });
    driver.settle().await?;
    let execution = Execution { ended: Some(at), status, steps: driver.walk.states(), ..execution };
    let store = &driver.context.store;
    let failed = |source| ExecutorError::Store { id: execution.id.clone(), source };
    executions(store).put(&execution.id.0, &execution).map_err(failed)?;
    if matches!(status, ExecutionStatus::Succeeded | ExecutionStatus::Undone) {
        forget_secrets(store, &execution.id).map_err(failed)?;
    }
    Ok(execution)
}

/// A run that is done needs the secrets of its plan no more.
fn forget_secrets(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<(), StoreError> {
    let tree = papers(store);
    if let Some(mut kept) = tree.get(&id.0)?.filter(|kept| !kept.masked) {
        for step in &mut kept.plan.steps {
            step.params = mask_named(&step.params);
        }
        kept.masked = true;
        tree.put(&id.0, &kept)?;
    }
    Ok(())
}

impl Driver {
    /// The first line of a journal that has none.
    pub(super) fn write_opened(&mut self, execution: &Execution) {
        let steps = self.plan.steps.iter().map(|step| step.id.clone()).collect();
        self.write(Line::Opened {
            execution: execution.id.clone(),
            plan: execution.plan.clone(),
            name: execution.name.clone(),
            target: execution.target,
            session: execution.session.clone(),
            at: execution.started,
            steps,
        });
    }
}
