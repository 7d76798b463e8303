//! Python packages from an index or a folder: which version, which file, whole and unchanged.
//!
//! An index is spoken to by the simple interface, as pages of links (PEP 503) or as JSON (PEP 691). A file is taken only
//! when the index names its SHA-256 and the bytes have it. Packages are carried and never run.

mod address;
mod choose;
mod error;
mod fetch;
mod file;
mod folder;
mod gather;
mod index;
mod page;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use choose::Wanted;
pub use error::PackagesError;
pub use file::{Form, PackageFile, normalized};
pub use folder::{Lying, lying};
pub use gather::{Gathered, Got, Heard, gather, newest};
pub use index::{Index, IndexOptions};
