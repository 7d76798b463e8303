//! From what a rule said to a finding: books and catalogue joined, values made short.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ruleset::{RuleSet, Said};
use crate::plan::{Decision, Finding, Knowledge, Severity};
use crate::text::line;

/// Characters that a message may have.
const LONGEST: usize = 400;

/// The finding, unless the books make the rule silent.
pub(super) fn finding(
    set: &RuleSet,
    said: &Said,
    environments: &BTreeMap<String, String>,
    plan_environment: Option<&str>,
) -> Option<Finding> {
    let text = |member: &str| said.value.get(member).and_then(Value::as_str);
    // Rules of other tools say plain sentences; they count as much as ours.
    let message = text("msg").or(said.value.as_str()).unwrap_or("the rule gives no reason");
    let id = text("rule").unwrap_or(&said.pack);
    let rule = set.rules.get(id);
    let step = text("step").map(str::to_owned);
    let environment =
        step.as_ref().and_then(|step| environments.get(step)).map(String::as_str).or(plan_environment);
    let state = if text("state") == Some("unknown") { Knowledge::Unknown } else { Knowledge::Known };
    let pack = rule.map_or(said.pack.as_str(), |rule| rule.pack.as_str());
    let given = set.books.action(id, environment);
    let known = match given {
        Some(action) => action.decision()?,
        // A rule may be milder or stricter by degree, as budgets are; a book's word is final.
        None => text("action")
            .and_then(decision)
            .or_else(|| rule.and_then(|rule| rule.action.decision()))
            .unwrap_or(Decision::Deny),
    };
    let decision = match state {
        Knowledge::Known => known,
        Knowledge::Unknown => set.books.unknown(pack).decision()?.min(known),
    };
    Some(Finding {
        rule: id.to_owned(),
        topic: rule.map_or_else(|| said.pack.clone(), |rule| rule.topic.clone()),
        pack: pack.to_owned(),
        severity: rule.map_or(Severity::Medium, |rule| rule.severity),
        decision,
        step,
        path: text("path").unwrap_or("$").to_owned(),
        message: short(message),
        fix: short(text("fix").or(rule.map(|rule| rule.fix.as_str())).unwrap_or_default()),
        patch: said.value.get("patch").and_then(Value::as_array).cloned().unwrap_or_default(),
        controls: rule.map(|rule| rule.controls.clone()).unwrap_or_default(),
        state,
        exception: None,
    })
}

fn decision(word: &str) -> Option<Decision> {
    serde_json::from_value(Value::from(word)).ok()
}

/// One line of bounded length: values come from plans, which may hold anything.
fn short(text: &str) -> String {
    let text = line(text);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
