//! What an operation does to the world: [`classify()`], and on what grounds.
//!
//! The strictest ground wins, in this order: the reviewed list of the cloud; a verb that takes
//! away; words about permissions and purchases; a secret at the point of the answer; a verb that
//! reads, or the model's own word for it. What nothing speaks for is a write.

mod azure;
mod classify;
mod reviewed;
mod verb;
mod words;

pub use classify::classify;
pub use words::split_words;
