//! What lies on the desk: the proposed plan with its papers, and the run.

use std::time::Duration;

use jiff::Timestamp;

use crate::plan::{Digest, Estimate, ExecutionId, Plan, StepFacts, StepId, StepState, Verdict};
use crate::protocol::{DecisionRequest, ExecutionSummary, Papers, StepProgress};

/// The panes beside the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pane {
    #[default]
    Plan,
    Verdict,
    Cost,
    Run,
}

impl Pane {
    pub(crate) const ALL: [Pane; 4] = [Pane::Plan, Pane::Verdict, Pane::Cost, Pane::Run];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Pane::Plan => "Plan",
            Pane::Verdict => "Verdict",
            Pane::Cost => "Cost",
            Pane::Run => "Run",
        }
    }
}

/// A plan with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) plan: Plan,
    pub(crate) digest: Digest,
    pub(crate) facts: Vec<StepFacts>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) estimate: Option<Estimate>,
    /// The plan that this one took the place of, while that one was not decided.
    pub(crate) before: Option<Plan>,
    /// Whether a decision was taken on it.
    pub(crate) decided: bool,
}

impl Proposal {
    pub(crate) fn papers(&self) -> Papers<'_> {
        Papers {
            plan: &self.plan,
            digest: &self.digest,
            facts: &self.facts,
            verdict: self.verdict.as_ref(),
            estimate: self.estimate.as_ref(),
        }
    }
}

/// A run and its steps.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) execution: ExecutionId,
    pub(crate) steps: Vec<RunStep>,
    pub(crate) summary: Option<ExecutionSummary>,
}

/// A step of a run.
#[derive(Clone, Debug)]
pub(crate) struct RunStep {
    pub(crate) step: StepId,
    pub(crate) state: StepState,
    pub(crate) operation: String,
    pub(crate) note: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) at: Option<Timestamp>,
    /// Seconds since the step was started, and when this was said.
    elapsed: Option<(f64, Duration)>,
}

impl RunStep {
    /// Seconds since the start; counts on while the step works.
    pub(crate) fn seconds(&self, now: Duration) -> Option<f64> {
        let (elapsed, said) = self.elapsed?;
        let working = matches!(self.state, StepState::Running | StepState::Settling | StepState::Undoing);
        Some(if working { elapsed + now.saturating_sub(said).as_secs_f64() } else { elapsed })
    }
}

/// The papers in hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub(crate) proposal: Option<Proposal>,
    pub(crate) request: Option<DecisionRequest>,
    pub(crate) run: Option<Run>,
    /// The pane that is shown when there is room for one.
    pub(crate) pane: Pane,
    pub(crate) unfinished: Vec<ExecutionSummary>,
}

impl Desk {
    /// Puts a new plan on the desk. Tells whether it took the place of another one that was to
    /// be decided.
    pub(crate) fn propose(&mut self, plan: Plan, digest: Digest, facts: Vec<StepFacts>) -> bool {
        self.request = None;
        let other = self.proposal.take().filter(|old| !old.decided && old.digest != digest);
        let replaced = other.is_some();
        let before = other.map(|old| old.plan);
        self.proposal =
            Some(Proposal { plan, digest, facts, verdict: None, estimate: None, before, decided: false });
        self.pane = Pane::Plan;
        self.run = None;
        replaced
    }

    /// Notes that the plan with this digest was decided, or is to be decided.
    pub(crate) fn decided(&mut self, digest: &Digest, decided: bool) {
        if let Some(proposal) = self.proposal.as_mut().filter(|p| p.digest == *digest) {
            proposal.decided = decided;
        }
    }

    pub(crate) fn judged(&mut self, verdict: Verdict) {
        if let Some(proposal) = self.proposal.as_mut().filter(|p| p.digest == verdict.plan) {
            proposal.verdict = Some(verdict);
        }
    }

    pub(crate) fn priced(&mut self, estimate: Estimate) {
        if let Some(proposal) = self.proposal.as_mut().filter(|p| p.digest == estimate.plan) {
            proposal.estimate = Some(estimate);
        }
    }

    /// The open decision, if its plan is the one on the desk.
    pub(crate) fn decision(&self) -> Option<(&DecisionRequest, &Proposal)> {
        let (request, proposal) = (self.request.as_ref()?, self.proposal.as_ref()?);
        (request.digest == proposal.digest).then_some((request, proposal))
    }

    /// Notes what happened to a step.
    pub(crate) fn step(&mut self, progress: StepProgress, now: Duration) {
        if self.run.as_ref().is_none_or(|run| run.execution != progress.execution) {
            self.run =
                Some(Run { execution: progress.execution.clone(), steps: self.waiting(), summary: None });
            self.pane = Pane::Run;
        }
        let Some(run) = &mut self.run else { return };
        let step = RunStep {
            step: progress.step,
            state: progress.state,
            operation: progress.operation,
            note: progress.note,
            request_id: progress.request_id,
            at: Some(progress.at),
            elapsed: Some((progress.elapsed, now)),
        };
        match run.steps.iter_mut().find(|known| known.step == step.step) {
            Some(known) => *known = step,
            None => run.steps.push(step),
        }
    }

    /// Notes how a run ended.
    pub(crate) fn executed(&mut self, summary: ExecutionSummary) {
        self.unfinished.retain(|open| open.id != summary.id);
        if let Some(run) = self.run.as_mut().filter(|run| run.execution == summary.id) {
            run.summary = Some(summary);
        }
    }

    /// The panes that have something to show.
    pub(crate) fn panes(&self) -> Vec<Pane> {
        let has_plan = self.proposal.is_some();
        Pane::ALL
            .into_iter()
            .filter(|pane| if *pane == Pane::Run { self.run.is_some() } else { has_plan })
            .collect()
    }

    /// The pane to show alone.
    pub(crate) fn shown_pane(&self) -> Option<Pane> {
        let panes = self.panes();
        panes.iter().copied().find(|pane| *pane == self.pane).or_else(|| panes.last().copied())
    }

    /// Shows the next pane.
    pub(crate) fn next_pane(&mut self) {
        let panes = self.panes();
        let at = panes.iter().position(|pane| Some(*pane) == self.shown_pane()).unwrap_or(0);
        if let Some(next) = panes.get((at + 1) % panes.len().max(1)) {
            self.pane = *next;
        }
    }

    fn waiting(&self) -> Vec<RunStep> {
        let Some(proposal) = &self.proposal else { return Vec::new() };
        let ids: Vec<StepId> = match proposal.plan.order() {
            Ok(order) => order.sorted().to_vec(),
            Err(_) => proposal.plan.steps.iter().map(|s| s.id.clone()).collect(),
        };
        ids.iter()
            .filter_map(|id| proposal.plan.step(id))
            .map(|step| RunStep {
                step: step.id.clone(),
                state: StepState::Waiting,
                operation: format!("{} {}", step.service, step.operation),
                note: None,
                request_id: None,
                at: None,
                elapsed: None,
            })
            .collect()
    }
}
