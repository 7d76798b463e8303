//! The plain face: lines with role labels, appended and never redrawn. For screen readers, dumb
//! terminals, and pipes.
//!
//! `lines` turns events into lines, `words` turns a typed line into a command, `talk` carries
//! both. Decisions are made by typed words alone: `review`, `approve` with the first four digits
//! of the plan's digest (or the word that is asked for), `deny`.

mod lines;
mod talk;
#[cfg(test)]
mod tests;
mod words;

pub(in crate::cli) use lines::{entry as entry_lines, sheet_text};
pub(in crate::cli) use talk::Talk;
pub use talk::{PlainError, run};
