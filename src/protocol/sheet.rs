//! A plan with its verdict and its cost, line by line: what a person reads before deciding.
//!
//! All faces show these lines. They hold every step and every parameter; secrets are masked and
//! nothing in them can drive a terminal.

use rust_decimal::Decimal;
use serde_json::Value;

use super::effect::{StepEffect, effects};
use crate::plan::{
    Decision, Digest, Estimate, Finding, Knowledge, Plan, PriceStatus, Step, StepEstimate, StepFacts, Undo,
    Verdict, Wait,
};
use crate::text::{line, mask_named};

/// A value whose JSON is at most this long stands on the line of its name.
const INLINE: usize = 56;

/// A plan and what is known of it so far.
#[derive(Clone, Copy, Debug)]
pub struct Papers<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its identity.
    pub digest: &'a Digest,
    /// What the catalog says of its steps.
    pub facts: &'a [StepFacts],
    /// The verdict, once there is one.
    pub verdict: Option<&'a Verdict>,
    /// The cost, once there is one.
    pub estimate: Option<&'a Estimate>,
}

/// What a line of the sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// What the plan is for.
    Title,
    /// The head of a step.
    Step(StepEffect),
    /// Something about a step or the plan.
    Note,
    /// A parameter.
    Param,
    /// A finding of the Legislator.
    Finding(Decision),
    /// What to do about the finding above.
    Fix,
    /// A cost.
    Cost,
    /// The last line.
    Summary,
    /// Space.
    Blank,
}

/// One line of the sheet. It is not wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine {
    /// What it is.
    pub kind: LineKind,
    /// How far it is indented, in steps of two cells.
    pub indent: usize,
    /// The text, on one line.
    pub text: String,
    /// The position in the verdict of the finding that the line belongs to.
    pub finding: Option<usize>,
}

/// The whole plan: every step in the order in which it runs with every parameter, findings and
/// costs beside their steps, and the summary as the last line.
#[must_use]
pub fn sheet(papers: &Papers<'_>) -> Vec<SheetLine> {
    let mut out = Sheet::default();
    let (plan, effects) = (papers.plan, effects(papers.plan, papers.facts));
    out.add(LineKind::Title, 0, &plan.name);
    out.add(LineKind::Note, 0, &format!("digest {}", papers.digest.short()));
    for (name, value) in &plan.inputs {
        out.value(0, &format!("input {name}: "), value);
    }
    if let Some(verdict) = papers.verdict {
        for (index, finding) in verdict.findings.iter().enumerate() {
            if finding.step.as_ref().is_none_or(|id| plan.step(id).is_none()) {
                out.finding(0, index, finding);
            }
        }
    }
    let order = plan.order().ok();
    let position = |step: &Step| {
        order.as_ref().and_then(|order| order.sorted().iter().position(|id| *id == step.id)).unwrap_or(0)
    };
    let mut steps: Vec<(usize, &Step)> = plan.steps.iter().enumerate().collect();
    steps.sort_by_key(|(_, step)| position(step));
    for (number, (index, step)) in steps.into_iter().enumerate() {
        let effect = effects.get(index).copied().unwrap_or(StepEffect::Change);
        out.add(LineKind::Blank, 0, "");
        out.step(number + 1, step, effect, papers);
    }
    out.add(LineKind::Blank, 0, "");
    if let Some(estimate) = papers.estimate {
        for assumption in &estimate.assumptions {
            out.add(LineKind::Note, 0, &format!("assumed: {assumption}"));
        }
    }
    out.add(LineKind::Summary, 0, &summary(papers));
    out.lines
}

