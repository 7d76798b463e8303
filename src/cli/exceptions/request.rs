//! Asking for an exception.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::tell::tell;
use super::{RequestArgs, folder};
use crate::cli::setup::person;
use crate::cli::{CliError, Exit, Output, plan};
use crate::legislator::{EventKind, ExceptionRecord, ExceptionScope, ExceptionState, Legislator, no_uses};
use crate::plan::Digest;

/// Characters of the part of an id that tells requests of one day apart.
const TAIL: usize = 6;
const HOURS_A_DAY: i64 = 24;

/// Writes a request and tells whoever is to be told.
///
/// # Errors
///
/// A rule does not exist, the reason is too short, or the expiry is none; or the record cannot be written.
pub(super) fn request(
    out: Output,
    config: &Path,
    legislator: &Legislator,
    asked: &RequestArgs,
) -> Result<Exit, CliError> {
    let now = Timestamp::now();
    let record = record(asked, now, &person())?;
    let known = legislator.rules();
    for rule in &record.rules {
        if !known.iter().any(|info| info.id == *rule) {
            return Err(CliError::bad_input(format!(
                "there is no rule `{rule}`; see `provisioner rules list`"
            )));
        }
    }
    // What would count as absent is refused before it is written.
    let state = legislator.examine(&record, now, no_uses());
    if let ExceptionState::Refused { why } = &state {
        return Err(CliError::bad_input(format!("the exception was not asked for: {why}")));
    }
    let path = folder::write(config, &record)?;
    tell(legislator, EventKind::ExceptionRequested, &record, &record.requested_by)?;
    let document =
        json!({"id": record.id, "file": path.display().to_string(), "status": state, "record": record});
    out.show(&document, |_| {
        let missing = match &state {
            ExceptionState::Requested { missing } => missing.as_str(),
            _ => "nothing is missing",
        };
        format!(
            "{} is asked for: {missing}.\nWhoever approves says: provisioner rules exception approve {}",
            record.id, record.id
        )
    })?;
    Ok(Exit::Done)
}

fn record(asked: &RequestArgs, now: Timestamp, by: &str) -> Result<ExceptionRecord, CliError> {
    let plan = match (&asked.plan, &asked.digest) {
        (Some(file), _) => Some(plan::read(file, &asked.inputs)?.digest()),
        (None, Some(digest)) => Some(parsed_digest(digest)?),
        (None, None) => None,
    };
    let day = now.to_zoned(TimeZone::UTC).strftime("%Y%m%d").to_string();
    let tail: String = uuid::Uuid::new_v4().simple().to_string().chars().take(TAIL).collect();
    Ok(ExceptionRecord {
        id: format!("EX-{day}-{tail}"),
        rules: asked.rules.clone(),
        scope: ExceptionScope {
            plan,
            steps: asked.steps.clone(),
            services: asked.services.clone(),
            accounts: asked.accounts.clone(),
            environments: asked.environments.clone(),
        },
        reason: asked.reason.clone(),
        requested_by: by.to_owned(),
        requested_at: now,
        expires: expiry(&asked.expires, now)?,
        max_uses: asked.uses,
        approvals: Vec::new(),
        revoked: None,
    })
}

fn parsed_digest(text: &str) -> Result<Digest, CliError> {
    let whole = if text.starts_with("sha256:") { text.to_owned() } else { format!("sha256:{text}") };
    serde_json::from_value(json!(whole))
        .map_err(|_| CliError::bad_input(format!("`{text}` is no digest of a plan")))
}

/// `30d`, `12h`, a date, or a point in time.
pub(super) fn expiry(text: &str, now: Timestamp) -> Result<Timestamp, CliError> {
    let wrong =
        || CliError::bad_input(format!("--expires {text}: say 30d, 12h, or a date such as 2030-12-31"));
    let span = |digits: &str, hours: i64| {
        let count: i64 = digits.parse().ok()?;
        now.checked_add(SignedDuration::try_from_hours(count.checked_mul(hours)?)?).ok()
    };
    let until = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => span(days, HOURS_A_DAY),
        (None, Some(hours)) => span(hours, 1),
        // A date means its end.
        (None, None) => match text.parse::<Date>() {
            Ok(date) => date
                .tomorrow()
                .ok()
                .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
                .map(|day| day.timestamp()),
            Err(_) => text.parse().ok(),
        },
    };
    until.filter(|until| *until > now).ok_or_else(wrong)
}
