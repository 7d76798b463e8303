//! Conversations: every entry under its own key, and one card each that sums the entries up.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::MemoryError;
use super::card::{Card, monthly_of};
use super::unsecret::without_secrets;
use crate::plan::Target;
use crate::protocol::{Entry, Role, SessionId, SessionSummary};
use crate::store::{Expect, Range, Store, StoreError, Tree};
use crate::text;

/// Cells that a name may have.
const NAME_CELLS: usize = 60;
/// Cells of an excerpt.
const EXCERPT_CELLS: usize = 160;
/// Candidates that an error names.
const MOST_CANDIDATES: usize = 5;
/// How often a change is tried anew when somebody else was faster.
const MOST_TRIES: usize = 20;
/// The tree of the cards.
const CARDS: &str = "sessions";

/// All conversations of a store; clones share it.
#[derive(Clone)]
pub struct Conversations {
    cards: Tree<Card>,
    entries: Tree<Entry>,
}

/// A place in a conversation where words were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            cards: Tree::new(Arc::clone(store), CARDS, 1),
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
        self.cards.add(&id, &Card::new(&id, now, target))?;
        Ok(id)
    }

    /// Adds an entry, its secrets masked; it is on disk when this returns.
    ///
    /// A damaged summary is made again from the entries, so that no words are lost for it.
    ///
    /// # Errors
    ///
    /// The conversation is unknown, its summary is of a newer version, or the store refused.
    pub fn append(&self, id: &str, entry: &Entry) -> Result<(), MemoryError> {
        let entry = without_secrets(entry);
        self.change(id, |card| {
            let key = key(id, card.summary.entries);
            let monthly = match &entry {
                Entry::Executed { summary } => monthly_of(&self.entries(id)?, &summary.digest),
                _ => None,
            };
            card.add(&entry, Timestamp::now(), monthly, NAME_CELLS);
            Ok(Some((key, &entry)))
        })
    }

    /// Changes a card, and adds an entry with it; anew, when somebody else was faster.
    fn change<'a>(
        &self,
        id: &str,
        change: impl Fn(&mut Card) -> Result<Option<(String, &'a Entry)>, MemoryError>,
    ) -> Result<(), MemoryError> {
        let store = self.cards.store();
        let mut tries = 0;
        loop {
            // Read before the card: a change in between is then a conflict, never an overwrite.
            let found = store.get(CARDS, id.as_bytes())?;
            let mut card = self.card(id)?;
            let added = change(&mut card)?;
            let mut changes = vec![self.cards.change(id, Some(&card))?];
            changes[0].expect = found.map_or(Expect::Absent, Expect::Exactly);
            if let Some((key, entry)) = added {
                let mut change = self.entries.change(&key, Some(entry))?;
                change.expect = Expect::Absent;
                changes.push(change);
            }
            tries += 1;
            match store.commit(&changes) {
                Err(StoreError::Conflict { .. }) if tries < MOST_TRIES => {}
                done => {
                    done?;
                    store.flush()?;
                    return Ok(());
                }
            }
        }
    }

    fn card(&self, id: &str) -> Result<Card, MemoryError> {
        match self.cards.get(id) {
            Err(StoreError::Value { .. }) => self.made_again(id),
            card => card?.ok_or_else(|| unknown(id)),
        }
    }

    /// The card that the entries add up to.
    fn made_again(&self, id: &str) -> Result<Card, MemoryError> {
        let entries = self.entries.each(&Range::prefix(format!("{id}/")))?;
        let positions = entries.iter().filter_map(|(key, _)| key.rsplit_once('/')?.1.parse::<usize>().ok());
        let next = positions.max().map_or(0, |last| last + 1);
        let whole: Vec<Entry> = entries.into_iter().filter_map(|(_, entry)| entry.ok()).collect();
        let mut card = Card::new(id, Timestamp::UNIX_EPOCH, Target::Sandbox);
        for entry in &whole {
            let monthly = match entry {
                Entry::Executed { summary } => monthly_of(&whole, &summary.digest),
                _ => None,
            };
            card.add(entry, Timestamp::UNIX_EPOCH, monthly, NAME_CELLS);
        }
        card.summary.entries = next;
        Ok(card)
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

    /// All conversations in which something was said, latest first. One whose summary cannot
    /// be read is summed up from its entries, and its name says so.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn list(&self) -> Result<Vec<SessionSummary>, MemoryError> {
        let mut good = Vec::new();
        for (id, card) in self.cards.each(&Range::all())? {
            match card {
                Ok(card) if card.said > 0 => good.push(card.summary),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(id, %error, "the summary of a conversation cannot be read");
                    let mut summary = self.made_again(&id)?.summary;
                    let newer = matches!(error, StoreError::Version { .. });
                    let why = if newer { "by a newer provisioner" } else { "summary damaged" };
                    summary.name = format!("{} ({why})", summary.name).trim().to_owned();
                    good.push(summary);
                }
            }
        }
        good.sort_by(|a, b| (b.last, &b.id).cmp(&(a.last, &a.id)));
        Ok(good)
    }

    /// One conversation in short; a damaged summary is made again from the entries.
    ///
    /// # Errors
    ///
    /// It is unknown, its summary is of a newer version, or the store cannot be read.
    pub fn summary(&self, id: &str) -> Result<SessionSummary, MemoryError> {
        Ok(self.card(id)?.summary)
    }

    /// Gives a conversation a name of the person's own.
    ///
    /// # Errors
    ///
    /// The name is empty, the conversation is unknown, or the store refused.
    pub fn rename(&self, id: &str, name: &str) -> Result<(), MemoryError> {
        let name = text::fit(text::line(&text::mask_text(name)).trim(), NAME_CELLS);
        if name.is_empty() {
            return Err(MemoryError::EmptyName);
        }
        self.change(id, |card| {
            card.summary.name.clone_from(&name);
            Ok(None)
        })
    }

    /// The conversation of this id, of exactly this name, or of the only name or id that begins so.
    ///
    /// # Errors
    ///
    /// None or several fit; the error lists what is near.
    pub fn find(&self, id_or_name: &str) -> Result<SessionId, MemoryError> {
        let wanted = id_or_name.trim();
        // One in which nothing was said yet is not listed, but its id is good.
        if self.cards.store().get(CARDS, wanted.as_bytes())?.is_some() {
            return Ok(wanted.to_owned());
        }
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

    /// Conversations whose name or one of whose entries holds all words, latest first.
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
        let fits = |text: &str| {
            let lower = text.to_lowercase();
            words.iter().all(|word| lower.contains(word))
        };
        for summary in self.list()? {
            if found.len() >= limit {
                break;
            }
            let said = self.entries(&summary.id)?.into_iter().find_map(|entry| {
                let said = match entry {
                    Entry::Said { text, .. } => text,
                    Entry::Proposed { plan, .. } => plan.name,
                    Entry::Executed { summary } => summary.name,
                    _ => return None,
                };
                fits(&said).then_some(said)
            });
            if let Some(said) = said.or_else(|| fits(&summary.name).then(|| summary.name.clone())) {
                let excerpt = text::fit(&text::line(&said), EXCERPT_CELLS);
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

fn unknown(id: &str) -> MemoryError {
    MemoryError::Unknown { wanted: id.to_owned(), candidates: Vec::new() }
}

#[cfg(test)]
#[path = "conversations_tests.rs"]
mod tests;
