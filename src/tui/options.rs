//! What a face is started with, and how it ends.

use std::io;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use thiserror::Error;

use crate::protocol::SessionId;

/// What the terminal face needs to know before the first frame.
#[derive(Clone, Debug)]
pub struct TuiOptions {
    /// The folder for the draft, the input history, and exports.
    pub state: PathBuf,
    /// Draw in the default colours only.
    pub no_color: bool,
    /// Draw frames and signs in ASCII.
    pub ascii: bool,
    /// The zone in which times are shown.
    pub zone: TimeZone,
}

impl TuiOptions {
    /// Options as the environment asks for: `NO_COLOR` (not empty), `CLICOLOR=0`, and
    /// `PROVISIONER_ASCII`.
    #[must_use]
    pub fn from_env(state: PathBuf) -> Self {
        let is = |name: &str, test: fn(&str) -> bool| std::env::var(name).is_ok_and(|value| test(&value));
        Self {
            state,
            no_color: is("NO_COLOR", |v| !v.is_empty()) || is("CLICOLOR", |v| v == "0"),
            ascii: is("PROVISIONER_ASCII", |v| !v.is_empty() && v != "0"),
            zone: TimeZone::system(),
        }
    }
}

/// How a face ended. The session has stopped by then, or its channel is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// The conversation to come back to, if one was open.
    pub resume: Option<SessionId>,
    /// Lines for the normal screen, to be printed after the terminal was given back.
    pub farewell: Vec<String>,
    /// The signal that ended the face, if one did.
    pub signal: Option<&'static str>,
}

/// Why the terminal face could not go on. The terminal was given back before this is returned.
#[derive(Debug, Error)]
pub enum TuiError {
    /// There is no terminal.
    #[error("standard input and output are not a terminal: use --plain, or `provisioner ask`")]
    NoTerminal,
    /// The terminal does not answer.
    #[error("the terminal failed: {0}; start again, or use --plain")]
    Terminal(#[from] io::Error),
}
