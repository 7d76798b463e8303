//! Typing, sending, stopping, and leaving.

use super::model::TWICE;
use super::{App, Effect, matching};
use crate::protocol::{Command, Mode};
use crate::tui::Exit;
use crate::tui::layout::Layout;
use crate::tui::scroll::Scroll;

impl App {
    /// Sends the words, or runs them when they are a command.
    pub(super) fn send(&mut self) -> Vec<Effect> {
        if self.palette_open() {
            self.complete();
        }
        let words = self.composer.text();
        if words.trim().is_empty() {
            return vec![];
        }
        let effects = if words.starts_with('/') && !words.contains('\n') {
            let Some(effects) = self.slash(&words) else { return vec![] };
            effects
        } else {
            self.transcript.scroll = Scroll::at_end();
            vec![Effect::Send(Command::Submit { text: words.trim().to_owned() })]
        };
        let mut effects = effects;
        self.composer.set("");
        self.edited();
        effects.push(Effect::SaveDraft(String::new()));
        if self.history.push(&words) {
            effects.push(Effect::Remember(words.trim_end().to_owned()));
        }
        effects
    }

    /// Puts the chosen command in the place of what was typed of it.
    pub(super) fn complete(&mut self) {
        let typed = self.composer.text();
        if let Some(slash) = matching(&typed).get(self.chosen) {
            let space = if slash.argument.is_empty() { "" } else { " " };
            self.composer.set(&format!("{}{space}", slash.name));
        }
    }

    /// The words in the composer have changed.
    pub(super) fn edited(&mut self) {
        self.chosen = 0;
        self.palette_closed = false;
        self.quit_pressed = None;
    }

    pub(super) fn draft(&self) -> Effect {
        Effect::SaveDraft(self.composer.text())
    }

    /// Esc: closes what is open, from the top; then stops what works.
    pub(super) fn escape(&mut self) -> Vec<Effect> {
        if self.question.take().is_some() || self.help.take().is_some() || self.review.take().is_some() {
            return vec![];
        }
        if let Some(browser) = &mut self.browser {
            if browser.detail.take().is_some() {
            } else if browser.filter.is_empty() {
                self.browser = None;
            } else {
                browser.filter.clear();
            }
            return vec![];
        }
        if self.history.search.is_some() {
            self.history.end_search();
            return vec![];
        }
        if self.find.take().is_some() {
            return vec![];
        }
        if self.palette_open() {
            self.palette_closed = true;
            return vec![];
        }
        match self.mode {
            Mode::Thinking | Mode::Running => self.interrupt(),
            Mode::Stopping => {
                self.notify("Stopping after the running steps. Ctrl+C stops at once.");
                vec![]
            }
            Mode::Idle | Mode::Deciding => vec![],
        }
    }

    /// Ctrl+C: stops what works, else clears the draft, else quits on the second press.
    pub(super) fn cancel(&mut self) -> Vec<Effect> {
        if self.leaving {
            return vec![Effect::Leave(Exit { resume: self.session.clone(), ..Exit::default() })];
        }
        if self.question.take().is_some() {
            return vec![];
        }
        if matches!(self.mode, Mode::Thinking | Mode::Running | Mode::Stopping) {
            return self.interrupt();
        }
        let overlay = self.help.is_some() || self.review.is_some() || self.browser.is_some();
        if overlay || self.history.search.is_some() || self.find.is_some() {
            return self.escape();
        }
        if !self.composer.is_empty() {
            let words = self.composer.take();
            self.history.push(&words);
            self.edited();
            self.notify("Draft cleared; Up brings it back");
            return vec![self.draft()];
        }
        if self.quit_pressed.is_some_and(|at| self.now.saturating_sub(at) <= TWICE) {
            return self.request_quit();
        }
        self.quit_pressed = Some(self.now);
        self.notify("Press Ctrl+C again within 2 seconds to quit");
        vec![]
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        self.notify(match self.mode {
            Mode::Running => "Stopping after the running steps; what is done stays done",
            Mode::Stopping => "Stopping at once; the execution can be resumed",
            _ => "Interrupted",
        });
        vec![Effect::Send(Command::Interrupt)]
    }

    /// Quits, after a question when a plan runs.
    pub(super) fn request_quit(&mut self) -> Vec<Effect> {
        if matches!(self.mode, Mode::Running | Mode::Stopping) {
            self.ask_to_quit();
            return vec![];
        }
        self.quit()
    }

    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if self.leaving {
            return vec![];
        }
        self.leaving = true;
        vec![self.draft(), Effect::Send(Command::Quit)]
    }

    pub(super) fn scroll_transcript(&mut self, rows: isize) {
        let (total, height) = (self.transcript.total(), usize::from(Layout::of(self).transcript.height));
        self.transcript.scroll.by_following(rows, total, height);
    }

    pub(super) fn history_up(&mut self) -> Vec<Effect> {
        if self.composer.up() {
            return vec![];
        }
        match self.history.older(&self.composer.text()) {
            Some(line) => self.composer.set(&line),
            None => return vec![],
        }
        vec![self.draft()]
    }

    pub(super) fn history_down(&mut self) -> Vec<Effect> {
        if self.composer.down() {
            return vec![];
        }
        match self.history.newer() {
            Some(line) => self.composer.set(&line),
            None => return vec![],
        }
        vec![self.draft()]
    }

    /// Searches the conversation for the words, from the place found before.
    pub(super) fn find(&mut self, upwards: bool) {
        let Some((words, at)) = &self.find else { return };
        if words.is_empty() {
            return;
        }
        let total = self.transcript.total();
        let from = at.unwrap_or(if upwards { total } else { 0 });
        let found = self.transcript.find(words, from, upwards).or(*at);
        let words = words.clone();
        if let Some(row) = found {
            let height = usize::from(Layout::of(self).transcript.height);
            let first = self.transcript.scroll.first(total, height);
            if row < first || row >= first + height {
                let wanted = isize::try_from(row).unwrap_or(0) - isize::try_from(height / 2).unwrap_or(0);
                self.scroll_transcript(wanted - isize::try_from(first).unwrap_or(0));
            }
        }
        self.find = Some((words, found));
    }
}
