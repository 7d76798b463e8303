//! What keys and events do, one move at a time.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pretty_assertions::assert_eq;

use super::{Effect, Msg};
use crate::plan::{Decision, ExecutionId};
use crate::protocol::{Choice, Command, DecisionRequest, Event, Mode, Role};
use crate::tui::script::{Stage, plan, proposal, request, running, said, step, summary};

fn deciding(change: impl FnOnce(&mut DecisionRequest)) -> Stage {
    let mut stage = Stage::new(80, 24);
    stage.hear_all(proposal(&plan(), Decision::Warn));
    let mut request = request(&plan());
    change(&mut request);
    stage.hear(Event::DecisionNeeded { request });
    stage
}

/// Opens the review and waits until the guard is over.
fn reviewing(change: impl FnOnce(&mut DecisionRequest)) -> Stage {
    let mut stage = deciding(change);
    stage.key(KeyCode::Tab);
    stage.wait(500);
    stage
}

fn approve() -> Command {
    Command::Decide { digest: plan().digest(), choice: Choice::Approve { typed: None, exceptions: vec![] } }
}

#[test]
fn letters_and_enter_typed_while_a_decision_opens_decide_nothing() {
    for words in ["y", "p", "1", "", "yes"] {
        let mut stage = Stage::new(80, 24);
        stage.typing("and then");
        stage.hear_all(proposal(&plan(), Decision::Warn));
        stage.typing(words);
        assert_eq!(stage.app.composer.text(), format!("and then{words}"));
        stage.key(KeyCode::Enter);
        let sent = stage.sent();
        assert_eq!(sent, [Command::Submit { text: format!("and then{words}") }], "{words}");
        assert!(stage.app.review.is_none());
    }
}

#[test]
fn no_letter_decides_inside_the_review_either() {
    let mut stage = reviewing(|_| {});
    for letter in ('a'..='z').chain('0'..='9') {
        if letter != 'f' {
            stage.key(KeyCode::Char(letter));
        }
    }
    assert_eq!(stage.sent(), []);
    assert!(stage.app.review.is_some());
}

#[test]
fn deny_is_chosen_beforehand() {
    let mut stage = reviewing(|_| {});
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::Decide { digest: plan().digest(), choice: Choice::Deny }]);
}

#[test]
fn nothing_is_decided_in_the_first_moments() {
    let mut stage = deciding(|_| {});
    stage.key(KeyCode::Tab);
    stage.wait(390);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
    stage.wait(20);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [approve()]);
}

#[test]
fn a_plan_that_must_be_read_cannot_be_approved_before_its_last_line_was_in_view() {
    let mut stage = reviewing(|request| request.must_read = true);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
    assert!(stage.screen().contains("Read to the last line first"), "{}", stage.screen());
    stage.key(KeyCode::End);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [approve()]);
}

#[test]
fn a_screen_that_is_too_small_to_read_on_counts_as_unread() {
    let mut stage = deciding(|request| request.must_read = true);
    stage.send(Msg::Resized(20, 5));
    stage.key(KeyCode::Tab);
    stage.wait(500);
    stage.key(KeyCode::End);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
}

#[test]
fn a_typed_word_is_asked_for_and_compared() {
    let mut stage = reviewing(|request| request.typed_word = Some("demo-logs".into()));
    stage.key(KeyCode::Tab);
    stage.typing("demo-log");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
    stage.send(Msg::Paste("s".into()));
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [], "a pasted word does not count");
    stage.typing("s");
    stage.key(KeyCode::Enter);
    let choice = Choice::Approve { typed: Some("demo-logs".into()), exceptions: vec![] };
    assert_eq!(stage.sent(), [Command::Decide { digest: plan().digest(), choice }]);
}

#[test]
fn a_denied_plan_cannot_be_approved_and_says_why() {
    let mut stage = reviewing(|request| {
        request.can_approve = false;
        request.reason = Some("SEC-AWS-S3-01 forbids public buckets".into());
    });
    assert!(stage.screen().contains("SEC-AWS-S3-01 forbids public buckets"), "{}", stage.screen());
    stage.key(KeyCode::End);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
}

#[test]
fn accepted_exceptions_are_shown_and_sent() {
    let mut stage = reviewing(|request| request.exceptions = vec!["EX-7".into()]);
    assert!(stage.screen().contains("uses these exceptions: EX-7"));
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    let choice = Choice::Approve { typed: None, exceptions: vec!["EX-7".into()] };
    assert_eq!(stage.sent(), [Command::Decide { digest: plan().digest(), choice }]);
}

