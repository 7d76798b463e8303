//! What is remembered: conversations word for word, and notes that outlive them.

mod card;
mod conversations;
mod error;
mod notes;
mod unsecret;

pub use conversations::{Conversations, Match};
pub use error::MemoryError;
pub use notes::{Note, Notes};
