//! The plain face: lines with role labels, appended and never redrawn.

use std::io;

use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::protocol::{Command, Event};

/// Why the plain face could not go on.
#[derive(Debug, Error)]
pub enum PlainError {
    /// Input or output failed.
    #[error("standard input or output failed: {0}")]
    Io(#[from] io::Error),
}

/// Runs the plain face until the session stops or its channel closes. The end of the input
/// asks the session to stop.
///
/// # Errors
///
/// Input or output fails.
pub async fn run(
    commands: mpsc::Sender<Command>,
    mut events: mpsc::Receiver<Event>,
    input: impl AsyncBufRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> Result<(), PlainError> {
    let mut lines = input.lines();
    let mut open = true;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                None | Some(Event::Stopped { .. }) => return Ok(()),
                Some(_) => output.flush().await?,
            },
            line = lines.next_line(), if open => {
                let command = match line? {
                    Some(text) => Command::Submit { text },
                    None => { open = false; Command::Quit }
                };
                if commands.send(command).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}
