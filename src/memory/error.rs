//! What can go wrong with what is remembered.

use thiserror::Error;

use crate::store::StoreError;

/// Why something could not be remembered or found.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// The store refused, or a value is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such conversation.
    #[error("there is no conversation `{wanted}`{}", near(.candidates))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// Names that are near.
        candidates: Vec<String>,
    },
    /// Several conversations fit.
    #[error("`{wanted}` fits several conversations: {}; use the id", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The ids and names that fit.
        candidates: Vec<String>,
    },
    /// A name that cannot be kept.
    #[error("a name needs at least one visible character")]
    EmptyName,
    /// A note that says nothing.
    #[error("a note needs what it is about and what is to be remembered")]
    EmptyNote,
}

fn near(candidates: &[String]) -> String {
    if candidates.is_empty() {
        ": see `provisioner sessions list`".into()
    } else {
        format!("; there are {}", candidates.join(", "))
    }
}
