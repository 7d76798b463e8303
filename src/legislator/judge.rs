//! The verdict on a plan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::exceptions::{Asked, Register};
use super::finding::finding;
use super::input::{Input, canonical, input};
use super::ruleset::RuleSet;
use super::{RulesError, Uses};
use crate::catalog::Catalog;
use crate::plan::{
    Decision, Digest, Estimate, Excepted, Finding, Knowledge, Plan, Regions, Severity, StepFacts, Verdict,
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
    /// When: exceptions expire, and changes have their hours.
    pub now: Timestamp,
    /// How often each exception was used.
    pub uses: &'a Uses,
}

/// The rule that speaks when there are no rules.
const NO_RULES: &str = "RULES-MISSING";
/// The rule that speaks when the rules cannot be evaluated.
const NO_ANSWER: &str = "RULES-FAILED";

/// What plans are judged by: the rules in force, why what was read last is not, and the exceptions.
pub(super) struct Bench<'a> {
    pub(super) set: Option<&'a RuleSet>,
    pub(super) trouble: &'a str,
    pub(super) exceptions: &'a Register,
}

/// Judges a plan. Without rules, or when they fail, everything that changes anything is denied.
pub(super) fn judge(bench: &Bench<'_>, plan: &Plan, with: &Surroundings<'_>) -> Verdict {
    let Weighed { mut findings, environments } = weigh(bench, plan, with);
    let digest = plan.digest();
    for finding in findings.iter_mut().filter(|finding| finding.decision == Decision::Exception) {
        finding.exception = cover(bench, plan, Some(&digest), &environments, finding, with);
    }
    match bench.set {
        Some(set) => Verdict::new(digest, findings, set.digest.clone(), set.rules.len()),
        None => Verdict::new(digest, findings, Digest::of_bytes(b""), 0),
    }
}

/// What the rules found, and the environment of each step.
pub(super) struct Weighed {
    pub(super) findings: Vec<Finding>,
    pub(super) environments: BTreeMap<String, String>,
}

/// What the rules find in a plan, before exceptions are looked at.
pub(super) fn weigh(bench: &Bench<'_>, plan: &Plan, with: &Surroundings<'_>) -> Weighed {
    let zone = bench.set.and_then(|set| set.books.owner.time_zone.as_ref());
    let Input { document, environments, changes_anything } = input(plan, with, zone);
    let environment = with.environment.map(canonical);
    let findings = match bench.set.map(|set| (set, set.ask(&document))) {
        Some((set, Ok(said))) => {
            said.iter().filter_map(|said| finding(set, said, &environments, environment.as_deref())).collect()
        }
        _ if !changes_anything => Vec::new(),
        Some((_, Err(error))) => vec![refusal(NO_ANSWER, &error.to_string())],
        None => vec![refusal(NO_RULES, bench.trouble)],
    };
    Weighed { findings, environments }
}

/// The exception that covers a finding, if one does now. Without a digest, one for any plan may.
pub(super) fn cover(
    bench: &Bench<'_>,
    plan: &Plan,
    digest: Option<&Digest>,
    environments: &BTreeMap<String, String>,
    finding: &Finding,
    with: &Surroundings<'_>,
) -> Option<Excepted> {
    let step = finding.step.as_deref().and_then(|id| plan.step(id));
    let service = step.map(|step| format!("{} {}", step.cloud, step.service)).unwrap_or_default();
    let environment = with.environment.map(canonical);
    let asked = Asked {
        rule: &finding.rule,
        plan: digest,
        step: step.map(|step| (step.id.as_str(), service.as_str(), step.account.as_deref())),
        environment: step
            .and_then(|step| environments.get(step.id.as_str()))
            .or(environment.as_ref())
            .map(String::as_str),
    };
    bench.exceptions.cover(asked, with.now, with.uses)
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
        exception: None,
    }
}

/// Why there is no rule set, in words.
pub(super) fn trouble(error: Option<&RulesError>) -> String {
    error.map_or_else(|| RulesError::Empty.to_string(), ToString::to_string)
}
