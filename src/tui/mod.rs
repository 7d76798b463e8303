//! The terminal face.
//!
//! [`run()`] is a loop: keys and [`crate::protocol::Event`]s become messages, `app` turns a
//! message into a new state and effects, `view` draws the state. `page` breaks what is to be
//! read into rows, `keys` is the one table of keys, `terminal` takes the screen and gives it
//! back whatever happens. Only the sixteen colours of the terminal are used.

mod app;
mod files;
mod keys;
mod layout;
mod options;
mod page;
mod run;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod script;
mod scroll;
mod svg;
mod terminal;
mod theme;
mod view;

pub use options::{Exit, TuiError, TuiOptions};
pub use run::run;
pub use svg::svg;
