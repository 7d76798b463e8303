//! Takes the screen and gives it back: on exit, on an error, on a panic, and on a signal.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use super::app::App;
use super::view;
use crate::protocol::Mode;
use crate::text;

/// Whether the screen is ours. Sequences are sent back only if it is.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

const KEEP_TITLE: &str = "\u{1b}[22;0t";
const GIVE_TITLE_BACK: &str = "\u{1b}[23;0t";

/// Where frames go.
pub(crate) trait Screen {
    /// Draws a frame; only what changed is sent.
    fn draw(&mut self, app: &App) -> io::Result<()>;
    /// Makes the next frame send every cell.
    fn repaint(&mut self) -> io::Result<()>;
    /// Gives the terminal back, stops the program, and takes the terminal again when it goes on.
    /// Returns the size of the screen then.
    fn suspend(&mut self) -> io::Result<(u16, u16)>;
    /// Rings.
    fn bell(&mut self) -> io::Result<()>;
}

/// The real terminal. Dropping it gives the screen back.
pub(crate) struct Taken {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    title: String,
}

impl Taken {
    /// Takes the screen.
    pub(crate) fn take() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
            }));
        });
        take_over()?;
        match Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()))) {
            Ok(terminal) => Ok(Self { terminal, title: String::new() }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

impl Screen for Taken {
    fn draw(&mut self, app: &App) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Err(io::Error::other("the program panicked and the screen was given back"));
        }
        let doing = match app.mode {
            Mode::Idle => "",
            Mode::Thinking => "planning · ",
            Mode::Deciding => "your decision · ",
            Mode::Running | Mode::Stopping => "running · ",
        };
        let title = format!("{doing}provisioner {} · {}", app.header.target, text::line(&app.name));
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if title != self.title {
            queue!(self.terminal.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        self.terminal.draw(|frame| view::draw(frame, app))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    fn repaint(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal where its cursor is: one that does not answer would end
        // the program.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    fn suspend(&mut self) -> io::Result<(u16, u16)> {
        give_back();
        #[cfg(unix)]
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        take_over()?;
        self.title.clear();
        self.repaint()?;
        size()
    }

    fn bell(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Print('\u{7}'))
    }
}

fn take_over() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    enter(&mut stdout()).inspect_err(|_| give_back())
}

/// Gives the screen back if it is ours. What cannot be sent any more is not sent.
pub(crate) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = leave(&mut stdout());
        let _ = disable_raw_mode();
    }
}

fn enter(out: &mut impl Write) -> io::Result<()> {
    execute!(
        out,
        EnterAlternateScreen,
        Print(KEEP_TITLE),
        EnableBracketedPaste,
        EnableFocusChange,
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        SetCursorStyle::SteadyBar
    )
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    execute!(
        out,
        EndSynchronizedUpdate,
        SetCursorStyle::DefaultUserShape,
        PopKeyboardEnhancementFlags,
        DisableFocusChange,
        DisableBracketedPaste,
        Print(GIVE_TITLE_BACK),
        ResetColor,
        LeaveAlternateScreen,
        Show
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn bytes(write: fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The private modes that a text switches on (`h`) or off (`l`).
    fn modes(text: &str, way: char) -> BTreeSet<String> {
        text.split("\u{1b}[?")
            .skip(1)
            .filter_map(|rest| {
                let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
                rest[end..].starts_with(way).then(|| rest[..end].to_owned())
            })
            .collect()
    }

    #[test]
    fn every_mode_that_is_switched_on_is_switched_off() {
        let (enter, leave) = (bytes(enter), bytes(leave));
        let (on, off) = (modes(&enter, 'h'), modes(&leave, 'l'));
        assert!(on.is_subset(&off), "{on:?} is switched on, only {off:?} off");
        assert!(on.contains("1049") && on.contains("2004") && on.contains("1004"), "{on:?}");
    }

    #[test]
    fn the_screen_is_given_back_byte_for_byte() {
        assert_eq!(
            bytes(leave).replace('\u{1b}', "E"),
            "E[?2026lE[0 qE[<1uE[?1004lE[?2004lE[23;0tE[0mE[?1049lE[?25h"
        );
    }

    #[test]
    fn nothing_is_sent_when_the_screen_was_never_taken() {
        TAKEN.store(false, Ordering::SeqCst);
        give_back();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }

    #[test]
    fn the_mouse_is_left_to_the_terminal() {
        let enter = bytes(enter);
        assert!(modes(&enter, 'h').is_disjoint(&["1000", "1002", "1003", "1006"].map(str::to_owned).into()));
    }
}
