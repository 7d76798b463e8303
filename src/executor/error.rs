//! What can go wrong with a run as a whole; a step that fails is part of an execution.

use thiserror::Error;

use crate::plan::{ExecutionId, IllegalMove, Refusal};
use crate::store::StoreError;

/// Why a run could not be started, gone on with, or taken back.
#[derive(Debug, Error)]
pub enum ExecutorError {
    /// The store or a journal cannot be read or written. What was sent is in the journal; the run can be
    /// resumed when the cause is mended.
    #[error(
        "the run {id} stopped: {source}; nothing is lost: mend the cause, then `provisioner history resume {id}`"
    )]
    Store {
        /// The execution.
        id: ExecutionId,
        /// What happened.
        #[source]
        source: StoreError,
    },
    /// There is no such execution.
    #[error("there is no execution `{0}`: see `provisioner history list`")]
    Unknown(ExecutionId),
    /// There is an execution of this name already.
    #[error("there is an execution `{0}` already")]
    Taken(ExecutionId),
    /// The execution came to an end that cannot be taken up.
    #[error("the execution {id} is {status}: {advice}")]
    NotResumable {
        /// The execution.
        id: ExecutionId,
        /// How it ended.
        status: &'static str,
        /// What to do instead.
        advice: String,
    },
    /// The papers of the run no longer clear it.
    #[error("the run {id} may not go on: {refusal}")]
    Refused {
        /// The execution.
        id: ExecutionId,
        /// Why.
        refusal: Refusal,
    },
    /// The steps of the plan wait for each other.
    #[error("the steps {} wait for each other", .0.join(", "))]
    Cycle(Vec<String>),
    /// The walk made a move that its own table forbids: a fault of this program.
    #[error("{0}: this is a fault of provisioner")]
    IllegalMove(#[from] IllegalMove),
}
