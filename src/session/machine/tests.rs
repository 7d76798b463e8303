use jiff::Timestamp;
use pretty_assertions::assert_eq;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::plan::{
    Access, AccessClass, Decision, Digest, Estimate, Excepted, ExecutionId, ExecutionStatus, Finding,
    Knowledge, Plan, Severity, StepFacts, Target, Verdict,
};
use crate::protocol::{Choice, Command, Entry, Event, ExecutionSummary, Mode, Problem, Role};

fn plan(operation: &str, bucket: &str) -> Plan {
    Plan::from_value(json!({"version": 1, "name": "t", "steps": [
        {"id": "a", "cloud": "aws", "service": "s3", "operation": operation, "params": {"Bucket": bucket}},
    ]}))
    .unwrap()
}

fn papers(plan: &Plan, class: AccessClass, decision: Decision, patch: Value) -> Assessment {
    let findings = if decision == Decision::Allow {
        vec![]
    } else {
        vec![Finding {
            rule: "R-1".into(),
            topic: "t".into(),
            pack: "security".into(),
            severity: Severity::High,
            decision,
            step: Some("a".into()),
            path: "$.Bucket".into(),
            message: "m".into(),
            fix: "f".into(),
            patch: patch.as_array().cloned().unwrap_or_default(),
            controls: vec![],
            state: Knowledge::Known,
            exception: None,
        }]
    };
    Assessment {
        sightings: std::collections::BTreeMap::new(),
        facts: vec![StepFacts {
            step: "a".into(),
            access: Access { class, irreversible: false, source: "test".into() },
            undo: None,
        }],
        verdict: Verdict::new(plan.digest(), findings, Digest::of_bytes(b"r"), 1),
        estimate: Estimate {
            plan: plan.digest(),
            currency: "USD".into(),
            monthly: Decimal::ZERO,
            one_off: Decimal::ZERO,
            unpriced: 0,
            steps: vec![],
            assumptions: vec![],
        },
    }
}

fn submit(machine: &mut Machine, text: &str) -> Vec<Effect> {
    machine.handle(Input::Command(Command::Submit { text: text.into() }))
}

fn machine() -> Machine {
    Machine::new(Rules::default(), Target::Sandbox)
}

/// A machine in which a plan waits for a decision, and the plan's digest.
fn deciding(class: AccessClass, decision: Decision) -> (Machine, Digest) {
    let mut machine = machine();
    submit(&mut machine, "make it");
    let plan = plan("CreateBucket", "logs");
    machine.handle(Input::TurnDone(1, Ok(TurnResult { text: "Here.".into(), plan: Some(plan.clone()) })));
    let patch = json!([{"op": "replace", "path": "/Bucket", "value": "better"}]);
    machine.handle(Input::Assessed(plan.digest(), Ok(papers(&plan, class, decision, patch))));
    (machine, plan.digest())
}

fn approve(machine: &mut Machine, digest: &Digest, typed: Option<&str>) -> Vec<Effect> {
    let choice = Choice::Approve { typed: typed.map(str::to_owned), exceptions: vec![] };
    machine.handle(Input::Command(Command::Decide { digest: digest.clone(), choice }))
}

fn runs(effects: &[Effect]) -> bool {
    effects.iter().any(|e| matches!(e, Effect::Run { .. }))
}

fn problems(effects: &[Effect]) -> Vec<&Problem> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Append(Entry::Failed { problem }) => Some(problem),
            _ => None,
        })
        .collect()
}

fn done() -> ExecutionSummary {
    ExecutionSummary {
        id: ExecutionId("x-1".into()),
        name: "t".into(),
        digest: Digest::of_bytes(b""),
        target: Target::Sandbox,
        status: ExecutionStatus::Succeeded,
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        succeeded: 1,
        failed: 0,
        skipped: 0,
        first_cause: None,
        resources: vec![],
    }
}

