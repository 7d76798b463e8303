//! The loop: messages in, at most one frame out.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IsTerminal, stdin, stdout};
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::app::{App, Effect, Msg, update};
use super::files::Files;
use super::terminal::{Screen, Taken};
use super::theme::Look;
use super::{Exit, TuiError, TuiOptions};
use crate::protocol::{Command, Event};

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(34);
/// How often time alone is looked at while something moves.
const SPIN: Duration = Duration::from_millis(250);
/// How many messages are taken in before a frame.
const BATCH: usize = 2000;

/// Runs the terminal face until the session stops, its channel closes, or a signal comes.
///
/// The draft is on disk after every change and comes back with the next start.
///
/// # Errors
///
/// There is no terminal, or it fails.
pub async fn run(
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    options: TuiOptions,
) -> Result<Exit, TuiError> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(TuiError::NoTerminal);
    }
    let files = Files::new(options.state);
    let look = Look { no_color: options.no_color, ascii: options.ascii };
    let mut screen = Taken::take()?;
    let size = crossterm::terminal::size()?;
    let app = App::new(size, look, options.zone, &files.draft(), files.history());
    let desk = Desk { commands, events, files };
    drive(&mut screen, app, desk, EventStream::new(), Box::pin(ending_signal())).await
}

/// What the face talks to.
pub(super) struct Desk {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) files: Files,
}

/// The loop itself, over any screen and any source of input.
pub(super) async fn drive(
    screen: &mut impl Screen,
    mut app: App,
    mut desk: Desk,
    mut inputs: impl Stream<Item = io::Result<Input>> + Unpin,
    mut signal: impl Future<Output = &'static str> + Unpin,
) -> Result<Exit, TuiError> {
    let started = Instant::now();
    let mut drawn: Option<Instant> = None;
    let mut hands = Hands::default();
    loop {
        let due = drawn.map_or(started, |at| at + FRAME);
        if app.dirty && Instant::now() >= due {
            screen.draw(&app)?;
            app.dirty = false;
            drawn = Some(Instant::now());
        }
        let wake = match (app.dirty, app.waits_for_time()) {
            (true, _) => Some(due),
            (false, true) => Some(Instant::now() + SPIN),
            (false, false) => None,
        };
        let msg = tokio::select! {
            biased;
            name = &mut signal => {
                let _ = desk.commands.try_send(Command::Quit);
                return Ok(Exit { resume: app.session.clone(), farewell: vec![], signal: Some(name) });
            }
            permit = desk.commands.reserve(), if !hands.outbox.is_empty() => {
                match (permit, hands.outbox.pop_front()) {
                    (Ok(permit), Some(command)) => permit.send(command),
                    _ => hands.outbox.clear(),
                }
                continue;
            }
            input = inputs.next() => match input {
                Some(input) => of_input(input?),
                // The terminal is gone; the person's words are on disk.
                None => return Ok(Exit { resume: app.session.clone(), farewell: vec![], signal: Some("SIGHUP") }),
            },
            event = desk.events.recv() => Some(event.map_or(Msg::SessionLost, |e| Msg::Session(Box::new(e)))),
            () = sleep_until(wake.unwrap_or(started)), if wake.is_some() => Some(Msg::Tick),
        };
        let mut next = msg;
        for _ in 0..BATCH {
            if let Some(msg) = next.take() {
                let effects = update(&mut app, msg, started.elapsed());
                if let Some(exit) = hands.perform(effects, screen, &mut app, &desk, started)? {
                    return Ok(exit);
                }
            }
            next = match inputs.next().now_or_never().flatten() {
                Some(input) => of_input(input?),
                None => match desk.events.try_recv() {
                    Ok(event) => Some(Msg::Session(Box::new(event))),
                    Err(_) => break,
                },
            };
        }
        if let Some(msg) = next {
            let effects = update(&mut app, msg, started.elapsed());
            if let Some(exit) = hands.perform(effects, screen, &mut app, &desk, started)? {
                return Ok(exit);
            }
        }
        hands.keep_draft(&mut app, &desk.files);
    }
}

/// What is still to be done outside.
#[derive(Default)]
struct Hands {
    outbox: VecDeque<Command>,
    draft: Option<String>,
}

impl Hands {
    fn perform(
        &mut self,
        effects: Vec<Effect>,
        screen: &mut impl Screen,
        app: &mut App,
        desk: &Desk,
        started: Instant,
    ) -> Result<Option<Exit>, TuiError> {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.outbox.push_back(command),
                Effect::SaveDraft(words) => self.draft = Some(words),
                Effect::Remember(line) => {
                    if let Err(error) = desk.files.remember(&line) {
                        app.notify(format!("The input history cannot be kept: {error}"));
                    }
                }
                Effect::Export { name, text } => {
                    let result = desk.files.export(&name, &text);
                    update(app, Msg::Exported(result), started.elapsed());
                }
                Effect::Bell => screen.bell()?,
                Effect::Repaint => screen.repaint()?,
                Effect::Suspend => {
                    self.keep_draft(app, &desk.files);
                    let (width, height) = screen.suspend()?;
                    update(app, Msg::Resized(width, height), started.elapsed());
                }
                Effect::Leave(exit) => {
                    self.keep_draft(app, &desk.files);
                    return Ok(Some(exit));
                }
            }
        }
        Ok(None)
    }

    fn keep_draft(&mut self, app: &mut App, files: &Files) {
        if let Some(draft) = self.draft.take()
            && let Err(error) = files.save_draft(&draft)
        {
            app.notify(format!("The draft cannot be kept: {error}"));
        }
    }
}

fn of_input(input: Input) -> Option<Msg> {
    match input {
        Input::Key(key) => Some(Msg::Key(key)),
        Input::Paste(text) => Some(Msg::Paste(text)),
        Input::Resize(width, height) => Some(Msg::Resized(width, height)),
        Input::FocusGained => Some(Msg::Focus(true)),
        Input::FocusLost => Some(Msg::Focus(false)),
        Input::Mouse(_) => None,
    }
}

#[cfg(unix)]
async fn ending_signal() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind: SignalKind, name: &'static str| async move {
        if let Ok(mut signals) = signal(kind)
            && signals.recv().await.is_some()
        {
            return name;
        }
        std::future::pending().await
    };
    tokio::select! {
        name = wait(SignalKind::terminate(), "SIGTERM") => name,
        name = wait(SignalKind::hangup(), "SIGHUP") => name,
        name = wait(SignalKind::interrupt(), "SIGINT") => name,
    }
}

#[cfg(not(unix))]
async fn ending_signal() -> &'static str {
    std::future::pending().await
}
