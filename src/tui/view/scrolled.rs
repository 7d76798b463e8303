//! A page of rows, and what stands there before anything was said.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::app::App;
use crate::tui::page::{Paragraph, rows};
use crate::tui::scroll::Scroll;
use crate::tui::theme::{ACCENT, DIM, PLAIN, STRONG};

/// Draws the rows in view, and how much lies below.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'static>], scroll: Scroll) {
    let height = usize::from(area.height);
    let first = scroll.first(lines.len(), height);
    for (index, line) in lines.iter().skip(first).take(height).enumerate() {
        let y = area.y + u16::try_from(index).unwrap_or(u16::MAX);
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
    let below = lines.len().saturating_sub(first + height);
    if below > 0 && area.height > 0 {
        let words = if below == 1 { " 1 line below ".to_owned() } else { format!(" {below} lines below ") };
        let width = u16::try_from(words.len()).unwrap_or(0);
        let (x, y) = (area.right().saturating_sub(width), area.bottom());
        frame.buffer_mut().set_stringn(x, y, words, usize::from(area.width), ACCENT);
    }
}

/// The first thing a person sees.
pub(super) fn welcome(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let sandbox = app.header.target == crate::plan::Target::Sandbox;
    let place = if sandbox {
        "You are in the sandbox: nothing outside this machine is touched."
    } else {
        "You are live: approved plans change real accounts."
    };
    let paragraphs = [
        Paragraph::new(("", PLAIN), "What do you need?", STRONG),
        Paragraph::new(("", PLAIN), "", PLAIN),
        Paragraph::new(("", PLAIN), "Say it in your own words, for example:", PLAIN),
        Paragraph::new(
            ("  › ", ACCENT),
            "create a private, encrypted S3 bucket called demo-logs in Frankfurt",
            PLAIN,
        ),
        Paragraph::new(("", PLAIN), "", PLAIN),
        Paragraph::new(
            ("", PLAIN),
            "You see the plan, the verdict, and the cost before anything happens.",
            DIM,
        ),
        Paragraph::new(("", PLAIN), place, DIM),
    ];
    let lines: Vec<Line<'static>> =
        paragraphs.iter().flat_map(|p| rows(p, usize::from(area.width.saturating_sub(1)))).collect();
    let top = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (index, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(index + top).unwrap_or(u16::MAX);
        if y < area.bottom() {
            frame.buffer_mut().set_line(area.x + 1, y, line, area.width.saturating_sub(1));
        }
    }
}
