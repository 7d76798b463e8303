//! Text that streams in, made safe piece by piece with the result of cleaning it whole.

use crate::text::sanitize;

/// How models without a field for it mark what they think before they answer.
const THINKS: (&str, &str) = ("<think>", "</think>");

/// Cleans a stream of text. What may be the beginning of an escape sequence is held back until
/// it is complete, at the latest at the line's end. Thoughts before the answer are dropped.
#[derive(Debug, Default)]
pub(super) struct Cleaner {
    held: String,
    thought: Thought,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Thought {
    /// Nothing of the answer has come yet.
    #[default]
    Perhaps,
    /// Inside the marks.
    Inside,
    /// Behind the marks, or there were none.
    Over,
}

impl Cleaner {
    /// The next piece of clean text; may be empty.
    pub(super) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        if !self.past_thought() {
            return String::new();
        }
        let end = safe_end(&self.held);
        let rest = self.held.split_off(end);
        sanitize(&std::mem::replace(&mut self.held, rest))
    }

    /// What was held back, when nothing more comes.
    pub(super) fn finish(&mut self) -> String {
        if self.thought == Thought::Inside {
            self.held.clear();
        }
        self.thought = Thought::Over;
        sanitize(&std::mem::take(&mut self.held))
    }

    /// Whether the answer itself has begun; drops what was only thought.
    fn past_thought(&mut self) -> bool {
        if self.thought == Thought::Perhaps {
            let begun = self.held.trim_start();
            if begun.starts_with(THINKS.0) {
                self.thought = Thought::Inside;
            } else if THINKS.0.starts_with(begun) {
                return false;
            } else {
                self.thought = Thought::Over;
            }
        }
        if self.thought == Thought::Inside {
            let Some(end) = self.held.find(THINKS.1) else { return false };
            let answer = self.held.split_off(end + THINKS.1.len());
            self.held = answer.trim_start().to_owned();
            // Blank lines between thoughts and answer may still come.
            if self.held.is_empty() {
                self.held.push_str(THINKS.1);
                self.held.insert_str(0, THINKS.0);
                return false;
            }
            self.thought = Thought::Over;
        }
        true
    }
}

/// How much of a text can be cleaned without knowing what follows.
fn safe_end(text: &str) -> usize {
    // A line feed may follow a carriage return.
    let text = text.strip_suffix('\r').unwrap_or(text);
    let line = text.rfind('\n').map_or(0, |end| end + 1);
    let opens = |c| matches!(c, '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}');
    // Every sequence ends at a line's end, so the lines before this one are complete.
    if text[line..].contains(opens) && !is_complete(&text[line..]) { line } else { text.len() }
}

/// Whether the next letter would be text: an open sequence would swallow it.
fn is_complete(line: &str) -> bool {
    !line.ends_with('\u{1b}') && sanitize(&format!("{line}X")).ends_with('X')
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn clean(pieces: &[&str]) -> String {
        let mut cleaner = Cleaner::default();
        let mut out: String = pieces.iter().map(|piece| cleaner.push(piece)).collect();
        out.push_str(&cleaner.finish());
        out
    }

    #[test]
    fn ordinary_text_comes_at_once() {
        let mut cleaner = Cleaner::default();
        assert_eq!(cleaner.push("one "), "one ");
        assert_eq!(cleaner.push("two\n"), "two\n");
    }

    #[test]
    fn text_behind_a_complete_sequence_comes_at_once() {
        let mut cleaner = Cleaner::default();
        assert_eq!(cleaner.push("\u{1b}[3"), "");
        assert_eq!(cleaner.push("1mred "), "red ");
        assert_eq!(cleaner.push("and more"), "and more");
    }

    #[test]
    fn a_sequence_cut_in_the_middle_vanishes_whole() {
        assert_eq!(clean(&["a\u{1b}", "[3", "1mred"]), "ared");
        assert_eq!(clean(&["a\u{1b}]0;ti", "tle\u{7}b\r", "\nc"]), "ab\nc");
    }

    #[test]
    fn thoughts_before_the_answer_are_dropped_and_marks_in_it_stay() {
        assert_eq!(clean(&["<thi", "nk>let me", " see</thi", "nk>\n", "\nyes"]), "yes");
        assert_eq!(clean(&["write <think> into it"]), "write <think> into it");
        assert_eq!(clean(&["<think>and never an end"]), "");
        assert_eq!(clean(&["<thin"]), "<thin");
    }

    proptest! {
        #[test]
        fn however_a_text_is_cut_it_is_cleaned_as_whole(
            text in proptest::collection::vec(prop_oneof![
                Just('\u{1b}'), Just('['), Just(']'), Just('\r'), Just('\n'), Just('\u{9b}'), Just('\u{7}'),
                Just('\u{9d}'), Just('\\'), Just('3'), Just('m'), Just(' '), any::<char>(),
            ], 0..40),
            cuts in proptest::collection::vec(0usize..80, 0..6),
        ) {
            let text: String = std::iter::once('.').chain(text).collect();
            let mut places: Vec<usize> = cuts.iter().map(|c| text.floor_char_boundary(*c)).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let pieces: Vec<&str> = places.windows(2).map(|w| &text[w[0]..w[1]]).collect();
            prop_assert_eq!(clean(&pieces), sanitize(&text));
        }
    }
}
