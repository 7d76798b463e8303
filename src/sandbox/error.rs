//! What can go wrong with the embedded clouds themselves.

use thiserror::Error;

use crate::catalog::CatalogError;
use crate::store::StoreError;

/// Why the embedded clouds cannot be offered.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The port is taken or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was kept of the embedded clouds cannot be read or written.
    #[error("cannot keep the sandbox's resources: {0}")]
    Store(#[from] StoreError),
    /// The catalog cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The list of what the catalog cannot say does not fit this program.
    #[error("the sandbox's own list is damaged: {0}; overwrite the program with a fresh copy")]
    Known(String),
}
