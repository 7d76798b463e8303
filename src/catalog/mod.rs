//! Every operation of every service, compiled from the clouds' own SDK packages.

pub mod access;
mod arm;
mod check;
pub mod compile;
pub mod describe;
pub mod docs;
mod entry;
mod error;
pub mod live;
pub mod mark;
mod mask;
mod oci;
mod open;
pub mod partner;
mod place;
pub mod refresh;
pub mod search;
pub mod shapes;
pub mod snapshot;
mod validate;

#[cfg(test)]
pub(crate) mod test_service;

pub use check::check;
pub use entry::{OperationEntry, OperationRef, ServiceEntry};
pub use error::CatalogError;
pub use mask::mask;
pub use open::{Catalog, CatalogStatus};
pub use validate::{Strictness, validate, variant};
