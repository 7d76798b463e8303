//! Why a catalog was not replaced.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::catalog::CatalogError;
use crate::catalog::compile::CompileError;
use crate::plan::CloudName;

/// Why a catalog was not replaced. The one in use stays as it is.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// Another update runs.
    #[error("another `catalog update` is running ({0}); wait until it ends, or end it")]
    Busy(String),
    /// A file or folder cannot be used.
    #[error("cannot {what} {}: {source}; the catalog in use stays as it is", .path.display())]
    Disk {
        /// What was tried: `read`, `write`, `lock`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A package could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// What was compiled cannot be read back, or the catalog in use is damaged.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// There is nothing to take back.
    #[error("{0}: there is no update to take back; the catalog that came with the program is in use")]
    NothingToUndo(CloudName),
    /// The catalog of before is damaged.
    #[error(
        "{cloud}: the catalog of before, {}, is damaged: {reason}; nothing was changed: `catalog update --reset` goes \
         back to the one that came with the program", .path.display()
    )]
    Before {
        /// The cloud.
        cloud: CloudName,
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: CatalogError,
    },
}

impl RefreshError {
    pub(super) fn disk(what: &'static str, path: &Path, source: io::Error) -> Self {
        RefreshError::Disk { what, path: path.to_owned(), source }
    }
}
