//! A whole conversation in plain lines.

use insta::assert_snapshot;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;
use tokio::sync::mpsc;

use super::run;
use crate::plan::{Digest, Estimate, ExecutionId, ExecutionStatus, Plan, StepState, Target, Verdict};
use crate::protocol::{
    Choice, Command, DecisionRequest, Entry, Event, ExecutionSummary, Header, Mode, Problem, Role,
    StepProgress,
};

fn plan() -> Plan {
    Plan::from_value(json!({"version": 1, "name": "a bucket", "steps": [
        {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": {"Bucket": "demo"}},
    ]}))
    .unwrap()
}

fn proposal(plan: &Plan) -> Vec<Event> {
    let verdict = Verdict::new(plan.digest(), vec![], Digest::of_bytes(b"rules"), 3);
    let estimate = Estimate {
        plan: plan.digest(),
        currency: "USD".into(),
        monthly: Decimal::ZERO,
        one_off: Decimal::ZERO,
        unpriced: 1,
        steps: vec![],
        assumptions: vec![],
    };
    let request = DecisionRequest {
        digest: plan.digest(),
        can_approve: true,
        reason: None,
        must_read: true,
        typed_word: None,
        exceptions: vec![],
        target: Target::Sandbox,
    };
    vec![
        Event::ModeChanged { mode: Mode::Thinking },
        Event::Delta { text: "I pro".into() },
        Event::Added { entry: said("I propose a bucket.\u{1b}[2J") },
        Event::PlanProposed { plan: plan.clone(), digest: plan.digest(), facts: vec![] },
        Event::Judged { verdict: verdict.clone() },
        Event::Priced { estimate: estimate.clone() },
        Event::Added { entry: Entry::Proposed { plan: plan.clone(), facts: vec![], verdict, estimate } },
        Event::ModeChanged { mode: Mode::Deciding },
        Event::DecisionNeeded { request },
    ]
}

fn said(text: &str) -> Entry {
    Entry::Said { role: Role::Agent, at: Timestamp::UNIX_EPOCH, text: text.into() }
}

fn executed(plan: &Plan) -> Vec<Event> {
    let summary = ExecutionSummary {
        id: ExecutionId("x-1".into()),
        name: plan.name.clone(),
        digest: plan.digest(),
        target: Target::Sandbox,
        status: ExecutionStatus::Succeeded,
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        succeeded: 1,
        failed: 0,
        skipped: 0,
        first_cause: None,
        resources: vec![("bucket".into(), "demo".into())],
    };
    let progress = StepProgress {
        execution: summary.id.clone(),
        step: "bucket".into(),
        state: StepState::Succeeded,
        operation: "s3 CreateBucket".into(),
        note: None,
        request_id: Some("R-1".into()),
        at: Timestamp::UNIX_EPOCH,
        elapsed: 0.4,
    };
    vec![
        Event::DecisionClosed { digest: plan.digest() },
        Event::ModeChanged { mode: Mode::Running },
        Event::Step { progress },
        Event::Executed { summary },
        Event::ModeChanged { mode: Mode::Idle },
    ]
}

/// A session that answers every command with its part of the play.
async fn session(mut commands: mpsc::Receiver<Command>, events: mpsc::Sender<Event>) -> Vec<Command> {
    let header = Header {
        clouds: vec!["aws eu-central-1".into()],
        planner: "offline planner".into(),
        ..Header::default()
    };
    let opened = Event::Opened {
        id: "s-1".into(),
        name: "new conversation".into(),
        header,
        entries: vec![],
        unfinished: vec![],
    };
    events.send(opened).await.unwrap();
    let mut heard = Vec::new();
    while let Some(command) = commands.recv().await {
        let answer = match &command {
            Command::Submit { text } if text.contains("bucket") => proposal(&plan()),
            Command::Submit { .. } => {
                let problem = Problem {
                    what: "I do not understand".into(),
                    why: "no workflow fits".into(),
                    fix: "say what to create".into(),
                };
                vec![Event::Failed { problem }]
            }
            Command::Decide { choice: Choice::Approve { .. }, .. } => executed(&plan()),
            Command::Quit => {
                vec![Event::Stopped { resume: "s-1".into(), farewell: vec!["Kept as s-1.".into()] }]
            }
            _ => vec![],
        };
        let over = command == Command::Quit;
        heard.push(command);
        for event in answer {
            events.send(event).await.unwrap();
        }
        if over {
            break;
        }
    }
    heard
}

async fn talk(script: &str) -> (String, Vec<Command>) {
    let (command_sender, commands) = mpsc::channel(4);
    let (event_sender, events) = mpsc::channel(4);
    let mut output = Vec::new();
    let (result, heard) = tokio::join!(
        run(command_sender, events, script.as_bytes(), &mut output),
        session(commands, event_sender)
    );
    result.unwrap();
    (String::from_utf8(output).unwrap(), heard)
}

#[tokio::test]
async fn a_whole_journey_reads_line_by_line() {
    let approve = format!("approve {}", &plan().digest().short()[..4]);
    let script = format!("asdf\ncreate a bucket\n{approve}\nyes\nreview\n{approve}\n");
    let (output, heard) = talk(&script).await;
    assert_snapshot!("journey", output);
    let choice = Choice::Approve { typed: None, exceptions: vec![] };
    assert!(heard.contains(&Command::Decide { digest: plan().digest(), choice }));
    assert_eq!(heard.last(), Some(&Command::Quit));
    assert!(output.chars().all(|c| c == '\n' || !c.is_control()), "{output:?}");
}

#[tokio::test]
async fn the_end_of_the_input_runs_nothing() {
    let (output, heard) = talk("create a bucket\n").await;
    assert_eq!(heard, [Command::Submit { text: "create a bucket".into() }, Command::Quit]);
    assert!(output.ends_with("Kept as s-1.\n"), "{output}");
}
