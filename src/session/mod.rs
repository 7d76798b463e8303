//! The desk: one task owns the conversation and puts everything in order.
//!
//! [`machine`] is pure: a state and an input give effects. [`start`] runs the driver, which performs
//! them through the arms and the switchboard and feeds their answers back as inputs. `assess` looks a
//! plan up, prices and judges it; `allow` is the gate before every run; `runs` records how it ended; `notify` tells
//! webhooks what the book of routes asks for; `rehearsal` asks the clouds beforehand.

mod allow;
mod answer;
mod assess;
mod desk;
mod driver;
mod error;
mod exceptions;
pub mod machine;
mod notify;
mod rehearsal;
mod runs;

pub use answer::describe;
pub use assess::judge;
pub use desk::{Desk, Options, Reach};
pub use driver::{Begin, Session, start};
pub use error::SessionError;
pub(crate) use exceptions::uses;
pub(crate) use notify::notify;
pub use rehearsal::{Rehearsal, StepRehearsed};
