//! The state of a conversation and the first step of every input.

use std::collections::VecDeque;

use super::{Assessment, Effect, Input, TurnId};
use crate::plan::{Digest, Plan, Target};
use crate::protocol::{Command, Entry, Event, Mode, Problem, Role};

/// A plan with its papers, waiting for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The plan.
    pub plan: Plan,
    /// Its identity.
    pub digest: Digest,
    /// The words that led to it.
    pub words: String,
    /// The judgement, the cost, and the catalog's facts.
    pub papers: Assessment,
}

/// What does not change while a session lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whether everything that acts is switched off.
    pub read_only: bool,
}

/// One conversation.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub(super) rules: Rules,
    pub(super) target: Target,
    pub(super) mode: Mode,
    /// The turn whose answers count.
    pub(super) turn: TurnId,
    /// The words that the agent is working on.
    pub(super) words: String,
    /// What the agent has said of its answer so far.
    pub(super) spoken: String,
    /// Words that came while something else was going on.
    pub(super) queue: VecDeque<String>,
    /// A plan that is being judged and priced.
    pub(super) assessing: Option<(Plan, Digest, String)>,
    /// A plan that waits for a decision.
    pub(super) waiting: Option<Proposal>,
    /// How often the running plan was interrupted.
    pub(super) interrupts: u8,
    /// Whether to end when the run has come to rest.
    pub(super) quitting: bool,
}

impl Machine {
    /// A conversation in which nothing has happened.
    #[must_use]
    pub fn new(rules: Rules, target: Target) -> Self {
        Self { rules, target, ..Self::default() }
    }

