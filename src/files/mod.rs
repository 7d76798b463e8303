//! The file room: folders opened once and never left, and the rules and prompts in the binary.

mod embedded;
mod error;
mod layer;
mod place;
mod room;
mod write;

#[cfg(test)]
mod tests;

pub use error::FileError;
pub use layer::{FileInfo, FileKind, Lines};
pub use room::{FileEntry, FileRoom, Listing, RootSpec};
pub use write::Edit;
