//! Conversations: every entry under its own key, and one summary each.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::MemoryError;
use crate::plan::Target;
use crate::protocol::{Entry, Role, SessionId, SessionSummary};
use crate::store::{Range, Store, Tree};
use crate::text;

/// Cells of the name that the first words give.
const NAME_CELLS: usize = 60;
/// Candidates that an error names.
const MOST_CANDIDATES: usize = 5;

/// All conversations of a store; clones share it.
#[derive(Clone)]
pub struct Conversations {
    summaries: Tree<SessionSummary>,
    entries: Tree<Entry>,
}

/// A place in a conversation where words were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The conversation.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// When something was last said in it.
    pub last: Timestamp,
    /// The words around, in one line.
    pub excerpt: String,
}

impl Conversations {
    /// The conversations of a store.
    #[must_use]
    pub fn open(store: &Arc<dyn Store>) -> Self {
        Self {
            summaries: Tree::new(Arc::clone(store), "sessions", 1),
            entries: Tree::new(Arc::clone(store), "entries", 1),
        }
    }

    /// Begins a conversation. It is listed once something was said.
    ///
    /// # Errors
    ///
    /// The store refused.
    pub fn begin(&self, target: Target) -> Result<SessionId, MemoryError> {
        let now = Timestamp::now();
        let random = Uuid::new_v4().simple().to_string();
        let id = format!("s-{}-{}", now.strftime("%Y%m%d-%H%M%S%3f"), &random[..4]);
        let summary = SessionSummary {
            id: id.clone(),
            name: String::new(),
            started: now,
            last: now,
            entries: 0,
            executions: 0,
            monthly: rust_decimal::Decimal::ZERO,
            target,
        };
        self.summaries.add(&id, &summary)?;
        Ok(id)
    }

    /// Adds an entry; it is on disk when this returns.
    ///
    /// # Errors
    ///
    /// The conversation is unknown or the store refused.
    pub fn append(&self, id: &str, entry: &Entry) -> Result<(), MemoryError> {
        let mut summary = self.summary(id)?;
        let key = key(id, summary.entries);
        summary.entries += 1;
        summary.last = Timestamp::now();
        match entry {
            Entry::Said { role: Role::Person, text, .. } if summary.name.is_empty() => {
                summary.name = text::fit(&text::line(text), NAME_CELLS);
            }
            Entry::Executed { summary: run } => {
                summary.executions += 1;
                summary.target = run.target;
                summary.monthly += self.monthly_of(id, &run.digest)?;
            }
            _ => {}
        }
        let store = self.entries.store();
        store
            .commit(&[self.entries.change(&key, Some(entry))?, self.summaries.change(id, Some(&summary))?])?;
        store.flush()?;
        Ok(())
    }

    /// What the plan of this digest costs a month, as it was proposed in the conversation.
    fn monthly_of(
        &self,
        id: &str,
        digest: &crate::plan::Digest,
    ) -> Result<rust_decimal::Decimal, MemoryError> {
        let found = self.entries(id)?.into_iter().rev().find_map(|entry| match entry {
            Entry::Proposed { estimate, .. } if estimate.plan == *digest => Some(estimate.monthly),
            _ => None,
        });
        Ok(found.unwrap_or_default())
    }

    /// All entries, oldest first. A damaged one stands there as a notice and hides no other.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn entries(&self, id: &str) -> Result<Vec<Entry>, MemoryError> {
        let all = self.entries.each(&Range::prefix(format!("{id}/")))?;
        Ok(all
            .into_iter()
            .map(|(key, entry)| {
                entry.unwrap_or_else(|error| Entry::Said {
                    role: Role::Notice,
                    at: Timestamp::UNIX_EPOCH,
                    text: format!("The entry {key} cannot be read: {error}"),
                })
            })
            .collect())
    }

    /// All conversations in which something was said, latest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn list(&self) -> Result<Vec<SessionSummary>, MemoryError> {
        let all = self.summaries.each(&Range::all())?;
        let mut good: Vec<SessionSummary> =
            all.into_iter().filter_map(|(_, summary)| summary.ok()).filter(|s| s.entries > 0).collect();
        good.sort_by(|a, b| (b.last, &b.id).cmp(&(a.last, &a.id)));
        Ok(good)
    }

    /// One conversation in short.
    ///
    /// # Errors
    ///
    /// It is unknown, or the store cannot be read.
    pub fn summary(&self, id: &str) -> Result<SessionSummary, MemoryError> {
        self.summaries
            .get(id)?
            .ok_or_else(|| MemoryError::Unknown { wanted: id.to_owned(), candidates: Vec::new() })
    }

    /// Gives a conversation a name of the person's own.
    ///
    /// # Errors
    ///
    /// The name is empty, the conversation is unknown, or the store refused.
    pub fn rename(&self, id: &str, name: &str) -> Result<(), MemoryError> {
        let name = text::fit(text::line(name).trim(), NAME_CELLS);
        if name.is_empty() {
            return Err(MemoryError::EmptyName);
        }
        let mut summary = self.summary(id)?;
        summary.name = name;
        self.summaries.put(id, &summary)?;
        self.summaries.store().flush()?;
        Ok(())
    }

    /// The conversation of this id, of exactly this name, or of the only name or id that begins so.
    ///
    /// # Errors
    ///
    /// None or several fit; the error lists what is near.
    pub fn find(&self, id_or_name: &str) -> Result<SessionId, MemoryError> {
        let wanted = id_or_name.trim();
        let all = self.list()?;
        let exact: Vec<&SessionSummary> = all.iter().filter(|s| s.id == wanted || s.name == wanted).collect();
        let lower = wanted.to_lowercase();
        let begins: Vec<&SessionSummary> = all
            .iter()
            .filter(|s| {
                !lower.is_empty() && (s.id.starts_with(wanted) || s.name.to_lowercase().starts_with(&lower))
            })
            .collect();
        let fitting = if exact.is_empty() { begins } else { exact };
        let named = |summaries: &[&SessionSummary]| {
            summaries.iter().take(MOST_CANDIDATES).map(|s| format!("{} ({})", s.id, s.name)).collect()
        };
        match fitting.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => {
                let near: Vec<&SessionSummary> =
                    all.iter().filter(|s| s.name.to_lowercase().contains(&lower)).collect();
                Err(MemoryError::Unknown { wanted: wanted.to_owned(), candidates: named(&near) })
            }
            several => Err(MemoryError::Ambiguous { wanted: wanted.to_owned(), candidates: named(several) }),
        }
    }

    /// Conversations in which all words occur in one entry, latest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn search(&self, words: &str, limit: usize) -> Result<Vec<Match>, MemoryError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut found = Vec::new();
        if words.is_empty() {
            return Ok(found);
        }
        for summary in self.list()? {
            if found.len() >= limit {
                break;
            }
            let excerpt = self.entries(&summary.id)?.iter().find_map(|entry| {
                let said = match entry {
                    Entry::Said { text, .. } => text.clone(),
                    Entry::Proposed { plan, .. } => plan.name.clone(),
                    _ => return None,
                };
                let lower = said.to_lowercase();
                words.iter().all(|word| lower.contains(word)).then(|| text::fit(&text::line(&said), 160))
            });
            if let Some(excerpt) = excerpt {
                found.push(Match { session: summary.id, name: summary.name, last: summary.last, excerpt });
            }
        }
        Ok(found)
    }
}

