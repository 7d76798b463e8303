//! A proposed plan is looked up, judged, and priced.

use std::collections::BTreeMap;

use serde_json::Value;

use super::machine::Assessment;
use super::{Desk, Reach, notify, uses};
use crate::catalog::access::classify;
use crate::catalog::{Catalog, check, partner};
use crate::legislator::{Happening, Surroundings, Uses};
use crate::plan::{Plan, Step, StepFacts, Undo};
use crate::protocol::Problem;

/// Looks a plan up in the catalog, prices it, and judges it, in this order: the rules may look
/// at the cost.
///
/// # Errors
///
/// Steps that the catalog does not have, or references to members that cannot exist, all at once.
pub(crate) fn assess(
    desk: &Desk,
    reach: &Reach,
    plan: &Plan,
    inventory: &Value,
    uses: &Uses,
) -> Result<Assessment, Problem> {
    let problems = check(&desk.catalog, plan);
    if !problems.is_empty() {
        return Err(Problem {
            what: format!("The plan `{}` cannot run", plan.name),
            why: problems.join("; "),
            fix: "correct these places; nothing was sent".into(),
        });
    }
    let facts: Vec<StepFacts> = plan.steps.iter().map(|step| facts_of(&desk.catalog, step)).collect();
    let estimate = desk.prices.estimate(plan, &reach.regions);
    let with = Surroundings {
        facts: &facts,
        estimate: Some(&estimate),
        environment: None,
        regions: &reach.regions,
        inventory,
        catalog: &desk.catalog,
        now: jiff::Timestamp::now(),
        uses,
    };
    let verdict = reach.legislator.judge(plan, &with);
    Ok(Assessment { sightings: BTreeMap::new(), verdict, estimate, facts })
}

/// Judges and prices a plan without a conversation, against the target of the desk's options, and tells whoever is to
/// be told; the second part is a sentence for each notice that was not delivered.
///
/// # Errors
///
/// The clouds of the target cannot be set up, or the plan cannot run.
pub async fn judge(desk: &Desk, plan: &Plan) -> Result<(Assessment, Vec<String>), Problem> {
    let reach = desk.reach(desk.options.target).await.map_err(|e| e.problem())?;
    let inventory = inventory(&reach).await?;
    let assessment = assess(desk, &reach, plan, &inventory, &used(desk)?)?;
    let untold = tell(desk, &reach, plan, &assessment).await;
    Ok((assessment, untold))
}

/// Tells whoever the book of routes names what was found; a sentence for each notice that was not delivered.
pub(crate) async fn tell(desk: &Desk, reach: &Reach, plan: &Plan, assessment: &Assessment) -> Vec<String> {
    let happening = Happening::Judged {
        plan,
        verdict: &assessment.verdict,
        monthly: assessment.estimate.monthly.to_string().parse().ok(),
        requester: desk.options.approver.name(),
    };
    notify(reach.legislator.notices(&happening)).await
}

/// How often exceptions were used.
///
/// # Errors
///
/// The store cannot be read: an exception that was used up must not be taken for a fresh one.
pub(crate) fn used(desk: &Desk) -> Result<Uses, Problem> {
    uses(&desk.options.store).map_err(|error| Problem {
        what: "How often exceptions were used could not be looked up".into(),
        why: error.to_string(),
        fix: "see `provisioner doctor`; nothing was sent".into(),
    })
}

/// What the graph knows. A graph that cannot be read is told: it must not be taken for an empty one.
///
/// # Errors
///
/// The graph cannot be read.
pub(crate) async fn inventory(reach: &Reach) -> Result<Value, Problem> {
    reach.board.graph().inventory().await.map_err(|error| Problem {
        what: "What exists already could not be looked up".into(),
        why: error.to_string(),
        fix: "see `provisioner doctor`; nothing was sent".into(),
    })
}

/// What the catalog says of a step. `check` has made sure that it knows the operation.
fn facts_of(catalog: &Catalog, step: &Step) -> StepFacts {
    match catalog.operation(&step.operation_name()) {
        Ok(found) => {
            let (service, operation) = (found.service(), found.operation());
            let undo = match &step.undo {
                Undo::Auto => partner::undo(service, operation, &step.params).map(|p| p.operation),
                Undo::None => None,
                Undo::Call { operation, .. } => Some(operation.clone()),
            };
            StepFacts { step: step.id.clone(), access: classify(service, operation), undo }
        }
        Err(_) => StepFacts {
            step: step.id.clone(),
            access: crate::plan::Access {
                class: crate::plan::AccessClass::Write,
                irreversible: true,
                source: "unknown: treated as write".into(),
            },
            undo: None,
        },
    }
}
