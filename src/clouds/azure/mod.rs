//! Azure: every operation of the Resource Manager from the catalog.

pub mod render;
