//! From the clouds' own SDK packages to the catalog's shapes, without running their code.

pub mod botocore;
mod error;
pub mod python;

pub use error::CompileError;
