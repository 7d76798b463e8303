//! `history list|show|resume|replay|workflow`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::args::ApprovePolicy;
use super::ask::approver;
use super::once::{Bounds, once};
use super::setup::{Setup, block_on};
use super::{Args, CliError, Exit, Output};
use crate::executor;
use crate::plan::{ExecutionId, StepId, StepState};
use crate::protocol::{Command, ExecutionSummary};
use crate::regulator::{self, Detail};
use crate::store::Store;

/// `provisioner history list`.
pub(crate) fn list(args: &Args) -> Result<Exit, CliError> {
    let all = regulator::list(&Setup::of(args)?.store()?).map_err(CliError::failed)?;
    Output::new(args.json).show(&all, |all| {
        if all.is_empty() {
            return "Nothing was run yet.".into();
        }
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}

fn line(x: &ExecutionSummary) -> String {
    format!(
        "{}  {}  {:<11}  {} done, {} failed, {} skipped  {}  {}",
        x.id,
        x.started.strftime("%Y-%m-%d %H:%M"),
        x.status.as_str(),
        x.succeeded,
        x.failed,
        x.skipped,
        x.target,
        crate::text::line(&x.name)
    )
}

/// `provisioner history show`.
pub(crate) fn show(args: &Args, id: &str) -> Result<Exit, CliError> {
    let store = Setup::of(args)?.store()?;
    let detail = regulator::detail(&store, &ExecutionId(id.into())).map_err(CliError::bad_input)?;
    Output::new(args.json).show(&detail, in_full)?;
    Ok(Exit::Done)
}

fn in_full(detail: &Detail) -> String {
    let mut out = vec![line(&detail.summary)];
    if let Some((step, cause)) = &detail.summary.first_cause {
        out.push(format!("first cause: {step}: {cause}"));
    }
    out.push(format!("plan {}", detail.execution.plan));
    for step in &detail.plan.steps {
        let state = detail.execution.steps.get(&step.id).copied().unwrap_or_default();
        out.push(format!("  {:<10} {}  {}", state.as_str(), step.id, step.operation_name()));
    }
    out.push("journal".into());
    for event in &detail.journal {
        out.push(format!("  {}  {}  {}", event.at.strftime("%H:%M:%S%.3f"), event.step, event.kind.name()));
    }
    for record in &detail.records {
        out.push(format!("record {}  {}", record.number, record.hash));
    }
    out.join("\n")
}

/// `provisioner history resume`: one execution, or everything that is unfinished, oldest first.
pub(crate) fn resume(
    args: &Args,
    id: Option<&str>,
    not_carried_out: &[String],
    inject: &[String],
) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let faults = super::plan::injected(inject)?;
    let setup = Setup::of(args)?;
    let store = setup.store()?;
    let not_carried_out = match id {
        Some(id) => in_doubt(&store, &ExecutionId(id.into()), not_carried_out)?,
        None => BTreeSet::new(),
    };
    let wanted: Vec<(ExecutionId, crate::plan::Target)> = match id {
        Some(id) => {
            let id = ExecutionId(id.into());
            let summary = regulator::summary_of(&store, &id).map_err(CliError::bad_input)?;
            vec![(id, summary.target)]
        }
        None => executor::unfinished(&store)
            .map_err(CliError::failed)?
            .into_iter()
            .map(|execution| (execution.id, execution.target))
            .collect(),
    };
    block_on(async move {
        let mut outcomes = Vec::new();
        let mut worst = Exit::Done;
        for (execution, target) in wanted {
            let mut options = setup.options(store.clone(), approver(ApprovePolicy::Never));
            options.target = target;
            options.faults = faults.clone();
            options.not_carried_out = not_carried_out.clone();
            let command = Command::Resume { execution };
            let (exit, outcome) = once(out, options, command, Bounds::default()).await?;
            worst = if exit.code() > worst.code() { exit } else { worst };
            outcomes.push(outcome);
        }
        if out.is_json() {
            out.show(&outcomes, |_| String::new())?;
        } else if outcomes.is_empty() {
            out.note("Nothing is unfinished.")?;
        }
        Ok(worst)
    })
}

/// The steps of which a person says that they were not carried out: they must be in doubt.
///
/// # Errors
///
/// There is no such execution, or a step of it is not in doubt.
pub(super) fn in_doubt(
    store: &Arc<dyn Store>,
    execution: &ExecutionId,
    steps: &[String],
) -> Result<BTreeSet<StepId>, CliError> {
    if steps.is_empty() {
        return Ok(BTreeSet::new());
    }
    let states = regulator::detail(store, execution).map_err(CliError::bad_input)?.execution.steps;
    let doubtful = |step: &str| states.get(step) == Some(&StepState::Running);
    match steps.iter().find(|step| !doubtful(step)) {
        None => Ok(steps.iter().cloned().collect()),
        Some(step) => {
            let doubts: Vec<&str> = states.keys().map(String::as_str).filter(|step| doubtful(step)).collect();
            let doubts = if doubts.is_empty() { "none is".to_owned() } else { doubts.join(", ") };
            Err(CliError::bad_input(format!(
                "--not-carried-out: the step `{step}` of {execution} is not in doubt; in doubt: {doubts}"
            )))
        }
    }
}

/// `provisioner history replay`: the plan of a past execution once more, proposed, judged, and approved anew.
pub(crate) fn replay(
    args: &Args,
    id: &str,
    inputs: &[String],
    approve: ApprovePolicy,
) -> Result<Exit, CliError> {
    let setup = Setup::of(args)?;
    let store = setup.store()?;
    let execution = ExecutionId(id.into());
    let target = regulator::summary_of(&store, &execution).map_err(CliError::bad_input)?.target;
    let workflow = regulator::workflow(&store, &execution).map_err(CliError::bad_input)?;
    let plan = super::plan::filled(&workflow, inputs)?;
    let mut options = setup.options(store, approver(approve));
    options.target = args.target.unwrap_or(target);
    let bounds = Bounds { approve, plan_only: false, digest: None };
    let command = Command::Propose { plan, words: format!("replay {id}") };
    super::ask::carry_with(Output::new(args.json), options, command, bounds)
}

/// `provisioner history workflow`: a past execution as a reusable plan with inputs, in YAML.
pub(crate) fn workflow(args: &Args, id: &str) -> Result<Exit, CliError> {
    let store = Setup::of(args)?.store()?;
    let plan = regulator::workflow(&store, &ExecutionId(id.into())).map_err(CliError::bad_input)?;
    let yaml = yaml_serde::to_string(&plan).map_err(CliError::failed)?;
    Output::new(args.json).show(&plan, |_| yaml)?;
    Ok(Exit::Done)
}
