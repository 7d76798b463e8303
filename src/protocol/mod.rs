//! What goes into a session and what comes out of it.
//!
//! Faces send [`Command`]s and draw [`Event`]s; they know nothing else of the house. Popups,
//! scroll positions, and selections never appear here. Token deltas may be merged on the way;
//! every other event must arrive, in order.

mod command;
mod effect;
mod event;
mod sheet;
mod transcript;

pub use command::{Choice, Command};
pub use effect::{StepEffect, effects};
pub use event::{DecisionRequest, Event, Header, Mode, Problem, StepProgress};
pub use sheet::{LineKind, Papers, SheetLine, cost_words, money, sheet, step_cost_words, summary};
pub use transcript::{Entry, ExecutionSummary, RecordSummary, Role, SessionId, SessionSummary};
