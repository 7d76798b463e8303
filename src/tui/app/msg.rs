//! What can happen to the face, and what it wants done.

use crossterm::event::KeyEvent;

use crate::protocol::{Command, Event};
use crate::tui::Exit;

/// Something happened.
#[derive(Clone, Debug)]
pub(crate) enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The session says something.
    Session(Box<Event>),
    /// The session is gone without a word.
    SessionLost,
    /// The screen has this many columns and rows.
    Resized(u16, u16),
    /// The terminal got or lost the focus.
    Focus(bool),
    /// An export was written, or why not.
    Exported(Result<String, String>),
    /// Time has passed.
    Tick,
}

/// Something is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Tell the session.
    Send(Command),
    /// Keep the draft; empty when there is none.
    SaveDraft(String),
    /// Keep a line of the input history.
    Remember(String),
    /// Write the conversation to a file.
    Export {
        /// The file name; made from the session when absent.
        name: String,
        /// Markdown.
        text: String,
    },
    /// Call the person back to an unfocused terminal.
    Bell,
    /// Draw every cell again.
    Repaint,
    /// Give the terminal back until the program is continued.
    Suspend,
    /// The end.
    Leave(Exit),
}
