//! Words that were sent before.

/// The input history and the place in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    lines: Vec<String>,
    /// The line that is shown, counted from the newest.
    at: Option<usize>,
    /// The draft that the history took the place of.
    draft: String,
    /// The words that are searched for, while they are.
    pub(crate) search: Option<String>,
}

impl History {
    /// A history with these lines, oldest first.
    pub(crate) fn new(lines: Vec<String>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Keeps a line and leaves the history. Tells whether it is worth storing: it is not when it
    /// begins with a space or repeats the last one.
    pub(crate) fn push(&mut self, line: &str) -> bool {
        self.at = None;
        self.draft.clear();
        let line = line.trim_end();
        if line.trim().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return false;
        }
        self.lines.push(line.to_owned());
        !line.starts_with(' ')
    }

    /// The line before the one shown; `current` is kept as the draft when the history is entered.
    pub(crate) fn older(&mut self, current: &str) -> Option<String> {
        let next = self.at.map_or(0, |at| at + 1);
        let line = self.nth(next)?.to_owned();
        if self.at.is_none() {
            self.draft = current.to_owned();
        }
        self.at = Some(next);
        Some(line)
    }

    /// The line after the one shown; past the newest the draft comes back.
    pub(crate) fn newer(&mut self) -> Option<String> {
        match self.at? {
            0 => {
                self.at = None;
                Some(std::mem::take(&mut self.draft))
            }
            at => {
                self.at = Some(at - 1);
                self.nth(at - 1).map(str::to_owned)
            }
        }
    }

    /// Begins a search, or goes on to the next older match.
    pub(crate) fn search_older(&mut self) {
        let from = if self.search.is_some() { self.at.map_or(0, |at| at + 1) } else { 0 };
        self.search.get_or_insert_default();
        if let Some(found) = self.matches_from(from) {
            self.at = Some(found);
        }
    }

    /// Goes to the next newer match.
    pub(crate) fn search_newer(&mut self) {
        let Some(words) = &self.search else { return };
        let below = (0..self.at.unwrap_or(0)).rev();
        let found = below.into_iter().find(|index| self.nth(*index).is_some_and(|line| holds(line, words)));
        self.at = found.or(self.at);
    }

    /// Changes the words that are searched for.
    pub(crate) fn search_for(&mut self, words: String) {
        self.search = Some(words);
        self.at = self.matches_from(0);
    }

    /// The line that the search found.
    pub(crate) fn found(&self) -> Option<&str> {
        self.search.as_ref()?;
        self.nth(self.at?)
    }

    /// Ends the search with what was found.
    pub(crate) fn end_search(&mut self) -> Option<String> {
        let found = self.found().map(str::to_owned);
        self.search = None;
        self.at = None;
        found
    }

    fn nth(&self, newest: usize) -> Option<&str> {
        self.lines.iter().rev().nth(newest).map(String::as_str)
    }

    fn matches_from(&self, from: usize) -> Option<usize> {
        let words = self.search.as_deref().unwrap_or_default();
        (from..self.lines.len()).find(|index| self.nth(*index).is_some_and(|line| holds(line, words)))
    }
}

fn holds(line: &str, words: &str) -> bool {
    line.to_lowercase().contains(&words.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        History::new(vec!["make a bucket".into(), "list roles".into(), "make a queue".into()])
    }

    #[test]
    fn going_up_and_down_again_brings_the_draft_back() {
        let mut history = history();
        assert_eq!(history.older("half a thou").as_deref(), Some("make a queue"));
        assert_eq!(history.older("x").as_deref(), Some("list roles"));
        assert_eq!(history.newer().as_deref(), Some("make a queue"));
        assert_eq!(history.newer().as_deref(), Some("half a thou"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn a_search_goes_back_through_the_matches() {
        let mut history = history();
        history.search_older();
        history.search_for("MAKE".into());
        assert_eq!(history.found(), Some("make a queue"));
        history.search_older();
        assert_eq!(history.found(), Some("make a bucket"));
        history.search_newer();
        assert_eq!(history.end_search().as_deref(), Some("make a queue"));
        assert_eq!(history.found(), None);
    }

    #[test]
    fn a_line_that_begins_with_a_space_is_not_stored() {
        let mut history = history();
        assert!(!history.push(" secret"));
        assert!(history.push("other"));
        assert!(!history.push("other"));
    }
}
