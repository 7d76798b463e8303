//! OCI: every operation of every service from the catalog.

pub mod endpoint;
mod exceptions;
pub mod render;
