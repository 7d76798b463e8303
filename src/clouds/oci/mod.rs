//! OCI: every operation of every service from the catalog.

pub mod endpoint;
mod exceptions;
mod key;
pub mod render;
mod sign;

pub use key::{KeyError, PrivateKey};
pub use sign::{Body, Signer};
