//! The commands for scripts and the plain face.
//!
//! Every command writes one document to standard output with `--json`, and lines for people
//! without it; progress and errors go to standard error. Exit codes are [`Exit`].

mod args;
mod ask;
mod audit;
mod catalog;
mod catalog_status;
mod catalog_update;
mod chat;
mod check_report;
pub(crate) mod conformance;
mod dispatch;
mod doctor;
mod exceptions;
mod exit;
mod graph;
mod history;
mod logs;
mod look;
mod mcp;
mod once;
mod output;
mod plan;
mod rehearse;
mod rule_tests;
mod rules;
mod sandbox;
mod sessions;
mod setup;

pub use args::Args;
pub use chat::{Left, Screen, Shown};
pub use dispatch::main;
pub use exit::{CliError, Exit};
pub(crate) use output::Output;

pub mod plain;
