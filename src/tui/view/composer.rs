//! The composer and the rule above it, which carries what must not be overlooked.

use ratatui::Frame;
use ratatui::layout::Position;

use crate::text;
use crate::tui::app::App;
use crate::tui::layout::Layout;
use crate::tui::page::{Piece, fit_line};
use crate::tui::theme::{ACCENT, DIM, STRONG, WARN};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    rule(frame, app, layout);
    let area = layout.composer;
    frame.buffer_mut().set_string(0, area.y, "›", ACCENT);
    if let Some(search) = search_line(app) {
        let line = fit_line(&search, usize::from(area.width));
        frame.buffer_mut().set_line(area.x, area.y, &line, area.width);
        let x = area.x + u16::try_from(text::width(search.first().map_or("", |p| p.0.as_str()))).unwrap_or(0);
        frame.set_cursor_position(Position::new(x.min(area.right()), area.y));
        return;
    }
    let textarea = app.composer.area();
    frame.render_widget(textarea, area);
    let (cursor, (top, left)) = (textarea.screen_cursor(), textarea.scroll_offset());
    let row = u16::try_from(cursor.row).unwrap_or(u16::MAX).saturating_sub(top);
    let column = u16::try_from(cursor.col).unwrap_or(u16::MAX).saturating_sub(left);
    if row < area.height {
        frame.set_cursor_position(Position::new((area.x + column).min(area.right()), area.y + row));
    }
}

fn rule(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let width = usize::from(layout.hints.width);
    let y = layout.composer.y - 1;
    frame.buffer_mut().set_string(0, y, "─".repeat(width), DIM);
    let mut left: Vec<Piece> = Vec::new();
    if app.desk.decision().is_some() {
        let words = if app.header.read_only {
            " A plan is proposed (read-only). Press Tab or type /review to read it "
        } else {
            " A plan waits for you. Press Tab or type /review to decide "
        };
        left.push((words.into(), WARN.patch(STRONG)));
    }
    if let Some(first) = app.queue.first() {
        let more = app.queue.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        left.push((format!(" Waits for its turn: {}{more} ", text::fit(&text::line(first), 40)), ACCENT));
    }
    if !left.is_empty() {
        let line = fit_line(&left, width.saturating_sub(4));
        frame.buffer_mut().set_line(2, y, &line, layout.hints.width.saturating_sub(4));
    }
    let unseen = app.transcript.scroll.unseen(app.transcript.total());
    let below =
        !app.transcript.scroll.shows_end(app.transcript.total(), usize::from(layout.transcript.height));
    if below {
        let words = match unseen {
            0 => " Ctrl+End: to the end ".to_owned(),
            1 => " 1 new line · Ctrl+End ".to_owned(),
            n => format!(" {n} new lines · Ctrl+End "),
        };
        let cells = u16::try_from(text::width(&words)).unwrap_or(0);
        let used: usize = left.iter().map(|(words, _)| text::width(words)).sum();
        if used + usize::from(cells) + 6 < width {
            frame.buffer_mut().set_string(layout.hints.width - cells - 2, y, words, ACCENT);
        }
    }
}

/// What the composer's line says while something is searched for: words, then what was found.
fn search_line(app: &App) -> Option<Vec<Piece>> {
    if let Some(words) = &app.history.search {
        let found = text::line(app.history.found().unwrap_or("nothing found"));
        return Some(vec![(format!("search sent words: {words}"), ACCENT), (format!("  {found}"), DIM)]);
    }
    let (words, row) = app.find.as_ref()?;
    let found = match (words.is_empty(), row) {
        (true, _) => "",
        (false, Some(_)) => "  found",
        (false, None) => "  nothing found",
    };
    Some(vec![(format!("find: {words}"), ACCENT), (found.into(), DIM)])
}
