//! Work that goes on beside the conversation: turns, judgements, and runs.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::begin::Driver;
use crate::agent::{Heard, Turn};
use crate::executor::{self, RunContext};
use crate::plan::{CloudName, Decision, Plan};
use crate::protocol::{Problem, StepProgress};
use crate::session::assess::{assess, inventory, tell as tell_others, used};
use crate::session::machine::{Input, TurnId, TurnResult};
use crate::session::runs::{self, Ended, Work};

/// The region that a planner writes into a plan when neither the person nor this machine names one, as the AWS tools
/// have it. It stands in the plan, so it is judged, priced, and seen.
const PLANNED_REGION: &str = "us-east-1";

/// What workers tell the driver.
pub(super) enum Inner {
    /// Something for the machine.
    Input(Box<Input>),
    /// The planner has something to say beside its answer.
    Notice(String),
    /// The model counted tokens.
    Tokens(u64),
    /// Rules or catalog have something to say that stays.
    HeaderChanged,
    /// A run came to rest and is recorded.
    Ended(Box<Ended>),
}

impl Inner {
    fn input(input: Input) -> Self {
        Inner::Input(Box::new(input))
    }
}

impl Driver {
    /// Starts a turn of the planner.
    pub(super) fn start_turn(&mut self, turn: TurnId, words: String) {
        let (desk, reach) = (Arc::clone(&self.desk), Arc::clone(&self.reach));
        // The last entry is these very words.
        let mut history = self.entries.clone();
        history.pop();
        let tell = self.inner.clone();
        let work = tokio::spawn(async move {
            let hear = |heard: Heard| {
                let what = match heard {
                    Heard::Delta(text) => Inner::input(Input::Delta(turn, text)),
                    Heard::ToolStarted { name, summary } => {
                        Inner::input(Input::ToolStarted(turn, name, summary))
                    }
                    Heard::ToolFinished(entry) => Inner::input(Input::ToolFinished(turn, *entry)),
                    Heard::Notice(text) => Inner::Notice(text),
                    Heard::Tokens(count) => Inner::Tokens(count),
                };
                // The driver outlives its turns; when it ends, nobody listens any more.
                drop(tell.send(what));
            };
            let constraints = reach.legislator.constraints();
            let answer = desk
                .planner
                .turn(Turn {
                    words: &words,
                    history: &history,
                    board: &reach.board,
                    target: reach.target,
                    region: reach.regions.get(CloudName::Aws).unwrap_or(PLANNED_REGION),
                    constraints: &constraints,
                    hear: &hear,
                })
                .await;
            answer.map(|answer| TurnResult { text: answer.text, plan: answer.plan })
        });
        self.turn = Some(work.abort_handle());
        let tell = self.inner.clone();
        tokio::spawn(async move {
            let result = match work.await {
                Ok(result) => result,
                Err(error) if error.is_cancelled() => return,
                Err(_) => Err(Problem {
                    what: "The planner broke off".into(),
                    why: "it met a fault of this program".into(),
                    fix: "say it again in other words; what you said is kept".into(),
                }),
            };
            drop(tell.send(Inner::input(Input::TurnDone(turn, result))));
        });
    }

    /// Judges and prices a plan.
    pub(super) fn start_assessment(&self, plan: Plan) {
        let (desk, reach, tell) = (Arc::clone(&self.desk), Arc::clone(&self.reach), self.inner.clone());
        tokio::spawn(async move {
            reach.legislator.refresh().await;
            drop(tell.send(Inner::HeaderChanged));
            let mut result = match inventory(&reach).await {
                Ok(inventory) => used(&desk).and_then(|uses| assess(&desk, &reach, &plan, &inventory, &uses)),
                Err(problem) => Err(problem),
            };
            if let Ok(assessment) = &mut result
                && assessment.verdict.decision != Decision::Deny
            {
                // What the person sees now is what may be changed later.
                assessment.sightings = executor::sight(&plan, &reach.board.clouds(), &desk.catalog).await;
            }
            let assessment = result.as_ref().ok().cloned();
            drop(tell.send(Inner::input(Input::Assessed(plan.digest(), result))));
            // The person does not wait for the webhooks.
            if let Some(assessment) = assessment {
                for sentence in tell_others(&desk, &reach, &plan, &assessment).await {
                    drop(tell.send(Inner::Notice(sentence)));
                }
            }
        });
    }

    /// Runs, resumes, or takes back on a task of its own; the end is recorded before it is told.
    pub(super) fn start_work(&mut self, work: Work, mut context: RunContext) {
        self.run = Some(context.stop.clone());
        let (progress, reported) = self.progress();
        context.progress = Some(progress);
        let (desk, reach, tell) = (Arc::clone(&self.desk), Arc::clone(&self.reach), self.inner.clone());
        let id = context.id.clone();
        let running = tokio::spawn(runs::work(work, context));
        tokio::spawn(async move {
            let done = running.await;
            // What the steps reported is told before the end.
            drop(reported.await);
            let ended = match done {
                Ok(Ok(execution)) => runs::finish(&desk, &reach, execution).await,
                Ok(Err(error)) => Err(Problem {
                    what: "The run did not go on".into(),
                    why: error.to_string(),
                    fix: format!("see `provisioner history show {id}`"),
                }),
                Err(_) => Err(Problem {
                    what: "The run broke off".into(),
                    why: "the executor met a fault of this program".into(),
                    fix: format!("its journal is kept: `provisioner history resume {id}`"),
                }),
            };
            let what = match ended {
                Ok(ended) => Inner::Ended(Box::new(ended)),
                Err(problem) => Inner::input(Input::RunDone(Err(problem))),
            };
            drop(tell.send(what));
        });
    }

    /// Where the steps of a run report; the task ends when the run has let go of it.
    fn progress(&self) -> (mpsc::UnboundedSender<StepProgress>, JoinHandle<()>) {
        let (tell, mut told) = mpsc::unbounded_channel();
        let inner = self.inner.clone();
        let reported = tokio::spawn(async move {
            while let Some(progress) = told.recv().await {
                drop(inner.send(Inner::input(Input::Step(progress))));
            }
        });
        (tell, reported)
    }
}
