//! The line that always says where requests go.

use ratatui::Frame;

use crate::plan::Target;
use crate::text;
use crate::tui::app::App;
use crate::tui::layout::Layout;
use crate::tui::page::{Piece, fit_line, piece};
use crate::tui::theme::{self, ACCENT, DIM, PLAIN, STRONG, WARN};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let width = usize::from(layout.header.width);
    let target = app.header.target;
    let mut pieces: Vec<Piece> =
        vec![(" ".into(), PLAIN), (target.as_str().to_uppercase(), theme::target(target))];
    if app.header.read_only {
        pieces.push((" · READ-ONLY".into(), WARN));
    }
    for cloud in &app.header.clouds {
        pieces.push((" · ".into(), DIM));
        pieces.push(piece(cloud, PLAIN));
    }
    if !app.header.planner.is_empty() {
        pieces.push((" · ".into(), DIM));
        pieces.push(piece(&app.header.planner, ACCENT));
    }
    if app.header.tokens > 0 {
        pieces.push((format!(" · {} tokens", thousands(app.header.tokens)), DIM));
    }
    let used: usize = pieces.iter().map(|(words, _)| text::width(words)).sum();
    let name = text::line(&app.name);
    let left = width.saturating_sub(used + 3);
    if left >= 8 && !name.is_empty() {
        let name = text::fit(&name, left);
        pieces.push((" ".repeat(width - used - text::width(&name) - 1), PLAIN));
        pieces.push((name, STRONG));
    }
    let line = fit_line(&pieces, width);
    frame.buffer_mut().set_line(0, layout.header.y, &line, layout.header.width);
    for (index, banner) in app.header.banners.iter().take(usize::from(layout.banners.height)).enumerate() {
        let y = layout.banners.y + u16::try_from(index).unwrap_or(0);
        let line = fit_line(&[(" Warning: ".into(), WARN), piece(banner, PLAIN)], width);
        frame.buffer_mut().set_line(0, y, &line, layout.banners.width);
    }
    // A live session has another frame, so that it is seen without being read.
    let frame_style = if target == Target::Live { theme::target(target) } else { DIM };
    let rule = "─".repeat(width);
    frame.buffer_mut().set_string(0, layout.banners.y + layout.banners.height, rule, frame_style);
}

fn thousands(count: u64) -> String {
    if count < 1000 { count.to_string() } else { format!("{}.{}k", count / 1000, count % 1000 / 100) }
}