/// Entries sort in the order in which they were said.
fn key(id: &str, position: usize) -> String {
    format!("{id}/{position:08}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{StoreError, in_memory};
    use pretty_assertions::assert_eq;

    fn said(text: &str) -> Entry {
        Entry::Said { role: Role::Person, at: Timestamp::UNIX_EPOCH, text: text.into() }
    }

    fn conversations() -> (Conversations, Arc<dyn Store>) {
        let store = in_memory();
        (Conversations::open(&store), store)
    }

    #[test]
    fn what_was_said_comes_back_in_order() {
        let (all, _) = conversations();
        let id = all.begin(Target::Sandbox).unwrap();
        for n in 0..12 {
            all.append(&id, &said(&format!("word {n}"))).unwrap();
        }
        let entries = all.entries(&id).unwrap();
        assert_eq!(entries.len(), 12);
        assert_eq!(entries[10], said("word 10"));
        assert_eq!(all.summary(&id).unwrap().entries, 12);
    }

    #[test]
    fn a_conversation_without_words_is_not_listed() {
        let (all, _) = conversations();
        all.begin(Target::Sandbox).unwrap();
        let id = all.begin(Target::Live).unwrap();
        all.append(&id, &said("make a bucket\nand more")).unwrap();
        let list = all.list().unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].name.as_str(), list[0].target), ("make a bucket and more", Target::Live));
    }

    #[test]
    fn a_conversation_is_found_by_id_name_or_what_begins_so() {
        let (all, _) = conversations();
        let first = all.begin(Target::Sandbox).unwrap();
        all.append(&first, &said("logs for the web tier")).unwrap();
        let second = all.begin(Target::Sandbox).unwrap();
        all.append(&second, &said("logs for the database")).unwrap();
        assert_eq!(all.find(&first).unwrap(), first);
        assert_eq!(all.find("Logs for the data").unwrap(), second);
        all.rename(&second, "backup").unwrap();
        assert_eq!(all.find("backup").unwrap(), second);
        let ambiguous = all.find("s-").unwrap_err().to_string();
        assert!(ambiguous.contains("several") && ambiguous.contains(&first), "{ambiguous}");
        assert!(all.find("nothing like it").unwrap_err().to_string().contains("sessions list"));
        assert!(all.find("web").unwrap_err().to_string().contains("logs for the web tier"));
    }

    #[test]
    fn an_empty_name_is_refused() {
        let (all, _) = conversations();
        let id = all.begin(Target::Sandbox).unwrap();
        assert!(matches!(all.rename(&id, " \n "), Err(MemoryError::EmptyName)));
    }

    #[test]
    fn words_are_found_with_their_surroundings() {
        let (all, _) = conversations();
        let id = all.begin(Target::Sandbox).unwrap();
        all.append(&id, &said("a bucket for Grüße in Zürich")).unwrap();
        let found = all.search("zürich BUCKET", 5).unwrap();
        assert_eq!(found[0].session, id);
        assert!(all.search("berlin", 5).unwrap().is_empty());
        assert!(all.search(" ", 5).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_entry_is_told_and_hides_no_other() {
        let (all, store) = conversations();
        let id = all.begin(Target::Sandbox).unwrap();
        all.append(&id, &said("one")).unwrap();
        all.append(&id, &said("two")).unwrap();
        let mut change = all.entries.change(&key(&id, 0), Some(&said("x"))).unwrap();
        change.value = Some(b"v1\n{broken".to_vec());
        store.commit(&[change]).unwrap();
        let entries = all.entries(&id).unwrap();
        assert!(
            matches!(&entries[0], Entry::Said { role: Role::Notice, text, .. } if text.contains("cannot be read"))
        );
        assert_eq!(entries[1], said("two"));
    }

    #[test]
    fn a_store_error_keeps_its_words() {
        let error = MemoryError::from(StoreError::Conflict { tree: "t".into(), key: "k".into() });
        assert!(error.to_string().contains('k'));
    }
}
