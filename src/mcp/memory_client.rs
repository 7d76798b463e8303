//! The program's own way to what is remembered.

use serde::Deserialize;
use serde_json::json;

use super::SwitchboardError;
use super::client::{Client, ask};
use crate::memory::{Match, Note};

/// Asks the memory and keeps notes in it; clones share the connection.
#[derive(Clone)]
pub struct MemoryClient {
    client: Client,
}

#[derive(Deserialize)]
struct Found {
    found: Vec<Match>,
}

#[derive(Deserialize)]
struct Noted {
    notes: Vec<Note>,
}

#[derive(Deserialize)]
struct Kept {
    note: Note,
}

#[derive(Deserialize)]
struct Gone {
    was_there: bool,
}

impl MemoryClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Past conversations in which all words occur, latest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn search(&self, words: &str) -> Result<Vec<Match>, SwitchboardError> {
        Ok(ask::<Found>(&self.client, "search", json!({"words": words})).await?.found)
    }

    /// Notes that hold all words; all of them without words.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn recall(&self, words: &str) -> Result<Vec<Note>, SwitchboardError> {
        Ok(ask::<Noted>(&self.client, "recall", json!({"words": words})).await?.notes)
    }

    /// Keeps a note; an older one about the same is replaced. `from` says where it was said.
    ///
    /// # Errors
    ///
    /// The note is empty, or the store refused.
    pub async fn remember(
        &self,
        about: &str,
        text: &str,
        from: Option<&str>,
    ) -> Result<Note, SwitchboardError> {
        let arguments = json!({"about": about, "text": text, "from": from});
        Ok(ask::<Kept>(&self.client, "remember", arguments).await?.note)
    }

    /// Removes a note; says whether there was one.
    ///
    /// # Errors
    ///
    /// The store refused.
    pub async fn forget(&self, about: &str) -> Result<bool, SwitchboardError> {
        Ok(ask::<Gone>(&self.client, "forget", json!({"about": about})).await?.was_there)
    }
}
