//! All exceptions and where they stand.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::json;

use crate::cli::{CliError, Exit, Output};
use crate::legislator::{ExceptionState, ExceptionStatus, Legislator, Uses, no_uses};
use crate::text::line;

/// Lists the records; without `uses` nobody can say which are used up.
///
/// # Errors
///
/// The answer cannot be written.
pub(super) fn list(out: Output, legislator: &Legislator, uses: Option<&Uses>) -> Result<Exit, CliError> {
    let statuses = legislator.exceptions(Timestamp::now(), uses.unwrap_or(no_uses()));
    let document = json!({"exceptions": statuses, "uses": uses});
    out.show(&document, |_| {
        let mut text = String::new();
        for status in &statuses {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}", row(status));
        }
        if statuses.is_empty() {
            text.push_str("no exceptions; `provisioner rules exception request` asks for one\n");
        }
        if uses.is_none() {
            text.push_str("how often they were used is not known: another process has the store\n");
        }
        text
    })?;
    Ok(Exit::Done)
}

fn row(status: &ExceptionStatus) -> String {
    let Some(record) = &status.record else {
        return line(&format!("{}: {}", status.file, word(&status.state)));
    };
    line(&format!(
        "{}  {}  {}  until {}  asked by {}: {}",
        record.id,
        word(&status.state),
        record.rules.join(", "),
        record.expires.strftime("%Y-%m-%d"),
        record.requested_by,
        record.reason
    ))
}

/// Where an exception stands, in words.
pub(super) fn word(state: &ExceptionState) -> String {
    match state {
        ExceptionState::Requested { missing } => format!("requested ({missing})"),
        ExceptionState::Approved => "approved".into(),
        ExceptionState::Expired => "expired".into(),
        ExceptionState::Revoked => "revoked".into(),
        ExceptionState::UsedUp => "used up".into(),
        ExceptionState::Refused { why } => format!("counts as absent ({why})"),
    }
}
