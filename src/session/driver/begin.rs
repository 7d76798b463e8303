//! Starting a session, and its loop.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

use super::work::Inner;
use crate::executor::Stop;
use crate::protocol::{Command, Entry, Event, Problem, SessionId};
use crate::session::machine::{Machine, Rules};
use crate::session::{Desk, Options, Reach};

/// Commands that may wait before the face does.
const COMMANDS: usize = 64;
/// Events that may wait before the session does.
const EVENTS: usize = 512;

/// What a session begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// A new conversation.
    #[default]
    New,
    /// A past one.
    Open(SessionId),
}

/// A running session, as a face holds it.
pub struct Session {
    /// What the person says.
    pub commands: mpsc::Sender<Command>,
    /// What the session tells. The channel closes when the session is over.
    pub events: mpsc::Receiver<Event>,
    /// The session's task; it ends when everything is on disk.
    pub task: JoinHandle<()>,
}

/// Starts a session on a task of its own. What keeps it from opening is told as
/// [`Event::Failed`], and then the channel closes.
#[must_use]
pub fn start(options: Options, begin: Begin) -> Session {
    let (commands, heard) = mpsc::channel(COMMANDS);
    let (tell, events) = mpsc::channel(EVENTS);
    let task = tokio::spawn(async move {
        match Driver::open(options, tell.clone()).await {
            Ok((mut driver, inner)) => {
                driver.begin(begin).await;
                driver.live(heard, inner).await;
            }
            // A face that is gone needs no telling.
            Err(problem) => drop(tell.send(Event::Failed { problem }).await),
        }
    });
    Session { commands, events, task }
}

/// The owner of one conversation.
pub(super) struct Driver {
    pub(super) desk: Arc<Desk>,
    pub(super) reach: Arc<Reach>,
    pub(super) machine: Machine,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) inner: mpsc::UnboundedSender<Inner>,
    /// The conversation, once it has a name.
    pub(super) session: SessionId,
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
    /// The agent's turn that is going on.
    pub(super) turn: Option<AbortHandle>,
    /// The run that is going on.
    pub(super) run: Option<Stop>,
    pub(super) tokens: u64,
    pub(super) over: bool,
}

impl Driver {
    async fn open(
        mut options: Options,
        events: mpsc::Sender<Event>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Inner>), Problem> {
        let (target, read_only) = (options.target, options.read_only);
        let (inner, happened) = mpsc::unbounded_channel();
        let notices = inner.clone();
        // What only a person can do is said in the conversation; a session that is over has nobody to tell.
        options.tell = Arc::new(move |text| drop(notices.send(Inner::Notice(text))));
        let desk = Desk::open(options).map_err(|e| e.problem())?;
        let reach = desk.reach(target).await.map_err(|e| e.problem())?;
        let driver = Self {
            desk: Arc::new(desk),
            reach: Arc::new(reach),
            machine: Machine::new(Rules { read_only }, target),
            events,
            inner,
            session: SessionId::new(),
            name: String::new(),
            entries: Vec::new(),
            turn: None,
            run: None,
            tokens: 0,
            over: false,
        };
        Ok((driver, happened))
    }

    async fn live(
        &mut self,
        mut commands: mpsc::Receiver<Command>,
        mut happened: mpsc::UnboundedReceiver<Inner>,
    ) {
        let mut face = true;
        while !self.over {
            tokio::select! {
                command = commands.recv(), if face => {
                    face = command.is_some();
                    // A face that is gone wants what one that quits wants.
                    self.command(command.unwrap_or(Command::Quit)).await;
                }
                Some(what) = happened.recv() => self.happened(what).await,
            }
        }
        if let Some(turn) = self.turn.take() {
            turn.abort();
        }
    }
}
