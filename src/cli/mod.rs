//! The commands for scripts and the plain face.
//!
//! Every command writes one document to standard output with `--json`, and lines for people
//! without it; progress and errors go to standard error. Exit codes are [`Exit`].

mod args;
mod catalog;
mod catalog_update;
pub(crate) mod conformance;
mod dispatch;
mod exit;
mod output;
mod rules;
mod sandbox;

pub use args::Args;
pub use dispatch::main;
pub use exit::{CliError, Exit};
pub(crate) use output::Output;

pub mod plain;
