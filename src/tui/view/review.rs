//! The review: the whole plan, and below it the choices.

use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::text::Line;

use super::scrolled;
use crate::text;
use crate::tui::app::{App, Review};
use crate::tui::layout::Layout;
use crate::tui::page::{Piece, fit_line, piece};
use crate::tui::theme::{self, ACCENT, BAD, DIM, PLAIN, SELECTED, STRONG, WARN};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let Some(review) = &app.review else { return };
    let lines: Vec<Line<'static>> = app.review_rows().into_iter().map(|row| row.line).collect();
    if layout.choices.height > 0 {
        choices(frame, app, review, layout);
    }
    scrolled::draw(frame, layout.page, &lines, review.scroll);
}

/// A rule, the choices, and what stands in the way.
fn choices(frame: &mut Frame<'_>, app: &App, review: &Review, layout: &Layout) {
    let area = layout.choices;
    let width = usize::from(area.width);
    frame.buffer_mut().set_string(0, area.y, "─".repeat(usize::from(layout.hints.width)), DIM);
    let Some(request) = &review.request else { return };
    let mut pieces: Vec<Piece> = vec![
        ("Run on ".into(), PLAIN),
        (request.target.as_str().to_uppercase(), theme::target(request.target)),
        ("?  ".into(), PLAIN),
    ];
    let obstacle = review.obstacle();
    for choice in review.choices() {
        let chosen = *choice == review.choice;
        let mark = if chosen { "▸ " } else { "  " };
        let closed = choice.word() == "Approve" && obstacle.is_some() && !review.wants_word();
        let style = match (chosen, closed) {
            (true, _) => SELECTED.patch(STRONG),
            (false, true) => DIM,
            (false, false) => PLAIN,
        };
        pieces.push((format!(" {mark}{} ", choice.word()), style));
        pieces.push(("  ".into(), PLAIN));
    }
    if review.choices().is_empty() {
        pieces.push(("This session is read-only: nothing can be approved".into(), WARN));
    }
    frame.buffer_mut().set_line(area.x, area.y + 1, &fit_line(&pieces, width), area.width);
    if review.wants_word() {
        word(frame, app, review, layout);
    } else if let Some(words) = review.refusal.as_ref().or(obstacle.as_ref()) {
        let style = if review.refusal.is_some() { BAD } else { WARN };
        frame.buffer_mut().set_line(area.x, area.y + 2, &fit_line(&[piece(words, style)], width), area.width);
    } else if let Some(words) = &request.reason {
        frame.buffer_mut().set_line(area.x, area.y + 2, &fit_line(&[piece(words, WARN)], width), area.width);
    }
    if !request.exceptions.is_empty() && area.height > 3 {
        let words = format!("Approving uses these exceptions: {}", request.exceptions.join(", "));
        frame.buffer_mut().set_line(area.x, area.y + 3, &fit_line(&[piece(&words, WARN)], width), area.width);
    }
}

/// The line for the word that approves.
fn word(frame: &mut Frame<'_>, app: &App, review: &Review, layout: &Layout) {
    let area = layout.choices;
    let wanted = review.request.as_ref().and_then(|r| r.typed_word.as_deref()).unwrap_or_default();
    let typed = text::line(&review.word.text());
    let lead = format!("Type {} to approve: ", text::line(wanted));
    let mut pieces = vec![(lead.clone(), PLAIN), (typed.clone(), ACCENT.patch(STRONG))];
    if let Some(refusal) = &review.refusal {
        pieces.push(piece(&format!("   {refusal}"), BAD));
    } else if let Some(request) = &review.request
        && request.must_read
        && !review.read
    {
        pieces.push(("   read to the last line first".into(), WARN));
    }
    let y = area.y + 2;
    frame.buffer_mut().set_line(area.x, y, &fit_line(&pieces, usize::from(area.width)), area.width);
    let column = u16::try_from(text::width(&lead) + text::width(&typed)).unwrap_or(u16::MAX);
    if app.question.is_none() {
        frame.set_cursor_position(Position::new(area.x.saturating_add(column).min(area.right()), y));
    }
}
