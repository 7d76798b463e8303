//! A question of the face itself.

use ratatui::Frame;

use crate::tui::app::App;
use crate::tui::layout::Layout;
use crate::tui::page::{Piece, fit_line, piece};
use crate::tui::theme::{PLAIN, SELECTED, STRONG};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let Some(question) = &app.question else { return };
    let area = layout.page;
    let width = usize::from(area.width);
    let mut lines: Vec<_> = question
        .lines
        .iter()
        .enumerate()
        .map(|(index, words)| fit_line(&[piece(words, if index == 0 { STRONG } else { PLAIN })], width))
        .collect();
    lines.push(fit_line(&[], width));
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, answer) in question.answers.iter().enumerate() {
        let chosen = question.acts == (index == 1);
        let (mark, style) = if chosen { ("▸ ", SELECTED.patch(STRONG)) } else { ("  ", PLAIN) };
        pieces.push((format!(" {mark}{answer} "), style));
        pieces.push(("  ".into(), PLAIN));
    }
    lines.push(fit_line(&pieces, width));
    for (index, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + 1 + u16::try_from(index).unwrap_or(0);
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}
