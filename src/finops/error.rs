//! What can be wrong with the price book itself.

use std::path::PathBuf;

use thiserror::Error;

/// Why the price book cannot be used.
#[derive(Debug, Error)]
pub enum FinopsError {
    /// A file of the person's folder cannot be read.
    #[error("cannot read the price file {}: {source}; correct it or move it away", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A price table does not fit its format.
    #[error("{file}: not a price table: {reason}; compile it again from its CSV file")]
    Table {
        /// The file.
        file: String,
        /// What is wrong, with the line where there is one.
        reason: String,
    },
    /// A file of price rules does not fit its format.
    #[error("{file}: not price rules: {reason}")]
    Rules {
        /// The file.
        file: String,
        /// What is wrong and where.
        reason: String,
    },
    /// A list of prices to compile has a bad line.
    #[error("{file}, line {line}: {reason}")]
    List {
        /// The file.
        file: String,
        /// The line, from 1 on.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}