#[test]
fn words_start_a_turn_and_are_kept_first() {
    let mut machine = machine();
    let effects = submit(&mut machine, "hello");
    assert!(
        matches!(&effects[0], Effect::Append(Entry::Said { role: Role::Person, text, .. }) if text == "hello")
    );
    assert_eq!(effects.last(), Some(&Effect::StartTurn(1, "hello".into())));
    assert_eq!(machine.mode(), Mode::Thinking);
}

#[test]
fn blank_words_do_nothing() {
    assert_eq!(submit(&mut machine(), " \n "), []);
}

#[test]
fn words_that_come_while_the_agent_works_are_queued_and_taken_next() {
    let mut machine = machine();
    submit(&mut machine, "one");
    let effects = submit(&mut machine, "two");
    assert_eq!(effects, [Effect::Emit(Event::Queued { texts: vec!["two".into()] })]);
    let effects = machine.handle(Input::TurnDone(1, Ok(TurnResult { text: "ok".into(), plan: None })));
    assert!(effects.contains(&Effect::StartTurn(2, "two".into())));
    assert!(effects.contains(&Effect::Emit(Event::Queued { texts: vec![] })));
}

#[test]
fn the_answer_of_a_cancelled_turn_is_ignored() {
    let mut machine = machine();
    submit(&mut machine, "one");
    let effects = machine.handle(Input::Command(Command::Interrupt));
    assert_eq!(effects[0], Effect::CancelTurn);
    assert_eq!(machine.mode(), Mode::Idle);
    assert_eq!(machine.handle(Input::Delta(1, "late".into())), []);
    assert_eq!(machine.handle(Input::TurnDone(1, Ok(TurnResult::default()))), []);
}

#[test]
fn what_was_streamed_before_an_interrupt_or_a_failure_is_kept() {
    for interrupt in [true, false] {
        let mut machine = machine();
        submit(&mut machine, "one");
        machine.handle(Input::Delta(1, "half an ".into()));
        let effects = if interrupt {
            machine.handle(Input::Command(Command::Interrupt))
        } else {
            let problem = Problem { what: "w".into(), why: "y".into(), fix: "f".into() };
            machine.handle(Input::TurnDone(1, Err(problem)))
        };
        let kept = effects.iter().any(
            |e| matches!(e, Effect::Append(Entry::Said { role: Role::Agent, text, .. }) if text == "half an "),
        );
        assert!(kept, "{effects:?}");
        assert_eq!(machine.mode(), Mode::Idle);
    }
}

#[test]
fn a_plan_that_writes_waits_for_a_decision() {
    let (machine, _) = deciding(AccessClass::Write, Decision::Allow);
    assert_eq!(machine.mode(), Mode::Deciding);
}

#[test]
fn a_plan_of_reads_runs_unasked_and_one_that_returns_secrets_does_not() {
    for (class, unasked) in [(AccessClass::Read, true), (AccessClass::Secret, false)] {
        let mut machine = machine();
        submit(&mut machine, "list");
        let plan = plan("ListBuckets", "x");
        machine.handle(Input::TurnDone(1, Ok(TurnResult { text: String::new(), plan: Some(plan.clone()) })));
        let assessed = papers(&plan, class, Decision::Allow, json!([]));
        let effects = machine.handle(Input::Assessed(plan.digest(), Ok(assessed)));
        assert_eq!(runs(&effects), unasked, "{class:?}");
    }
}

#[test]
fn an_approval_runs_exactly_the_plan_that_was_shown() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Warn);
    let effects = approve(&mut machine, &digest, None);
    let proposal = effects.iter().find_map(|e| match e {
        Effect::Run { proposal, approved: true, .. } => Some(proposal),
        _ => None,
    });
    assert_eq!(proposal.unwrap().digest, digest);
    assert_eq!(machine.mode(), Mode::Running);
}

#[test]
fn an_approval_of_another_digest_decides_nothing() {
    let (mut machine, _) = deciding(AccessClass::Write, Decision::Allow);
    let effects = approve(&mut machine, &Digest::of_bytes(b"old"), None);
    assert!(!runs(&effects));
    assert!(problems(&effects)[0].why.contains("the plan is now"));
    assert_eq!(machine.mode(), Mode::Deciding);
}

