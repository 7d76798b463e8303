//! The newest versions that an index was seen to have, so that nobody has to be asked to know that there is a newer one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Locked, RefreshError, Shelf};

/// The newest versions that were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// By package.
    packages: BTreeMap<String, Seen>,
}

/// A version that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    version: String,
    at: Timestamp,
}

impl Known {
    /// What was seen so far; nothing where nothing was seen, or the note is damaged.
    #[must_use]
    pub fn load(shelf: &Shelf) -> Self {
        std::fs::read(shelf.known())
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Notes versions that are seen now.
    pub fn see(&mut self, versions: impl IntoIterator<Item = (String, String)>) {
        let at = Timestamp::now();
        self.packages.extend(versions.into_iter().map(|(name, version)| (name, Seen { version, at })));
    }

    /// The newest version of a package that was seen, and when.
    #[must_use]
    pub fn newest(&self, name: &str) -> Option<(&str, Timestamp)> {
        self.packages.get(name).map(|seen| (seen.version.as_str(), seen.at))
    }

    /// Keeps the note.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn save(&self, locked: &Locked<'_>) -> Result<(), RefreshError> {
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        locked.replace(&locked.shelf.known(), &bytes)
    }
}
