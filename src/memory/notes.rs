//! Notes: short facts that outlive a conversation, for example that team-web pays from 9001.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MemoryError;
use crate::store::{Range, Store, Tree};
use crate::text;

/// The tree of the notes.
const NOTES: &str = "notes";
/// Cells that the subject of a note may have.
const ABOUT_CELLS: usize = 60;
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
    /// Where it was said: a conversation, or a file. Nothing when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
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
        Self { tree: Tree::new(Arc::clone(store), NOTES, 1) }
    }

    /// Keeps a note, its secrets masked; an older one about the same is replaced. `from` says
    /// where it was said.
    ///
    /// # Errors
    ///
    /// The note is empty, or the store refused.
    pub fn remember(&self, about: &str, words: &str, from: Option<&str>) -> Result<Note, MemoryError> {
        let about = text::fit(text::line(about).trim(), ABOUT_CELLS).to_lowercase();
        let words = text::fit(text::line(&text::mask_text(words)).trim(), MOST_CELLS);
        if about.is_empty() || words.is_empty() {
            return Err(MemoryError::EmptyNote);
        }
        let from = from.map(|from| text::fit(text::line(from).trim(), ABOUT_CELLS));
        let note = Note { about: about.clone(), text: words, since: Timestamp::now(), from };
        self.tree.put(&about, &note)?;
        self.tree.store().flush()?;
        Ok(note)
    }

    /// Notes whose subject or text holds all words; all of them without words. A note that cannot
    /// be read says so in place of its text.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn recall(&self, words: &str) -> Result<Vec<Note>, MemoryError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let all = self.tree.each(&Range::all())?;
        Ok(all
            .into_iter()
            .map(|(about, note)| {
                note.unwrap_or_else(|error| Note {
                    about,
                    text: error.to_string(),
                    since: Timestamp::UNIX_EPOCH,
                    from: None,
                })
            })
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
        let about = text::fit(text::line(about).trim(), ABOUT_CELLS).to_lowercase();
        // Asked for as bytes: a damaged note can be forgotten too.
        let there = self.tree.store().get(NOTES, about.as_bytes())?.is_some();
        self.tree.remove(&about)?;
        self.tree.store().flush()?;
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
        notes.remember("Owner", "team-web owns everything", None).unwrap();
        notes.remember("owner", "team-data owns everything", Some("s-1")).unwrap();
        let found = notes.recall("owns").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].text.as_str(), found[0].from.as_deref()),
            ("team-data owns everything", Some("s-1"))
        );
        assert!(notes.recall("nobody").unwrap().is_empty());
        assert!(notes.forget("OWNER").unwrap());
        assert!(!notes.forget("owner").unwrap());
    }

    #[test]
    fn a_note_stays_on_one_line() {
        let notes = Notes::open(&in_memory());
        let note = notes.remember("x", "a\nb\u{1b}[31m", None).unwrap();
        assert!(!note.text.contains('\n') && !note.text.contains('\u{1b}'));
        assert!(matches!(notes.remember(" ", "x", None), Err(MemoryError::EmptyNote)));
    }

    #[test]
    fn a_damaged_note_is_named_and_can_be_forgotten() {
        let store = in_memory();
        let notes = Notes::open(&store);
        notes.remember("owner", "team-web, password: hunter2", None).unwrap();
        assert!(!notes.recall("").unwrap()[0].text.contains("hunter2"));
        let mut change = notes.tree.change("owner", None).unwrap();
        change.value = Some(b"v1\n{broken".to_vec());
        store.commit(&[change]).unwrap();
        assert!(notes.recall("owner").unwrap()[0].text.contains("damaged"));
        assert!(notes.forget("owner").unwrap());
        assert!(notes.recall("").unwrap().is_empty());
    }
}
