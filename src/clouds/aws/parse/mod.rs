//! From answers on the wire to answers in the shape of the model, for every protocol.
//!
//! Blobs become base64 strings, points in time RFC 3339 strings, NaN and infinities strings, and a
//! stream of events a list of `{eventName: {…}}`.

mod answer;
mod cbor;
mod element;
mod error;
mod event;
mod header;
mod json;
mod rest;
mod xml;

pub use answer::{Answer, ServiceFailure, parse};
pub(super) use event::member as event_member;
