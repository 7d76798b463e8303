//! The state of the face.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Browser, Composer, Desk, History, Question, Review, Transcript, matching};
use crate::protocol::{Header, Mode, SessionId};
use crate::tui::keys::{Context, Situation};
use crate::tui::layout::Layout;
use crate::tui::scroll::Scroll;
use crate::tui::theme::Look;

/// How long after a decision opened nothing can be decided.
pub(crate) const GUARD: Duration = Duration::from_millis(400);
/// How long a second Ctrl+C quits.
pub(crate) const TWICE: Duration = Duration::from_secs(2);
/// How long a passing notice stays.
const NOTICE: Duration = Duration::from_secs(6);

/// The state.
pub(crate) struct App {
    /// Since the face was started.
    pub(crate) now: Duration,
    pub(crate) size: (u16, u16),
    pub(crate) look: Look,
    pub(crate) zone: TimeZone,
    pub(crate) focused: bool,
    pub(crate) header: Header,
    pub(crate) session: Option<SessionId>,
    pub(crate) name: String,
    pub(crate) mode: Mode,
    pub(crate) transcript: Transcript,
    pub(crate) composer: Composer,
    pub(crate) history: History,
    /// The words that are searched for in the conversation, and the row where they were found.
    pub(crate) find: Option<(String, Option<usize>)>,
    /// The chosen line of the command list.
    pub(crate) chosen: usize,
    /// Whether the command list was closed for the command being typed.
    pub(crate) palette_closed: bool,
    pub(crate) queue: Vec<String>,
    pub(crate) desk: Desk,
    pub(crate) review: Option<Review>,
    pub(crate) browser: Option<Browser>,
    pub(crate) question: Option<Question>,
    pub(crate) help: Option<Scroll>,
    pub(crate) notice: Option<Notice>,
    /// When Ctrl+C was pressed with nothing to stop or clear.
    pub(crate) quit_pressed: Option<Duration>,
    /// Whether the session was asked to stop.
    pub(crate) leaving: bool,
    /// Whether the screen is older than the state.
    pub(crate) dirty: bool,
}

/// A line of the program that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    until: Duration,
}

impl App {
    /// A face before the session has said anything.
    pub(crate) fn new(
        size: (u16, u16),
        look: Look,
        zone: TimeZone,
        draft: &str,
        history: Vec<String>,
    ) -> Self {
        let mut composer = Composer::new();
        composer.set(draft);
        Self {
            now: Duration::ZERO,
            size,
            look,
            zone,
            focused: true,
            header: Header::default(),
            session: None,
            name: String::new(),
            mode: Mode::Idle,
            transcript: Transcript::new(),
            composer,
            history: History::new(history),
            find: None,
            chosen: 0,
            palette_closed: false,
            queue: Vec::new(),
            desk: Desk::default(),
            review: None,
            browser: None,
            question: None,
            help: None,
            notice: None,
            quit_pressed: None,
            leaving: false,
            dirty: true,
        }
    }

    /// Where the keys go.
    pub(crate) fn context(&self) -> Context {
        if self.question.is_some() {
            return Context::Question;
        }
        if self.help.is_some() {
            return Context::Help;
        }
        if let Some(review) = &self.review {
            return if review.wants_word() { Context::Word } else { Context::Review };
        }
        if let Some(browser) = &self.browser {
            return if browser.detail.is_some() { Context::Detail } else { Context::Browser };
        }
        if self.history.search.is_some() {
            return Context::History;
        }
        if self.find.is_some() {
            return Context::Find;
        }
        if self.composer.is_empty() {
            return Context::Empty;
        }
        if self.palette_open() { Context::Palette } else { Context::Draft }
    }

    /// What the keys can do.
    pub(crate) fn situation(&self) -> Situation {
        let working = matches!(self.mode, Mode::Thinking | Mode::Running);
        let acting = !self.header.read_only;
        Situation {
            decision: match &self.review {
                Some(review) => review.choices().len() > 1,
                None => self.desk.decision().is_some(),
            },
            plan: self.desk.proposal.is_some(),
            working,
            running: matches!(self.mode, Mode::Running | Mode::Stopping),
            tabs: Layout::of(self).tabbed && self.desk.panes().len() > 1,
            queueing: working || self.mode == Mode::Stopping,
            fixable: self.review.is_some()
                && acting
                && self.desk.decision().is_some_and(|(_, p)| p.has_patch()),
            resumable: acting,
        }
    }

    /// Whether the command list is open.
    pub(crate) fn palette_open(&self) -> bool {
        let text = self.composer.text();
        !self.palette_closed && text.starts_with('/') && !text.contains('\n') && !matching(&text).is_empty()
    }

    /// Shows a line for a while.
    pub(crate) fn notify(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), until: self.now + NOTICE });
    }

    /// Whether something on the screen moves by itself.
    pub(crate) fn moves(&self) -> bool {
        self.leaving || matches!(self.mode, Mode::Thinking | Mode::Running | Mode::Stopping)
    }

    /// Whether time alone changes something.
    pub(crate) fn waits_for_time(&self) -> bool {
        self.moves() || self.notice.is_some()
    }

    /// Takes away what has had its time.
    pub(super) fn expire(&mut self) {
        if self.notice.as_ref().is_some_and(|notice| notice.until <= self.now) {
            self.notice = None;
            self.dirty = true;
        }
        if self.moves() {
            self.dirty = true;
        }
    }
}
