//! The resource graph: what exists, as far as this program made it, and what holds on to what.
//!
//! It is learnt from journals, generically: an operation's undo partner says by which parameters the
//! thing is named, and parameters that name a known thing are edges. Sandbox and live never mix.
//! What was never seen is unknown, not absent.

mod error;
mod export;
mod learn;
mod node;
mod picture;

pub use error::GraphError;
pub use export::Form;
pub use node::{Edge, Existence, Node};
pub use picture::{Graph, Picture};
