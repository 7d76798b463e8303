//! A session that only plays its part, for tests.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use rust_decimal::Decimal;
use serde_json::json;
use std::time::Duration;

use super::app::{App, Effect, Msg, update};
use super::theme::Look;
use super::view;
use crate::plan::{
    Access, AccessClass, Component, Decision, Digest, Estimate, ExecutionId, ExecutionStatus, Finding,
    Knowledge, Plan, PriceStatus, Severity, StepEstimate, StepFacts, StepState, Target, Unpriced, UsageLine,
    Verdict,
};
use crate::protocol::{DecisionRequest, Entry, Event, ExecutionSummary, Header, Mode, Role, StepProgress};

pub(crate) const WORDS: &str = "create a private, encrypted S3 bucket called demo-logs in Frankfurt, owner team-web, \
     environment dev, sensitivity internal, cost center 9001";

/// A face that is being played with.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now: Duration,
}

impl Stage {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Look::default())
    }

    pub(crate) fn with(width: u16, height: u16, look: Look) -> Self {
        let app = App::new((width, height), look, TimeZone::UTC, "", vec![]);
        let mut stage = Self { app, effects: vec![], now: Duration::from_secs(1) };
        stage.hear(opened(vec![]));
        stage
    }

    pub(crate) fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.app, msg, self.now);
        self.effects.extend(effects);
    }

    pub(crate) fn hear(&mut self, event: Event) {
        self.send(Msg::Session(Box::new(event)));
    }

    pub(crate) fn hear_all(&mut self, events: Vec<Event>) {
        events.into_iter().for_each(|event| self.hear(event));
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.send(Msg::Tick);
    }

    pub(crate) fn key(&mut self, code: KeyCode) {
        self.send(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(crate) fn ctrl(&mut self, letter: char) {
        self.send(Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)));
    }

    pub(crate) fn typing(&mut self, words: &str) {
        words.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    /// The commands that were sent to the session so far.
    pub(crate) fn sent(&self) -> Vec<crate::protocol::Command> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Send(command) => Some(command.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn buffer(&self) -> Buffer {
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view::draw(frame, &self.app)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(crate::text::width(symbol).max(1)).unwrap();
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

pub(crate) fn header() -> Header {
    Header {
        target: Target::Sandbox,
        clouds: vec!["aws eu-central-1".into()],
        planner: "offline planner".into(),
        read_only: false,
        tokens: 0,
        banners: vec![],
    }
}

pub(crate) fn opened(entries: Vec<Entry>) -> Event {
    Event::Opened {
        id: "s-1".into(),
        name: "private bucket demo-logs".into(),
        header: header(),
        entries,
        unfinished: vec![],
    }
}

pub(crate) fn plan() -> Plan {
    Plan::from_value(json!({"version": 1, "name": "private bucket demo-logs", "steps": [
        {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "region": "eu-central-1",
         "purpose": "The bucket itself",
         "params": {"Bucket": "demo-logs", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}},
        {"id": "access", "cloud": "aws", "service": "s3", "operation": "PutPublicAccessBlock", "region": "eu-central-1",
         "purpose": "Nobody outside the account can read it", "after": ["bucket"],
         "params": {"Bucket": "demo-logs", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true,
            "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}},
        {"id": "encryption", "cloud": "aws", "service": "s3", "operation": "PutBucketEncryption",
         "region": "eu-central-1", "purpose": "Encrypted at rest", "after": ["bucket"],
         "params": {"Bucket": "demo-logs", "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}},
        {"id": "tags", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging", "region": "eu-central-1",
         "purpose": "Who owns it and who pays", "after": ["bucket"],
         "params": {"Bucket": "demo-logs", "Tagging": {"TagSet": [
            {"Key": "owner", "Value": "team-web"}, {"Key": "environment", "Value": "dev"},
            {"Key": "sensitivity", "Value": "internal"}, {"Key": "cost-center", "Value": "9001"}]}}},
    ]}))
    .unwrap()
}

pub(crate) fn facts(plan: &Plan) -> Vec<StepFacts> {
    plan.steps
        .iter()
        .map(|step| StepFacts {
            step: step.id.clone(),
            access: Access {
                class: if step.id == "access" { AccessClass::Permission } else { AccessClass::Write },
                irreversible: false,
                source: "model".into(),
            },
            undo: (step.id == "bucket").then(|| "DeleteBucket".into()),
        })
        .collect()
}

pub(crate) fn finding(decision: Decision, step: &str) -> Finding {
    Finding {
        rule: "SEC-AWS-S3-04".into(),
        topic: "object-versioning".into(),
        pack: "security".into(),
        severity: Severity::Medium,
        decision,
        step: Some(step.into()),
        path: "$".into(),
        message: "the bucket keeps no old versions".into(),
        fix: "switch versioning on".into(),
        patch: vec![json!({"op": "add", "path": "/Versioning", "value": true})],
        controls: vec!["CP-9".into()],
        state: Knowledge::Known,
        exception: None,
    }
}

pub(crate) fn verdict(plan: &Plan, decision: Decision) -> Verdict {
    let findings = if decision == Decision::Allow { vec![] } else { vec![finding(decision, "bucket")] };
    Verdict::new(plan.digest(), findings, Digest::of_bytes(b"rules"), 24)
}

pub(crate) fn estimate(plan: &Plan) -> Estimate {
    let step = |step: &str, status, reason, monthly, components, usage| StepEstimate {
        step: step.into(),
        status,
        reason,
        monthly,
        components,
        usage,
    };
    let storage = UsageLine {
        name: "standard storage".into(),
        unit: "GB-month".into(),
        unit_price: Some(Decimal::new(245, 4)),
        source: "AWS price list".into(),
        as_of: None,
    };
    let key = Component {
        name: "customer key".into(),
        unit: "month".into(),
        quantity: Decimal::ONE,
        unit_price: Decimal::ONE,
        monthly: Decimal::ONE,
        source: "AWS price list".into(),
        as_of: "2026-09-01".parse().unwrap(),
    };
    Estimate {
        plan: plan.digest(),
        currency: "USD".into(),
        monthly: Decimal::ONE,
        one_off: Decimal::ZERO,
        unpriced: 1,
        steps: vec![
            step("bucket", PriceStatus::UsageOnly, None, None, vec![], vec![storage]),
            step("access", PriceStatus::Free, None, Some(Decimal::ZERO), vec![], vec![]),
            step("encryption", PriceStatus::Priced, None, Some(Decimal::ONE), vec![key], vec![]),
            step("tags", PriceStatus::NotPriced, Some(Unpriced::NoRule), None, vec![], vec![]),
        ],
        assumptions: vec!["A month has 730 hours".into()],
    }
}

pub(crate) fn request(plan: &Plan) -> DecisionRequest {
    DecisionRequest {
        digest: plan.digest(),
        can_approve: true,
        reason: None,
        must_read: false,
        typed_word: None,
        exceptions: vec![],
        target: Target::Sandbox,
    }
}

/// The events from the person's words up to the decision.
pub(crate) fn proposal(plan: &Plan, decision: Decision) -> Vec<Event> {
    let (facts, verdict, estimate) = (facts(plan), verdict(plan, decision), estimate(plan));
    vec![
        said(Role::Person, WORDS),
        Event::ModeChanged { mode: Mode::Thinking },
        Event::ToolStarted { name: "aws_search".into(), summary: "create bucket".into() },
        Event::Added {
            entry: Entry::Tool {
                name: "aws_search".into(),
                summary: "create bucket".into(),
                ok: true,
                outcome: "8 operations, s3 CreateBucket first".into(),
            },
        },
        said(Role::Agent, "I propose a **private** bucket in Frankfurt with encryption and your four tags."),
        Event::PlanProposed { plan: plan.clone(), digest: plan.digest(), facts: facts.clone() },
        Event::Judged { verdict: verdict.clone() },
        Event::Priced { estimate: estimate.clone() },
        Event::Added { entry: Entry::Proposed { plan: plan.clone(), facts, verdict, estimate } },
        Event::ModeChanged { mode: Mode::Deciding },
        Event::DecisionNeeded { request: request(plan) },
    ]
}

pub(crate) fn said(role: Role, text: &str) -> Event {
    Event::Added { entry: Entry::Said { role, at: Timestamp::UNIX_EPOCH, text: text.into() } }
}

pub(crate) fn step(step: &str, state: StepState, elapsed: f64) -> Event {
    Event::Step {
        progress: StepProgress {
            execution: ExecutionId("x-1".into()),
            step: step.into(),
            state,
            operation: format!("s3 {step}"),
            note: (state == StepState::Settling).then(|| "until the bucket exists".into()),
            request_id: (state == StepState::Succeeded).then(|| "R-71".into()),
            at: Timestamp::UNIX_EPOCH,
            elapsed,
        },
    }
}

pub(crate) fn summary(plan: &Plan) -> ExecutionSummary {
    ExecutionSummary {
        id: ExecutionId("x-1".into()),
        name: plan.name.clone(),
        digest: plan.digest(),
        target: Target::Sandbox,
        status: ExecutionStatus::Succeeded,
        started: Timestamp::UNIX_EPOCH,
        ended: Some(Timestamp::UNIX_EPOCH),
        succeeded: 4,
        failed: 0,
        skipped: 0,
        first_cause: None,
        resources: vec![("bucket".into(), "arn:aws:s3:::demo-logs".into())],
    }
}

/// The events of a run that goes well.
pub(crate) fn running(plan: &Plan) -> Vec<Event> {
    vec![
        Event::DecisionClosed { digest: plan.digest() },
        Event::Added { entry: Entry::Decided { digest: plan.digest(), approved: true, by: "ada".into() } },
        Event::ModeChanged { mode: Mode::Running },
        step("bucket", StepState::Running, 0.0),
        step("bucket", StepState::Succeeded, 0.4),
        step("access", StepState::Succeeded, 0.1),
        step("encryption", StepState::Settling, 0.2),
    ]
}