/// The plan in one line: `3 create · 0 replace · 0 delete · 42.10 USD/month · 1 finding`.
#[must_use]
pub fn summary(papers: &Papers<'_>) -> String {
    let effects = effects(papers.plan, papers.facts);
    let count = |wanted| effects.iter().filter(|effect| **effect == wanted).count();
    let mut parts = vec![format!("{} create", count(StepEffect::Create))];
    let (changes, reads) = (count(StepEffect::Change), count(StepEffect::Read));
    if changes > 0 {
        parts.push(format!("{changes} change"));
    }
    parts.push(format!("{} replace", count(StepEffect::Replace)));
    parts.push(format!("{} delete", count(StepEffect::Delete)));
    if reads > 0 {
        parts.push(format!("{reads} read"));
    }
    parts.push(papers.estimate.map_or_else(|| "cost not known yet".to_owned(), cost_words));
    parts.push(match papers.verdict.map(|verdict| verdict.findings.len()) {
        None => "not judged yet".to_owned(),
        Some(1) => "1 finding".to_owned(),
        Some(n) => format!("{n} findings"),
    });
    parts.join(" · ")
}

/// The cost of a plan in words; what is unknown is called so.
#[must_use]
pub fn cost_words(estimate: &Estimate) -> String {
    let priced = estimate.steps.iter().any(|step| {
        matches!(step.status, PriceStatus::Priced | PriceStatus::Partly | PriceStatus::Free)
            || step.monthly.is_some_and(|monthly| !monthly.is_zero())
    });
    if estimate.unpriced > 0 && !priced {
        return "cost unknown".to_owned();
    }
    let mut words = format!("{} {}/month", money(estimate.monthly), line(&estimate.currency));
    if !estimate.one_off.is_zero() {
        words = format!("{words} + {} once", money(estimate.one_off));
    }
    if estimate.unpriced > 0 {
        words = format!("at least {words}, {} unknown", estimate.unpriced);
    }
    if estimate.steps.iter().any(|step| !step.usage.is_empty()) {
        words.push_str(" + usage");
    }
    words
}

/// The cost of one step in words.
#[must_use]
pub fn step_cost_words(cost: &StepEstimate, currency: &str) -> String {
    let monthly = cost.monthly.map(|monthly| format!("{} {}/month", money(monthly), line(currency)));
    let reason = cost.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let words = match (cost.status, monthly) {
        (PriceStatus::Free, _) => "free".to_owned(),
        (PriceStatus::UsageOnly, _) => "by usage only".to_owned(),
        (PriceStatus::Priced, Some(monthly)) => monthly,
        (PriceStatus::Partly, Some(monthly)) => format!("at least {monthly}, the rest unknown{reason}"),
        _ => format!("unknown{reason}"),
    };
    line(&words)
}

/// An amount with two decimals; a small one that is not nothing is not called nothing.
#[must_use]
pub fn money(amount: Decimal) -> String {
    let rounded = amount.round_dp(2);
    if rounded.is_zero() && !amount.is_zero() {
        return if amount.is_sign_negative() { "over -0.01".into() } else { "under 0.01".into() };
    }
    format!("{rounded:.2}")
}

#[derive(Default)]
struct Sheet {
    lines: Vec<SheetLine>,
}

impl Sheet {
    fn add(&mut self, kind: LineKind, indent: usize, text: &str) {
        self.lines.push(SheetLine { kind, indent, text: line(text), finding: None });
    }

