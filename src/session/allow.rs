//! The gate: the papers of a plan are brought together, and what was decided is recorded.

use jiff::Timestamp;

use super::assess::used;
use super::machine::Proposal;
use super::{Desk, Reach};
use crate::legislator::ExceptionState;
use crate::plan::{Approval, Cleared, ExecutionId, RecordBody};
use crate::protocol::{Problem, RecordSummary};
use crate::regulator::{AuditChain, RegulatorError};

/// Clears a plan and puts the permission into the audit chain, before anything runs.
///
/// # Errors
///
/// The papers do not clear the plan, or the permission cannot be recorded; then nothing may run.
pub(crate) fn allow(
    desk: &Desk,
    reach: &Reach,
    proposal: &Proposal,
    approved: bool,
    exceptions: Vec<String>,
    session: Option<String>,
    execution: &ExecutionId,
) -> Result<Cleared, Problem> {
    still_hold(desk, reach, &exceptions)?;
    let approval = approved.then(|| Approval {
        plan: proposal.digest.clone(),
        target: reach.target,
        by: desk.options.approver.clone(),
        at: Timestamp::now(),
        exceptions,
    });
    let papers = &proposal.papers;
    let cleared = Cleared::new(
        proposal.plan.clone(),
        &papers.facts,
        papers.verdict.clone(),
        papers.estimate.clone(),
        approval.clone(),
        reach.target,
    )
    .map_err(|refusal| Problem {
        what: "The plan was not run".into(),
        why: refusal.to_string(),
        fix: "change the plan so that it fits, or approve it as it is now".into(),
    })?;
    let body = RecordBody::Allowed {
        asked: proposal.words.clone(),
        session,
        execution: execution.clone(),
        plan: proposal.plan.clone(),
        verdict: papers.verdict.clone(),
        estimate: papers.estimate.clone(),
        approval,
    };
    record(desk, body).map_err(|error| Problem {
        what: "The plan was not run: its permission could not be recorded".into(),
        why: error.to_string(),
        fix: "mend the store (see `provisioner audit verify`), then approve it again".into(),
    })?;
    Ok(cleared)
}

/// A decision can take its time: what it accepts must hold now, and not only when the plan was judged.
fn still_hold(desk: &Desk, reach: &Reach, exceptions: &[String]) -> Result<(), Problem> {
    if exceptions.is_empty() {
        return Ok(());
    }
    let statuses = reach.legislator.exceptions(Timestamp::now(), &used(desk)?);
    let holds = |id: &String| {
        statuses.iter().any(|status| {
            status.state == ExceptionState::Approved
                && status.record.as_ref().is_some_and(|record| record.id == *id)
        })
    };
    match exceptions.iter().find(|id| !holds(id)) {
        None => Ok(()),
        Some(gone) => Err(Problem {
            what: "The plan was not run".into(),
            why: format!("the exception {gone} does not hold any more"),
            fix: "see `provisioner rules exception list`, and ask for the plan again".into(),
        }),
    }
}

/// Puts a refusal into the audit chain.
///
/// # Errors
///
/// The chain is damaged or the disk refused.
pub(crate) fn refuse(
    desk: &Desk,
    proposal: &Proposal,
    session: Option<String>,
    reason: String,
) -> Result<RecordSummary, RegulatorError> {
    record(
        desk,
        RecordBody::Refused {
            asked: proposal.words.clone(),
            session,
            plan: proposal.plan.clone(),
            verdict: proposal.papers.verdict.clone(),
            reason,
        },
    )
}

pub(super) fn record(desk: &Desk, body: RecordBody) -> Result<RecordSummary, RegulatorError> {
    let record = AuditChain::open(&desk.options.store)?.append(body)?;
    Ok(RecordSummary::from(&record))
}
