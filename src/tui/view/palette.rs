//! The list of commands above the composer.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use crate::text;
use crate::tui::app::{App, matching};
use crate::tui::keys::Context;
use crate::tui::layout::Layout;
use crate::tui::page::fit_line;
use crate::tui::theme::{ACCENT, DIM, PLAIN, SELECTED};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    if app.context() != Context::Palette {
        return;
    }
    let found = matching(&app.composer.text());
    let bottom = layout.composer.y - 1;
    let rows = u16::try_from(found.len()).unwrap_or(0).min(bottom.saturating_sub(layout.transcript.y));
    let width = layout.hints.width.min(72);
    let area = Rect::new(0, bottom - rows, width, rows);
    frame.render_widget(Clear, area);
    let first = (app.chosen + 1).saturating_sub(usize::from(rows));
    for (index, slash) in found.iter().enumerate().skip(first).take(usize::from(rows)) {
        let name = format!("  {} {}", slash.name, slash.argument);
        let spaces = " ".repeat(26usize.saturating_sub(text::width(&name)).max(1));
        let pieces = [(name, ACCENT), (spaces, PLAIN), (slash.help.to_owned(), DIM)];
        let y = area.y + u16::try_from(index - first).unwrap_or(0);
        frame.buffer_mut().set_line(area.x, y, &fit_line(&pieces, usize::from(width)), width);
        if index == app.chosen {
            frame.buffer_mut().set_style(Rect { y, height: 1, ..area }, SELECTED);
        }
    }
}
