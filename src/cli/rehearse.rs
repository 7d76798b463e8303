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
use crate::plan::Target;
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
    use serde_json::json;

    fn one(step: &str, said: Rehearsed) -> StepRehearsed {
        StepRehearsed { step: step.into(), said }
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
