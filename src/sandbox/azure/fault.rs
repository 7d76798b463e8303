//! Errors as the Resource Manager gives them.

use serde_json::json;

use crate::sandbox::http::Answer;

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(super) fn internal(why: impl std::fmt::Display) -> Self {
        Self::new(500, "InternalServerError", format!("the sandbox cannot keep what changed: {why}"))
    }

    pub(super) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new(501, "SandboxNotSupported", format!("the sandbox does not do this: {what}"))
    }

    /// The answer; without a body where none may stand.
    pub(super) fn answer(&self, head: bool) -> Answer {
        let body = json!({"error": {"code": self.code, "message": self.message}}).to_string();
        let body = if head { String::new() } else { body };
        let mut answer = Answer::new(self.status, "application/json; charset=utf-8", body);
        answer.set("x-ms-failure-cause", "gateway");
        answer
    }
}
