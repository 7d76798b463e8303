//! AWS: every operation of every service from the catalog.

pub mod endpoint;
mod exceptions;
mod field;
pub mod render;
mod time;
