//! Finding operations by plain words: an index over names and titles, with synonyms that the
//! project wrote (`assets/synonyms.yaml`, English and German).

mod catalog;
mod index;
mod query;
mod rank;
mod stem;
mod synonyms;
mod typo;

pub use index::{Index, Named};
pub use rank::Hit;
