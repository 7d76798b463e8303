//! The last look at a step, just before it is sent.

use std::collections::BTreeSet;

use super::catalogue::Scope;
use super::judge::{Bench, Surroundings, cover, weigh};
use crate::plan::{Decision, Finding, Knowledge, Plan, Step, StepFailure, StepId, Verdict};

/// What the person saw and accepted when the plan was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Steps and rules whose findings were known then.
    known: BTreeSet<(StepId, String)>,
    /// Ids of the exceptions that were accepted with the plan.
    accepted: BTreeSet<String>,
}

impl Seen {
    /// What a verdict said for certain, and the exceptions that were accepted with it.
    #[must_use]
    pub fn of(verdict: &Verdict, accepted: &[String]) -> Self {
        let known = verdict.findings.iter().filter(|finding| finding.state == Knowledge::Known);
        Self {
            known: known.filter_map(|finding| Some((finding.step.clone()?, finding.rule.clone()))).collect(),
            accepted: accepted.iter().cloned().collect(),
        }
    }

    fn knows(&self, step: &Step, rule: &str) -> bool {
        self.known.contains(&(step.id.clone(), rule.to_owned()))
    }
}

/// Judges one step with its references resolved. What denies stops it, and so does what needs an exception and was not
/// seen when the plan was approved; warnings were approved with it.
pub(super) fn recheck(
    bench: &Bench<'_>,
    step: &Step,
    seen: &Seen,
    with: &Surroundings<'_>,
) -> Result<(), StepFailure> {
    let plan =
        Plan { version: 1, name: String::new(), inputs: serde_json::Map::new(), steps: vec![step.clone()] };
    let weighed = weigh(bench, &plan, with);
    let of_step = |finding: &&Finding| {
        bench.set.and_then(|set| set.rules.get(&finding.rule)).is_none_or(|rule| rule.scope == Scope::Step)
    };
    for finding in weighed.findings.iter().filter(of_step) {
        let (code, then) = match finding.decision {
            Decision::Deny => ("DeniedBeforeSending", ""),
            Decision::Exception
                if finding.state == Knowledge::Known
                    && !seen.knows(step, &finding.rule)
                    && cover(bench, &plan, None, &weighed.environments, finding, with)
                        .is_none_or(|exception| !seen.accepted.contains(&exception.id)) =>
            {
                (
                    "ExceptionNeededBeforeSending",
                    "; that became known only now and needs an approved exception",
                )
            }
            Decision::Exception | Decision::Allow | Decision::Warn => continue,
        };
        return Err(StepFailure {
            code: code.into(),
            message: format!("{}: {}{then}", finding.rule, finding.message),
            advice: Some(finding.fix.clone()),
        });
    }
    Ok(())
}