    /// What is going on.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where requests go.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target
    }

    /// Says that a change of target could not be made: the old one stays.
    pub fn stay_on(&mut self, target: Target) {
        self.target = target;
    }

    /// Takes in what happened and says what to do.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Command(command) => self.command(command, &mut out),
            Input::Delta(turn, text) => self.delta(turn, text, &mut out),
            Input::ToolStarted(turn, name, summary) if turn == self.turn && self.mode == Mode::Thinking => {
                out.push(Effect::Emit(Event::ToolStarted { name, summary }));
            }
            Input::ToolStarted(..) => {}
            Input::ToolFinished(turn, entry) if turn == self.turn && self.mode == Mode::Thinking => {
                out.push(Effect::Append(entry));
            }
            Input::ToolFinished(..) => {}
            Input::TurnDone(turn, result) => self.turn_done(turn, result, &mut out),
            Input::Assessed(digest, result) => self.assessed(&digest, result, &mut out),
            Input::Step(progress) => out.push(Effect::Emit(Event::Step { progress })),
            Input::Started(_) => {}
            Input::RunDone(result) => self.run_done(result, &mut out),
            Input::Opened { waiting, .. } => self.opened(waiting, &mut out),
        }
        out
    }

    fn command(&mut self, command: Command, out: &mut Vec<Effect>) {
        match command {
            Command::Submit { text } => self.submit(text, out),
            Command::Propose { plan, words } => self.propose(plan, words, out),
            Command::Decide { digest, choice } => self.decide(&digest, choice, out),
            Command::Patch { digest, finding } => self.patch(&digest, finding, out),
            Command::Judge => self.judge_again(out),
            Command::Interrupt => self.interrupt(out),
            Command::Resume { execution } => self.start_run(Effect::Resume(execution), out),
            Command::Undo { execution } => self.start_run(Effect::Undo(execution), out),
            Command::SetTarget { target } => self.set_target(target, out),
            Command::NewSession => self.leave_for(Effect::NewSession, out),
            Command::OpenSession { id } => self.leave_for(Effect::OpenSession(id), out),
            Command::RenameSession { name } => out.push(Effect::Rename(name)),
            Command::ListSessions => out.push(Effect::ListSessions),
            Command::ListExecutions => out.push(Effect::ListExecutions),
            Command::ShowExecution { execution } => out.push(Effect::ShowExecution(execution)),
            Command::Quit => self.quit(out),
        }
    }

    pub(super) fn set_mode(&mut self, mode: Mode, out: &mut Vec<Effect>) {
        if self.mode != mode {
            self.mode = mode;
            out.push(Effect::Emit(Event::ModeChanged { mode }));
        }
    }

    pub(super) fn fail(problem: Problem, out: &mut Vec<Effect>) {
        out.push(Effect::Append(Entry::Failed { problem }));
    }

    pub(super) fn notice(text: impl Into<String>, out: &mut Vec<Effect>) {
        out.push(Effect::Append(said(Role::Notice, text)));
    }

    /// Goes on with what waits: a decision first, else the next queued words.
    pub(super) fn settle(&mut self, out: &mut Vec<Effect>) {
        if let Some(text) = self.queue.pop_front() {
            out.push(Effect::Emit(Event::Queued { texts: self.queue.iter().cloned().collect() }));
            self.begin_turn(text, out);
        } else if let Some(proposal) = &self.waiting {
            let request = self.request(proposal);
            self.set_mode(Mode::Deciding, out);
            out.push(Effect::Emit(Event::DecisionNeeded { request }));
        } else {
            self.set_mode(Mode::Idle, out);
        }
    }

    fn set_target(&mut self, target: Target, out: &mut Vec<Effect>) {
        if matches!(self.mode, Mode::Running | Mode::Stopping) {
            Self::fail(
                problem("The target was not changed", "a plan is running", "wait until it has come to rest"),
                out,
            );
            return;
        }
        if target == self.target {
            return;
        }
        self.withdraw(out);
        self.target = target;
        out.push(Effect::SetTarget(target));
    }

    fn leave_for(&mut self, effect: Effect, out: &mut Vec<Effect>) {
        if matches!(self.mode, Mode::Running | Mode::Stopping) {
            Self::fail(
                problem(
                    "The conversation was not left",
                    "a plan is running",
                    "wait until it has come to rest, or interrupt it",
                ),
                out,
            );
            return;
        }
        if self.mode == Mode::Thinking {
            out.push(Effect::CancelTurn);
        }
        self.turn += 1;
        self.queue.clear();
        self.assessing = None;
        self.waiting = None;
        self.spoken.clear();
        self.set_mode(Mode::Idle, out);
        out.push(effect);
    }

    fn opened(&mut self, waiting: Option<(Plan, String)>, out: &mut Vec<Effect>) {
        if let Some((plan, words)) = waiting {
            self.assess(plan, words, out);
        }
    }

    fn quit(&mut self, out: &mut Vec<Effect>) {
        match self.mode {
            Mode::Running | Mode::Stopping => {
                self.quitting = true;
                self.interrupt(out);
            }
            Mode::Thinking => {
                out.push(Effect::CancelTurn);
                self.turn += 1;
                out.push(Effect::Stop);
            }
            Mode::Idle | Mode::Deciding => out.push(Effect::Stop),
        }
    }

    /// Withdraws the plan that waits for a decision, if there is one.
    pub(super) fn withdraw(&mut self, out: &mut Vec<Effect>) {
        self.assessing = None;
        if let Some(proposal) = self.waiting.take() {
            out.push(Effect::Emit(Event::DecisionClosed { digest: proposal.digest }));
        }
        if self.mode == Mode::Deciding {
            self.set_mode(Mode::Idle, out);
        }
    }
}

/// An entry of words. The driver sets the time when it puts the entry on disk.
pub(super) fn said(role: Role, text: impl Into<String>) -> Entry {
    Entry::Said { role, at: jiff::Timestamp::UNIX_EPOCH, text: text.into() }
}

pub(super) fn problem(what: &str, why: impl Into<String>, fix: &str) -> Problem {
    Problem { what: what.into(), why: why.into(), fix: fix.into() }
}
