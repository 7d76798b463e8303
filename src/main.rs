//! The program: arguments in, a face out.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use provisioner::cli::{self, Args, Left, Shown};
use provisioner::protocol::{Command, Event};
use provisioner::tui::{self, TuiOptions};
use tokio::sync::mpsc;

fn main() -> ExitCode {
    cli::main(&Args::parse(), screen).into()
}

/// The terminal face, in the form in which the command line starts it.
fn screen(commands: mpsc::Sender<Command>, events: mpsc::Receiver<Event>, state: PathBuf) -> Shown {
    Box::pin(async move {
        let exit =
            tui::run(commands, events, TuiOptions::from_env(state)).await.map_err(|e| e.to_string())?;
        Ok(Left { farewell: exit.farewell, signal: exit.signal })
    })
}
