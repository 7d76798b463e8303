//! The loop: messages in, at most one frame out.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IsTerminal, stdin, stdout};
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream};
use futures_util::{Stream, StreamExt};
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
            // Polled with this task's own waker: the terminal's stream keeps the waker of the first
            // poll that finds nothing, so a poll without one would put the keys to sleep.
            let waiting = poll_fn(|cx| Poll::Ready(inputs.poll_next_unpin(cx))).await;
            next = match waiting {
                Poll::Ready(Some(input)) => of_input(input?),
                Poll::Ready(None) | Poll::Pending => match desk.events.try_recv() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Mode;
    use crate::tui::script::{opened, said};
    use crate::tui::view;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use jiff::tz::TimeZone;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use tokio_stream::wrappers::ReceiverStream;

    struct Counting {
        terminal: Terminal<TestBackend>,
        frames: usize,
        suspended: usize,
    }

    impl Screen for Counting {
        fn draw(&mut self, app: &App) -> io::Result<()> {
            self.frames += 1;
            self.terminal.draw(|frame| view::draw(frame, app)).map_err(io::Error::other)?;
            Ok(())
        }
        fn repaint(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn suspend(&mut self) -> io::Result<(u16, u16)> {
            self.suspended += 1;
            Ok((80, 24))
        }
        fn bell(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The other ends of a running face.
    struct Ends {
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        inputs: mpsc::Sender<io::Result<Input>>,
        folder: tempfile::TempDir,
    }

    impl Ends {
        async fn key(&self, code: KeyCode, modifiers: KeyModifiers) {
            self.inputs.send(Ok(Input::Key(KeyEvent::new(code, modifiers)))).await.unwrap();
        }
    }

    /// Plays against a face until the play is over, then ends the session.
    async fn play<F: Future<Output = Ends>>(play: impl FnOnce(Ends) -> F) -> (Counting, Exit) {
        let (command_sender, commands) = mpsc::channel(2);
        let (events, event_receiver) = mpsc::channel(4096);
        let (inputs, input_receiver) = mpsc::channel(64);
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned());
        let terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let mut screen = Counting { terminal, frames: 0, suspended: 0 };
        let app = App::new((80, 24), Look::default(), TimeZone::UTC, &files.draft(), files.history());
        let desk = Desk { commands: command_sender, events: event_receiver, files };
        let face = drive(
            &mut screen,
            app,
            desk,
            ReceiverStream::new(input_receiver),
            Box::pin(std::future::pending()),
        );
        let player = async {
            let ends = play(Ends { commands, events, inputs, folder }).await;
            let stopped = Event::Stopped { resume: "s-1".into(), farewell: vec!["bye".into()] };
            let _ = ends.events.send(stopped).await;
            ends
        };
        let (exit, _ends) = tokio::join!(face, player);
        (screen, exit.unwrap())
    }

    async fn pause(millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    #[tokio::test]
    async fn an_idle_face_draws_nothing() {
        let (screen, exit) = play(|ends| async {
            pause(600).await;
            ends
        })
        .await;
        assert_eq!(screen.frames, 1);
        assert_eq!(exit.farewell, ["bye"]);
    }

    #[tokio::test]
    async fn a_flood_of_words_is_drawn_at_most_thirty_times_a_second() {
        let began = std::time::Instant::now();
        let (screen, _) = play(|ends| async {
            ends.events.send(Event::ModeChanged { mode: Mode::Thinking }).await.unwrap();
            for n in 0..600 {
                ends.events.send(Event::Delta { text: format!("word{n} ") }).await.unwrap();
                pause(1).await;
            }
            ends
        })
        .await;
        let most = began.elapsed().as_millis() / 33 + 2;
        assert!(u128::try_from(screen.frames).unwrap() <= most, "{} frames, at most {most}", screen.frames);
        assert!(screen.frames > 3, "{}", screen.frames);
    }

    #[tokio::test]
    async fn the_spinner_turns_four_times_a_second_and_rests_with_the_work() {
        let (screen, _) = play(|ends| async {
            ends.events.send(Event::ModeChanged { mode: Mode::Thinking }).await.unwrap();
            pause(1100).await;
            ends.events.send(Event::ModeChanged { mode: Mode::Idle }).await.unwrap();
            pause(600).await;
            ends
        })
        .await;
        assert!((3..=8).contains(&screen.frames), "{}", screen.frames);
    }

    #[tokio::test]
    async fn a_slow_session_loses_no_command_and_blocks_no_key() {
        let (_, exit) = play(|mut ends| async {
            for n in 0..8 {
                for c in format!("m{n}").chars() {
                    ends.key(KeyCode::Char(c), KeyModifiers::NONE).await;
                }
                ends.key(KeyCode::Enter, KeyModifiers::NONE).await;
            }
            pause(50).await;
            for n in 0..8 {
                assert_eq!(ends.commands.recv().await, Some(Command::Submit { text: format!("m{n}") }));
            }
            ends
        })
        .await;
        assert_eq!(exit.resume.as_deref(), Some("s-1"));
    }

    #[tokio::test]
    async fn the_draft_is_on_disk_while_it_is_typed() {
        play(|ends| async {
            ends.events.send(opened(vec![])).await.unwrap();
            for c in "half".chars() {
                ends.key(KeyCode::Char(c), KeyModifiers::NONE).await;
            }
            pause(50).await;
            assert_eq!(Files::new(ends.folder.path().to_owned()).draft(), "half");
            ends.key(KeyCode::Char('z'), KeyModifiers::CONTROL).await;
            pause(20).await;
            ends
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_that_breaks_off_ends_the_face_with_a_word() {
        let (_, exit) = play(|mut ends| async {
            ends.events.send(said(crate::protocol::Role::Agent, "hello")).await.unwrap();
            let (dead, _) = mpsc::channel(1);
            ends.events = dead;
            ends
        })
        .await;
        assert!(exit.farewell[0].contains("What was said is kept"), "{exit:?}");
    }
}