#[test]
fn the_same_approval_cannot_run_a_plan_twice() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    assert!(runs(&approve(&mut machine, &digest, None)));
    assert!(!runs(&approve(&mut machine, &digest, None)));
}

#[test]
fn a_denied_plan_cannot_be_approved_and_the_try_is_recorded() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Deny);
    let effects = approve(&mut machine, &digest, Some("logs"));
    assert!(!runs(&effects));
    assert!(problems(&effects)[0].why.contains("R-1"));
    assert!(effects.iter().any(|e| matches!(e, Effect::RecordRefusal { .. })));
}

#[test]
fn a_deletion_needs_the_name_typed() {
    let (mut machine, digest) = deciding(AccessClass::Delete, Decision::Allow);
    assert!(!runs(&approve(&mut machine, &digest, None)));
    assert!(!runs(&approve(&mut machine, &digest, Some("yes"))));
    assert!(runs(&approve(&mut machine, &digest, Some(" logs "))));
}

#[test]
fn what_needs_an_exception_is_not_approved_by_whoever_wants_it() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Exception);
    for typed in [None, Some("exception")] {
        let effects = approve(&mut machine, &digest, typed);
        assert!(!runs(&effects));
        assert!(problems(&effects)[0].why.contains("another person must approve an exception from R-1"));
    }
}

#[test]
fn a_waiting_plan_is_judged_again_when_the_person_says_so() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Exception);
    let effects = machine.handle(Input::Command(Command::Judge));
    assert!(effects.iter().any(|e| matches!(e, Effect::Assess(plan) if plan.digest() == digest)));
    let mut idle = Machine::new(Rules::default(), Target::Sandbox);
    assert!(problems(&idle.handle(Input::Command(Command::Judge)))[0].why.contains("no plan waits"));
}

#[test]
fn an_approved_exception_is_used_by_its_word_and_named() {
    let mut machine = Machine::new(Rules::default(), Target::Sandbox);
    submit(&mut machine, "make it");
    let plan = plan("CreateBucket", "logs");
    machine.handle(Input::TurnDone(1, Ok(TurnResult { text: String::new(), plan: Some(plan.clone()) })));
    let mut assessed = papers(&plan, AccessClass::Write, Decision::Exception, json!([]));
    let mut findings = assessed.verdict.findings.clone();
    findings[0].exception =
        Some(Excepted { id: "EX-1".into(), by: vec!["ada".into()], until: Timestamp::MAX });
    assessed.verdict = Verdict::new(plan.digest(), findings, Digest::of_bytes(b"r"), 1);
    let effects = machine.handle(Input::Assessed(plan.digest(), Ok(assessed)));
    let request = effects.iter().find_map(|effect| match effect {
        Effect::Emit(Event::DecisionNeeded { request }) => Some(request.clone()),
        _ => None,
    });
    assert_eq!(request.unwrap().exceptions, ["EX-1"]);
    assert!(!runs(&approve(&mut machine, &plan.digest(), None)));
    assert!(runs(&approve(&mut machine, &plan.digest(), Some("exception"))));
}

#[test]
fn read_only_hides_every_acting_path() {
    let mut machine = Machine::new(Rules { read_only: true }, Target::Live);
    submit(&mut machine, "make it");
    let plan = plan("CreateBucket", "logs");
    machine.handle(Input::TurnDone(1, Ok(TurnResult { text: String::new(), plan: Some(plan.clone()) })));
    let assessed = papers(&plan, AccessClass::Write, Decision::Allow, json!([]));
    machine.handle(Input::Assessed(plan.digest(), Ok(assessed)));
    assert!(!runs(&approve(&mut machine, &plan.digest(), None)));
    for command in [
        Command::Resume { execution: ExecutionId("x".into()) },
        Command::Undo { execution: ExecutionId("x".into()) },
    ] {
        let effects = machine.handle(Input::Command(command));
        assert!(problems(&effects)[0].why.contains("read-only"));
    }
}

