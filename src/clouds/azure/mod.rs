//! Azure: every operation of the Resource Manager from the catalog.

mod client;
mod exceptions;
mod failure;
mod going;
mod identity;
#[cfg(test)]
mod loopback;
mod pacing;
mod page;
mod parse;
mod place;
mod rehearse;
pub mod render;
mod retry;
mod send;
#[cfg(test)]
mod testing;
mod wait;

pub use client::{Azure, SANDBOX_SUBSCRIPTION};
