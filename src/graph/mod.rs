//! The resource graph: what exists, as far as this program made it or saw it, and what holds on to what.
//!
//! It is learnt from journals and from the answers of reads, generically: an operation's undo partner says by
//! which parameters a thing is named, and parameters that name a known thing are edges. Sandbox and
//! live never mix. What was never seen is unknown, not absent.

mod draft;
mod error;
mod export;
mod inventory;
mod learn;
mod made;
mod node;
mod observe;
mod picture;
mod svg;
mod taken;
mod text;
mod thing;
mod tie;

pub use error::GraphError;
pub use export::Form;
pub use node::{Edge, Existence, Node, Relation, Setting};
pub use observe::Look;
pub use picture::{Graph, Picture};
