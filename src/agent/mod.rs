//! The arm that plans: words in, an answer and perhaps a plan out.

mod planner;

pub use planner::{Answer, Heard, Planner, Turn};
