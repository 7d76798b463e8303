//! From arguments to a command.

use super::args::{Command, ConformanceCommand, PlanCommand};
use super::{Args, CliError, Exit, Output, output};
use crate::plan;

/// Runs the program; the error, if any, is already on standard error.
#[must_use]
pub fn main(args: Args) -> Exit {
    match run(args) {
        Ok(exit) => exit,
        Err(error) => {
            output::report(&error.message);
            error.exit
        }
    }
}

fn run(args: Args) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    match args.command {
        Some(Command::Plan(PlanCommand::Schema)) => {
            let pretty =
                |schema: &serde_json::Value| serde_json::to_string_pretty(schema).unwrap_or_default();
            out.show(&plan::schema(), pretty)?;
            Ok(Exit::Done)
        }
        Some(Command::Conformance(command)) => conformance(command),
        _ => Err(CliError::failed("this command is not wired yet")),
    }
}

fn conformance(command: ConformanceCommand) -> Result<Exit, CliError> {
    // One arm per command, each in a file of its own under `conformance/`.
    let _ = command;
    Err(CliError::failed("this command is not wired yet"))
}
