//! Tables of Markdown: columns while they are narrow, else one `name: value` under the other.

use super::wrap::Paragraph;
use crate::text;
use crate::tui::theme::{DIM, PLAIN, STRONG};

/// The widest table that is drawn in columns.
const WIDEST: usize = 64;

/// Whether a line is a row of a table.
pub(super) fn is_row(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2 && line.starts_with('|') && line.ends_with('|')
}

/// The paragraphs of a table; its first row names the columns.
pub(super) fn table(rows: &[&str], indent: &str) -> Vec<Paragraph> {
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| cells(row)).filter(|row| !is_rule(row)).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|r| r.get(column)).map(|c| text::width(c)).max().unwrap_or(0))
        .collect();
    if widths.iter().sum::<usize>() + 2 * columns <= WIDEST {
        return aligned(&rows, &widths, indent);
    }
    let Some((names, rows)) = rows.split_first() else { return Vec::new() };
    let mut out = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push(Paragraph::new((indent, PLAIN), "", PLAIN));
        }
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let lead = format!("{indent}{}: ", names.get(column).copied().unwrap_or("-"));
            out.push(Paragraph::new((&lead, DIM), cell, PLAIN));
        }
    }
    out
}

fn aligned(rows: &[Vec<&str>], widths: &[usize], indent: &str) -> Vec<Paragraph> {
    rows.iter()
        .enumerate()
        .map(|(number, row)| {
            let line: String = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell}{}  ", " ".repeat(width - text::width(cell).min(*width))))
                .collect();
            let style = if number == 0 { STRONG } else { PLAIN };
            Paragraph::new((indent, PLAIN), line.trim_end(), style)
        })
        .collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

fn is_rule(row: &[&str]) -> bool {
    row.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[&str]) -> Vec<String> {
        table(rows, "")
            .iter()
            .map(|p| format!("{}{}", p.lead.0, p.pieces.iter().map(|(t, _)| t.as_str()).collect::<String>()))
            .collect()
    }

    #[test]
    fn a_narrow_table_stands_in_columns() {
        assert_eq!(
            texts(&["| name | size |", "|---|:--:|", "| 東京 | 1 |", "| logs | 22 |"]),
            ["name  size", "東京  1", "logs  22"]
        );
    }

    #[test]
    fn a_wide_table_is_told_row_by_row() {
        let long = "x".repeat(70);
        assert_eq!(
            texts(&["| name | note |", "| - | - |", &format!("| a | {long} |"), "| b | short |"]),
            ["name: a", &format!("note: {long}"), "", "name: b", "note: short"]
        );
    }

    #[test]
    fn only_closed_rows_are_rows() {
        assert!(is_row(" | a | b | ") && !is_row("| a") && !is_row("a | b"));
    }
}
