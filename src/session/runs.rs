//! Executions: started, taken up, taken back, and recorded when they come to rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::allow::record;
use super::{Desk, Reach, describe};
use crate::catalog::Catalog;
use crate::executor::{self, ExecutorError, Recheck, RunContext, Stop};
use crate::legislator::{Legislator, Seen, Surroundings, Uses};
use crate::plan::{
    Cleared, Execution, ExecutionId, Plan, RecordBody, Regions, Sighting, Step, StepFailure, StepId,
};
use crate::protocol::{ExecutionSummary, Problem, RecordSummary};
use crate::regulator;
use crate::store::Journal;
use crate::text::mask_named;
use serde_json::Value;

/// What is to be run.
pub(crate) enum Work {
    /// A plan that was cleared, and what its steps were about to change when it was shown.
    Run(Box<Cleared>, BTreeMap<StepId, Sighting>),
    /// What is unfinished of an execution.
    Resume,
    /// An execution, backwards.
    Undo,
}

/// How a run ended, for the conversation.
pub(crate) struct Ended {
    pub(crate) summary: ExecutionSummary,
    /// What reads answered, in words.
    pub(crate) answers: Option<String>,
    pub(crate) record: RecordSummary,
}

/// Everything that a run needs, so that it can go on without its conversation.
pub(crate) fn context(
    desk: &Desk,
    reach: &Reach,
    id: ExecutionId,
    session: Option<String>,
    inventory: Value,
    seen: Seen,
) -> RunContext {
    let clouds = Arc::new(reach.board.clouds());
    let services = Arc::new(desk.catalog.clone());
    let mut context = RunContext::new(Arc::clone(&desk.options.store), clouds, services).with_id(id);
    context.session = session;
    context.recheck = Some(Arc::new(LastLook {
        seen,
        // The run counts as the one use that was accepted with it.
        uses: Uses::new(),
        legislator: reach.legislator.clone(),
        catalog: desk.catalog.clone(),
        regions: reach.regions.clone(),
        inventory,
    }));
    let rehearsal = desk.options.rehearsal.as_ref();
    context.rehearse = rehearsal.map(|rehearsal| rehearsal.on(reach, &desk.catalog));
    context.stop = Stop::new();
    context.faults = Arc::clone(&desk.options.faults);
    context.not_carried_out = desk.options.not_carried_out.clone();
    context
}

/// The rules look once more at each step when its references are resolved.
struct LastLook {
    seen: Seen,
    uses: Uses,
    legislator: Legislator,
    catalog: Catalog,
    regions: Regions,
    inventory: Value,
}

impl Recheck for LastLook {
    fn recheck(&self, step: &Step) -> Result<(), StepFailure> {
        let with = Surroundings {
            facts: &[],
            estimate: None,
            environment: None,
            regions: &self.regions,
            inventory: &self.inventory,
            catalog: &self.catalog,
            now: jiff::Timestamp::now(),
            uses: &self.uses,
        };
        self.legislator.recheck(step, &self.seen, &with)
    }
}

/// Runs, resumes, or takes back, until it comes to rest.
///
/// # Errors
///
/// The executor could not start or go on; steps that fail are part of the execution.
pub(crate) async fn work(work: Work, context: RunContext) -> Result<Execution, ExecutorError> {
    match work {
        Work::Run(cleared, sightings) => executor::run(*cleared, RunContext { sightings, ..context }).await,
        Work::Resume => executor::resume(context).await,
        Work::Undo => executor::undo(context).await,
    }
}

/// Records a run that came to rest, teaches the graph what it made, and puts it in words.
///
/// # Errors
///
/// It cannot be recorded; the run itself is in its journal all the same.
pub(crate) async fn finish(desk: &Desk, reach: &Reach, execution: Execution) -> Result<Ended, Problem> {
    let id = &execution.id;
    let trouble = |why: String| Problem {
        what: format!("The run {id} came to rest ({}), but was not recorded", execution.status.as_str()),
        why,
        fix: format!("its journal is whole: see `provisioner history show {id}`"),
    };
    let store = &desk.options.store;
    let journal = Journal::open(&**store, id).and_then(|j| j.digest()).map_err(|e| trouble(e.to_string()))?;
    let detail = regulator::detail(store, id).map_err(|e| trouble(e.to_string()))?;
    let body = RecordBody::Done {
        execution: id.clone(),
        status: execution.status,
        journal,
        summary: line(&detail.summary),
    };
    let record = record(desk, body).map_err(|e| trouble(e.to_string()))?;
    if let Err(error) = reach.board.graph().learn(id).await {
        // The graph can be learnt again from the journal; a run does not fail for it.
        tracing::warn!(%error, execution = %id, "the graph did not learn from a run");
    }
    let answers = answers(&desk.catalog, &detail.plan, &detail.journal);
    Ok(Ended { summary: detail.summary, answers, record })
}

/// `4 done, 0 failed, 0 skipped`, and the first cause where something failed.
fn line(summary: &ExecutionSummary) -> String {
    let counts = format!(
        "{}: {} done, {} failed, {} skipped",
        summary.name, summary.succeeded, summary.failed, summary.skipped
    );
    match &summary.first_cause {
        Some((step, cause)) => format!("{counts}; first cause: {step}: {cause}"),
        None => counts,
    }
}

/// What the reads of a run answered, in words; nothing when it had none.
fn answers(catalog: &Catalog, plan: &Plan, journal: &[crate::plan::StepEvent]) -> Option<String> {
    let mut parts = Vec::new();
    for step in &plan.steps {
        let Ok(found) = catalog.operation(&step.operation_name()) else { continue };
        let class = crate::catalog::access::classify(found.service(), found.operation()).class;
        if !class.runs_unasked() {
            continue;
        }
        let own = journal.iter().rev().filter(|event| event.step == step.id);
        let output = own.filter_map(|event| event.kind.output()).next();
        if let Some(output) = output {
            parts.push(format!("{} {}:\n{}", step.service, step.operation, describe(&mask_named(output))));
        }
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
