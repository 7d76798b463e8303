//! One short sentence of documentation per operation, kept beside the catalog and never in it.
//!
//! The compilers read it from the packages on the user's machine, `catalog update` writes it to
//! `<data_dir>/catalog/<cloud>.docs`, and the search reads it when it is there. Without it operations are found by their
//! names alone.

mod collected;
mod file;
mod sentence;

pub use collected::Docs;
pub use file::{read, whole, write};
pub use sentence::{from_docstring, from_html};
