//! What can be wrong with prices and price rules.

use std::path::PathBuf;

use thiserror::Error;

/// Why prices or price rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FinopsError {
    /// A file exists but cannot be read.
    #[error("cannot read {}: {reason}; make it readable or remove it", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A price book is damaged or cut off.
    #[error("the price book is damaged: {part}: {reason}; remove the file to use the built-in one")]
    Damaged {
        /// Which part, for example `the index` or `section aws/vm`.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// A line of a price file cannot be understood.
    #[error("{file}, line {line}: {reason}")]
    Figure {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// A price rule cannot be understood.
    #[error("{file}: {place}: {reason}")]
    Rule {
        /// The file.
        file: String,
        /// The rule or the line.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl FinopsError {
    pub(super) fn damaged(part: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { part: part.into(), reason: reason.to_string() }
    }

    pub(super) fn rule(file: &str, place: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Rule { file: file.to_owned(), place: place.into(), reason: reason.to_string() }
    }
}
