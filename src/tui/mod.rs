//! The terminal face.

mod options;
mod run;

pub use options::{Exit, TuiError, TuiOptions};
pub use run::run;
