//! The conversation as a pure state machine: no clock, no disk, no network.

mod decide;
mod effect;
mod input;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod turn;

pub use effect::Effect;
pub use input::{Assessment, Input, TurnId, TurnResult};
pub use state::{Machine, Proposal, Rules};
