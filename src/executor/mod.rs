//! The arm that does: runs plans that were cleared, loses nothing, and does nothing twice.
//!
//! A pure walk says what can be done next; a driver puts each intent on disk, sends the requests,
//! and feeds their answers back. What happens to a run is in its journal, and taking up a run
//! is playing the journal. [`run()`] accepts only [`Cleared`](crate::plan::Cleared).

#[cfg(test)]
mod any_run;
mod classify;
mod clouds;
mod context;
mod drift;
mod drive;
mod error;
#[cfg(test)]
mod fake;
mod inject;
mod keep;
mod limits;
mod look;
mod outcome;
mod partial;
mod request;
mod run;
mod send;
mod stop;
mod tell;
#[cfg(test)]
mod tests;
mod undo;
mod wait;
mod walk;

pub use clouds::{Clouds, NullClouds, Services};
pub use context::{Patience, Recheck, Rehearse, RunContext, new_id};
pub use drift::sight;
pub use error::ExecutorError;
pub use inject::{FAULT_KINDS, Fault, FaultKind, Faults};
pub use limits::Limits;
pub use run::{resume, run, unfinished};
pub use stop::Stop;
pub use undo::undo;
