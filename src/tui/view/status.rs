//! The last line: what passes, the keys that do something here, and what is going on.

use std::time::Duration;

use ratatui::Frame;

use crate::protocol::Mode;
use crate::text;
use crate::tui::app::App;
use crate::tui::keys::{Context, hints};
use crate::tui::layout::Layout;
use crate::tui::page::{Piece, fit_line, piece};
use crate::tui::theme::{ACCENT, DIM, PLAIN};

/// The spinner turns four times a second.
pub(crate) const SPIN: Duration = Duration::from_millis(250);
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let area = layout.hints;
    let width = usize::from(area.width);
    let state = state_words(app);
    let room = width.saturating_sub(text::width(&state) + 3);
    let line = match &app.notice {
        Some(notice) => fit_line(&[(" ".into(), PLAIN), piece(&notice.text, ACCENT)], room),
        None => fit_line(&hint_pieces(app, room), room),
    };
    frame.buffer_mut().set_line(area.x, area.y, &line, area.width);
    let cells = u16::try_from(text::width(&state) + 1).unwrap_or(0);
    let style = if app.moves() { ACCENT } else { DIM };
    frame.buffer_mut().set_string(area.right().saturating_sub(cells), area.y, state, style);
}

/// As many hints as fit whole.
fn hint_pieces(app: &App, room: usize) -> Vec<Piece> {
    let context = app.context();
    let mut all = hints(context, app.situation());
    if context == Context::Empty {
        all.push(("/".into(), "commands"));
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut used = 1;
    for (key, words) in all {
        let cells = text::width(&key) + 1 + words.len() + 3;
        if used + cells > room {
            continue;
        }
        used += cells;
        let gap = if pieces.is_empty() { " " } else { "   " };
        pieces.extend([(gap.to_owned(), PLAIN), (key, ACCENT), (format!(" {words}"), DIM)]);
    }
    pieces
}

fn state_words(app: &App) -> String {
    let turn = usize::try_from(app.now.as_millis() / SPIN.as_millis()).unwrap_or(0) % SPINNER.len();
    let sign = SPINNER.get(turn).copied().unwrap_or("|");
    if app.leaving {
        return format!("{sign} saving");
    }
    match app.mode {
        Mode::Idle => String::new(),
        Mode::Thinking => format!("{sign} planning"),
        Mode::Deciding if app.review.is_none() => "your decision".into(),
        Mode::Deciding => String::new(),
        Mode::Running => format!("{sign} running"),
        Mode::Stopping => format!("{sign} stopping"),
    }
}
