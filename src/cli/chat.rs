//! The terminal chat: the screen, or the plain face where there is no screen.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::pin::Pin;

use tokio::sync::mpsc;

use super::setup::{Setup, block_on, person};
use super::{Args, CliError, Exit, output, plain};
use crate::memory::Conversations;
use crate::plan::Approver;
use crate::protocol::{Command, Event};
use crate::session::{Begin, Session, start};

/// The screen, as this room knows it: the faces stand on one floor and do not know each other, so the
/// program hands the one to the other.
pub type Screen = fn(mpsc::Sender<Command>, mpsc::Receiver<Event>, PathBuf) -> Shown;

/// A screen that is being shown; how it was left.
pub type Shown = Pin<Box<dyn Future<Output = Result<Left, String>> + Send>>;

/// How a screen was left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Lines for the normal screen.
    pub farewell: Vec<String>,
    /// The signal that ended it, if one did.
    pub signal: Option<&'static str>,
}

/// Runs the chat, in a new conversation or a past one.
///
/// # Errors
///
/// The store belongs to another process, the conversation is unknown, or the terminal fails.
pub(crate) fn chat(args: &Args, screen: Screen, resume: Option<&str>) -> Result<Exit, CliError> {
    let setup = Setup::of(args)?;
    let store = setup.store()?;
    let begin = match resume {
        Some(wanted) => Begin::Open(Conversations::open(&store).find(wanted).map_err(CliError::bad_input)?),
        None => Begin::New,
    };
    let options = setup.options(store, Approver::Person { name: person() });
    let state = setup.home.state().to_owned();
    let plain = args.plain || !has_screen();
    block_on(async move {
        let Session { commands, events, task } = start(options, begin);
        let exit = if plain {
            let input = tokio::io::BufReader::new(tokio::io::stdin());
            plain::run(commands, events, input, tokio::io::stdout()).await.map_err(CliError::failed)?;
            Exit::Done
        } else {
            let left = screen(commands, events, state).await.map_err(CliError::failed)?;
            for line in &left.farewell {
                output::report(line);
            }
            match left.signal {
                Some(name) => {
                    output::report(&format!("Ended by {name}; everything that was said is kept."));
                    Exit::Failed
                }
                None => Exit::Done,
            }
        };
        // Everything is on disk when the session's task has ended.
        drop(task.await);
        Ok(exit)
    })
}

/// Whether there is a terminal that can show a screen.
fn has_screen() -> bool {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !dumb && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}
