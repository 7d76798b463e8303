//! `plan check|cost|apply|undo`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::args::{ApprovePolicy, CheckFormat};
use super::ask::{approver, carry_with};
use super::check_report::{junit, sarif};
use super::once::Bounds;
use super::setup::{Setup, block_on, person};
use super::{Args, CliError, Exit, Output};
use crate::executor::{Fault, Faults};
use crate::plan::{Approver, Decision, Digest, Estimate, ExecutionId, Plan, StepFacts, Verdict};
use crate::protocol::{Command, Papers, SheetLine, sheet};
use crate::session::{Desk, judge};
use crate::store::{Range, executions, in_memory};

/// A plan and what was said about it.
#[derive(Serialize)]
struct Checked {
    plan: String,
    digest: Digest,
    decision: Decision,
    facts: Vec<StepFacts>,
    verdict: Verdict,
    estimate: Estimate,
}

/// Reads a plan from a file or standard input and fills in its inputs.
///
/// # Errors
///
/// The file cannot be read, or the plan is wrong: all problems with their places.
pub(crate) fn read(file: &Path, inputs: &[String]) -> Result<Plan, CliError> {
    parsed(file, &text_of(file)?, inputs)
}

fn text_of(file: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|e| CliError::bad_input(format!("cannot read {}: {e}", file.display())))?;
    Ok(text)
}

fn parsed(file: &Path, text: &str, inputs: &[String]) -> Result<Plan, CliError> {
    let wrong = |e: crate::plan::PlanError| CliError::bad_input(format!("{}: {e}", file.display()));
    let plan = Plan::parse(text).map_err(wrong)?;
    let given = given_inputs(&plan, inputs)?;
    plan.with_inputs(&given).map_err(wrong)
}

/// A plan that is ready to run: its inputs from `NAME=VALUE` pairs and its own defaults.
///
/// # Errors
///
/// An input is missing or wrong.
pub(crate) fn filled(plan: &Plan, inputs: &[String]) -> Result<Plan, CliError> {
    plan.with_inputs(&given_inputs(plan, inputs)?).map_err(CliError::bad_input)
}

/// `NAME=VALUE` pairs; a value is JSON where the input's type is not text.
fn given_inputs(plan: &Plan, inputs: &[String]) -> Result<Map<String, Value>, CliError> {
    let declared = plan.declared_inputs();
    inputs
        .iter()
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| CliError::bad_input(format!("--input {pair}: say NAME=VALUE")))?;
            let kind = declared.iter().find(|(known, _)| known == name).map(|(_, input)| input.kind);
            let text = Value::from(value);
            let value = match kind {
                Some(kind) if !kind.admits(&text) => serde_json::from_str(value).map_err(|_| {
                    CliError::bad_input(format!("--input {name}: `{value}` is no {}", kind.as_str()))
                })?,
                _ => text,
            };
            Ok((name.to_owned(), value))
        })
        .collect()
}

/// What is shown of the papers of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The verdict, in a form.
    Verdict(CheckFormat),
    /// The cost alone.
    Cost,
}

/// `provisioner plan check`, and `plan cost`, which shows the cost alone.
pub(crate) fn check(args: &Args, file: &Path, inputs: &[String], shown: Shown) -> Result<Exit, CliError> {
    let out = Output::new(args.json || shown == Shown::Verdict(CheckFormat::Json));
    let text = text_of(file)?;
    let plan = parsed(file, &text, inputs)?;
    let setup = Setup::of(args)?;
    // A plan can be judged while another process has the store; it is then judged without what
    // the graph knows.
    let store = setup.store().unwrap_or_else(|error| {
        super::output::report(&format!("Judged without the resource graph: {}", error.message));
        in_memory()
    });
    let options = setup.options(store, Approver::Person { name: person() });
    block_on(async move {
        let desk = Desk::open(options).map_err(CliError::failed)?;
        let (papers, untold) = judge(&desk, &plan).await.map_err(|problem| {
            CliError::bad_input(format!("{}: {}; {}", problem.what, problem.why, problem.fix))
        })?;
        untold.iter().for_each(|sentence| super::output::report(sentence));
        if shown == Shown::Cost {
            out.show(&papers.estimate, |estimate| lines(&plan, &papers.facts, None, Some(estimate)))?;
            return Ok(Exit::Done);
        }
        let checked = Checked {
            plan: plan.name.clone(),
            digest: plan.digest(),
            decision: papers.verdict.decision,
            facts: papers.facts,
            verdict: papers.verdict,
            estimate: papers.estimate,
        };
        match shown {
            Shown::Verdict(CheckFormat::Sarif) => {
                let sarif = sarif(&file.display().to_string(), &text, &checked.verdict);
                out.note(&serde_json::to_string_pretty(&sarif).map_err(CliError::failed)?)?;
            }
            Shown::Verdict(CheckFormat::Junit) => out.note(&junit(&plan, &checked.verdict))?,
            _ => out.show(&checked, |c| lines(&plan, &c.facts, Some(&c.verdict), Some(&c.estimate)))?,
        }
        Ok(if checked.decision >= Decision::Exception { Exit::Refused } else { Exit::Done })
    })
}

