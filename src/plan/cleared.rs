//! The only thing that the executor runs.

use serde::Serialize;
use thiserror::Error;

use super::{Approval, Decision, Digest, Estimate, Plan, StepFacts, Target, Verdict};

/// A plan that was judged, priced, and allowed to run. It can only be made by
/// [`Cleared::new`], which checks that all four papers speak of the same plan.
#[derive(Clone, Debug, Serialize)]
pub struct Cleared {
    plan: Plan,
    verdict: Verdict,
    estimate: Estimate,
    clearance: Clearance,
    target: Target,
}

/// On what ground a plan may run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Clearance {
    /// A person approved it.
    Approved {
        /// The approval.
        approval: Approval,
    },
    /// Every step is a read by the catalog's word, so nobody has to be asked.
    ReadsOnly,
}

/// Why a plan may not run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The rules forbid it.
    #[error("the rules forbid this plan: {}", .0.join(", "))]
    Denied(Vec<String>),
    /// Findings need exceptions that nobody approved, or that were not accepted with the plan.
    #[error("these findings need an approved exception: {}", .0.join(", "))]
    ExceptionNeeded(Vec<String>),
    /// A paper speaks of another plan.
    #[error(
        "the {paper} belongs to plan {found}, not to {expected}: the plan changed and must be approved again"
    )]
    OtherPlan {
        /// Which paper.
        paper: &'static str,
        /// The plan to run.
        expected: String,
        /// The plan that the paper names.
        found: String,
    },
    /// The approval is for another target.
    #[error("the approval is for {approved}, not for {wanted}")]
    OtherTarget {
        /// The approved target.
        approved: Target,
        /// The target to run on.
        wanted: Target,
    },
    /// Nobody approved it, and it is not made of reads alone.
    #[error("nobody approved this plan")]
    NotApproved,
}

impl Cleared {
    /// Brings the papers together.
    ///
    /// Without an approval a plan is cleared only if `facts` names every step and calls each
    /// a read.
    ///
    /// # Errors
    ///
    /// Why the plan may not run.
    pub fn new(
        plan: Plan,
        facts: &[StepFacts],
        verdict: Verdict,
        estimate: Estimate,
        approval: Option<Approval>,
        target: Target,
    ) -> Result<Self, Refusal> {
        let digest = plan.digest();
        same_plan("verdict", &digest, &verdict.plan)?;
        same_plan("estimate", &digest, &estimate.plan)?;
        let rules = |decision| -> Vec<String> {
            verdict.findings.iter().filter(|f| f.decision == decision).map(|f| f.rule.clone()).collect()
        };
        // The stored decision is not trusted alone: the findings have to agree.
        let worst = verdict.findings.iter().map(|f| f.decision).max().unwrap_or_default();
        if worst.max(verdict.decision) == Decision::Deny {
            return Err(Refusal::Denied(rules(Decision::Deny)));
        }
        // An exception counts where somebody else approved it and whoever approves the plan accepts it.
        let accepted = approval.as_ref().map(|a| a.exceptions.as_slice()).unwrap_or_default();
        let missing: Vec<String> = verdict
            .findings
            .iter()
            .filter(|f| f.decision == Decision::Exception)
            .filter(|f| !f.exception.as_ref().is_some_and(|exception| accepted.contains(&exception.id)))
            .map(|f| f.rule.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::ExceptionNeeded(missing));
        }
        let clearance = match approval {
            Some(approval) => {
                same_plan("approval", &digest, &approval.plan)?;
                if approval.target != target {
                    return Err(Refusal::OtherTarget { approved: approval.target, wanted: target });
                }
                Clearance::Approved { approval }
            }
            None if reads_only(&plan, facts) => Clearance::ReadsOnly,
            None => return Err(Refusal::NotApproved),
        };
        Ok(Self { plan, verdict, estimate, clearance, target })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The verdict on it.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Its cost.
    #[must_use]
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// Why it may run.
    #[must_use]
    pub fn clearance(&self) -> &Clearance {
        &self.clearance
    }

    /// Where it may run.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target
    }
}

/// Whether every step is named by the facts and called a read.
#[must_use]
pub(crate) fn reads_only(plan: &Plan, facts: &[StepFacts]) -> bool {
    plan.steps
        .iter()
        .all(|step| facts.iter().any(|fact| fact.step == step.id && fact.access.class.runs_unasked()))
}

