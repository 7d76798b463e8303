//! What a store can do.

use std::sync::Arc;

use super::{Change, Log, Range, StoreError, Watch};

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Trees of keys and values, and logs beside them. Calls block for as long as the disk does.
pub trait Store: Send + Sync {
    /// The value under a key.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The pairs of a range, in the order that the range asks for.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn range(&self, tree: &str, range: &Range) -> Result<Vec<Pair>, StoreError>;

    /// Makes all changes or none. What was committed is seen at once by everyone, and survives
    /// a power cut after the next [`Store::flush`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] names the first key that is not as expected.
    fn commit(&self, changes: &[Change]) -> Result<(), StoreError>;

    /// Tells of every later change of keys with this prefix.
    fn watch(&self, tree: &str, prefix: &[u8]) -> Watch;

    /// Returns when everything committed before is on disk.
    ///
    /// # Errors
    ///
    /// The disk refused.
    fn flush(&self) -> Result<(), StoreError>;

    /// Opens the log of this name (letters, digits, `-`, `_`), or begins it.
    ///
    /// # Errors
    ///
    /// The log cannot be opened, or a record in its middle is damaged.
    fn log(&self, name: &str) -> Result<Arc<dyn Log>, StoreError>;

    /// The names of all logs, sorted.
    ///
    /// # Errors
    ///
    /// The folder of the logs cannot be read.
    fn logs(&self) -> Result<Vec<String>, StoreError>;
}