    fn step(&mut self, number: usize, step: &Step, effect: StepEffect, papers: &Papers<'_>) {
        let mut head = format!(
            "{} {number}. {}  {} {} {}",
            effect.sign(),
            step.id,
            step.cloud,
            step.service,
            step.operation
        );
        for place in [&step.region, &step.account].into_iter().flatten() {
            head.push_str(&format!(" · {place}"));
        }
        self.add(LineKind::Step(effect), 0, &head);
        if !step.purpose.is_empty() {
            self.add(LineKind::Note, 2, &step.purpose);
        }
        if let Some(fact) = papers.facts.iter().find(|fact| fact.step == step.id) {
            let last = if fact.access.irreversible { ", cannot be taken back" } else { "" };
            self.add(
                LineKind::Note,
                2,
                &format!("{} ({}){last}", effect.as_str(), fact.access.class.as_str()),
            );
        }
        if !step.after.is_empty() {
            self.add(LineKind::Note, 2, &format!("after {}", step.after.join(", ")));
        }
        if step.wait == Wait::None {
            self.add(LineKind::Note, 2, "does not wait until it is usable");
        }
        match mask_named(&step.params) {
            Value::Object(members) if members.is_empty() => self.add(LineKind::Note, 2, "no parameters"),
            Value::Object(members) => {
                members.iter().for_each(|(name, v)| self.value(2, &format!("{name}: "), v))
            }
            other => self.value(2, "", &other),
        }
        self.undo(step, papers);
        if let Some(estimate) = papers.estimate {
            let cost = estimate.steps.iter().find(|cost| cost.step == step.id);
            let words = cost.map_or_else(|| "unknown".to_owned(), |c| step_cost_words(c, &estimate.currency));
            self.add(LineKind::Cost, 2, &format!("cost {words}"));
        }
        if let Some(verdict) = papers.verdict {
            for (index, finding) in verdict.findings.iter().enumerate() {
                if finding.step.as_deref() == Some(&step.id) {
                    self.finding(2, index, finding);
                }
            }
        }
    }

    fn undo(&mut self, step: &Step, papers: &Papers<'_>) {
        match &step.undo {
            Undo::Auto => {
                let partner =
                    papers.facts.iter().find(|fact| fact.step == step.id).and_then(|f| f.undo.as_ref());
                if let Some(partner) = partner {
                    self.add(LineKind::Note, 2, &format!("undo by {partner}"));
                }
            }
            Undo::None => self.add(LineKind::Note, 2, "is not taken back"),
            Undo::Call { operation, params } => {
                self.value(2, &format!("undo by {operation}: "), &mask_named(params))
            }
        }
    }

    fn value(&mut self, indent: usize, name: &str, value: &Value) {
        let inline = value.to_string();
        match value {
            Value::Object(members) if !members.is_empty() && inline.len() > INLINE => {
                self.add(LineKind::Param, indent, name.trim_end());
                for (name, value) in members {
                    self.value(indent + 1, &format!("{name}: "), value);
                }
            }
            Value::Array(items) if !items.is_empty() && inline.len() > INLINE => {
                self.add(LineKind::Param, indent, name.trim_end());
                for item in items {
                    self.item(indent + 1, item);
                }
            }
            _ => self.add(LineKind::Param, indent, &format!("{name}{inline}")),
        }
    }

    /// An item of a list; the first member of an object stands behind the dash.
    fn item(&mut self, indent: usize, item: &Value) {
        match item {
            Value::Object(members) if item.to_string().len() > INLINE => {
                for (index, (name, value)) in members.iter().enumerate() {
                    let dash = if index == 0 { "- " } else { "  " };
                    self.value(indent, &format!("{dash}{name}: "), value);
                }
            }
            _ => self.value(indent, "- ", item),
        }
    }