fn same_plan(paper: &'static str, expected: &Digest, found: &Digest) -> Result<(), Refusal> {
    if expected == found {
        return Ok(());
    }
    Err(Refusal::OtherPlan { paper, expected: expected.short().to_owned(), found: found.short().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::{Access, AccessClass, Approver, Excepted, Finding, Knowledge, Severity};
    use super::*;
    use jiff::Timestamp;
    use rust_decimal::Decimal;
    use serde_json::json;

    fn plan() -> Plan {
        Plan::from_value(json!({"version": 1, "name": "x", "steps": [
            {"id": "a", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": {"Bucket": "b"}},
        ]}))
        .unwrap()
    }

    fn facts(class: AccessClass) -> Vec<StepFacts> {
        let access = Access { class, irreversible: false, source: "test".into() };
        vec![StepFacts { step: "a".into(), access, undo: None }]
    }

    fn verdict(plan: &Plan, decisions: &[Decision]) -> Verdict {
        let findings = decisions
            .iter()
            .map(|decision| Finding {
                rule: format!("R-{}", decision.as_str()),
                topic: "t".into(),
                pack: "security".into(),
                severity: Severity::High,
                decision: *decision,
                step: Some("a".into()),
                path: "$".into(),
                message: "m".into(),
                fix: "f".into(),
                patch: vec![],
                controls: vec![],
                state: Knowledge::Known,
                exception: None,
            })
            .collect();
        Verdict::new(plan.digest(), findings, Digest::of_bytes(b"rules"), 1)
    }

    fn estimate(plan: &Plan) -> Estimate {
        Estimate {
            plan: plan.digest(),
            currency: "USD".into(),
            monthly: Decimal::ZERO,
            one_off: Decimal::ZERO,
            unpriced: 0,
            steps: vec![],
            assumptions: vec![],
        }
    }

    fn approval(plan: &Plan) -> Approval {
        Approval {
            plan: plan.digest(),
            target: Target::Sandbox,
            by: Approver::Person { name: "ada".into() },
            at: Timestamp::UNIX_EPOCH,
            exceptions: vec![],
        }
    }

    fn clear(
        decisions: &[Decision],
        class: AccessClass,
        approval: Option<Approval>,
    ) -> Result<Cleared, Refusal> {
        let plan = plan();
        let (verdict, estimate) = (verdict(&plan, decisions), estimate(&plan));
        Cleared::new(plan, &facts(class), verdict, estimate, approval, Target::Sandbox)
    }

    #[test]
    fn an_approved_plan_is_cleared() {
        assert!(clear(&[Decision::Warn], AccessClass::Write, Some(approval(&plan()))).is_ok());
    }

    #[test]
    fn a_denied_plan_is_refused_even_when_approved() {
        let refusal = clear(&[Decision::Warn, Decision::Deny], AccessClass::Write, Some(approval(&plan())))
            .unwrap_err();
        assert_eq!(refusal, Refusal::Denied(vec!["R-deny".into()]));
    }

    #[test]
    fn a_write_without_approval_is_refused_and_a_read_is_not() {
        assert_eq!(clear(&[], AccessClass::Write, None).unwrap_err(), Refusal::NotApproved);
        assert_eq!(clear(&[], AccessClass::Secret, None).unwrap_err(), Refusal::NotApproved);
        assert_eq!(clear(&[], AccessClass::Read, None).unwrap().clearance(), &Clearance::ReadsOnly);
    }

    #[test]
    fn an_exception_is_approved_by_another_and_accepted_with_the_plan() {
        let needed = Refusal::ExceptionNeeded(vec!["R-exception".into()]);
        let mut accepts = approval(&plan());
        // Whoever approves the plan cannot make an exception by naming one.
        accepts.exceptions = vec!["EX-1".into(), "R-exception".into()];
        let refusal = clear(&[Decision::Exception], AccessClass::Write, Some(accepts.clone())).unwrap_err();
        assert_eq!(refusal, needed);

        let plan = plan();
        let mut covered = verdict(&plan, &[Decision::Exception]);
        covered.findings[0].exception =
            Some(Excepted { id: "EX-1".into(), by: vec!["ada".into()], until: Timestamp::MAX });
        let clear = |approval: Approval| {
            let (facts, estimate) = (facts(AccessClass::Write), estimate(&plan));
            Cleared::new(plan.clone(), &facts, covered.clone(), estimate, Some(approval), Target::Sandbox)
        };
        assert!(clear(accepts).is_ok());
        assert_eq!(clear(approval(&plan)).unwrap_err(), needed);
    }

    #[test]
    fn an_edited_plan_needs_a_new_approval() {
        let old = approval(&plan());
        let mut edited = plan();
        edited.steps[0].params["Bucket"] = json!("other");
        let (verdict, estimate) = (verdict(&edited, &[]), estimate(&edited));
        let refusal =
            Cleared::new(edited, &facts(AccessClass::Write), verdict, estimate, Some(old), Target::Sandbox)
                .unwrap_err();
        assert!(matches!(refusal, Refusal::OtherPlan { paper: "approval", .. }), "{refusal}");
    }

    #[test]
    fn an_approval_for_the_sandbox_does_not_open_the_live_clouds() {
        let plan = plan();
        let (verdict, estimate) = (verdict(&plan, &[]), estimate(&plan));
        let approval = approval(&plan);
        let refusal =
            Cleared::new(plan, &facts(AccessClass::Write), verdict, estimate, Some(approval), Target::Live)
                .unwrap_err();
        assert!(matches!(refusal, Refusal::OtherTarget { .. }));
    }
}
