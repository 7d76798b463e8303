//! The entries of a conversation in words for a model. Secrets are masked before they get here
//! or here: what leaves this file may leave the machine.

use serde_json::json;

use super::context::Message;
use crate::plan::Plan;
use crate::protocol::{Entry, ExecutionSummary, Role, cost_words};
use crate::text::{line, mask_named, mask_text};

/// The conversation, oldest first. What the program itself states begins with `[program]`.
pub(super) fn past(entries: &[Entry]) -> Vec<Message> {
    entries.iter().map(message).collect()
}

fn message(entry: &Entry) -> Message {
    match entry {
        Entry::Said { role: Role::Person, text, .. } => Message::Person(mask_text(text)),
        Entry::Said { role: Role::Agent, text, .. } => {
            Message::Model { text: mask_text(text), calls: Vec::new() }
        }
        Entry::Said { role: Role::Notice, text, .. } => program(text),
        Entry::Tool { name, summary, ok, outcome } => {
            let how = if *ok { "gave" } else { "failed" };
            program(&format!("{name} {summary} {how}: {outcome}"))
        }
        Entry::Proposed { plan, verdict, estimate, .. } => {
            let mut text = format!("plan {} was proposed: {}", plan.digest().short(), plan_json(plan));
            text.push_str(&format!("\nverdict {}; cost {}", verdict.decision.as_str(), cost_words(estimate)));
            for finding in &verdict.findings {
                let step = finding.step.as_deref().unwrap_or("the plan");
                text.push_str(&format!(
                    "\n{} {} at {step}: {}; instead: {}",
                    finding.decision.as_str(),
                    finding.rule,
                    line(&finding.message),
                    line(&finding.fix)
                ));
            }
            program(&text)
        }
        Entry::Decided { digest, approved, by } => {
            let what = if *approved { "approved" } else { "not approved" };
            program(&format!("plan {} was {what} by {by}", digest.short()))
        }
        Entry::Executed { summary } => program(&executed(summary)),
        Entry::Failed { problem } => {
            program(&format!("failed: {}: {}; {}", problem.what, problem.why, problem.fix))
        }
    }
}

fn program(text: &str) -> Message {
    Message::Person(format!("[program] {}", mask_text(text)))
}

fn plan_json(plan: &Plan) -> String {
    mask_named(&json!(plan)).to_string()
}

fn executed(summary: &ExecutionSummary) -> String {
    let mut text = format!(
        "plan {} ran on {}: {}; {} steps done, {} failed, {} not reached",
        summary.digest.short(),
        summary.target,
        summary.status.as_str(),
        summary.succeeded,
        summary.failed,
        summary.skipped
    );
    if let Some((step, message)) = &summary.first_cause {
        text.push_str(&format!("\n{step} failed first: {}", line(message)));
    }
    for (step, name) in &summary.resources {
        text.push_str(&format!("\n{step} made {}", line(name)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use pretty_assertions::assert_eq;
    use rust_decimal::Decimal;

    use crate::plan::{Digest, Estimate, Verdict};
    use crate::protocol::Problem;

    fn said(role: Role, text: &str) -> Entry {
        Entry::Said { role, at: Timestamp::UNIX_EPOCH, text: text.into() }
    }

    fn plan() -> Plan {
        Plan::from_value(json!({"version": 1, "name": "a database", "steps": [
            {"id": "db", "cloud": "aws", "service": "rds", "operation": "CreateDBInstance",
             "params": {"DBInstanceIdentifier": "main", "MasterUserPassword": "hunter2"}}]}))
        .unwrap()
    }

    #[test]
    fn every_side_keeps_its_voice() {
        let entries = [
            said(Role::Person, "list buckets"),
            said(Role::Agent, "there is one"),
            said(Role::Notice, "saved"),
            Entry::Failed { problem: Problem { what: "It broke".into(), why: "a".into(), fix: "b".into() } },
        ];
        assert_eq!(
            past(&entries),
            [
                Message::Person("list buckets".into()),
                Message::Model { text: "there is one".into(), calls: vec![] },
                Message::Person("[program] saved".into()),
                Message::Person("[program] failed: It broke: a; b".into()),
            ]
        );
    }

    #[test]
    fn a_key_that_was_typed_or_planned_is_not_in_it() {
        let digest = plan().digest();
        let estimate = Estimate {
            plan: digest.clone(),
            currency: "USD".into(),
            monthly: Decimal::ZERO,
            one_off: Decimal::ZERO,
            unpriced: 1,
            steps: vec![],
            assumptions: vec![],
        };
        let verdict = Verdict::new(digest.clone(), vec![], Digest::of_bytes(b"r"), 1);
        let entries = [
            said(Role::Person, "my key is AKIAIOSFODNN7EXAMPLE and password: hunter2"),
            Entry::Proposed { plan: plan(), facts: vec![], verdict, estimate },
            Entry::Decided { digest, approved: true, by: "ana".into() },
        ];
        let text = format!("{:?}", past(&entries));
        assert!(!text.contains("AKIAIOSFODNN7") && !text.contains("hunter2"), "{text}");
        assert!(text.contains("verdict allow") && text.contains("approved by ana"), "{text}");
    }
}