#[test]
fn a_changed_plan_closes_the_review_and_shows_what_changed() {
    let mut stage = reviewing(|_| {});
    stage.key(KeyCode::Tab);
    let mut changed = plan();
    changed.steps[0].params["Bucket"] = "other-logs".into();
    let mut events = proposal(&changed, Decision::Allow);
    events.drain(..5);
    stage.hear(Event::DecisionClosed { digest: plan().digest() });
    stage.hear_all(events);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [], "the old choice must not reach the new plan");
    stage.key(KeyCode::Tab);
    let screen = stage.screen();
    assert!(screen.contains("bucket.params.Bucket: \"demo-logs\" → \"other-logs\""), "{screen}");
    assert!(screen.contains("▸ Deny"), "{screen}");
}

#[test]
fn a_decision_that_is_withdrawn_closes_the_review() {
    let mut stage = reviewing(|_| {});
    stage.hear(Event::DecisionClosed { digest: plan().digest() });
    assert!(stage.app.review.is_none());
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
}

#[test]
fn the_only_fix_is_applied_with_one_key() {
    let mut stage = reviewing(|_| {});
    stage.key(KeyCode::Char('f'));
    assert_eq!(stage.sent(), [Command::Patch { digest: plan().digest(), finding: 0 }]);
}

#[test]
fn a_read_only_session_offers_no_approval() {
    let mut stage = Stage::new(80, 24);
    let mut header = crate::tui::script::header();
    header.read_only = true;
    stage.hear(Event::HeaderChanged { header });
    stage.hear_all(proposal(&plan(), Decision::Allow));
    stage.key(KeyCode::Tab);
    stage.wait(500);
    assert!(!stage.screen().contains("Approve"), "{}", stage.screen());
    for key in [KeyCode::Tab, KeyCode::Enter, KeyCode::Char('f')] {
        stage.key(key);
    }
    assert_eq!(stage.sent(), []);
}

#[test]
fn pasted_lines_send_nothing() {
    let mut stage = Stage::new(80, 24);
    stage.send(Msg::Paste("one\ntwo\n".into()));
    assert_eq!(stage.sent(), []);
    assert_eq!(stage.app.composer.text(), "one\ntwo\n");
}

#[test]
fn three_keys_begin_a_new_line_and_enter_sends() {
    let mut stage = Stage::new(80, 24);
    stage.typing("a");
    stage.ctrl('j');
    stage.typing("b");
    for modifiers in [KeyModifiers::ALT, KeyModifiers::SHIFT] {
        stage.send(Msg::Key(KeyEvent::new(KeyCode::Enter, modifiers)));
        stage.typing("c");
    }
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::Submit { text: "a\nb\nc\nc".into() }]);
    assert!(stage.effects.contains(&Effect::Remember("a\nb\nc\nc".into())));
}

#[test]
fn every_change_of_the_draft_is_kept() {
    let mut stage = Stage::new(80, 24);
    stage.typing("ab");
    assert_eq!(stage.effects.last(), Some(&Effect::SaveDraft("ab".into())));
    stage.key(KeyCode::Backspace);
    assert_eq!(stage.effects.last(), Some(&Effect::SaveDraft("a".into())));
}

#[test]
fn ctrl_c_stops_then_clears_then_quits_on_the_second_press() {
    let mut stage = Stage::new(80, 24);
    stage.typing("half a thought");
    stage.hear(Event::ModeChanged { mode: Mode::Thinking });
    stage.ctrl('c');
    assert_eq!(stage.sent(), [Command::Interrupt]);
    assert_eq!(stage.app.composer.text(), "half a thought");
    stage.hear(Event::ModeChanged { mode: Mode::Idle });
    stage.ctrl('c');
    assert!(stage.app.composer.is_empty());
    stage.key(KeyCode::Up);
    assert_eq!(stage.app.composer.text(), "half a thought");
    stage.ctrl('c');
    stage.ctrl('c');
    stage.wait(2100);
    stage.ctrl('c');
    assert_eq!(stage.sent(), [Command::Interrupt], "two seconds are over");
    stage.wait(100);
    stage.ctrl('c');
    assert_eq!(stage.sent(), [Command::Interrupt, Command::Quit]);
}

#[test]
fn quitting_while_a_plan_runs_takes_a_second_word() {
    let mut stage = Stage::new(80, 24);
    stage.hear_all(proposal(&plan(), Decision::Allow));
    stage.hear_all(running(&plan()));
    stage.ctrl('d');
    assert!(stage.screen().contains("A plan is running."));
    stage.wait(500);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [], "staying is chosen beforehand");
    stage.ctrl('d');
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [], "too early");
    stage.wait(500);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::Quit]);
}

#[test]
fn esc_closes_before_it_stops() {
    let mut stage = Stage::new(80, 24);
    stage.hear(Event::ModeChanged { mode: Mode::Thinking });
    stage.key(KeyCode::Char('?'));
    stage.key(KeyCode::Esc);
    assert_eq!(stage.sent(), []);
    stage.key(KeyCode::Esc);
    assert_eq!(stage.sent(), [Command::Interrupt]);
}

