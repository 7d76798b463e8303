//! The types of a live service beside the catalogs: put in place whole, or taken away.

use std::path::PathBuf;

use super::shelf::remove;
use super::{Locked, RefreshError, Shelf};

impl Shelf {
    /// Where they lie; there need not be any.
    #[must_use]
    pub fn live(&self) -> PathBuf {
        self.folder().join(crate::catalog::live::FILE)
    }
}

impl Locked<'_> {
    /// Puts a snapshot of them in place.
    ///
    /// # Errors
    ///
    /// It cannot be written; then what was in place stays.
    pub fn install_live(&self, bytes: &[u8]) -> Result<(), RefreshError> {
        self.replace(&self.shelf.live(), bytes)?;
        self.settle()
    }

    /// Takes them away, if there are any.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn remove_live(&self) -> Result<(), RefreshError> {
        remove(&self.shelf.live())
    }
}
