//! How often exceptions were used, counted from the papers of all executions.

use std::sync::Arc;

use crate::legislator::Uses;
use crate::store::{Range, Store, StoreError, papers};

/// How many executions each exception was accepted for.
///
/// # Errors
///
/// The papers cannot be read; then nothing may be taken for unused.
pub(crate) fn uses(store: &Arc<dyn Store>) -> Result<Uses, StoreError> {
    let mut uses = Uses::new();
    for (_, kept) in papers(store).range(&Range::all())? {
        for exception in kept.approval.into_iter().flat_map(|approval| approval.exceptions) {
            *uses.entry(exception).or_default() += 1;
        }
    }
    Ok(uses)
}
