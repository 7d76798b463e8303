//! Past executions: the index, and each one from its journal.

use std::sync::Arc;

use serde::Serialize;

use super::audit::mask_plan;
use super::{AuditChain, RegulatorError, summarise};
use crate::plan::{Execution, ExecutionId, Plan, RecordBody, StepEvent};
use crate::protocol::{ExecutionSummary, RecordSummary};
use crate::store::{Journal, Range, Replay, Store, executions, papers};

/// One execution in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// How it went, in short.
    pub summary: ExecutionSummary,
    /// Its state.
    pub execution: Execution,
    /// Its plan, secrets masked.
    pub plan: Plan,
    /// Its journal, oldest first.
    pub journal: Vec<StepEvent>,
    /// Its records in the audit chain.
    pub records: Vec<RecordSummary>,
}

/// All executions, latest first. One whose journal is damaged stands there as the index knows it.
///
/// # Errors
///
/// The store cannot be read.
pub fn list(store: &Arc<dyn Store>) -> Result<Vec<ExecutionSummary>, RegulatorError> {
    let all = executions(store).range(&Range::all().backwards())?;
    let summaries = all.into_iter().map(|(_, execution)| {
        let plan = papers(store).get(&execution.id.0).ok().flatten().map(|papers| papers.plan);
        match replay(store, &execution.id) {
            Ok(replay) => summarise(&replay.execution, &replay.events, plan.as_ref()),
            Err(_) => summarise(&execution, &[], plan.as_ref()),
        }
    });
    Ok(summaries.collect())
}

/// One execution in short.
///
/// # Errors
///
/// It is unknown, or its journal is damaged.
pub fn summary_of(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<ExecutionSummary, RegulatorError> {
    let plan = plan_of(store, id)?;
    let replay = replay(store, id)?;
    Ok(summarise(&replay.execution, &replay.events, Some(&plan)))
}

/// One execution in full.
///
/// # Errors
///
/// It is unknown, its journal is damaged, or the audit chain cannot be read.
pub fn detail(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<Detail, RegulatorError> {
    let plan = plan_of(store, id)?;
    let Replay { execution, events, .. } = replay(store, id)?;
    let records = AuditChain::open(store)?.records()?;
    let records = records.iter().filter(|record| match &record.body {
        RecordBody::Allowed { execution, .. } | RecordBody::Done { execution, .. } => execution == id,
        RecordBody::Refused { .. } => false,
    });
    Ok(Detail {
        summary: summarise(&execution, &events, Some(&plan)),
        records: records.map(RecordSummary::from).collect(),
        execution,
        plan,
        journal: events,
    })
}

/// The plan of an execution, secrets masked.
pub(super) fn plan_of(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<Plan, RegulatorError> {
    let kept = papers(store).get(&id.0)?.ok_or_else(|| RegulatorError::Unknown(id.clone()))?;
    let mut plan = kept.plan;
    mask_plan(&mut plan);
    Ok(plan)
}

fn replay(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<Replay, RegulatorError> {
    let index = executions(store).get(&id.0)?.ok_or_else(|| RegulatorError::Unknown(id.clone()))?;
    let journal = Journal::open(&**store, id)?;
    if journal.bytes() == 0 {
        // The program ended before anything was done.
        return Ok(Replay {
            execution: index,
            events: vec![],
            undoing: false,
            taken_back: false,
            parked: None,
            torn: None,
        });
    }
    Ok(journal.replay()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{
        Digest, Estimate, ExecutionStatus, StepEventKind as E, StepFailure, StepState, Target, Verdict,
    };
    use crate::store::{Line, Papers, in_memory};
    use jiff::Timestamp;
    use pretty_assertions::assert_eq;
    use rust_decimal::Decimal;
    use serde_json::json;

    /// A store with one execution: a bucket was made, its encryption failed, and tags were skipped.
    fn kept() -> (Arc<dyn Store>, ExecutionId) {
        let store = in_memory();
        let id = ExecutionId("x-1".into());
        let plan = Plan::from_value(json!({"version": 1, "name": "bucket", "steps": [
            {"id": "b", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": {"Bucket": "logs"}},
            {"id": "e", "cloud": "aws", "service": "s3", "operation": "PutBucketEncryption", "params": {"Bucket": "logs", "Secret": "x"}},
            {"id": "t", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging", "params": {"Bucket": "logs"}, "after": ["e"]},
        ]}))
        .unwrap();
        let digest = plan.digest();
        let estimate = Estimate {
            plan: digest.clone(),
            currency: "USD".into(),
            monthly: Decimal::ZERO,
            one_off: Decimal::ZERO,
            unpriced: 0,
            steps: vec![],
            assumptions: vec![],
        };
        let verdict = Verdict::new(digest.clone(), vec![], Digest::of_bytes(b""), 0);
        let target = Target::Sandbox;
        let papers_kept = Papers {
            plan,
            verdict,
            estimate,
            approval: None,
            sightings: std::collections::BTreeMap::new(),
            target,
            masked: false,
        };
        papers(&store).put(&id.0, &papers_kept).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let steps = vec!["b".into(), "e".into(), "t".into()];
        let step = |step: &str, kind| Line::Step(StepEvent { step: step.into(), at, kind });
        let intent = || E::Intent { params: json!({"Bucket": "logs"}), attempt: 1, absent: false };
        let failure = StepFailure { code: "AccessDenied".into(), message: "no".into(), advice: None };
        let journal = Journal::open(&*store, &id).unwrap();
        let status = ExecutionStatus::PartlyDone;
        journal
            .append(&[
                Line::Opened {
                    execution: id.clone(),
                    plan: digest,
                    name: "bucket".into(),
                    target,
                    session: None,
                    at,
                    steps,
                },
                step("b", intent()),
                step("b", E::Answered { output: json!({"Location": "/logs"}), request_id: None }),
                step("b", E::Succeeded),
                step("e", intent()),
                step("e", E::Failed { failure }),
                step("t", E::Skipped { because: "e".into() }),
                Line::Rested { at, status, reason: None },
            ])
            .unwrap();
        executions(&store).put(&id.0, &journal.replay().unwrap().execution).unwrap();
        (store, id)
    }

    #[test]
    fn an_execution_is_told_in_short_from_its_journal() {
        let (store, _) = kept();
        let [summary] = list(&store).unwrap().try_into().unwrap();
        assert_eq!((summary.succeeded, summary.failed, summary.skipped), (1, 1, 1));
        assert_eq!(summary.first_cause, Some(("e".into(), "AccessDenied: no".into())));
        assert_eq!(summary.resources, [("b".into(), "logs".into())]);
    }

    #[test]
    fn in_full_it_holds_plan_and_journal_without_secrets() {
        let (store, id) = kept();
        let detail = detail(&store, &id).unwrap();
        assert_eq!(detail.journal.len(), 6);
        assert_eq!(detail.execution.steps["t"], StepState::Skipped);
        assert_ne!(detail.plan.steps[1].params["Secret"], "x");
        assert!(matches!(super::detail(&store, &ExecutionId("x-9".into())), Err(RegulatorError::Unknown(_))));
    }
}
