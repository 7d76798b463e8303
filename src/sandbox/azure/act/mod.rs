//! What the methods do.

mod delete;
mod going;
mod list;
mod patch;
mod post;
mod put;
mod read;
mod rehearse;

pub(super) use delete::delete;
pub(super) use going::{ask, begin};
pub(super) use patch::patch;
pub(super) use post::{post, providers};
pub(super) use put::put;
pub(super) use read::{exists, read};

use serde_json::Value;

use crate::sandbox::http::Answer;

/// A document as an answer.
pub(super) fn document(status: u16, value: &Value) -> Answer {
    let mut answer = Answer::new(status, "application/json; charset=utf-8", value.to_string());
    if let Some(etag) = value.get("etag").and_then(Value::as_str) {
        answer.set("etag", etag);
    }
    answer
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Answer {
    Answer { status, headers: vec![], body: vec![] }
}
