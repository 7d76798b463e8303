//! An operation in words: compact for a model, one screen for a person.

mod error;
mod kind;
mod operation;
mod show;

pub use error::DescribeError;
pub use operation::{Description, MemberLine, describe};