    fn finding(&mut self, indent: usize, index: usize, finding: &Finding) {
        let unknown = if finding.state == Knowledge::Unknown { " (value not known yet)" } else { "" };
        let head = format!("{} {}: {}{unknown}", finding.decision.as_str(), finding.rule, finding.message);
        let then = match &finding.exception {
            Some(exception) => format!(
                "excepted until {} by {}: {}",
                exception.until.strftime("%Y-%m-%d"),
                exception.by.join(" and "),
                exception.id
            ),
            None => format!("instead: {}", finding.fix),
        };
        for (kind, text) in [(LineKind::Finding(finding.weight()), head), (LineKind::Fix, then)] {
            let indent = if kind == LineKind::Fix { indent + 1 } else { indent };
            self.lines.push(SheetLine { kind, indent, text: line(&text), finding: Some(index) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Severity;
    use serde_json::json;

    fn plan() -> Plan {
        Plan::from_value(json!({"version": 1, "name": "a bucket", "steps": [
            {"id": "tags", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging", "region": "eu-central-1",
             "params": {"Bucket": "${{ steps.bucket.output.Name }}",
                        "Tagging": {"TagSet": [{"Key": "owner", "Value": "team-web"}, {"Key": "env", "Value": "dev"}]}}},
            {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket",
             "params": {"Bucket": "demo\u{1b}[2J", "MasterUserPassword": "hunter2"}},
        ]}))
        .unwrap()
    }

    fn estimate(steps: Vec<StepEstimate>, monthly: i64, unpriced: usize) -> Estimate {
        Estimate {
            plan: plan().digest(),
            currency: "USD".into(),
            monthly: Decimal::new(monthly, 2),
            one_off: Decimal::ZERO,
            unpriced,
            steps,
            assumptions: vec![],
        }
    }

    fn cost(status: PriceStatus, monthly: Option<i64>) -> StepEstimate {
        let monthly = monthly.map(|cents| Decimal::new(cents, 2));
        StepEstimate {
            step: "bucket".into(),
            status,
            reason: None,
            monthly,
            components: vec![],
            usage: vec![],
        }
    }

    fn text(plan: &Plan, verdict: Option<&Verdict>, estimate: Option<&Estimate>) -> String {
        let digest = plan.digest();
        let lines = sheet(&Papers { plan, digest: &digest, facts: &[], verdict, estimate });
        lines.iter().map(|l| format!("{}{}\n", "  ".repeat(l.indent), l.text)).collect()
    }

    #[test]
    fn steps_stand_in_the_order_in_which_they_run() {
        let text = text(&plan(), None, None);
        let place = |part: &str| text.find(part).unwrap();
        assert!(place("1. bucket") < place("2. tags"), "{text}");
    }

    #[test]
    fn every_leaf_of_the_parameters_is_there_and_secrets_are_not() {
        let text = text(&plan(), None, None);
        for part in ["team-web", "\"env\"", "TagSet:", "steps.bucket.output.Name", "eu-central-1"] {
            assert!(text.contains(part), "{part} missing in {text}");
        }
        assert!(!text.contains("hunter2") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn findings_stand_below_their_step_with_what_to_do() {
        let finding = Finding {
            rule: "SEC-1".into(),
            topic: "t".into(),
            pack: "security".into(),
            severity: Severity::High,
            decision: Decision::Deny,
            step: Some("bucket".into()),
            path: "$.ACL".into(),
            message: "the bucket is public".into(),
            fix: "make it private".into(),
            patch: vec![],
            controls: vec![],
            state: Knowledge::Known,
            exception: None,
        };
        let verdict = Verdict::new(plan().digest(), vec![finding], Digest::of_bytes(b"r"), 1);
        let text = text(&plan(), Some(&verdict), None);
        let place = |part: &str| text.find(part).unwrap();
        assert!(place("1. bucket") < place("deny SEC-1: the bucket is public"));
        assert!(place("instead: make it private") < place("2. tags"));
        assert!(text.trim_end().ends_with("1 finding"), "{text}");
    }

    #[test]
    fn unknown_is_never_written_as_nothing() {
        let unknown = estimate(vec![cost(PriceStatus::NotPriced, None)], 0, 1);
        assert_eq!(cost_words(&unknown), "cost unknown");
        assert_eq!(step_cost_words(&unknown.steps[0], "USD"), "unknown");
        let partly = estimate(
            vec![cost(PriceStatus::Priced, Some(4210)), cost(PriceStatus::NotPriced, None)],
            4210,
            1,
        );
        assert_eq!(cost_words(&partly), "at least 42.10 USD/month, 1 unknown");
        assert_eq!(money(Decimal::new(4, 4)), "under 0.01");
    }

    #[test]
    fn the_summary_counts_what_happens() {
        let plan = plan();
        let digest = plan.digest();
        let priced = estimate(vec![cost(PriceStatus::Priced, Some(4210))], 4210, 0);
        let papers =
            Papers { plan: &plan, digest: &digest, facts: &[], verdict: None, estimate: Some(&priced) };
        assert_eq!(
            summary(&papers),
            "1 create · 1 change · 0 replace · 0 delete · 42.10 USD/month · not judged yet"
        );
    }
}
