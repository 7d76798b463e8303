//! The whole frame.

use ratatui::Frame;
use ratatui::text::Line;

use super::{browser, composer, header, palette, panes, question, review, scrolled, status};
use crate::tui::app::App;
use crate::tui::keys::Context;
use crate::tui::layout::{LEAST, Layout};
use crate::tui::page;
use crate::tui::theme::{self, STRONG};

/// Draws the state.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App) {
    let layout = Layout::of(app);
    if layout.too_small {
        let words = format!("Needs {} x {} cells", LEAST.0, LEAST.1);
        frame.render_widget(Line::styled(words, STRONG), frame.area());
    } else {
        header::draw(frame, app, &layout);
        match app.context() {
            Context::Help => {
                let lines = page::help(usize::from(layout.page.width));
                if let Some(scroll) = app.help {
                    scrolled::draw(frame, layout.page, &lines, scroll);
                }
            }
            Context::Review | Context::Word => review::draw(frame, app, &layout),
            Context::Browser | Context::Detail => browser::draw(frame, app, &layout),
            Context::Question => question::draw(frame, app, &layout),
            _ => chat(frame, app, &layout),
        }
        status::draw(frame, app, &layout);
    }
    theme::settle(frame.buffer_mut(), app.look);
}

fn chat(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let area = layout.transcript;
    if app.transcript.total() == 0 {
        scrolled::welcome(frame, app, area);
    }
    let first = app.transcript.scroll.first(app.transcript.total(), usize::from(area.height));
    let rows: Vec<&Line<'static>> = app.transcript.rows(first, usize::from(area.height)).collect();
    let marked = app.find.as_ref().and_then(|(_, row)| row.and_then(|row| row.checked_sub(first)));
    // A short conversation stands at the bottom, next to the words that come.
    let empty = usize::from(area.height).saturating_sub(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let y = area.y + u16::try_from(index + empty).unwrap_or(u16::MAX);
        frame.buffer_mut().set_line(area.x, y, row, area.width);
        if marked == Some(index) {
            let place = ratatui::layout::Rect { y, height: 1, ..area };
            frame.buffer_mut().set_style(place, theme::SELECTED);
        }
    }
    panes::draw(frame, app, layout);
    composer::draw(frame, app, layout);
    palette::draw(frame, app, layout);
}
