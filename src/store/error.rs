//! What can go wrong with a store.

use std::path::PathBuf;

use thiserror::Error;

use super::Owner;

/// Why something could not be read or kept.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process works with the store.
    #[error("the store {} is in use by {owner}: leave that one first, or use another folder with --home", .path.display())]
    Owned {
        /// The store's folder.
        path: PathBuf,
        /// Who has it.
        owner: Owner,
    },
    /// The store cannot be opened.
    #[error("cannot open the store {}: {reason}", .path.display())]
    Open {
        /// The store's folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The store's own files are damaged.
    #[error("the store {} is damaged: {reason}; nothing was changed: put back a copy of the folder, or move it away to begin anew", .path.display())]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A value is there but makes no sense.
    #[error("the value `{key}` in `{tree}` is damaged: {reason}")]
    Value {
        /// The tree.
        tree: String,
        /// The key.
        key: String,
        /// What was found.
        reason: String,
    },
    /// A value was written by a newer program.
    #[error(
        "the value `{key}` in `{tree}` has version {found}, and this program knows versions up to {known}: use a newer provisioner"
    )]
    Version {
        /// The tree.
        tree: String,
        /// The key.
        key: String,
        /// The version of the value.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// A key was not as expected, and nothing of the batch was changed.
    #[error("the value `{key}` in `{tree}` was changed by somebody else in the meantime: read it again")]
    Conflict {
        /// The tree.
        tree: String,
        /// The key.
        key: String,
    },
    /// A record in the middle of a log is damaged.
    #[error("record {record} of the log `{log}` is damaged: {reason}; nothing after it can be trusted")]
    LogRecord {
        /// The log.
        log: String,
        /// The record, counted from 1.
        record: u64,
        /// What was found.
        reason: String,
    },
    /// The log refused a write before and must be opened again.
    #[error("the log `{0}` could not be written before; it is opened again when the run is resumed")]
    LogPoisoned(String),
    /// The disk refused.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StoreError {
    pub(super) fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { action: action.into(), source }
    }

    /// Whether room on the disk would help.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
    }
}

/// A key as people can read it.
pub(super) fn readable(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(key)),
    }
}
