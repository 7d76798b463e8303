//! Why something could not be described.

use thiserror::Error;

/// Why a part of an operation could not be described.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DescribeError {
    /// The path names a member that does not exist.
    #[error("{operation} has no `{path}`: `{member}` is not there{hint}")]
    NoMember {
        /// The operation.
        operation: String,
        /// The whole path that was asked for.
        path: String,
        /// The part that does not exist.
        member: String,
        /// What to use instead.
        hint: String,
    },
    /// The path goes into a value that has no members.
    #[error("{operation} has no `{path}`: `{member}` is {kind} and has no members")]
    NotNested {
        /// The operation.
        operation: String,
        /// The whole path that was asked for.
        path: String,
        /// The part that has no members.
        member: String,
        /// What it is.
        kind: String,
    },
}
