//! Styled text broken into rows by display width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::text;

/// Text in one style.
pub(crate) type Piece = (String, Style);

/// A piece of outside text, made safe.
pub(crate) fn piece(outside: &str, style: Style) -> Piece {
    (text::line(outside), style)
}

/// Text that is broken into rows together, behind a lead that only the first row shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paragraph {
    /// Stands before the first row; the other rows are indented by its width.
    pub(crate) lead: Piece,
    /// The text.
    pub(crate) pieces: Vec<Piece>,
}

impl Paragraph {
    /// A paragraph of one piece of outside text.
    pub(crate) fn new(lead: (&str, Style), outside: &str, style: Style) -> Self {
        Self { lead: (lead.0.to_owned(), lead.1), pieces: vec![piece(outside, style)] }
    }
}

/// The rows of a paragraph.
pub(crate) fn rows(paragraph: &Paragraph, width: usize) -> Vec<Line<'static>> {
    let hang = text::width(&paragraph.lead.0).min(width.saturating_sub(1));
    let plain: String = paragraph.pieces.iter().map(|(text, _)| text.as_str()).collect();
    let mut source = paragraph
        .pieces
        .iter()
        .flat_map(|(text, style)| text.graphemes(true).map(move |g| (g, *style)))
        .peekable();
    text::wrap(&plain, width.saturating_sub(hang))
        .into_iter()
        .enumerate()
        .map(|(number, row)| {
            let mut spans: Vec<Span<'static>> = Vec::new();
            if number == 0 {
                spans.push(Span::styled(paragraph.lead.0.clone(), paragraph.lead.1));
            } else if hang > 0 {
                spans.push(Span::raw(" ".repeat(hang)));
            }
            let (mut run, mut run_style) = (String::new(), None);
            for grapheme in row.graphemes(true) {
                // Only spaces at a break are missing from the rows, so skipping finds the place.
                let style = loop {
                    match source.next() {
                        Some((g, style)) if g == grapheme => break style,
                        Some(_) => {}
                        None => break Style::new(),
                    }
                };
                if run_style.is_some_and(|before| before != style) {
                    spans.push(Span::styled(std::mem::take(&mut run), run_style.unwrap_or_default()));
                }
                run_style = Some(style);
                run.push_str(grapheme);
            }
            if !run.is_empty() {
                spans.push(Span::styled(run, run_style.unwrap_or_default()));
            }
            Line::from(spans)
        })
        .collect()
}

/// One row, cut to the width with an ellipsis.
pub(crate) fn fit_line(pieces: &[Piece], width: usize) -> Line<'static> {
    let mut left = width;
    let mut spans = Vec::new();
    let total: usize = pieces.iter().map(|(text, _)| text::width(text)).sum();
    for (index, (content, style)) in pieces.iter().enumerate() {
        let rest: usize = pieces.iter().skip(index + 1).map(|(text, _)| text::width(text)).sum();
        let mine = text::width(content);
        // When more follows than fits, the ellipsis goes to the piece that crosses the edge.
        let cut = if mine > left || (mine == left && rest > 0 && total > width) {
            text::fit(&format!("{content} "), left)
        } else {
            content.clone()
        };
        left = left.saturating_sub(text::width(&cut));
        spans.push(Span::styled(cut, *style));
        if left == 0 {
            break;
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{BAD, PLAIN};

    fn plain(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn rows_hang_below_the_text_and_keep_their_styles() {
        let paragraph = Paragraph {
            lead: ("> ".into(), PLAIN),
            pieces: vec![piece("make a ", PLAIN), piece("bucket now", BAD)],
        };
        let rows = rows(&paragraph, 9);
        assert_eq!(rows.iter().map(plain).collect::<Vec<_>>(), ["> make a", "  bucket", "  now"]);
        let red: String = rows
            .iter()
            .flat_map(|r| &r.spans)
            .filter(|s| s.style == BAD)
            .map(|s| s.content.as_ref())
            .collect();
        assert_eq!(red.replace(' ', ""), "bucketnow");
    }

    #[test]
    fn wide_characters_do_not_leave_the_row() {
        let paragraph = Paragraph::new(("", PLAIN), "東京タワーを作る", PLAIN);
        assert!(rows(&paragraph, 5).iter().all(|row| row.width() <= 5));
    }

    #[test]
    fn a_cut_row_ends_with_an_ellipsis() {
        let pieces = [piece("abc", PLAIN), piece("defgh", PLAIN)];
        assert_eq!(plain(&fit_line(&pieces, 5)), "abcd…");
        assert_eq!(plain(&fit_line(&pieces, 8)), "abcdefgh");
        assert_eq!(plain(&fit_line(&pieces, 3)), "ab…");
    }

    #[test]
    fn an_escape_sequence_never_reaches_a_row() {
        let rows = rows(&Paragraph::new(("", PLAIN), "a\u{1b}]0;x\u{7}b\u{9b}2J", PLAIN), 20);
        assert_eq!(plain(&rows[0]), "ab");
    }
}
