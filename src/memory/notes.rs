//! Notes: short facts that outlive a conversation, for example that team-web pays from 9001.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MemoryError;
use crate::store::{Range, Store, Tree};
use crate::text;

/// Cells that a note may have.
const MOST_CELLS: usize = 500;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about, in one word: `owner`, `naming`.
    pub about: String,
    /// What is to be remembered, in one line.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
}

/// All notes of a store.
#[derive(Clone)]
pub struct Notes {
    tree: Tree<Note>,
}

impl Notes {
    /// The notes of a store.
    #[must_use]
    pub fn open(store: &Arc<dyn Store>) -> Self {
        Self { tree: Tree::new(Arc::clone(store), "notes", 1) }
    }

    /// Keeps a note; an older one about the same is replaced.
    ///
    /// # Errors
    ///
    /// The note is empty, or the store refused.
    pub fn remember(&self, about: &str, words: &str) -> Result<Note, MemoryError> {
        let about = text::fit(text::line(about).trim(), 60).to_lowercase();
        let words = text::fit(text::line(words).trim(), MOST_CELLS);
        if about.is_empty() || words.is_empty() {
            return Err(MemoryError::EmptyName);
        }
        let note = Note { about: about.clone(), text: words, since: Timestamp::now() };
        self.tree.put(&about, &note)?;
        self.tree.store().flush()?;
        Ok(note)
    }

    /// Notes whose subject or text holds all words; all of them without words.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn recall(&self, words: &str) -> Result<Vec<Note>, MemoryError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let all = self.tree.each(&Range::all())?;
        Ok(all
            .into_iter()
            .filter_map(|(_, note)| note.ok())
            .filter(|note| {
                let whole = format!("{} {}", note.about, note.text).to_lowercase();
                words.iter().all(|word| whole.contains(word))
            })
            .collect())
    }

    /// Removes a note; says whether there was one.
    ///
    /// # Errors
    ///
    /// The store refused.
    pub fn forget(&self, about: &str) -> Result<bool, MemoryError> {
        let about = about.trim().to_lowercase();
        let there = self.tree.get(&about)?.is_some();
        self.tree.remove(&about)?;
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn a_note_is_remembered_replaced_and_forgotten() {
        let notes = Notes::open(&in_memory());
        notes.remember("Owner", "team-web owns everything").unwrap();
        notes.remember("owner", "team-data owns everything").unwrap();
        let found = notes.recall("owns").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "team-data owns everything");
        assert!(notes.recall("nobody").unwrap().is_empty());
        assert!(notes.forget("OWNER").unwrap());
        assert!(!notes.forget("owner").unwrap());
    }

    #[test]
    fn a_note_stays_on_one_line() {
        let notes = Notes::open(&in_memory());
        let note = notes.remember("x", "a\nb\u{1b}[31m").unwrap();
        assert!(!note.text.contains('\n') && !note.text.contains('\u{1b}'));
        assert!(notes.remember(" ", "x").is_err());
    }
}
