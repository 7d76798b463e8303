//! Finding operations by plain words: an index over names, titles and documentation, with synonyms
//! that the project wrote (`assets/synonyms.yaml`, English and German). All operations are weighed
//! by their words alone; those that may fit are then looked at closely.

mod candidates;
mod catalog;
mod grounds;
mod index;
mod query;
mod rank;
mod services;
mod stem;
mod synonyms;
mod typo;
mod weighed;

pub use index::{Index, Named};
pub use rank::Hit;
