//! Errors as OCI gives them: a code and a message.

use serde_json::json;

use crate::sandbox::http::Answer;

/// An error of the cloud.
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

    /// A parameter that makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    /// What is named does not exist. The cloud does not tell that from what may not be seen.
    pub(super) fn not_found(what: &str, name: &str) -> Self {
        let message = format!("Authorization failed or requested resource not found: {what} {name}");
        Self::new(404, "NotAuthorizedOrNotFound", message)
    }

    /// The sandbox can say nothing sensible.
    pub(super) fn not_supported(service: &str, operation: &str) -> Self {
        let message = format!(
            "the embedded sandbox does not know what {service} {operation} does; nothing was changed"
        );
        Self::new(501, "SandboxNotSupported", message)
    }

    /// The sandbox itself failed.
    pub(super) fn internal(reason: impl std::fmt::Display) -> Self {
        Self::new(500, "InternalServerError", format!("the embedded sandbox failed: {reason}"))
    }

    pub(super) fn answer(&self, request_id: &str) -> Answer {
        let body = json!({"code": self.code, "message": self.message}).to_string();
        let mut answer = Answer::new(self.status, "application/json", body);
        answer.set("opc-request-id", request_id);
        answer
    }
}
