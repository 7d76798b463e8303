//! Where a long text is looked at.

/// A place in a text of rows. Either it is fixed to a row, or it follows the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// The first row in view; the end is followed when there is none.
    top: Option<usize>,
    /// How many rows there were when the end was last in view.
    seen: usize,
}

impl Scroll {
    /// At the first row.
    pub(crate) fn at_start() -> Self {
        Self { top: Some(0), seen: 0 }
    }

    /// At the end, wherever it goes.
    pub(crate) fn at_end() -> Self {
        Self { top: None, seen: 0 }
    }

    /// The first row to draw.
    pub(crate) fn first(self, total: usize, height: usize) -> usize {
        let last = total.saturating_sub(height);
        self.top.map_or(last, |top| top.min(last))
    }

    /// Rows that came after the end was last in view.
    pub(crate) fn unseen(self, total: usize) -> usize {
        if self.top.is_none() { 0 } else { total.saturating_sub(self.seen) }
    }

    /// Moves by rows and stays fixed there.
    pub(crate) fn by(&mut self, rows: isize, total: usize, height: usize) {
        let first = self.first(total, height).saturating_add_signed(rows).min(total.saturating_sub(height));
        if self.top.is_none() {
            self.seen = total;
        }
        self.top = Some(first);
    }

    /// Moves by rows; at the end the end is followed again.
    pub(crate) fn by_following(&mut self, rows: isize, total: usize, height: usize) {
        self.by(rows, total, height);
        if self.top.is_some_and(|top| top + height >= total) {
            *self = Self::at_end();
        }
    }

    /// Brings a row into view.
    pub(crate) fn show(&mut self, row: usize, total: usize, height: usize) {
        let first = self.first(total, height);
        if row < first {
            self.top = Some(row);
        } else if row >= first + height.max(1) {
            self.top = Some((row + 1).saturating_sub(height));
        }
    }

    /// To the same text after it was broken into rows anew, given where the first row went.
    pub(crate) fn moved(&mut self, top: usize, total: usize) {
        if self.top.is_some() {
            self.top = Some(top);
            self.seen = total;
        }
    }

    /// Whether the last row is in view.
    pub(crate) fn shows_end(self, total: usize, height: usize) -> bool {
        self.first(total, height) + height >= total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_moves_with_new_rows_and_a_fixed_place_does_not() {
        let mut scroll = Scroll::at_end();
        assert_eq!(scroll.first(100, 10), 90);
        scroll.by_following(-5, 100, 10);
        assert_eq!(scroll.first(100, 10), 85);
        assert_eq!((scroll.first(112, 10), scroll.unseen(112)), (85, 12));
        scroll.by_following(50, 112, 10);
        assert_eq!((scroll.first(120, 10), scroll.unseen(120)), (110, 0));
    }

    #[test]
    fn a_row_is_brought_into_view_from_both_sides() {
        let mut scroll = Scroll::at_start();
        scroll.show(15, 50, 10);
        assert_eq!(scroll.first(50, 10), 6);
        scroll.show(2, 50, 10);
        assert_eq!(scroll.first(50, 10), 2);
    }

    #[test]
    fn the_end_is_seen_only_when_the_last_row_is_in_view() {
        let mut scroll = Scroll::at_start();
        assert!(scroll.shows_end(10, 10));
        assert!(!scroll.shows_end(11, 10));
        scroll.by(1, 11, 10);
        assert!(scroll.shows_end(11, 10));
    }
}
