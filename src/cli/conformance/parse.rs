//! `conformance parse`: the answer in a response.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::lines::LineError;
use super::model::{Models, text};
use crate::clouds::aws::parse::{Answer, parse};
use crate::clouds::http::HttpResponse;

/// Answers one line: `output`, or the cloud's error with its modelled members under `detail`.
///
/// # Errors
///
/// The line is not complete, or the response cannot be read.
pub(crate) fn answer(models: &Models, line: &Value) -> Result<Value, LineError> {
    let (service, position) = models.operation(line)?;
    let operation = &service.operations[position];
    let invalid = |message: String| LineError::new("invalid", message);
    let status = line["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| invalid("`status` is missing or no status".into()))?;
    let body = BASE64_STANDARD
        .decode(text(line, "body_b64").unwrap_or_default())
        .map_err(|e| invalid(format!("`body_b64` is not base64: {e}")))?;
    let headers = line["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let response = HttpResponse { status, headers, body };
    match parse(&service, operation, &response) {
        Ok(Answer::Output(output)) => Ok(json!({ "output": output })),
        Ok(Answer::Error(failure)) => Ok(json!({"error": {
            "code": failure.code,
            "message": failure.message,
            "status": status,
            "detail": failure.detail,
        }})),
        Err(message) => Err(LineError::new("unreadable", message)),
    }
}
