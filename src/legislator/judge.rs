//! The verdict on a plan, and on a step just before it is sent.

use serde_json::Value;

use super::RulesError;
use super::catalogue::Scope;
use super::finding::finding;
use super::input::{canonical, input};
use super::ruleset::RuleSet;
use crate::catalog::Catalog;
use crate::plan::{
    Decision, Digest, Estimate, Finding, Knowledge, Plan, Regions, Severity, Step, StepFacts, StepFailure,
    Verdict,
};

/// What is known beside the plan.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What the catalog says about the steps; steps without facts are looked up.
    pub facts: &'a [StepFacts],
    /// What the plan costs; rules about money are silent without it.
    pub estimate: Option<&'a Estimate>,
    /// The environment that everything is for; where absent, tags name it.
    pub environment: Option<&'a str>,
    /// The regions of steps that name none.
    pub regions: &'a Regions,
    /// What the graph knows, `null` when nothing:
    /// `{"networks": {id: {"vms": n}}, "subnets": {id: {"public": bool, "network": id}}, "tags": {id: {key: value}}}`.
    pub inventory: &'a Value,
    /// The catalog.
    pub catalog: &'a Catalog,
}

/// The rule that speaks when there are no rules.
const NO_RULES: &str = "RULES-MISSING";
/// The rule that speaks when the rules cannot be evaluated.
const NO_ANSWER: &str = "RULES-FAILED";

/// Judges a plan. Without rules, or when they fail, everything that changes anything is denied.
pub(super) fn judge(set: Option<&RuleSet>, trouble: &str, plan: &Plan, with: &Surroundings<'_>) -> Verdict {
    let input = input(plan, with);
    let digest = plan.digest();
    let Some(set) = set else {
        let findings = if input.changes_anything { vec![refusal(NO_RULES, trouble)] } else { Vec::new() };
        return Verdict::new(digest, findings, Digest::of_bytes(b""), 0);
    };
    let environment = with.environment.map(canonical);
    let findings = match set.ask(input.document) {
        Ok(said) => said
            .iter()
            .filter_map(|said| finding(set, said, &input.environments, environment.as_deref()))
            .collect(),
        Err(_) if !input.changes_anything => Vec::new(),
        Err(error) => vec![refusal(NO_ANSWER, &error.to_string())],
    };
    Verdict::new(digest, findings, set.digest.clone(), set.rules.len())
}

/// Judges one step with its references resolved. Only what denies stops it: what warned or needed
/// an exception was seen and approved with the plan.
pub(super) fn recheck(
    set: Option<&RuleSet>,
    trouble: &str,
    step: &Step,
    with: &Surroundings<'_>,
) -> Result<(), StepFailure> {
    let plan =
        Plan { version: 1, name: String::new(), inputs: serde_json::Map::new(), steps: vec![step.clone()] };
    let verdict = judge(set, trouble, &plan, with);
    let of_step = |finding: &&Finding| {
        set.and_then(|set| set.rules.get(&finding.rule)).is_none_or(|rule| rule.scope == Scope::Step)
    };
    match verdict.findings.iter().filter(|f| f.decision == Decision::Deny).find(of_step) {
        None => Ok(()),
        Some(finding) => Err(StepFailure {
            code: "DeniedBeforeSending".into(),
            message: format!("{}: {}", finding.rule, finding.message),
            advice: Some(finding.fix.clone()),
        }),
    }
}

fn refusal(rule: &str, reason: &str) -> Finding {
    Finding {
        rule: rule.into(),
        topic: "rules".into(),
        pack: "security".into(),
        severity: Severity::Critical,
        decision: Decision::Deny,
        step: None,
        path: "$".into(),
        message: format!("Nothing can be approved: {}", crate::text::line(reason)),
        fix: "Repair the rules folder; `provisioner rules test` says what is wrong".into(),
        patch: Vec::new(),
        controls: Vec::new(),
        state: Knowledge::Known,
    }
}

/// Why there is no rule set, in words.
pub(super) fn trouble(error: Option<&RulesError>) -> String {
    error.map_or_else(|| RulesError::Empty.to_string(), ToString::to_string)
}
