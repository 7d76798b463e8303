//! The words that are being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Style;
use tui_textarea::{CursorMove, TextArea, WrapMode};

use crate::text;

/// The composer.
#[derive(Clone, Debug)]
pub(crate) struct Composer {
    area: TextArea<'static>,
}

impl Composer {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    fn with(words: &str) -> Self {
        let mut area = TextArea::new(words.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        // The terminal's own cursor stands at the insertion point, so none is painted.
        area.set_cursor_style(Style::new());
        area.set_cursor_line_style(Style::new());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// The widget.
    pub(crate) fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    pub(crate) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Puts other words in the place of these.
    pub(crate) fn set(&mut self, words: &str) {
        *self = Self::with(words);
    }

    /// Takes the words out.
    pub(crate) fn take(&mut self) -> String {
        let words = self.text();
        self.set("");
        words
    }

    /// A key that types or edits. Returns whether anything changed.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Enter => false,
            // What AltGr types arrives with both modifiers on some terminals.
            KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                self.area.insert_char(c);
                true
            }
            _ => self.area.input(key),
        }
    }

    pub(crate) fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Pasted text; its line ends stay line ends and send nothing.
    pub(crate) fn paste(&mut self, pasted: &str) {
        self.area.insert_str(text::sanitize(pasted).replace('\t', "    "));
    }

    /// Moves a row up, as the words stand on the screen. Returns whether there was one.
    pub(crate) fn up(&mut self) -> bool {
        self.moved(CursorMove::Up)
    }

    /// Moves a row down. Returns whether there was one.
    pub(crate) fn down(&mut self) -> bool {
        self.moved(CursorMove::Down)
    }

    fn moved(&mut self, way: CursorMove) -> bool {
        let row = self.area.screen_cursor().row;
        self.area.move_cursor(way);
        self.area.screen_cursor().row != row
    }

    /// How many rows the words take at a width.
    pub(crate) fn height(&self, width: usize) -> usize {
        self.area.lines().iter().map(|line| text::wrap(line, width.max(1)).len()).sum::<usize>().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_lines_stay_in_the_composer_and_cannot_drive_the_terminal() {
        let mut composer = Composer::new();
        composer.paste("one\r\ntwo\u{1b}[201~\n");
        assert_eq!(composer.text(), "one\ntwo\n");
    }

    #[test]
    fn a_sign_with_alt_gr_is_typed() {
        let mut composer = Composer::new();
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        assert!(composer.key(KeyEvent::new(KeyCode::Char('@'), alt_gr)));
        assert_eq!(composer.text(), "@");
    }

    #[test]
    fn the_edge_of_the_text_is_where_no_row_follows() {
        let mut composer = Composer::new();
        composer.set("one\ntwo");
        assert!(composer.up());
        assert!(!composer.up());
        assert!(composer.down());
        assert!(!composer.down());
    }

    #[test]
    fn long_words_take_more_rows() {
        let mut composer = Composer::new();
        composer.set("create a bucket\nnow");
        assert_eq!(composer.height(8), 3);
    }
}
