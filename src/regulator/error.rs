//! What can go wrong when things are recorded or looked up.

use thiserror::Error;

use crate::plan::ExecutionId;
use crate::store::StoreError;

/// Why something could not be recorded or reported.
#[derive(Debug, Error)]
pub enum RegulatorError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record of the chain is not what it was.
    #[error("record {number} of the audit chain is not as it was written: {reason}")]
    BadRecord {
        /// The first bad record, counted from 1.
        number: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A record cannot be written as JSON.
    #[error("the record cannot be written: {0}")]
    Unwritable(String),
    /// There is no such execution.
    #[error("there is no execution `{0}`: see `provisioner history list`")]
    Unknown(ExecutionId),
}
