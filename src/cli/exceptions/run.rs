//! From arguments to one of the commands on exceptions.

use super::{ExceptionCommand, decide, key, list, request};
use crate::cli::setup::{Setup, home};
use crate::cli::{Args, CliError, Exit, Output};
use crate::legislator::Legislator;

/// Runs one of the commands on exceptions.
///
/// # Errors
///
/// The record does not fit, somebody has no say, or a file cannot be read or written.
pub(crate) fn run(args: &Args, command: ExceptionCommand, legislator: &Legislator) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let config = home(args)?.config().to_owned();
    match command {
        ExceptionCommand::Request(asked) => request::request(out, &config, legislator, &asked),
        ExceptionCommand::Approve { id, by, role, key } => {
            decide::approve(out, &config, legislator, &decide::Approval { id, by, role, key })
        }
        ExceptionCommand::List => {
            // Uses are counted where the store can be had; another process may have it.
            let uses = Setup::of(args)?.store().ok().and_then(|store| crate::session::uses(&store).ok());
            list::list(out, legislator, uses.as_ref())
        }
        ExceptionCommand::Revoke { id, reason } => decide::revoke(out, &config, legislator, &id, &reason),
        ExceptionCommand::Key { by } => key::key(out, &config, by),
    }
}
