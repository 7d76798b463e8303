//! Pictures of the screen at three sizes.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::script::{Stage, opened, plan, proposal, running, said, summary};
use super::theme::Look;
use crate::plan::Decision;
use crate::protocol::{Entry, Event, Mode, Role};

#[test]
fn the_first_frame() {
    assert_snapshot!("first-80x24", Stage::new(80, 24).screen());
    assert_snapshot!("first-40x12", Stage::new(40, 12).screen());
}

#[test]
fn a_plan_waits() {
    for (width, height) in [(80, 24), (120, 40), (40, 12)] {
        let mut stage = Stage::new(width, height);
        stage.hear_all(proposal(&plan(), Decision::Warn));
        assert_snapshot!(format!("plan-{width}x{height}"), stage.screen());
    }
}

#[test]
fn a_plan_is_reviewed() {
    for (width, height) in [(80, 24), (120, 40), (40, 12)] {
        let mut stage = Stage::new(width, height);
        stage.hear_all(proposal(&plan(), Decision::Warn));
        stage.key(KeyCode::Tab);
        assert_snapshot!(format!("review-{width}x{height}"), stage.screen());
        stage.key(KeyCode::End);
        stage.key(KeyCode::Tab);
        assert_snapshot!(format!("review-end-{width}x{height}"), stage.screen());
    }
}

#[test]
fn a_plan_runs_and_is_done() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut stage = Stage::new(width, height);
        stage.hear_all(proposal(&plan(), Decision::Allow));
        stage.hear_all(running(&plan()));
        assert_snapshot!(format!("run-{width}x{height}"), stage.screen());
        stage.hear_all(vec![
            Event::ModeChanged { mode: Mode::Idle },
            Event::Executed { summary: summary(&plan()) },
            Event::Added { entry: Entry::Executed { summary: summary(&plan()) } },
        ]);
        stage.wait(7000);
        assert_snapshot!(format!("done-{width}x{height}"), stage.screen());
    }
}

#[test]
fn wide_signs_keep_the_frame_straight() {
    let mut stage = Stage::new(40, 12);
    stage.hear(said(Role::Person, "東京に非公開のバケットを作成してください。名前は demo-logs です"));
    stage.hear(said(Role::Agent, "はい。**計画**を提案します 👩‍💻。"));
    stage.typing("大阪にも");
    assert_snapshot!("wide-40x12", stage.screen());
}

#[test]
fn without_colour_and_without_signs() {
    let mut stage = Stage::with(80, 24, Look { no_color: true, ascii: true });
    stage.hear_all(proposal(&plan(), Decision::Warn));
    let buffer = stage.buffer();
    assert!(buffer.content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
    let screen = stage.screen();
    assert!(screen.is_ascii(), "{screen}");
    assert_snapshot!("plain-80x24", screen);
}

#[test]
fn the_palette_and_the_help_page() {
    let mut stage = Stage::new(80, 24);
    stage.typing("/re");
    assert_snapshot!("palette-80x24", stage.screen());
    stage.ctrl('c');
    stage.key(KeyCode::Char('?'));
    assert_snapshot!("help-80x24", stage.screen());
}

#[test]
fn too_small_a_screen_says_so_and_nothing_is_lost() {
    let mut stage = Stage::new(80, 24);
    stage.hear_all(proposal(&plan(), Decision::Warn));
    stage.typing("and a second one");
    let before = stage.screen();
    stage.send(super::app::Msg::Resized(20, 5));
    assert_eq!(stage.screen().lines().next().unwrap(), "Needs 40 x 12 cells");
    stage.send(super::app::Msg::Resized(80, 24));
    assert_eq!(stage.screen(), before);
}

#[test]
fn a_conversation_that_is_opened_again_shows_its_plan() {
    let mut stage = Stage::new(120, 40);
    let entries: Vec<Entry> = proposal(&plan(), Decision::Allow)
        .into_iter()
        .filter_map(|event| match event {
            Event::Added { entry } => Some(entry),
            _ => None,
        })
        .collect();
    stage.hear(opened(entries));
    let screen = stage.screen();
    assert!(screen.contains("demo-logs") && screen.contains("1 create · 3 change"), "{screen}");
}
