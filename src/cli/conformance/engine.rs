//! `conformance engine`: what the executor itself costs: the real walk, journal, and store, with a
//! cloud that answers at once.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::lines::LineError;
use crate::executor::{self, NullClouds, RunContext};
use crate::plan::{Approval, Approver, Cleared, Digest, Estimate, ExecutionStatus, Plan, Target, Verdict};
use crate::store::{self, Journal};

/// Steps that one line may ask for.
const MOST_STEPS: u64 = 200_000;
/// Children of a step in a tree.
const BRANCHES: u64 = 4;

/// Runs a plan of `steps` steps of a `shape` (flat, chain, or tree) in a fresh folder.
///
/// # Errors
///
/// A member is missing or wrong, or the run did not succeed.
pub(crate) fn answer(line: &Value) -> Result<Value, LineError> {
    let invalid = |message: &str| LineError::new("invalid", message);
    let steps = line["steps"].as_u64().filter(|n| (1..=MOST_STEPS).contains(n));
    let steps = steps.ok_or_else(|| invalid("`steps` must be a number from 1 to 200000"))?;
    let shape = line["shape"].as_str().unwrap_or("flat");
    let plan = plan(steps, shape).ok_or_else(|| invalid("`shape` must be flat, chain, or tree"))?;
    let failed = |message: String| LineError::new("failed", message);

    let folder = std::env::temp_dir().join(format!("provisioner-engine-{}", uuid::Uuid::new_v4().simple()));
    let measured = measure(plan, &folder);
    // The folder held nothing but the measurement.
    let cleaned = std::fs::remove_dir_all(&folder);
    let (seconds, journal_bytes) = measured.map_err(failed)?;
    cleaned.map_err(|e| failed(format!("cannot remove {}: {e}", folder.display())))?;
    Ok(json!({"seconds": seconds, "journal_bytes": journal_bytes}))
}

fn measure(plan: Plan, folder: &std::path::Path) -> Result<(f64, u64), String> {
    let store = store::open(folder).map_err(|e| e.to_string())?;
    let cleared = cleared(plan)?;
    let context = RunContext::new(Arc::clone(&store), Arc::new(NullClouds), Arc::new(NullClouds));
    let id = context.id.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let begun = Instant::now();
    let execution = runtime.block_on(executor::run(cleared, context)).map_err(|e| e.to_string())?;
    let seconds = begun.elapsed().as_secs_f64();
    if execution.status != ExecutionStatus::Succeeded {
        return Err(format!("the run is {}", execution.status.as_str()));
    }
    let bytes = Journal::open(&*store, &id).map_err(|e| e.to_string())?.bytes();
    Ok((seconds, bytes))
}

fn plan(count: u64, shape: &str) -> Option<Plan> {
    let step = |at: u64| {
        let after: Vec<String> = match shape {
            "chain" => at.checked_sub(1).into_iter().map(|before| format!("s{before}")).collect(),
            "tree" => at.checked_sub(1).into_iter().map(|at| format!("s{}", at / BRANCHES)).collect(),
            _ => Vec::new(),
        };
        json!({"id": format!("s{at}"), "cloud": "aws", "service": "null", "operation": "CreateNothing",
               "params": {"Name": format!("n{at}")}, "wait": "none", "after": after})
    };
    if !matches!(shape, "flat" | "chain" | "tree") {
        return None;
    }
    let steps: Vec<Value> = (0..count).map(step).collect();
    Plan::from_value(json!({"version": 1, "name": "engine", "steps": steps})).ok()
}

fn cleared(plan: Plan) -> Result<Cleared, String> {
    let digest = plan.digest();
    let verdict = Verdict::new(digest.clone(), vec![], Digest::of_bytes(b""), 0);
    let estimate = Estimate {
        plan: digest.clone(),
        currency: "USD".into(),
        monthly: Decimal::ZERO,
        one_off: Decimal::ZERO,
        unpriced: 0,
        steps: vec![],
        assumptions: vec![],
    };
    let approval = Approval {
        plan: digest,
        target: Target::Sandbox,
        by: Approver::Flag { name: "engine".into(), policy: "allowed".into() },
        at: Timestamp::now(),
        exceptions: vec![],
    };
    Cleared::new(plan, &[], verdict, estimate, Some(approval), Target::Sandbox).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_runs_to_its_end_and_leaves_a_journal() {
        for shape in ["flat", "chain", "tree"] {
            let answer = answer(&json!({"steps": 20, "shape": shape})).unwrap();
            assert!(answer["seconds"].as_f64().unwrap() > 0.0, "{answer}");
            assert!(answer["journal_bytes"].as_u64().unwrap() > 20 * 100, "{answer}");
        }
    }

    #[test]
    fn what_is_asked_wrongly_is_named() {
        assert!(answer(&json!({"steps": 0})).unwrap_err().message.contains("steps"));
        assert!(answer(&json!({"steps": 2, "shape": "ring"})).unwrap_err().message.contains("shape"));
    }
}
