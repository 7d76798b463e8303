//! The little Markdown that models write: headings, lists, code, and emphasis.

use ratatui::style::{Modifier, Style};

use super::table;
use super::wrap::{Paragraph, Piece};
use crate::text;
use crate::tui::theme::{ACCENT, DIM, PLAIN, STRONG};

/// The paragraphs of a text. Code blocks and unknown marks stay as they are written.
pub(crate) fn markdown(outside: &str, indent: &str) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    let mut code = false;
    let clean = text::sanitize(outside).replace('\t', "    ");
    let mut lines = clean.trim_end().split('\n').peekable();
    while let Some(line) = lines.next() {
        if !code && table::is_row(line) {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| table::is_row(line)) {
                rows.push(row);
            }
            paragraphs.extend(table::table(&rows, indent));
            continue;
        }
        if line.trim_start().starts_with("```") {
            code = !code;
            continue;
        }
        if code {
            let lead = format!("{indent}  ");
            paragraphs.push(Paragraph { lead: (lead, DIM), pieces: vec![(line.to_owned(), ACCENT)] });
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let body = line.trim_start();
        let (lead, body, style) = if let Some(heading) = heading(body) {
            (indent.to_owned(), heading, STRONG)
        } else if let Some(item) = body.strip_prefix("- ").or_else(|| body.strip_prefix("* ")) {
            (format!("{indent}{}- ", " ".repeat(depth)), item, PLAIN)
        } else {
            (format!("{indent}{}", " ".repeat(depth)), body, PLAIN)
        };
        paragraphs.push(Paragraph { lead: (lead, PLAIN), pieces: inline(body, style) });
    }
    paragraphs
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    if rest.len() < line.len() { rest.strip_prefix(' ') } else { None }
}

/// Emphasis and code inside a line. A mark without its partner is text.
fn inline(line: &str, style: Style) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let bold = rest.find("**").map(|at| (at, "**", style.add_modifier(Modifier::BOLD)));
        let code = rest.find('`').map(|at| (at, "`", ACCENT));
        let next = [bold, code].into_iter().flatten().min_by_key(|(at, ..)| *at);
        let found = next.and_then(|(at, mark, inner)| {
            let (before, after) = (rest.get(..at)?, rest.get(at + mark.len()..)?);
            let (content, after) = after.split_once(mark)?;
            Some((before, content, after, inner))
        });
        let Some((before, content, after, inner)) = found else {
            pieces.push((rest.to_owned(), style));
            break;
        };
        for (text, style) in [(before, style), (content, inner)] {
            if !text.is_empty() {
                pieces.push((text.to_owned(), style));
            }
        }
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        markdown(source, "")
            .iter()
            .map(|p| format!("{}{}", p.lead.0, p.pieces.iter().map(|(t, _)| t.as_str()).collect::<String>()))
            .collect()
    }

    #[test]
    fn marks_become_styles() {
        assert_eq!(texts("# Plan\n- a **big** `thing`"), ["Plan", "- a big thing"]);
    }

    #[test]
    fn a_lone_mark_is_text() {
        assert_eq!(texts("2 ** 3 and a ` tick"), ["2 ** 3 and a ` tick"]);
    }

    #[test]
    fn code_keeps_its_marks() {
        assert_eq!(texts("```sh\n# not a heading\n```"), ["  # not a heading"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(source in "[a-z*`#\\- \n东]{0,80}") {
            markdown(&source, "  ");
        }
    }
}
