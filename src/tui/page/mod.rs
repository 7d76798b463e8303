//! What is to be read, as styled rows of a given width. Nothing here knows where on the screen
//! it will stand. All outside text passes the sanitiser on its way in.

mod browse;
mod changes;
mod help;
mod markdown;
mod panes;
mod passage;
mod review;
mod table;
mod wrap;

pub(crate) use browse::{detail, execution_line, session_line};
pub(crate) use help::help;
pub(crate) use panes::{cost, plan, run, verdict};
pub(crate) use passage::{Passage, notice, of_entry, of_problem, said, tool_started};
pub(crate) use review::{ReviewRow, review};
pub(crate) use wrap::{Paragraph, Piece, fit_line, piece, rows};
