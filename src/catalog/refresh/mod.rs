//! A new catalog in place of the one in use: compiled, compared, put in place whole or not at all, and taken back.
//!
//! [`Shelf`] is the folder in which such catalogs lie. Who changes it holds its lock. At every moment each catalog in it
//! is a whole one, so a program that is ended at any moment leaves a working catalog. The network is none of this room's concern.

mod build;
mod compare;
mod error;
mod known;
mod live;
mod origin;
mod parameters;
mod shelf;
#[cfg(test)]
mod tests;
mod undo;

pub use build::{Built, Given, UnreadPart, build, in_use, packages};
pub use compare::{Changes, OperationPlace, ServicePlace, compare, whole};
pub use error::RefreshError;
pub use known::Known;
pub use origin::{Origin, Package};
pub use parameters::ChangedOperation;
pub use shelf::{Locked, Part, Shelf};
