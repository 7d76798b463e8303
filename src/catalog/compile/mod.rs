//! From the clouds' own SDK packages to the catalog's shapes, without running their code.

pub mod azure;
pub mod botocore;
mod compiled;
mod each;
mod error;
pub mod oci;
pub mod python;

pub use compiled::Compiled;
pub use each::{Unread, Watch};
pub use error::CompileError;
