//! Telling others what happened to an exception.

use crate::cli::{CliError, output};
use crate::legislator::{EventKind, ExceptionRecord, Happening, Legislator, RuleInfo};
use crate::session::notify;

/// Tells whoever is to be told. What cannot be delivered is said and changes nothing.
pub(super) fn tell(
    legislator: &Legislator,
    kind: EventKind,
    record: &ExceptionRecord,
    by: &str,
) -> Result<(), CliError> {
    let rules: Vec<RuleInfo> =
        legislator.rules().into_iter().filter(|rule| record.rules.contains(&rule.id)).collect();
    let notices = legislator.notices(&Happening::Exception { kind, record, rules: &rules, by });
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::failed)?;
    for sentence in runtime.block_on(notify(notices)) {
        output::report(&sentence);
    }
    Ok(())
}
