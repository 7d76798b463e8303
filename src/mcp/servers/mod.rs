//! The servers' tools, one file per set.

pub(super) mod act;
pub(super) mod catalog;
pub(super) mod files;
pub(super) mod graph;
pub(super) mod memory;
pub(super) mod read;
