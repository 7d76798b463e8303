//! `plan rehearse`: a whole run, with the person's own rules, in clouds that are gone afterwards; and what the clouds
//! themselves say beforehand about each step.

use std::path::Path;

use super::args::ApprovePolicy;
use super::ask::approver;
use super::once::{Bounds, once};
use super::plan::read;
use super::setup::{Setup, block_on};
use super::{Args, CliError, Exit, Output};
use crate::clouds::Rehearsed;
use crate::plan::{Order, Target};
use crate::protocol::Command;
use crate::session::{Desk, Rehearsal, StepRehearsed};
use crate::store::in_memory;
use crate::text::{fit, line};

/// Characters of a value on a line.
const WIDEST: usize = 48;

/// `provisioner plan rehearse`. With the target `live` the live clouds are asked about each step; nothing is changed
/// there.
pub(crate) fn rehearse(args: &Args, file: &Path, inputs: &[String]) -> Result<Exit, CliError> {
    let plan = read(file, inputs)?;
    let words = format!("rehearse {}", file.display());
    let order = Order::of(&plan).map_err(|steps| {
        CliError::bad_input(format!("{}: steps wait for each other: {}", file.display(), steps.join(", ")))
    })?;
    let setup = Setup::of(args)?;
    let out = Output::new(args.json);
    // The embedded clouds keep what exists in the session's store, so a store in memory makes them fresh.
    let mut options = setup.options(in_memory(), approver(ApprovePolicy::Warned));
    options.target = Target::Sandbox;
    let bounds = Bounds { approve: ApprovePolicy::Warned, plan_only: false, digest: None };
    block_on(async move {
        let elsewhere = match setup.target {
            Target::Sandbox => None,
            Target::Live => {
                let desk = Desk::open(options.clone()).map_err(CliError::failed)?;
                Some(desk.reach(Target::Live).await.map_err(CliError::failed)?)
            }
        };
        let (rehearsal, mut told) = Rehearsal::new(elsewhere);
        options.rehearsal = Some(rehearsal);
        let (mut exit, mut outcome) = once(out, options, Command::Propose { plan, words }, bounds).await?;
        while let Ok(one) = told.try_recv() {
            let one = if setup.target == Target::Live { unless_made_before(&order, one) } else { one };
            outcome.rehearsed.push(one);
        }
        let refused = outcome.rehearsed.iter().any(|one| matches!(one.said, Rehearsed::WouldRefuse { .. }));
        if refused && exit == Exit::Done {
            exit = Exit::Failed;
        }
        if out.is_json() {
            out.show(&outcome, |_| String::new())?;
        } else if !outcome.rehearsed.is_empty() {
            out.note(&lines(setup.target, &outcome.rehearsed))?;
        }
        Ok(exit)
    })
}

/// In a live cloud nothing of the plan is there yet: that something is missing says nothing about a step that comes after
/// others.
fn unless_made_before(order: &Order, told: StepRehearsed) -> StepRehearsed {
    let Rehearsed::WouldRefuse { code, message, .. } = &told.said else { return told };
    let is_missing = code.ends_with("NotFound") || code.contains("Reference");
    let before: Vec<&str> = order.waits_for(&told.step).map(String::as_str).collect();
    if !is_missing || before.is_empty() {
        return told;
    }
    let reason =
        format!("what it needs is not there yet; it comes after {} ({code}: {message})", before.join(", "));
    StepRehearsed { said: Rehearsed::Cannot { reason }, ..told }
}

fn lines(target: Target, told: &[StepRehearsed]) -> String {
    let place = match target {
        Target::Live => "live, nothing was changed there",
        Target::Sandbox => "sandbox",
    };
    let mut out = vec![format!("\nWhat the clouds say beforehand ({place})")];
    for StepRehearsed { step, said } in told {
        match said {
            Rehearsed::Cannot { reason } => out.push(format!("  {step}  cannot be rehearsed: {reason}")),
            Rehearsed::WouldRefuse { by, code, message, target } => {
                let at = target.as_ref().map_or_else(String::new, |target| format!(" at {target}"));
                out.push(format!("  {step}  would be refused{at} ({by}): {code}: {message}"));
            }
            Rehearsed::WouldDo { by, changes } if changes.is_empty() => {
                out.push(format!("  {step}  would change nothing ({by})"));
            }
            Rehearsed::WouldDo { by, changes } => {
                for change in changes {
                    out.push(format!("  {step}  {} {} ({by})", change.change, change.resource));
                    for property in &change.properties {
                        let value = |value: &serde_json::Value| match value {
                            serde_json::Value::Null => "nothing".to_owned(),
                            value => fit(&line(&value.to_string()), WIDEST),
                        };
                        let (before, after) = (value(&property.before), value(&property.after));
                        out.push(format!("      {} {}: {before} → {after}", property.change, property.path));
                    }
                }
            }
        }
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clouds::{Foreseen, ForeseenProperty};
    use crate::plan::Plan;
    use serde_json::json;

    fn one(step: &str, said: Rehearsed) -> StepRehearsed {
        StepRehearsed { step: step.into(), said }
    }

    #[test]
    fn only_what_comes_after_others_may_miss_something() {
        let step = |id: &str, after: &[&str]| json!({"id": id, "cloud": "azure", "service": "network", "operation": "A_B", "params": {}, "after": after});
        let steps = json!({"version": 1, "name": "x", "steps": [step("a", &[]), step("b", &["a"])]});
        let order = Order::of(&Plan::from_value(steps).unwrap()).unwrap();
        let refused = |id: &str, code: &str| {
            let (by, message) = ("ARM validate".to_owned(), "no".to_owned());
            one(id, Rehearsed::WouldRefuse { by, code: code.into(), message, target: None })
        };
        let is_refused = |told: StepRehearsed| {
            matches!(unless_made_before(&order, told).said, Rehearsed::WouldRefuse { .. })
        };
        assert!(is_refused(refused("a", "ParentResourceNotFound")), "nothing comes before it");
        assert!(!is_refused(refused("b", "ParentResourceNotFound")));
        assert!(!is_refused(refused("b", "InvalidResourceReference")));
        assert!(is_refused(refused("b", "SkuNotAvailable")), "that does not change with what comes before");
    }

    #[test]
    fn each_step_is_told_with_what_would_become_of_it() {
        let property = ForeseenProperty {
            path: "tags.env".into(),
            change: "modify".into(),
            before: json!("test"),
            after: json!("prod"),
        };
        let change = Foreseen { resource: "/g".into(), change: "modify".into(), properties: vec![property] };
        let refusal = Rehearsed::WouldRefuse {
            by: "ARM validate".into(),
            code: "SkuNotAvailable".into(),
            message: "no such size".into(),
            target: Some("vm".into()),
        };
        let said = lines(
            Target::Live,
            &[
                one("group", Rehearsed::WouldDo { by: "ARM what-if".into(), changes: vec![change] }),
                one("vm", refusal),
                one("key", Rehearsed::Cannot { reason: "it is a POST".into() }),
            ],
        );
        assert!(said.contains("group  modify /g (ARM what-if)"), "{said}");
        assert!(said.contains("modify tags.env: \"test\" → \"prod\""), "{said}");
        assert!(said.contains("vm  would be refused at vm (ARM validate): SkuNotAvailable"), "{said}");
        assert!(said.contains("key  cannot be rehearsed: it is a POST"), "{said}");
        assert!(said.contains("nothing was changed there"), "{said}");
    }
}
