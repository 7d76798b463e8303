//! Standard output: one JSON document, or lines for people.

use std::io::{self, Write};

use serde::Serialize;

use super::CliError;
use crate::text;

/// Where a command writes what it found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether one JSON document is wanted instead of lines.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Writes lines for people; with `--json` they go to standard error.
    ///
    /// # Errors
    ///
    /// The stream is closed or full.
    pub(crate) fn note(self, lines: &str) -> Result<(), CliError> {
        let clean = text::sanitize(lines);
        if self.json { writeln!(io::stderr().lock(), "{clean}").map_err(closed) } else { write_out(&clean) }
    }

    /// Writes the document with `--json`, else what `lines` says of it.
    ///
    /// # Errors
    ///
    /// Standard output is closed or full.
    pub(crate) fn show<T: Serialize>(
        self,
        document: &T,
        lines: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        if self.json {
            let text = serde_json::to_string_pretty(document).map_err(CliError::failed)?;
            write_out(&text)
        } else {
            write_out(&text::sanitize(&lines(document)))
        }
    }
}

impl Output {
    /// [`Output::show`] with the document on one line, for programs that read lines while this one goes on.
    ///
    /// # Errors
    ///
    /// Standard output is closed or full.
    pub(crate) fn show_line<T: Serialize>(
        self,
        document: &T,
        lines: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        if self.json {
            write_out(&serde_json::to_string(document).map_err(CliError::failed)?)
        } else {
            write_out(&text::sanitize(&lines(document)))
        }
    }
}

/// Writes lines to standard error: progress and errors.
pub(crate) fn report(lines: &str) {
    // A closed standard error leaves nowhere to complain to.
    let _ = writeln!(io::stderr().lock(), "{}", text::sanitize(lines));
}

fn write_out(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush()).map_err(closed)
}

fn closed(error: io::Error) -> CliError {
    CliError::failed(format!("cannot write the answer: {error}"))
}
