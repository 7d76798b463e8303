//! Where things stand on the screen.

use ratatui::layout::Rect;

use super::app::App;
use super::keys::Context;

/// The least that can be worked with.
pub(crate) const LEAST: (u16, u16) = (40, 12);
/// From this width on the panes stand beside the conversation.
const WIDE: u16 = 100;

/// The places for one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Too small for anything but one line.
    pub(crate) too_small: bool,
    pub(crate) header: Rect,
    /// Lines below the header, for warnings that stay.
    pub(crate) banners: Rect,
    pub(crate) transcript: Rect,
    /// The panes, beside or below the conversation; empty when there are none.
    pub(crate) panes: Rect,
    /// Whether one pane at a time is shown, under a line of names.
    pub(crate) tabbed: bool,
    pub(crate) composer: Rect,
    pub(crate) hints: Rect,
    /// What a page over the conversation takes: review, lists, and help.
    pub(crate) page: Rect,
    /// Below the page: the choices of a review.
    pub(crate) choices: Rect,
}

impl Layout {
    /// The places for the state as it is.
    pub(crate) fn of(app: &App) -> Self {
        let (width, height) = app.size;
        if width < LEAST.0 || height < LEAST.1 {
            return Self { too_small: true, ..Self::default() };
        }
        let header = Rect::new(0, 0, width, 1);
        let banner_rows = u16::try_from(app.header.banners.len().min(2)).unwrap_or(0);
        let banners = Rect::new(0, 1, width, banner_rows);
        // A rule below the header, one above the composer, and the hint line.
        let top = 2 + banner_rows;
        let most = usize::from(height / 3).clamp(1, 8);
        let wanted = app.composer.height(usize::from(width.saturating_sub(3))).min(most);
        let composer_rows = u16::try_from(wanted).unwrap_or(1);
        let hints = Rect::new(0, height - 1, width, 1);
        let composer = Rect::new(2, height - 1 - composer_rows, width - 3, composer_rows);
        let bottom = composer.y - 1;
        let body = Rect::new(0, top, width, bottom.saturating_sub(top));

        let choice_rows = review_rows(app).min(height / 2);
        let page_bottom = hints.y - choice_rows;
        let page = Rect::new(1, top, width - 2, page_bottom.saturating_sub(top));
        let choices = Rect::new(1, page_bottom, width - 2, choice_rows);

        let (transcript, panes, tabbed) = share(body, !app.desk.panes().is_empty());
        Self { too_small: false, header, banners, transcript, panes, tabbed, composer, hints, page, choices }
    }
}

fn review_rows(app: &App) -> u16 {
    match (app.context(), &app.review) {
        (Context::Review | Context::Word, Some(review)) if review.request.is_some() => 4,
        _ => 0,
    }
}

/// Shares the body between the conversation and the panes.
fn share(body: Rect, has_panes: bool) -> (Rect, Rect, bool) {
    let words = Rect { x: body.x + 1, width: body.width.saturating_sub(2), ..body };
    if !has_panes {
        return (words, Rect::default(), false);
    }
    if body.width >= WIDE {
        let side = (body.width * 2 / 5).min(72);
        let left = body.width - side;
        let transcript = Rect { x: 1, width: left.saturating_sub(3), ..body };
        return (transcript, Rect { x: left, width: side - 1, ..body }, false);
    }
    if body.height < 10 {
        return (words, Rect::default(), false);
    }
    let rows = (body.height * 2 / 5).min(10);
    let transcript = Rect { height: body.height - rows, ..words };
    (transcript, Rect { y: body.y + body.height - rows, height: rows, ..words }, true)
}
