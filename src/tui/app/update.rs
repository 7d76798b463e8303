//! One message in, effects out.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Effect, Msg};
use crate::tui::Exit;
use crate::tui::keys::{self, Action, Context};
use crate::tui::layout::Layout;
use crate::tui::scroll::Scroll;

/// Far enough for any text.
const FAR: isize = isize::MAX / 4;

/// Takes in one message at a time of the face's own clock.
pub(crate) fn update(app: &mut App, msg: Msg, now: Duration) -> Vec<Effect> {
    app.now = now;
    app.expire();
    app.dirty |= !matches!(msg, Msg::Tick);
    let effects = match msg {
        Msg::Key(key) => app.press(key),
        Msg::Paste(text) => app.paste(&text),
        Msg::Session(event) => app.hear(*event),
        Msg::SessionLost => vec![Effect::Leave(app.lost())],
        Msg::Resized(width, height) => {
            app.size = (width, height);
            vec![Effect::Repaint]
        }
        Msg::Focus(focused) => {
            app.focused = focused;
            vec![]
        }
        Msg::Exported(result) => {
            app.notify(match result {
                Ok(path) => format!("Written to {path}"),
                Err(why) => why,
            });
            vec![]
        }
        Msg::Tick => vec![],
    };
    app.settle();
    effects
}

impl App {
    /// Fits what depends on the size of the screen to it.
    fn settle(&mut self) {
        let layout = Layout::of(self);
        if !layout.too_small {
            self.transcript
                .reflow(usize::from(layout.transcript.width), usize::from(layout.transcript.height));
        }
        self.look();
    }

    fn lost(&self) -> Exit {
        let farewell = if self.leaving {
            vec![]
        } else {
            vec!["The session ended without a word. What was said is kept; start again to go on.".to_owned()]
        };
        Exit { resume: self.session.clone(), farewell, signal: None }
    }

    fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return vec![];
        }
        let context = self.context();
        match keys::resolve(context, key) {
            Some(action) => self.act(context, action),
            None => self.typed(context, key),
        }
    }

    fn act(&mut self, context: Context, action: Action) -> Vec<Effect> {
        match action {
            Action::Send => return self.send(),
            Action::Newline => {
                self.composer.newline();
                self.edited();
                return vec![self.draft()];
            }
            Action::Escape => return self.escape(),
            Action::Cancel => return self.cancel(),
            Action::EndOfInput => return self.request_quit(),
            Action::Up => return self.up(context),
            Action::Down => return self.down(context),
            Action::SearchHistory => {
                self.history.search_older();
            }
            Action::Find => self.find = Some((String::new(), None)),
            Action::Accept => return self.accept(context),
            Action::PageUp => self.scroll(context, -self.page(context)),
            Action::PageDown => self.scroll(context, self.page(context)),
            Action::Top => self.scroll(context, -FAR),
            Action::Bottom => self.scroll(context, FAR),
            Action::OpenReview => self.open_review(),
            Action::NextPane => self.desk.next_pane(),
            Action::Repaint => return vec![Effect::Repaint],
            Action::Suspend => return vec![self.draft(), Effect::Suspend],
            Action::Help => self.help = Some(Scroll::at_start()),
            Action::Complete => {
                self.complete();
                return vec![self.draft()];
            }
            Action::ChooseNext | Action::ChooseBefore => match &mut self.question {
                Some(question) => question.acts = !question.acts,
                None => self.choose(),
            },
            Action::Confirm => {
                return match context {
                    Context::Question => self.answer(),
                    Context::Browser => self.open_chosen(),
                    _ => self.confirm_review(),
                };
            }
            Action::ApplyFix => return self.apply_fix(),
            Action::NextFinding => self.next_finding(),
            Action::SwitchList => return self.switch_list(),
            Action::Resume => return self.resume_shown(),
            Action::Undo => self.undo_shown(),
        }
        vec![]
    }

    fn up(&mut self, context: Context) -> Vec<Effect> {
        match context {
            Context::Palette => self.chosen = self.chosen.saturating_sub(1),
            Context::History => self.history.search_older(),
            Context::Find => self.find(true),
            Context::Empty | Context::Draft => return self.history_up(),
            _ => self.scroll(context, -1),
        }
        vec![]
    }

    fn down(&mut self, context: Context) -> Vec<Effect> {
        match context {
            Context::Palette => {
                let last = super::matching(&self.composer.text()).len().saturating_sub(1);
                self.chosen = (self.chosen + 1).min(last);
            }
            Context::History => self.history.search_newer(),
            Context::Find => self.find(false),
            Context::Empty | Context::Draft => return self.history_down(),
            _ => self.scroll(context, 1),
        }
        vec![]
    }

    fn accept(&mut self, context: Context) -> Vec<Effect> {
        if context == Context::Find {
            self.find = None;
            return vec![];
        }
        if let Some(found) = self.history.end_search() {
            self.composer.set(&found);
            self.edited();
        }
        vec![self.draft()]
    }

    /// Rows of a page, less two that stay in view.
    fn page(&self, context: Context) -> isize {
        let layout = Layout::of(self);
        let height = match context {
            Context::Review | Context::Word | Context::Browser | Context::Detail | Context::Help => {
                layout.page.height
            }
            _ => layout.transcript.height,
        };
        isize::from(i16::try_from(height.saturating_sub(2).max(1)).unwrap_or(1))
    }

    fn scroll(&mut self, context: Context, rows: isize) {
        match context {
            Context::Review | Context::Word => self.scroll_review(rows),
            Context::Browser | Context::Detail => self.move_in_browser(rows),
            Context::Help => {
                let layout = Layout::of(self);
                let total = crate::tui::page::help(usize::from(layout.page.width)).len();
                if let Some(scroll) = &mut self.help {
                    scroll.by(rows, total, usize::from(layout.page.height));
                }
            }
            _ => self.scroll_transcript(rows),
        }
    }

    /// A key that has no meaning of its own: it types where something can be typed.
    fn typed(&mut self, context: Context, key: KeyEvent) -> Vec<Effect> {
        let letter = match key.code {
            KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                Some(c)
            }
            _ => None,
        };
        let edit = |words: &mut String| match (letter, key.code) {
            (Some(c), _) => words.push(c),
            (None, KeyCode::Backspace) => {
                words.pop();
            }
            _ => {}
        };
        match context {
            Context::Empty | Context::Draft | Context::Palette => {
                if !self.composer.key(key) {
                    return vec![];
                }
                self.edited();
                return vec![self.draft()];
            }
            Context::Word => {
                if let Some(review) = &mut self.review {
                    review.word.key(key);
                    review.refusal = None;
                }
            }
            Context::History => {
                let mut words = self.history.search.clone().unwrap_or_default();
                edit(&mut words);
                self.history.search_for(words);
            }
            Context::Find => {
                if let Some((words, at)) = &mut self.find {
                    edit(words);
                    *at = None;
                }
                self.find(true);
            }
            Context::Browser => self.filter(edit),
            Context::Review | Context::Question | Context::Detail | Context::Help => {}
        }
        vec![]
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        let line = crate::text::line(text);
        match self.context() {
            Context::Empty | Context::Draft | Context::Palette => {
                self.composer.paste(text);
                self.edited();
                return vec![self.draft()];
            }
            // A word that approves is typed, never pasted.
            Context::Word => self.notify("Type the word: a pasted one does not count"),
            Context::Browser => self.filter(|words| words.push_str(&line)),
            Context::History => {
                let words = self.history.search.clone().unwrap_or_default();
                self.history.search_for(words + &line);
            }
            Context::Find | Context::Review | Context::Question | Context::Detail | Context::Help => {}
        }
        vec![]
    }
}
