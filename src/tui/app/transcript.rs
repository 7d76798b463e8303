//! The conversation, broken into rows of the current width.

use ratatui::text::Line;

use crate::protocol::Role;
use crate::text;
use crate::tui::page::{Passage, rows, said};
use crate::tui::scroll::Scroll;

/// Everything that was said, with its rows.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    blocks: Vec<Block>,
    /// What the agent is saying and has not finished.
    live: String,
    live_rows: Vec<Line<'static>>,
    width: usize,
    pub(crate) scroll: Scroll,
}

#[derive(Clone, Debug)]
struct Block {
    passage: Passage,
    rows: Vec<Line<'static>>,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            live: String::new(),
            live_rows: Vec::new(),
            width: 80,
            scroll: Scroll::at_end(),
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { width: self.width, ..Self::new() };
    }

    pub(crate) fn add(&mut self, passage: Passage) {
        let rows = self.rows_of(&passage, self.blocks.last().map(|b| b.passage.tight));
        self.blocks.push(Block { passage, rows });
    }

    /// Takes the place of the last passage if that one is close-set, as a finished look-up does
    /// with its beginning.
    pub(crate) fn replace_tight(&mut self, passage: Passage) {
        if self.blocks.last().is_some_and(|last| last.passage.tight) {
            self.blocks.pop();
        }
        self.add(passage);
    }

    /// Appends to what the agent is saying. Only whole words are shown.
    pub(crate) fn stream(&mut self, piece: &str) {
        self.live.push_str(piece);
        let end = self.live.rfind(char::is_whitespace).unwrap_or(0);
        let whole = self.live.get(..end).unwrap_or_default().to_owned();
        self.live_rows = if whole.trim().is_empty() {
            Vec::new()
        } else {
            self.rows_of(&said(Role::Agent, &whole), Some(false))
        };
    }

    /// Forgets what was streamed, because the whole is there now.
    pub(crate) fn end_stream(&mut self) {
        self.live.clear();
        self.live_rows.clear();
    }

    /// What was streamed so far.
    pub(crate) fn streamed(&self) -> &str {
        &self.live
    }

    /// Breaks everything anew when the width has changed; the passage on top stays on top.
    pub(crate) fn reflow(&mut self, width: usize, height: usize) {
        if width == self.width {
            return;
        }
        let first = self.scroll.first(self.total(), height);
        let mut before = 0;
        let top = self.blocks.iter().position(|block| {
            before += block.rows.len();
            before > first
        });
        self.width = width;
        let mut tight = None;
        let mut moved = 0;
        for index in 0..self.blocks.len() {
            let Some(block) = self.blocks.get(index) else { break };
            let rows = self.rows_of(&block.passage, tight);
            tight = Some(block.passage.tight);
            if top.is_some_and(|top| index < top) {
                moved += rows.len();
            }
            if let Some(block) = self.blocks.get_mut(index) {
                block.rows = rows;
            }
        }
        self.stream("");
        let total = self.total();
        self.scroll.moved(moved, total);
    }

    /// How many rows there are.
    pub(crate) fn total(&self) -> usize {
        self.blocks.iter().map(|block| block.rows.len()).sum::<usize>() + self.live_rows.len()
    }

    /// Rows from a place on.
    pub(crate) fn rows(&self, first: usize, count: usize) -> impl Iterator<Item = &Line<'static>> {
        self.blocks.iter().flat_map(|block| &block.rows).chain(&self.live_rows).skip(first).take(count)
    }

    /// The last row before `before` (or the first after it) that holds the words.
    pub(crate) fn find(&self, words: &str, from: usize, upwards: bool) -> Option<usize> {
        let words = words.to_lowercase();
        let holds = |row: &Line<'_>| {
            row.spans.iter().map(|s| s.content.as_ref()).collect::<String>().to_lowercase().contains(&words)
        };
        let mut all =
            self.rows(0, usize::MAX).enumerate().filter(|(_, row)| holds(row)).map(|(index, _)| index);
        if upwards { all.take_while(|index| *index < from).last() } else { all.find(|index| *index > from) }
    }

    fn rows_of(&self, passage: &Passage, tight_before: Option<bool>) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        if tight_before.is_some_and(|before| !(before && passage.tight)) {
            out.push(Line::default());
        }
        out.extend(passage.paragraphs.iter().flat_map(|paragraph| rows(paragraph, self.width)));
        out
    }

    /// The conversation as Markdown: what the person said is quoted, line ends are kept.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            let paragraphs = &block.passage.paragraphs;
            let person = paragraphs.first().is_some_and(|p| p.lead.0.starts_with('›'));
            for paragraph in paragraphs {
                let lead = if person { ">" } else { paragraph.lead.0.trim() };
                let words: String = paragraph.pieces.iter().map(|(piece, _)| piece.as_str()).collect();
                out.push_str(format!("{lead} {words}").trim());
                out.push_str("  \n");
            }
            out.push('\n');
        }
        text::sanitize(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(transcript: &Transcript) -> Vec<String> {
        transcript.rows(0, 999).map(|l| l.spans.iter().map(|s| s.content.as_ref()).collect()).collect()
    }

    #[test]
    fn only_whole_words_of_a_stream_are_shown() {
        let mut transcript = Transcript::new();
        transcript.stream("I will cre");
        assert_eq!(shown(&transcript), ["", "  I will"]);
        transcript.stream("ate it ");
        assert_eq!(shown(&transcript), ["", "  I will create it"]);
        transcript.end_stream();
        assert!(shown(&transcript).is_empty());
    }

    #[test]
    fn a_new_width_loses_and_doubles_nothing() {
        let mut transcript = Transcript::new();
        for n in 0..20 {
            transcript.add(said(Role::Person, &format!("make bucket number {n} in Frankfurt")));
        }
        let words =
            |t: &Transcript| shown(t).join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let before = words(&transcript);
        transcript.reflow(12, 10);
        assert_eq!(words(&transcript), before);
        assert!(transcript.rows(0, 999).all(|row| row.width() <= 12));
    }

    #[test]
    fn the_passage_on_top_stays_on_top_when_the_width_changes() {
        let mut transcript = Transcript::new();
        for n in 0..30 {
            transcript.add(said(Role::Person, &format!("passage {n} with some more words to break")));
        }
        transcript.scroll.by_following(-20, transcript.total(), 10);
        let first = transcript.scroll.first(transcript.total(), 10);
        let top: Vec<String> = shown(&transcript)[first..first + 2].to_vec();
        transcript.reflow(20, 10);
        let first = transcript.scroll.first(transcript.total(), 10);
        let now = shown(&transcript)[first..first + 2].join(" ");
        let number = top.join(" ").split_whitespace().nth(2).unwrap().to_owned();
        assert!(now.contains(&format!("passage {number}")), "{top:?} became {now:?}");
    }

    #[test]
    fn an_export_quotes_the_person_and_keeps_the_lines() {
        let mut transcript = Transcript::new();
        transcript.add(said(Role::Person, "one\ntwo"));
        transcript.add(said(Role::Agent, "- **three**"));
        assert_eq!(transcript.markdown(), "> one  \n> two  \n\n- three  \n\n");
    }

    #[test]
    fn words_are_found_in_both_directions() {
        let mut transcript = Transcript::new();
        for word in ["alpha", "Beta", "alpha"] {
            transcript.add(said(Role::Person, word));
        }
        assert_eq!(transcript.find("ALPHA", 99, true), Some(4));
        assert_eq!(transcript.find("alpha", 4, true), Some(0));
        assert_eq!(transcript.find("beta", 0, false), Some(2));
    }
}
