//! The run of a plan, seen from the conversation.

use super::state::problem;
use super::{Effect, Machine};
use crate::protocol::{Entry, Event, ExecutionSummary, Mode, Problem, Role};

impl Machine {
    /// Starts, resumes, or takes back an execution, one at a time.
    pub(super) fn start_run(&mut self, effect: Effect, out: &mut Vec<Effect>) {
        if self.rules.read_only && !matches!(&effect, Effect::Run { approved: false, .. }) {
            Self::fail(
                problem(
                    "Nothing was run",
                    "read-only: everything that acts is switched off",
                    "start without --read-only",
                ),
                out,
            );
            out.push(Effect::Emit(Event::ModeChanged { mode: self.mode }));
            return;
        }
        if !matches!(self.mode, Mode::Idle | Mode::Deciding) {
            let why = "something else is going on";
            Self::fail(problem("Nothing was run", why, "wait until it is over, or interrupt it"), out);
            return;
        }
        self.interrupts = 0;
        self.set_mode(Mode::Running, out);
        out.push(effect);
    }

    pub(super) fn interrupt(&mut self, out: &mut Vec<Effect>) {
        match self.mode {
            Mode::Thinking => {
                out.push(Effect::CancelTurn);
                self.turn += 1;
                self.assessing = None;
                let spoken = std::mem::take(&mut self.spoken);
                if !spoken.trim().is_empty() {
                    out.push(Effect::Append(super::state::said(Role::Agent, spoken)));
                }
                Self::notice("Interrupted.", out);
                self.settle(out);
            }
            Mode::Running | Mode::Stopping => {
                self.interrupts = self.interrupts.saturating_add(1);
                out.push(Effect::InterruptRun { at_once: self.interrupts > 1 });
                self.set_mode(Mode::Stopping, out);
            }
            Mode::Idle | Mode::Deciding => {}
        }
    }

    pub(super) fn run_done(
        &mut self,
        result: Result<(ExecutionSummary, Option<String>), Problem>,
        out: &mut Vec<Effect>,
    ) {
        match result {
            Ok((summary, answers)) => {
                out.push(Effect::Append(Entry::Executed { summary: summary.clone() }));
                if let Some(text) = answers {
                    Self::notice(text, out);
                }
                out.push(Effect::Emit(Event::Executed { summary }));
            }
            Err(problem) => Self::fail(problem, out),
        }
        if self.quitting {
            self.set_mode(Mode::Idle, out);
            out.push(Effect::Stop);
            return;
        }
        self.settle(out);
    }
}
