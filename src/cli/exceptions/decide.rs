//! Approving an exception, and taking one back.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use super::tell::tell;
use super::{folder, key};
use crate::cli::setup::person;
use crate::cli::{CliError, Exit, Output};
use crate::legislator::{
    EventKind, ExceptionApproval, ExceptionRecord, ExceptionState, Legislator, Revocation, SigningKey,
    no_uses,
};

/// Who approves what, with which key.
pub(super) struct Approval {
    pub(super) id: String,
    pub(super) by: Option<String>,
    pub(super) role: Option<String>,
    pub(super) key: Option<PathBuf>,
}

/// Signs an approval.
///
/// # Errors
///
/// Nobody of this name has a say, the key is another, or the one who approves is the one who asked.
pub(super) fn approve(
    out: Output,
    config: &Path,
    legislator: &Legislator,
    approval: &Approval,
) -> Result<Exit, CliError> {
    let record = folder::read(config, &approval.id)?;
    let by = approval.by.clone().unwrap_or_else(person);
    let refused = |why: String| CliError::refused(format!("{} was not approved: {why}", record.id));
    let roles = legislator.roles();
    let Some(approver) = roles.person(&by) else {
        return Err(refused(format!(
            "`{by}` is not in rules/roles.yaml; `provisioner rules exception key` says how"
        )));
    };
    let packs: Vec<String> =
        legislator.rules().into_iter().filter(|r| record.rules.contains(&r.id)).map(|r| r.pack).collect();
    let may = |role: &&String| packs.iter().any(|pack| roles.may_approve(role, pack));
    let role = match &approval.role {
        Some(role) => Some(role),
        None => approver.roles.iter().find(may),
    };
    let Some(role) = role else {
        return Err(refused(format!("no role of `{by}` has a say over {}", record.rules.join(", "))));
    };
    let file = approval.key.clone().unwrap_or_else(|| key::file(config, &by));
    let text = std::fs::read_to_string(&file)
        .map_err(|e| CliError::bad_input(format!("cannot read the key {}: {e}", file.display())))?;
    let signing =
        SigningKey::from_pem(&text).map_err(|e| CliError::bad_input(format!("{}: {e}", file.display())))?;
    if signing.public() != approver.key.trim() {
        return Err(refused(format!(
            "the key {} is not the one of `{by}` in rules/roles.yaml",
            file.display()
        )));
    }
    let signed = signed(&record, &approver.name, role, &signing)?;
    // Everything that makes an approval worthless is found here and not by whoever runs the plan.
    let state = legislator.examine(&signed, Timestamp::now(), no_uses());
    if let ExceptionState::Refused { why } = &state {
        return Err(refused(why.clone()));
    }
    folder::write(config, &signed)?;
    tell(legislator, EventKind::ExceptionApproved, &signed, &approver.name)?;
    let document = json!({"id": signed.id, "status": state, "record": signed});
    out.show(&document, |_| match &state {
        ExceptionState::Approved => format!("{} holds until {}", signed.id, signed.expires),
        ExceptionState::Requested { missing } => format!("{}: {missing}", signed.id),
        other => format!("{}: {}", signed.id, super::list::word(other)),
    })?;
    Ok(Exit::Done)
}

fn signed(
    record: &ExceptionRecord,
    by: &str,
    role: &str,
    key: &SigningKey,
) -> Result<ExceptionRecord, CliError> {
    let at = Timestamp::now();
    let message = record.signed_bytes(by, role, at).map_err(CliError::failed)?;
    let mut signed = record.clone();
    // Whoever approves again replaces their own word.
    signed.approvals.retain(|approval| !approval.by.eq_ignore_ascii_case(by));
    let signature = key.sign(&message);
    signed.approvals.push(ExceptionApproval { by: by.to_owned(), role: role.to_owned(), at, signature });
    Ok(signed)
}

/// Takes an exception back. Anybody may: it can only make the rules stricter.
///
/// # Errors
///
/// There is no such exception, or it cannot be written.
pub(super) fn revoke(
    out: Output,
    config: &Path,
    legislator: &Legislator,
    id: &str,
    reason: &str,
) -> Result<Exit, CliError> {
    let mut record = folder::read(config, id)?;
    let by = person();
    record.revoked = Some(Revocation { by: by.clone(), at: Timestamp::now(), reason: reason.to_owned() });
    folder::write(config, &record)?;
    tell(legislator, EventKind::ExceptionRevoked, &record, &by)?;
    let document = json!({"id": record.id, "status": ExceptionState::Revoked, "record": record});
    out.show(&document, |_| format!("{id} does not hold any more"))?;
    Ok(Exit::Done)
}
