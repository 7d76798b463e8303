//! How a command ends.

use std::fmt::Display;
use std::process::ExitCode;

use thiserror::Error;

/// The exit codes that scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// It failed.
    Failed,
    /// The command or its input was wrong; nothing was done.
    BadInput,
    /// Refused by the rules, or not approved; nothing was done.
    Refused,
    /// Some of it was done; the rest can be resumed.
    Partly,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
            Exit::Refused => 3,
            Exit::Partly => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do its work, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What failed, why, and what to do; may have several lines.
    pub message: String,
}

impl CliError {
    /// The work was tried and failed.
    pub fn failed(message: impl Display) -> Self {
        Self { exit: Exit::Failed, message: message.to_string() }
    }

    /// The command or its input was wrong.
    pub fn bad_input(message: impl Display) -> Self {
        Self { exit: Exit::BadInput, message: message.to_string() }
    }

    /// The rules or the person said no.
    pub fn refused(message: impl Display) -> Self {
        Self { exit: Exit::Refused, message: message.to_string() }
    }
}
