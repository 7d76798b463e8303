//! Widths in terminal cells.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to a number of cells, with an ellipsis if anything was cut.
#[must_use]
pub fn fit(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    if cells == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > cells - 1 {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    out.push('…');
    out
}

/// The text broken into lines of at most so many cells, at spaces where possible. Newlines
/// in the text start new lines; nothing is lost but the spaces at a break.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in unbroken(paragraph) {
            let wide = word.width();
            if used + wide <= cells {
                line.push_str(word);
                used += wide;
                continue;
            }
            if word.trim().is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let wide = grapheme.width();
                if used + wide > cells && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(line);
    }
    lines
}

/// The parts of a line between which it may be broken: runs of spaces, and what stands between
/// them; wide characters may also be parted from each other.
fn unbroken(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut before: Option<&str> = None;
    for (at, word) in line.split_word_bound_indices() {
        let breaks = before.is_some_and(|before| {
            before.trim().is_empty() != word.trim().is_empty()
                || (is_wide_letter(before) && is_wide_letter(word))
        });
        if breaks {
            parts.extend(line.get(start..at));
            start = at;
        }
        before = Some(word);
    }
    parts.extend(line.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

/// Whether a word is written in letters of two cells; their punctuation stays with the word.
fn is_wide_letter(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_alphanumeric()) && word.width() == 2 * word.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        assert_eq!(fit("東京タワー", 5), "東京…");
        assert_eq!(width(&fit("東京タワー", 4)), 3);
    }

    #[test]
    fn long_words_break_and_short_ones_do_not() {
        assert_eq!(wrap("create a bucket", 9), ["create a", "bucket"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
    }

    #[test]
    fn signs_stay_with_their_words() {
        assert_eq!(wrap("in Frankfurt, now", 12), ["in", "Frankfurt,", "now"]);
        assert_eq!(wrap("1.00 USD/month", 9), ["1.00", "USD/month"]);
        assert_eq!(wrap("東京に。作る", 6), ["東京", "に。作", "る"]);
    }

    proptest::proptest! {
        #[test]
        fn wrapped_lines_fit_and_keep_every_word(text in "[a-zA-Z0-9 東京]{0,60}", cells in 2usize..20) {
            let lines = wrap(&text, cells);
            for line in &lines {
                proptest::prop_assert!(width(line) <= cells, "{:?}", line);
            }
            let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(squeeze(&lines.concat()), squeeze(&text));
        }
    }
}
