//! The desk: one task owns the conversation and puts everything in order.
//!
//! [`machine`] is pure: a state and an input give effects. The driver performs them through
//! the arms and the switchboard, and feeds their answers back as inputs.

mod answer;
pub mod machine;

pub use answer::describe;
