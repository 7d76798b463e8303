//! OCI: every operation of every service from the catalog.

mod client;
mod config;
pub mod endpoint;
mod exceptions;
mod identity;
mod ini;
mod key;
#[cfg(test)]
mod loopback;
mod page;
pub mod parse;
mod regions;
pub mod render;
mod retry;
mod send;
mod sign;
mod wait;

pub use client::Oci;
pub use key::{KeyError, PrivateKey};
pub use sign::{Body, Signer};
