//! A picture of a screen, made from its cells.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::text;

const CELL: (u16, u16) = (9, 19);
const MARGIN: u16 = 14;
const PAPER: &str = "#1d2330";
const INK: &str = "#d8dee9";

/// An SVG of the cells, with the terminal's own colours as a calm dark theme.
#[must_use]
pub fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (width, height) = (area.width * CELL.0 + 2 * MARGIN, area.height * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"15\" xml:space=\"preserve\">\n"
    );
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let Some(cell) = buffer.cell((x, y)) else { break };
            let start = x;
            let mut words = String::new();
            // Cells that look alike are one run of text; a wide sign takes two cells.
            while let Some(next) = buffer.cell((x, y)).filter(|c| x < area.right() && alike(c, cell)) {
                words.push_str(next.symbol());
                x += u16::try_from(text::width(next.symbol()).max(1)).unwrap_or(1);
            }
            run(&mut out, cell, &words, start - area.left(), y - area.top(), x - start);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn alike(one: &Cell, other: &Cell) -> bool {
    (one.fg, one.bg, one.modifier) == (other.fg, other.bg, other.modifier)
}

fn run(out: &mut String, cell: &Cell, words: &str, column: u16, row: u16, cells: u16) {
    let (x, y) = (MARGIN + column * CELL.0, MARGIN + row * CELL.1);
    let (mut ink, mut paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    if paper != PAPER {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" fill=\"{paper}\"/>",
            cells * CELL.0,
            CELL.1
        );
    }
    if words.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::DIM) {
        style.push_str(" opacity=\"0.6\"");
    }
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{}\" fill=\"{ink}\"{style} textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{escaped}</text>",
        y + CELL.1 - 5,
        cells * CELL.0
    );
}

fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Red | Color::LightRed => "#e0707a",
        Color::Green | Color::LightGreen => "#98c379",
        Color::Magenta | Color::LightMagenta => "#d597ce",
        Color::Cyan | Color::LightCyan => "#6cc7d4",
        Color::Blue | Color::LightBlue => "#6fa8ef",
        Color::Yellow | Color::LightYellow => "#d8b36a",
        Color::DarkGray | Color::Gray => "#8a93a5",
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn signs_of_markup_are_escaped_and_runs_are_joined() {
        let mut buffer = Buffer::with_lines(["a<b & c"]);
        buffer.set_style(buffer.area, Style::new().fg(Color::Red));
        let picture = svg(&buffer);
        assert!(picture.contains("a&lt;b &amp; c"), "{picture}");
        assert_eq!(picture.matches("<text").count(), 1);
    }

    #[test]
    fn a_wide_sign_is_drawn_once() {
        let picture = svg(&Buffer::with_lines(["東x"]));
        assert!(picture.contains("東x") && picture.contains("textLength=\"27\""), "{picture}");
    }
}
