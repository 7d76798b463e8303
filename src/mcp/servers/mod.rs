//! The servers' tools, one file per set.

pub(super) mod act;
pub(super) mod files;