#[test]
fn a_denial_is_recorded_and_the_conversation_goes_on() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    let effects = machine.handle(Input::Command(Command::Decide { digest, choice: Choice::Deny }));
    assert!(effects.iter().any(|e| matches!(e, Effect::RecordRefusal { .. })));
    assert_eq!(machine.mode(), Mode::Idle);
}

#[test]
fn a_question_about_a_waiting_plan_leaves_it_waiting() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    submit(&mut machine, "why a bucket?");
    let effects = machine.handle(Input::TurnDone(2, Ok(TurnResult { text: "Because.".into(), plan: None })));
    let asked_again = effects
        .iter()
        .any(|e| matches!(e, Effect::Emit(Event::DecisionNeeded { request }) if request.digest == digest));
    assert!(asked_again);
    assert!(runs(&approve(&mut machine, &digest, None)));
}

#[test]
fn a_new_plan_replaces_the_waiting_one() {
    let (mut machine, old) = deciding(AccessClass::Write, Decision::Allow);
    submit(&mut machine, "call it other");
    let new = plan("CreateBucket", "other");
    let effects =
        machine.handle(Input::TurnDone(2, Ok(TurnResult { text: String::new(), plan: Some(new.clone()) })));
    assert!(effects.contains(&Effect::Emit(Event::DecisionClosed { digest: old.clone() })));
    let assessed = papers(&new, AccessClass::Write, Decision::Allow, json!([]));
    machine.handle(Input::Assessed(new.digest(), Ok(assessed)));
    assert!(!runs(&approve(&mut machine, &old, None)));
    assert!(runs(&approve(&mut machine, &new.digest(), None)));
}

#[test]
fn a_patch_makes_a_new_plan_that_is_judged_again() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Deny);
    let effects = machine.handle(Input::Command(Command::Patch { digest: digest.clone(), finding: 0 }));
    let patched = plan("CreateBucket", "better");
    assert!(effects.contains(&Effect::Assess(patched)));
    assert!(effects.contains(&Effect::Emit(Event::DecisionClosed { digest })));
}

#[test]
fn a_patch_of_another_plan_or_finding_changes_nothing() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Warn);
    for (digest, finding) in [(Digest::of_bytes(b"old"), 0), (digest, 7)] {
        let effects = machine.handle(Input::Command(Command::Patch { digest, finding }));
        assert_eq!(problems(&effects).len(), 1);
        assert_eq!(machine.mode(), Mode::Deciding);
    }
}

#[test]
fn an_assessment_of_a_withdrawn_plan_is_ignored() {
    let mut machine = machine();
    submit(&mut machine, "make it");
    let plan = plan("CreateBucket", "logs");
    machine.handle(Input::TurnDone(1, Ok(TurnResult { text: String::new(), plan: Some(plan.clone()) })));
    machine.handle(Input::Command(Command::Interrupt));
    let assessed = papers(&plan, AccessClass::Write, Decision::Allow, json!([]));
    assert_eq!(machine.handle(Input::Assessed(plan.digest(), Ok(assessed))), []);
}

#[test]
fn a_plan_that_cannot_be_assessed_is_never_offered() {
    let mut machine = machine();
    let plan = plan("CreateBucket", "logs");
    machine.handle(Input::Command(Command::Propose { plan: plan.clone(), words: "plan x.yaml".into() }));
    let problem = Problem { what: "w".into(), why: "y".into(), fix: "f".into() };
    let effects = machine.handle(Input::Assessed(plan.digest(), Err(problem)));
    assert_eq!(problems(&effects).len(), 1);
    assert!(!runs(&approve(&mut machine, &plan.digest(), None)));
}

#[test]
fn the_first_interrupt_of_a_run_is_gentle_and_the_second_is_not() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    approve(&mut machine, &digest, None);
    let effects = machine.handle(Input::Command(Command::Interrupt));
    assert_eq!(effects[0], Effect::InterruptRun { at_once: false });
    assert_eq!(machine.mode(), Mode::Stopping);
    let effects = machine.handle(Input::Command(Command::Interrupt));
    assert_eq!(effects[0], Effect::InterruptRun { at_once: true });
}

