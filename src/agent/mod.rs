//! The arm that plans: words in, an answer and perhaps a plan out.

mod context;
mod context_past;
mod error;
mod offline;
mod openai;
mod planner;

pub use error::AgentError;
pub use offline::{Offline, Workflows};
pub use openai::OpenAi;
pub use planner::{Answer, Heard, Planner, Turn};
