//! Typed lines in, lines out.

use std::io;

use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::lines;
use super::words::{HELP, Meaning, meaning};
use crate::plan::{Digest, Estimate, Plan, StepFacts, Verdict};
use crate::protocol::{Command, DecisionRequest, Entry, Event, Mode, Papers, sheet};

/// Why the plain face could not go on.
#[derive(Debug, Error)]
pub enum PlainError {
    /// Input or output failed.
    #[error("standard input or output failed: {0}; what was said so far is kept")]
    Io(#[from] io::Error),
}

/// Runs the plain face until the session stops or its channel closes.
///
/// A line is read when the one before it has been answered, so that a script can be piped in.
/// The end of the input asks the session to stop once it is idle; a plan that then waits for a
/// decision is not run. Ctrl+C interrupts what works, else it stops the session.
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
    let mut typed = input.lines();
    let mut talk = Talk::default();
    let mut ended = false;
    loop {
        if ended && talk.ready() && !talk.leaving {
            talk.leaving = true;
            if commands.send(Command::Quit).await.is_err() {
                return Ok(());
            }
        }
        tokio::select! {
            biased;
            event = events.recv() => {
                let Some(event) = event else { return Ok(()) };
                let stopped = matches!(event, Event::Stopped { .. });
                say(&mut output, talk.hear(event)).await?;
                if stopped {
                    return Ok(());
                }
            }
            Ok(()) = tokio::signal::ctrl_c() => {
                let command = if talk.working() { Command::Interrupt } else { Command::Quit };
                if commands.send(command).await.is_err() {
                    return Ok(());
                }
            }
            line = typed.next_line(), if talk.ready() && !ended => match line? {
                None => ended = true,
                Some(line) => {
                    let (said, command) = talk.read(&line);
                    say(&mut output, said).await?;
                    if let Some(command) = command
                        && commands.send(command).await.is_err()
                    {
                        return Ok(());
                    }
                }
            }
        }
    }
}

async fn say(output: &mut (impl AsyncWrite + Unpin), lines: Vec<String>) -> io::Result<()> {
    for line in lines {
        output.write_all(line.as_bytes()).await?;
        output.write_all(b"\n").await?;
    }
    output.flush().await
}

/// What the plain face keeps in mind.
#[derive(Default)]
pub(in crate::cli) struct Talk {
    mode: Mode,
    /// A conversation is open, so that lines can be answered.
    open: bool,
    /// Something was sent that is still to be answered.
    asked: bool,
    leaving: bool,
    plan: Option<(Plan, Digest, Vec<StepFacts>)>,
    verdict: Option<Verdict>,
    estimate: Option<Estimate>,
    request: Option<DecisionRequest>,
    read: bool,
}

impl Talk {
    /// Whether the next line can be answered.
    fn ready(&self) -> bool {
        let undecided = self.mode == Mode::Deciding && self.request.is_none();
        self.open && !self.asked && !self.working() && !undecided
    }

    fn working(&self) -> bool {
        matches!(self.mode, Mode::Thinking | Mode::Running | Mode::Stopping)
    }

    fn papers(&self) -> Option<Papers<'_>> {
        let (plan, digest, facts) = self.plan.as_ref()?;
        Some(Papers { plan, digest, facts, verdict: self.verdict.as_ref(), estimate: self.estimate.as_ref() })
    }

    /// Takes in an event and returns the lines that it adds.
    pub(in crate::cli) fn hear(&mut self, event: Event) -> Vec<String> {
        let mut out = lines::lines(&event);
        match event {
            Event::Opened { .. } => {
                *self = Self { open: true, leaving: self.leaving, ..Self::default() };
            }
            Event::ModeChanged { mode } => {
                self.mode = mode;
                self.asked = self.asked && self.working();
            }
            Event::PlanProposed { plan, digest, facts } => {
                (self.verdict, self.estimate, self.request, self.read) = (None, None, None, false);
                self.plan = Some((plan, digest, facts));
            }
            Event::Judged { verdict } => {
                out.extend(lines::verdict(&verdict));
                self.verdict = Some(verdict);
            }
            Event::Priced { estimate } => {
                out.extend(lines::cost(&estimate));
                self.estimate = Some(estimate);
            }
            Event::Added { entry: Entry::Proposed { .. } } => {
                out.extend(self.papers().map(|papers| lines::plan(&papers)).unwrap_or_default());
            }
            Event::Added { entry: Entry::Failed { .. } } => self.asked = false,
            Event::DecisionNeeded { request } => {
                out.extend(lines::decide(&request, self.read));
                self.request = Some(request);
                self.asked = false;
            }
            Event::DecisionClosed { .. } => self.request = None,
            Event::Failed { .. }
            | Event::Sessions { .. }
            | Event::Executions { .. }
            | Event::ExecutionDetail { .. }
            | Event::HeaderChanged { .. } => self.asked = false,
            _ => {}
        }
        out
    }

    /// Takes in a typed line: lines to print, and what to tell the session.
    fn read(&mut self, typed: &str) -> (Vec<String>, Option<Command>) {
        match meaning(typed, self.request.as_ref(), self.read) {
            Meaning::Nothing => (vec![], None),
            Meaning::Refuse(why) => (vec![lines::labelled("Note", &why)], None),
            Meaning::Help => (HELP.iter().map(|help| lines::labelled("Help", help)).collect(), None),
            Meaning::Review => match self.papers() {
                None => (vec![lines::labelled("Note", "there is no plan yet")], None),
                Some(papers) => {
                    let mut out = lines::review(&sheet(&papers));
                    self.read = true;
                    out.extend(self.request.as_ref().map(|r| lines::decide(r, true)).unwrap_or_default());
                    (out, None)
                }
            },
            Meaning::Send(command) => {
                let said = match &command {
                    Command::Submit { text } => vec![lines::labelled("You", text)],
                    _ => vec![],
                };
                // A new name is not answered by anything that has to be awaited.
                self.asked = !matches!(command, Command::RenameSession { .. } | Command::Interrupt);
                (said, Some(command))
            }
        }
    }
}
