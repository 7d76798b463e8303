//! Keys and commands, from their tables.

use ratatui::text::Line;

use super::wrap::{Paragraph, rows};
use crate::text;
use crate::tui::app::SLASH;
use crate::tui::keys::{Context, explained};
use crate::tui::theme::{ACCENT, DIM, PLAIN, STRONG};

const CHAPTERS: [(&str, Context); 7] = [
    ("While typing", Context::Draft),
    ("With nothing typed", Context::Empty),
    ("In the review of a plan", Context::Review),
    ("In the lists", Context::Browser),
    ("In an execution", Context::Detail),
    ("In a question", Context::Question),
    ("In a search", Context::History),
];

/// The help page.
pub(crate) fn help(width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |lead: String, style, words: &str, word_style| {
        lines.extend(rows(&Paragraph::new((&lead, style), words, word_style), width));
    };
    add(
        String::new(),
        PLAIN,
        "Say what you need in your own words. Nothing changes before you approve it.",
        PLAIN,
    );
    add(String::new(), PLAIN, "", PLAIN);
    add(String::new(), PLAIN, "Commands", STRONG);
    for slash in SLASH {
        add(lead(&format!("{} {}", slash.name, slash.argument)), ACCENT, slash.help, PLAIN);
    }
    let mut told: Vec<(String, &str)> = Vec::new();
    for (title, context) in CHAPTERS {
        let new: Vec<_> = explained(context).into_iter().filter(|line| !told.contains(line)).collect();
        if new.is_empty() {
            continue;
        }
        add(String::new(), PLAIN, "", PLAIN);
        add(String::new(), PLAIN, title, STRONG);
        for (keys, words) in &new {
            add(lead(keys), ACCENT, words, PLAIN);
        }
        told.extend(new);
    }
    add(String::new(), PLAIN, "", PLAIN);
    add(String::new(), PLAIN, "The mouse is left to the terminal: select and copy as always.", DIM);
    lines
}

fn lead(words: &str) -> String {
    let spaces = 30usize.saturating_sub(text::width(words)).max(2);
    format!("  {words}{}", " ".repeat(spaces))
}
