//! The lists of conversations and executions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::scrolled;
use crate::tui::app::{App, Browser, List};
use crate::tui::layout::Layout;
use crate::tui::page::{self, Piece, fit_line, piece};
use crate::tui::theme::{ACCENT, DIM, PLAIN, SELECTED, STRONG};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let Some(browser) = &app.browser else { return };
    if let Some(detail) = &browser.detail {
        scrolled::draw(frame, layout.page, &app.detail_rows(), detail.scroll);
        return;
    }
    let area = layout.page;
    let width = usize::from(area.width);
    frame.buffer_mut().set_line(area.x, area.y, &fit_line(&title(browser), width), area.width);
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let Some(lines) = lines(app, browser, width) else {
        frame.buffer_mut().set_string(list.x, list.y, "Looking …", DIM);
        return;
    };
    if lines.is_empty() {
        let words = if browser.filter.is_empty() { "Nothing here yet." } else { "Nothing matches." };
        frame.buffer_mut().set_string(list.x, list.y, words, DIM);
    }
    let height = usize::from(list.height);
    let first = (browser.chosen + 1).saturating_sub(height);
    for (index, line) in lines.iter().enumerate().skip(first).take(height) {
        let y = list.y + u16::try_from(index - first).unwrap_or(0);
        frame.buffer_mut().set_line(list.x, y, line, list.width);
        if index == browser.chosen {
            frame.buffer_mut().set_style(Rect { y, height: 1, ..list }, SELECTED);
        }
    }
}

fn title(browser: &Browser) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (list, name) in [(List::Sessions, "Conversations"), (List::Executions, "Executions")] {
        let style = if list == browser.list { ACCENT.patch(STRONG) } else { DIM };
        let words = if list == browser.list { format!("[{name}]  ") } else { format!(" {name}   ") };
        pieces.push((words, style));
    }
    pieces.push(("type to filter: ".into(), DIM));
    pieces.push(piece(&browser.filter, PLAIN));
    pieces
}

fn lines(app: &App, browser: &Browser, width: usize) -> Option<Vec<Line<'static>>> {
    Some(match browser.list {
        List::Sessions => {
            browser.sessions()?.into_iter().map(|s| page::session_line(s, &app.zone, width)).collect()
        }
        List::Executions => {
            browser.executions()?.into_iter().map(|x| page::execution_line(x, &app.zone, width)).collect()
        }
    })
}
