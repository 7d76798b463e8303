//! What can go wrong with the graph.

use thiserror::Error;

use crate::store::StoreError;

/// Why the graph could not be read or learnt.
#[derive(Debug, Error)]
pub enum GraphError {
    /// The store refused, or a value is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such execution.
    #[error("there is no execution `{0}` to learn from")]
    UnknownExecution(String),
    /// There is no such resource.
    #[error("the graph knows no resource `{0}`; it may exist all the same")]
    UnknownNode(String),
    /// Several resources have this name.
    #[error("`{wanted}` names several resources: {}; use the whole key", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The keys of some of them.
        candidates: Vec<String>,
    },
}
