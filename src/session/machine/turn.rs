//! The agent's turn, and the judging of what it proposes.

use super::state::{problem, said};
use super::{Assessment, Effect, Machine, Proposal, TurnId, TurnResult};
use crate::plan::{Decision, Digest, Plan};
use crate::protocol::{Entry, Event, Mode, Problem, Role};

impl Machine {
    pub(super) fn submit(&mut self, text: String, out: &mut Vec<Effect>) {
        if text.trim().is_empty() {
            return;
        }
        match self.mode {
            Mode::Idle | Mode::Deciding => self.begin_turn(text, out),
            Mode::Thinking | Mode::Running | Mode::Stopping => {
                self.queue.push_back(text);
                out.push(Effect::Emit(Event::Queued { texts: self.queue.iter().cloned().collect() }));
            }
        }
    }

    pub(super) fn begin_turn(&mut self, text: String, out: &mut Vec<Effect>) {
        self.turn += 1;
        self.words.clone_from(&text);
        self.spoken.clear();
        out.push(Effect::Append(said(Role::Person, text.clone())));
        self.set_mode(Mode::Thinking, out);
        out.push(Effect::StartTurn(self.turn, text));
    }

    pub(super) fn delta(&mut self, turn: TurnId, text: String, out: &mut Vec<Effect>) {
        if turn == self.turn && self.mode == Mode::Thinking {
            self.spoken.push_str(&text);
            out.push(Effect::Emit(Event::Delta { text }));
        }
    }

    pub(super) fn turn_done(
        &mut self,
        turn: TurnId,
        result: Result<TurnResult, Problem>,
        out: &mut Vec<Effect>,
    ) {
        if turn != self.turn || self.mode != Mode::Thinking {
            return;
        }
        let spoken = std::mem::take(&mut self.spoken);
        match result {
            Ok(result) => {
                if !result.text.trim().is_empty() {
                    out.push(Effect::Append(said(Role::Agent, result.text)));
                }
                match result.plan {
                    Some(plan) => {
                        let words = std::mem::take(&mut self.words);
                        self.assess(plan, words, out);
                    }
                    None => self.settle(out),
                }
            }
            Err(problem) => {
                // What was streamed before the failure is part of the conversation.
                if !spoken.trim().is_empty() {
                    out.push(Effect::Append(said(Role::Agent, spoken)));
                }
                Self::fail(problem, out);
                self.settle(out);
            }
        }
    }

    pub(super) fn propose(&mut self, plan: Plan, words: String, out: &mut Vec<Effect>) {
        if !matches!(self.mode, Mode::Idle | Mode::Deciding) {
            let why = "something else is going on";
            Self::fail(problem("The plan was not taken up", why, "wait until it is over"), out);
            return;
        }
        out.push(Effect::Append(said(Role::Person, words.clone())));
        self.assess(plan, words, out);
    }

    pub(super) fn assess(&mut self, plan: Plan, words: String, out: &mut Vec<Effect>) {
        if let Some(old) = self.waiting.take() {
            out.push(Effect::Emit(Event::DecisionClosed { digest: old.digest }));
        }
        let digest = plan.digest();
        self.assessing = Some((plan.clone(), digest, words));
        self.set_mode(Mode::Thinking, out);
        out.push(Effect::Assess(plan));
    }

    pub(super) fn assessed(
        &mut self,
        digest: &Digest,
        result: Result<Assessment, Problem>,
        out: &mut Vec<Effect>,
    ) {
        let Some((plan, digest, words)) = self.assessing.take_if(|(_, expected, _)| expected == digest)
        else {
            return;
        };
        let papers = match result {
            Ok(papers) => papers,
            Err(problem) => {
                Self::fail(problem, out);
                self.settle(out);
                return;
            }
        };
        let (facts, verdict, estimate) = (&papers.facts, &papers.verdict, &papers.estimate);
        out.push(Effect::Emit(Event::PlanProposed {
            plan: plan.clone(),
            digest: digest.clone(),
            facts: facts.clone(),
        }));
        out.push(Effect::Emit(Event::Judged { verdict: verdict.clone() }));
        out.push(Effect::Emit(Event::Priced { estimate: estimate.clone() }));
        out.push(Effect::Append(Entry::Proposed {
            plan: plan.clone(),
            facts: facts.clone(),
            verdict: verdict.clone(),
            estimate: estimate.clone(),
        }));
        let unasked =
            plan.steps.iter().all(|step| {
                facts.iter().any(|fact| fact.step == step.id && fact.access.class.runs_unasked())
            }) && verdict.decision <= Decision::Warn;
        let proposal = Proposal { plan, digest, words, papers };
        if unasked {
            let effect =
                Effect::Run { proposal: Box::new(proposal), approved: false, exceptions: Vec::new() };
            self.mode = Mode::Idle;
            self.start_run(effect, out);
        } else {
            self.waiting = Some(proposal);
            self.settle(out);
        }
    }
}
