//! AWS: every operation of every service from the catalog.

mod client;
mod discover;
pub mod endpoint;
mod exceptions;
mod field;
mod https;
mod identity;
#[cfg(test)]
mod loopback;
mod page;
pub mod parse;
pub mod render;
mod retry;
mod send;
mod sign;
mod sign_v2;
mod sign_v4;
mod time;
mod wait;
mod waiter;

pub use client::Aws;