#[test]
fn what_was_streamed_stays_when_the_turn_breaks_off() {
    let mut stage = Stage::new(80, 24);
    stage.hear(Event::ModeChanged { mode: Mode::Thinking });
    stage.hear(Event::Delta { text: "I would cre".into() });
    stage.hear(Event::ModeChanged { mode: Mode::Idle });
    assert!(stage.screen().contains("I would cre"), "{}", stage.screen());
}

#[test]
fn a_finished_answer_is_not_shown_twice() {
    let mut stage = Stage::new(80, 24);
    stage.hear(Event::ModeChanged { mode: Mode::Thinking });
    stage.hear(Event::Delta { text: "I made a plan. ".into() });
    stage.hear(said(Role::Agent, "I made a plan."));
    stage.hear(Event::ModeChanged { mode: Mode::Idle });
    assert_eq!(stage.screen().matches("I made a plan").count(), 1);
}

#[test]
fn scrolled_text_stays_while_more_arrives_and_says_how_much() {
    let mut stage = Stage::new(80, 24);
    for n in 0..40 {
        stage.hear(said(Role::Person, &format!("line {n}")));
    }
    stage.key(KeyCode::PageUp);
    let before = stage.screen().lines().nth(4).unwrap().to_owned();
    stage.hear(said(Role::Person, "and one more"));
    let screen = stage.screen();
    assert_eq!(screen.lines().nth(4).unwrap(), before);
    assert!(screen.contains("2 new lines"), "{screen}");
    stage.key(KeyCode::End);
    assert!(stage.screen().contains("and one more"));
}

#[test]
fn an_unknown_command_keeps_the_words_and_offers_the_nearest() {
    let mut stage = Stage::new(80, 24);
    stage.typing("/reveiw");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.app.composer.text(), "/reveiw");
    assert!(stage.screen().contains("did you mean /review"), "{}", stage.screen());
}

#[test]
fn a_command_is_completed_and_run_with_enter() {
    let mut stage = Stage::new(80, 24);
    stage.typing("/sess");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::ListSessions]);
    stage.key(KeyCode::Esc);
    stage.typing("/target live");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent()[1..], [Command::SetTarget { target: crate::plan::Target::Live }]);
}

#[test]
fn undo_asks_first() {
    let mut stage = Stage::new(80, 24);
    stage.hear_all(proposal(&plan(), Decision::Allow));
    stage.hear_all(running(&plan()));
    stage.hear(Event::Executed { summary: summary(&plan()) });
    stage.hear(Event::ModeChanged { mode: Mode::Idle });
    stage.typing("/undo");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), []);
    stage.wait(500);
    stage.key(KeyCode::Tab);
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::Undo { execution: ExecutionId("x-1".into()) }]);
}

#[test]
fn an_interrupted_execution_is_offered_and_taken_up() {
    let mut stage = Stage::new(100, 24);
    let Event::Opened { id, name, header, entries, .. } = crate::tui::script::opened(vec![]) else {
        panic!()
    };
    stage.hear(Event::Opened { id, name, header, entries, unfinished: vec![summary(&plan())] });
    assert!(stage.screen().contains("/resume to go on"), "{}", stage.screen());
    stage.typing("/resume");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), [Command::Resume { execution: ExecutionId("x-1".into()) }]);
}

#[test]
fn a_failed_step_is_the_first_thing_in_the_run() {
    let mut stage = Stage::new(120, 40);
    stage.hear_all(proposal(&plan(), Decision::Allow));
    stage.hear_all(running(&plan()));
    let Event::Step { mut progress } = step("encryption", crate::plan::StepState::Failed, 1.0) else {
        panic!()
    };
    progress.note = Some("AccessDenied: not allowed".into());
    stage.hear(Event::Step { progress });
    assert!(stage.screen().contains("first cause  encryption: AccessDenied"), "{}", stage.screen());
}

#[test]
fn a_person_who_looks_away_is_called_back() {
    let mut stage = Stage::new(80, 24);
    stage.send(Msg::Focus(false));
    stage.hear_all(proposal(&plan(), Decision::Allow));
    assert!(stage.effects.contains(&Effect::Bell));
}

#[test]
fn outside_text_cannot_drive_the_terminal() {
    let evil = "\u{1b}[2J\u{9b}31m\u{1b}]52;c;AAAA\u{7}\u{202e}evil";
    let mut stage = Stage::new(120, 40);
    let mut plan = plan();
    plan.name = evil.into();
    plan.steps[0].purpose = evil.into();
    plan.steps[0].params["Bucket"] = evil.into();
    stage.hear_all(proposal(&plan, Decision::Warn));
    stage.hear(said(Role::Agent, evil));
    stage.hear(Event::Delta { text: format!("{evil} {evil} ") });
    for _ in 0..2 {
        let buffer = stage.buffer();
        let bad =
            buffer.content.iter().find(|c| c.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'));
        assert!(bad.is_none(), "{bad:?}");
        stage.key(KeyCode::Tab);
    }
}
