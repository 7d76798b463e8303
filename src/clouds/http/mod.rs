//! Requests and answers as they travel, and the client that carries them.

mod client;
#[cfg(test)]
pub(crate) mod loopback;
mod message;

pub use client::{HttpClient, HttpError, LazyClient};
pub use message::{HttpRequest, HttpResponse, Signing};