#[test]
fn quitting_during_a_run_stops_it_first() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    approve(&mut machine, &digest, None);
    let effects = machine.handle(Input::Command(Command::Quit));
    assert!(!effects.contains(&Effect::Stop));
    let effects = machine.handle(Input::RunDone(Ok((done(), None))));
    assert_eq!(effects.last(), Some(&Effect::Stop));
}

#[test]
fn words_queued_during_a_run_are_taken_up_after_it() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    approve(&mut machine, &digest, None);
    submit(&mut machine, "and now?");
    let effects = machine.handle(Input::RunDone(Ok((done(), None))));
    assert!(effects.contains(&Effect::StartTurn(2, "and now?".into())));
}

#[test]
fn the_target_cannot_change_under_a_run_and_a_change_withdraws_a_waiting_plan() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    approve(&mut machine, &digest, None);
    let live = || Input::Command(Command::SetTarget { target: Target::Live });
    assert_eq!(problems(&machine.handle(live())).len(), 1);
    assert_eq!(machine.target(), Target::Sandbox);

    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    let effects = machine.handle(live());
    assert!(effects.contains(&Effect::SetTarget(Target::Live)));
    assert!(!runs(&approve(&mut machine, &digest, None)));
}

#[test]
fn a_reopened_conversation_judges_its_waiting_plan_again() {
    let mut machine = machine();
    let plan = plan("CreateBucket", "logs");
    let effects =
        machine.handle(Input::Opened { entries: vec![], waiting: Some((plan.clone(), "make it".into())) });
    assert!(effects.contains(&Effect::Assess(plan)));
}

#[test]
fn leaving_a_conversation_forgets_what_waited_in_it() {
    let (mut machine, digest) = deciding(AccessClass::Write, Decision::Allow);
    let effects = machine.handle(Input::Command(Command::NewSession));
    assert_eq!(effects.last(), Some(&Effect::NewSession));
    assert!(!runs(&approve(&mut machine, &digest, None)));
}

proptest::proptest! {
    /// Whatever comes in whatever order, nothing runs that was not approved by its digest.
    #[test]
    fn nothing_that_writes_runs_without_its_own_approval(moves in proptest::collection::vec(0u8..12, 0..40)) {
        let mut machine = machine();
        let plans = [plan("CreateBucket", "one"), plan("CreateBucket", "two")];
        for (index, step) in moves.iter().enumerate() {
            let plan = &plans[index % 2];
            let (input, approved) = match step {
                0 => (Input::Command(Command::Submit { text: "w".into() }), None),
                1 => (Input::TurnDone(machine.turn, Ok(TurnResult { text: "t".into(), plan: Some(plan.clone()) })), None),
                2 => (Input::TurnDone(machine.turn, Ok(TurnResult::default())), None),
                3 | 4 => {
                    let decision = if *step == 3 { Decision::Allow } else { Decision::Deny };
                    (Input::Assessed(plan.digest(), Ok(papers(plan, AccessClass::Write, decision, json!([])))), None)
                }
                5 => {
                    let choice = Choice::Approve { typed: None, exceptions: vec![] };
                    (Input::Command(Command::Decide { digest: plan.digest(), choice }), Some(plan.digest()))
                }
                6 => (Input::Command(Command::Interrupt), None),
                7 => (Input::RunDone(Ok((done(), None))), None),
                8 => (Input::Command(Command::NewSession), None),
                9 => (Input::Command(Command::SetTarget { target: Target::Live }), None),
                10 => (Input::Command(Command::Propose { plan: plan.clone(), words: "w".into() }), None),
                _ => (Input::Command(Command::Decide { digest: plan.digest(), choice: Choice::Deny }), None),
            };
            let busy = matches!(machine.mode(), Mode::Running | Mode::Stopping);
            for effect in machine.handle(input) {
                if let Effect::Run { proposal, .. } = effect {
                    proptest::prop_assert_eq!(Some(&proposal.digest), approved.as_ref());
                    proptest::prop_assert!(proposal.papers.verdict.decision != Decision::Deny);
                    proptest::prop_assert!(!busy);
                }
            }
        }
    }
}
