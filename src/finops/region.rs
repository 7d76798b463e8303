//! Where a step runs, as far as its price depends on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rules::{Rule, RuleBook};
use crate::plan::{Plan, Step, is_reference};

/// The region of a step and, when it had to be taken from elsewhere, a sentence that says so.
pub(super) fn region_of(
    plan: &Plan,
    step: &Step,
    rule: &Rule,
    book: &RuleBook,
    default_region: Option<&str>,
) -> (Option<String>, Option<String>) {
    let own = rule.region.as_deref().or(book.region.as_deref());
    let at = |step: &Step| own.and_then(|place| text_at(&step.params, place));
    let stated = |step: &Step| at(step).or_else(|| step.region.clone());
    match stated(step) {
        // A region that another step will tell is not known yet.
        Some(region) if is_reference(&region) => return (None, None),
        Some(region) => return (Some(code(&region)), None),
        None => {}
    }
    let others = plan.steps.iter().filter(|other| other.cloud == step.cloud).filter_map(stated);
    let others: BTreeSet<String> =
        others.filter(|text| !is_reference(text)).map(|text| code(&text)).collect();
    if let (Some(region), 1) = (others.first(), others.len()) {
        let said = format!("Step {} names no region: priced in {region}, as the other steps.", step.id);
        return (Some(region.clone()), Some(said));
    }
    match default_region {
        Some(region) => {
            let said = format!("Step {} names no region: priced in {region}, the usual region.", step.id);
            (Some(code(region)), Some(said))
        }
        None => (None, None),
    }
}

fn text_at(params: &Value, place: &str) -> Option<String> {
    let found = jmespath::compile(place).ok()?.search(params).ok()?;
    found.as_string().cloned()
}

/// `West Europe` and `westeurope` are one region.
fn code(region: &str) -> String {
    region.to_lowercase().replace(' ', "")
}
