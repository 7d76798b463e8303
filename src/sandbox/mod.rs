//! The embedded clouds.
//!
//! An HTTP server on loopback that answers the operations of the catalog with a stateful model:
//! what was created is there, what was deleted is not. `model` holds what exists, whatever the cloud; each
//! cloud has a face that reads requests and writes answers as that cloud does.

mod aws;
mod azure;
mod body;
mod error;
mod face;
mod http;
mod log;
mod model;
mod oci;
mod peek;
mod server;
mod template;

pub use error::SandboxError;
pub use log::LoggedRequest;
pub use server::{Sandbox, SandboxOptions};

#[cfg(test)]
mod tests;