fn lines(plan: &Plan, facts: &[StepFacts], verdict: Option<&Verdict>, estimate: Option<&Estimate>) -> String {
    let digest = plan.digest();
    let papers = Papers { plan, digest: &digest, facts, verdict, estimate };
    let lines: Vec<SheetLine> = sheet(&papers);
    super::plain::sheet_text(&lines)
}

/// `provisioner plan apply`.
pub(crate) fn apply(
    args: &Args,
    file: &Path,
    inputs: &[String],
    bounds: Bounds,
    inject: &[String],
) -> Result<Exit, CliError> {
    let plan = read(file, inputs)?;
    let words = format!("apply {}", file.display());
    let faults = injected(inject)?;
    let setup = Setup::of(args)?;
    let mut options = setup.options(setup.store()?, approver(bounds.approve));
    options.faults = faults;
    let command = Command::Propose { plan, words };
    carry_with(Output::new(args.json), options, command, bounds)
}

pub(super) fn injected(faults: &[String]) -> Result<Arc<Faults>, CliError> {
    let faults: Vec<Fault> = faults
        .iter()
        .map(|text| text.parse().map_err(|e: String| CliError::bad_input(format!("--inject: {e}"))))
        .collect::<Result<_, _>>()?;
    Ok(Arc::new(Faults::new(faults)))
}

/// `provisioner plan undo`: by a plan's file, its latest execution; or by the execution's id.
pub(crate) fn undo(
    args: &Args,
    file: &Path,
    inputs: &[String],
    approve: ApprovePolicy,
    not_carried_out: &[String],
    inject: &[String],
) -> Result<Exit, CliError> {
    let faults = injected(inject)?;
    let setup = Setup::of(args)?;
    let store = setup.store()?;
    let named = ExecutionId(file.display().to_string());
    let known = executions(&store).get(&named.0).map_err(CliError::failed)?;
    let execution = match known {
        Some(_) => named,
        None => {
            let digest = read(file, inputs)?.digest();
            let all = executions(&store).range(&Range::all().backwards()).map_err(CliError::failed)?;
            all.into_iter()
                .map(|(_, execution)| execution)
                .find(|execution| execution.plan == digest)
                .map(|execution| execution.id)
                .ok_or_else(|| {
                    CliError::bad_input(format!(
                        "{} was never run as it is now: see `provisioner history list`",
                        file.display()
                    ))
                })?
        }
    };
    if approve == ApprovePolicy::Never && !confirm(&execution)? {
        return Err(CliError::refused(
            "nothing was taken back: nobody approved it; say --approve allowed, or use the chat",
        ));
    }
    let not_carried_out = super::history::in_doubt(&store, &execution, not_carried_out)?;
    let mut options = setup.options(store, approver(approve));
    options.faults = faults;
    options.not_carried_out = not_carried_out;
    let bounds = Bounds { approve, plan_only: false, digest: None };
    carry_with(Output::new(args.json), options, Command::Undo { execution }, bounds)
}

/// Asks at a terminal; without one nobody can say yes.
fn confirm(execution: &ExecutionId) -> Result<bool, CliError> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    super::output::report(&format!(
        "Everything that {execution} made will be deleted. Type `undo` to go on:"
    ));
    let mut typed = String::new();
    std::io::stdin()
        .read_line(&mut typed)
        .map_err(|e| CliError::failed(format!("cannot read your answer: {e}")))?;
    Ok(typed.trim() == "undo")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKFLOW: &str = "version: 1\nname: x\ninputs:\n  count: {type: integer}\n  name: {type: string}\nsteps:\n  - {id: a, cloud: aws, service: s3, operation: CreateBucket, params: {Bucket: \"${{ inputs.name }}\"}}\n";

    #[test]
    fn inputs_take_the_type_that_the_plan_declares() {
        let plan = Plan::parse(WORKFLOW).unwrap();
        let given = given_inputs(&plan, &["count=3".into(), "name=4".into()]).unwrap();
        assert_eq!(Value::Object(given), serde_json::json!({"count": 3, "name": "4"}));
    }

    #[test]
    fn an_input_of_a_wrong_type_is_named() {
        let plan = Plan::parse(WORKFLOW).unwrap();
        let error = given_inputs(&plan, &["count=many".into()]).unwrap_err();
        assert!(error.message.contains("count") && error.message.contains("integer"), "{}", error.message);
        assert!(given_inputs(&plan, &["count".into()]).unwrap_err().message.contains("NAME=VALUE"));
    }

    #[test]
    fn a_broken_plan_is_named_with_its_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plan.yaml");
        std::fs::write(&file, "version: 1\nname: x\nsteps:\n  - id: [\n").unwrap();
        let error = read(&file, &[]).unwrap_err();
        assert_eq!(error.exit, Exit::BadInput);
        assert!(error.message.contains("plan.yaml") && error.message.contains("line"), "{}", error.message);
    }
}
