//! Plan, verdict, cost, and run: beside the conversation when there is room, else one at a time.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::app::{App, Pane};
use crate::tui::layout::Layout;
use crate::tui::page::{self, Piece, fit_line};
use crate::tui::theme::{ACCENT, DIM, PLAIN, STRONG};

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, layout: &Layout) {
    let area = layout.panes;
    if area.height < 2 || area.width < 8 {
        return;
    }
    if layout.tabbed { tabbed(frame, app, area) } else { beside(frame, app, area) }
}

fn lines_of(app: &App, pane: Pane, width: usize, height: usize) -> Vec<Line<'static>> {
    if pane == Pane::Run {
        return app.desk.run.as_ref().map(|run| page::run(run, app.now, width, height)).unwrap_or_default();
    }
    let Some(proposal) = &app.desk.proposal else { return Vec::new() };
    match pane {
        Pane::Verdict => page::verdict(proposal, width),
        Pane::Cost => page::cost(proposal, width),
        Pane::Plan | Pane::Run => page::plan(proposal, width),
    }
}

/// One pane under a line with the names of all.
fn tabbed(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let shown = app.desk.shown_pane();
    let width = usize::from(area.width);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut used = 0;
    for pane in app.desk.panes() {
        let style = if Some(pane) == shown { ACCENT.patch(STRONG) } else { DIM };
        let words =
            if Some(pane) == shown { format!("[{}] ", pane.title()) } else { format!(" {}  ", pane.title()) };
        used += words.len();
        pieces.push((words, style));
    }
    pieces.insert(0, ("── ".into(), DIM));
    pieces.push(("─".repeat(width.saturating_sub(used + 3)), DIM));
    frame.buffer_mut().set_line(area.x, area.y, &fit_line(&pieces, width), area.width);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if let Some(pane) = shown {
        fill(frame, body, &lines_of(app, pane, width, usize::from(body.height)));
    }
}

/// Panes on top of each other; each gets what it needs as long as all get something.
fn beside(frame: &mut Frame<'_>, app: &App, area: Rect) {
    for y in area.top()..area.bottom() {
        frame.buffer_mut().set_string(area.x - 1, y, "│", DIM);
    }
    let area = Rect { x: area.x + 1, width: area.width - 1, ..area };
    let width = usize::from(area.width);
    // The run lists the same steps as the plan, so it stands in its place.
    let panes: Vec<Pane> =
        app.desk.panes().into_iter().filter(|pane| *pane != Pane::Plan || app.desk.run.is_none()).collect();
    let mut panes: Vec<(Pane, Vec<Line<'static>>)> = panes
        .into_iter()
        .map(|pane| (pane, lines_of(app, pane, width, usize::from(area.height / 2))))
        .collect();
    panes.sort_by_key(|(pane, _)| !matches!(pane, Pane::Plan | Pane::Run));
    let wanted: Vec<usize> = panes.iter().map(|(_, lines)| lines.len()).collect();
    let mut y = area.y;
    for ((pane, lines), rows) in panes.iter().zip(shares(&wanted, usize::from(area.height))) {
        let rows = u16::try_from(rows).unwrap_or(0);
        if rows < 2 {
            continue;
        }
        let title = fit_line(&[(pane.title().into(), ACCENT.patch(STRONG))], width);
        frame.buffer_mut().set_line(area.x, y, &title, area.width);
        fill(frame, Rect { y: y + 1, height: rows - 1, ..area }, lines);
        y += rows;
    }
}

/// Rows for each pane: title, lines, and a blank line; what is short is taken from the longest.
fn shares(wanted: &[usize], height: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = wanted.iter().map(|lines| lines + 2).collect();
    while rows.iter().sum::<usize>() > height {
        match rows.iter_mut().max() {
            Some(longest) if *longest > 1 => *longest -= 1,
            _ => break,
        }
    }
    rows
}

/// Draws lines; when there are more than fit, the last row says how many.
fn fill(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'static>]) {
    let height = usize::from(area.height);
    let cut = lines.len() > height;
    let shown = if cut { height.saturating_sub(1) } else { lines.len() };
    for (index, line) in lines.iter().take(shown).enumerate() {
        let y = area.y + u16::try_from(index).unwrap_or(u16::MAX);
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
    if cut && height > 0 {
        let more = format!("… {} more, Tab shows all", lines.len() - shown);
        let line = fit_line(&[(more, DIM), (String::new(), PLAIN)], usize::from(area.width));
        frame.buffer_mut().set_line(area.x, area.bottom() - 1, &line, area.width);
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn the_longest_pane_gives_way_first() {
        assert_eq!(shares(&[20, 1, 1], 20), [14, 3, 3]);
        assert_eq!(shares(&[2, 1, 1], 20), [4, 3, 3]);
        assert!(shares(&[50, 50, 50], 9).iter().sum::<usize>() <= 9);
    }
}
