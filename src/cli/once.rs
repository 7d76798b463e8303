//! One request through a whole session, without a conversation: `ask`, `call`, `plan apply`,
//! `plan undo`, `history resume`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use super::args::ApprovePolicy;
use super::plain::Talk;
use super::{CliError, Exit, Output, output};
use crate::plan::{
    Approval, Decision, Digest, Estimate, Execution, ExecutionStatus, Plan, StepEvent, StepEventKind,
    StepFacts, StepId, Verdict,
};
use crate::protocol::{
    Choice, Command, DecisionRequest, Entry, Event, ExecutionSummary, Mode, Problem, RecordSummary, Role,
};
use crate::regulator;
use crate::session::{Begin, Options, StepRehearsed, start};
use crate::store::papers;
use crate::text::mask_named;

/// How far a request may go.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// When a plan runs without asking.
    pub(crate) approve: ApprovePolicy,
    /// Stop after the plan, verdict, and cost.
    pub(crate) plan_only: bool,
    /// Run only the plan with this digest.
    pub(crate) digest: Option<String>,
}

/// The whole paper trail of one request.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// `done`, `planned`, `answered`, `refused`, `failed`, or `partly`.
    pub(crate) status: &'static str,
    /// The conversation that it is kept in.
    session: String,
    /// What the planner said.
    answer: String,
    plan: Option<Plan>,
    digest: Option<Digest>,
    facts: Vec<StepFacts>,
    verdict: Option<Verdict>,
    estimate: Option<Estimate>,
    approval: Option<Approval>,
    execution: Option<Execution>,
    /// What the cloud answered to each step, secrets masked.
    outputs: BTreeMap<StepId, Value>,
    /// What the clouds said beforehand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rehearsed: Vec<StepRehearsed>,
    summary: Option<ExecutionSummary>,
    record: Option<RecordSummary>,
    problems: Vec<Problem>,
    #[serde(skip)]
    refused: bool,
}

/// Sends one command to a new session and follows it to its end.
///
/// # Errors
///
/// The session cannot be opened or breaks off.
pub(crate) async fn once(
    out: Output,
    options: Options,
    command: Command,
    bounds: Bounds,
) -> Result<(Exit, Outcome), CliError> {
    let store = options.store.clone();
    let mut session = start(options, Begin::New);
    let mut course = Course { out, bounds, ..Course::default() };
    let mut first = Some(command);
    let mut interrupts = 0;
    loop {
        let event = tokio::select! {
            event = session.events.recv() => event,
            _ = tokio::signal::ctrl_c() => {
                interrupts += 1;
                output::report(if interrupts == 1 {
                    "Stopping after the running steps; press Ctrl+C again to stop at once."
                } else {
                    "Stopping at once; `provisioner history resume` takes it up again."
                });
                drop(session.commands.send(Command::Interrupt).await);
                continue;
            }
        };
        let Some(event) = event else { break };
        let opened = matches!(event, Event::Opened { .. });
        let next = course.hear(event)?;
        let next = if opened { first.take().or(next) } else { next };
        if let Some(command) = next {
            // A session that is over says so by closing its channel.
            drop(session.commands.send(command).await);
        }
    }
    drop(session.task.await);
    let mut outcome = course.outcome;
    if let Some(summary) = &outcome.summary {
        if let Ok(detail) = regulator::detail(&store, &summary.id) {
            outcome.outputs = outputs(detail.journal);
            outcome.execution = Some(detail.execution);
        }
        outcome.approval = papers(&store).get(&summary.id.0).ok().flatten().and_then(|kept| kept.approval);
    }
    let exit = judge(&mut outcome, &course.bounds);
    Ok((exit, outcome))
}

/// The last answer to each step.
fn outputs(journal: Vec<StepEvent>) -> BTreeMap<StepId, Value> {
    journal
        .into_iter()
        .filter_map(|event| match event.kind {
            StepEventKind::Answered { output, .. } | StepEventKind::Result { output } => {
                Some((event.step, output))
            }
            _ => None,
        })
        .collect()
}

/// How a request ended.
fn judge(outcome: &mut Outcome, bounds: &Bounds) -> Exit {
    let (status, exit) = match &outcome.summary {
        Some(summary) => match summary.status {
            ExecutionStatus::Succeeded | ExecutionStatus::Undone => ("done", Exit::Done),
            ExecutionStatus::Failed => ("failed", Exit::Failed),
            ExecutionStatus::Running
            | ExecutionStatus::Parked
            | ExecutionStatus::PartlyDone
            | ExecutionStatus::Stuck => ("partly", Exit::Partly),
        },
        None if outcome.refused => ("refused", Exit::Refused),
        None if !outcome.problems.is_empty() => ("failed", Exit::Failed),
        None if outcome.plan.is_some() && bounds.plan_only => ("planned", Exit::Done),
        None if outcome.plan.is_some() => ("refused", Exit::Refused),
        // Somebody wanted something done, and the words were not enough for a plan.
        None if bounds.approve != ApprovePolicy::Never => ("answered", Exit::BadInput),
        None => ("answered", Exit::Done),
    };
    outcome.status = status;
    exit
}

#[derive(Default)]
struct Course {
    out: Output,
    bounds: Bounds,
    talk: Talk,
    outcome: Outcome,
    asked: bool,
    leaving: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { approve: ApprovePolicy::Never, plan_only: false, digest: None }
    }
}

impl Course {
    /// Takes in an event; what is to be said next, if anything.
    fn hear(&mut self, event: Event) -> Result<Option<Command>, CliError> {
        // The opening lines and the farewell of a conversation say nothing about one request.
        if !matches!(event, Event::Opened { .. } | Event::Stopped { .. } | Event::HeaderChanged { .. }) {
            let lines = self.talk.hear(event.clone());
            if !lines.is_empty() {
                self.out.note(&lines.join("\n"))?;
            }
        }
        match event {
            Event::Opened { id, .. } => {
                self.outcome.session = id;
                self.asked = true;
            }
            Event::Added { entry: Entry::Said { role: Role::Agent | Role::Notice, text, .. } } => {
                if !self.outcome.answer.is_empty() {
                    self.outcome.answer.push_str("\n\n");
                }
                self.outcome.answer.push_str(&text);
            }
            Event::Added { entry: Entry::Failed { problem } } | Event::Failed { problem } => {
                self.outcome.problems.push(problem);
                return Ok(None);
            }
            Event::PlanProposed { mut plan, digest, facts } => {
                for step in &mut plan.steps {
                    step.params = mask_named(&step.params);
                }
                self.outcome.plan = Some(plan);
                self.outcome.digest = Some(digest);
                self.outcome.facts = facts;
            }
            Event::Judged { verdict } => self.outcome.verdict = Some(verdict),
            Event::Priced { estimate } => self.outcome.estimate = Some(estimate),
            Event::DecisionNeeded { request } => return self.decide(request).map(Some),
            Event::Executed { summary } => self.outcome.summary = Some(summary),
            Event::Recorded { record } => self.outcome.record = Some(record),
            Event::ModeChanged { mode: Mode::Idle } if self.asked && !self.leaving => {
                self.leaving = true;
                return Ok(Some(Command::Quit));
            }
            _ => {}
        }
        Ok(None)
    }

    /// What the person said beforehand, or says now at a terminal.
    fn decide(&mut self, request: DecisionRequest) -> Result<Command, CliError> {
        let verdict = self.outcome.verdict.as_ref().map_or(Decision::Deny, |verdict| verdict.decision);
        if self.bounds.plan_only {
            self.leaving = true;
            return Ok(Command::Quit);
        }
        if let Some(wanted) = &self.bounds.digest
            && wanted != request.digest.as_str()
            && wanted != request.digest.as_str().trim_start_matches("sha256:")
        {
            self.refuse(&format!(
                "the plan's digest is {}, not {wanted}: it changed and must be approved again",
                request.digest
            ));
            return Ok(Command::Decide { digest: request.digest, choice: Choice::Deny });
        }
        let allowed = match self.bounds.approve {
            ApprovePolicy::Never => false,
            ApprovePolicy::Allowed => verdict == Decision::Allow,
            ApprovePolicy::Warned => verdict <= Decision::Warn,
        };
        let digest = request.digest.clone();
        if request.can_approve && allowed {
            let choice = Choice::Approve { typed: request.typed_word, exceptions: request.exceptions };
            return Ok(Command::Decide { digest, choice });
        }
        if request.can_approve && self.bounds.approve == ApprovePolicy::Never && at_terminal(self.out) {
            if let Some(choice) = ask_person(&request)? {
                return Ok(Command::Decide { digest, choice });
            }
            self.refuse("you did not approve it");
            return Ok(Command::Decide { digest, choice: Choice::Deny });
        }
        match request.reason {
            Some(reason) => self.refuse(&reason),
            None if self.bounds.approve == ApprovePolicy::Never => {
                self.refuse("nobody approved it: say --approve allowed, or use the chat");
            }
            None => self.refuse(&format!("the verdict is `{}`", verdict.as_str())),
        }
        Ok(Command::Decide { digest, choice: Choice::Deny })
    }

    fn refuse(&mut self, why: &str) {
        self.outcome.refused = true;
        self.outcome.problems.push(Problem {
            what: "The plan was not run; nothing was sent".into(),
            why: why.into(),
            fix: "change the plan so that it fits the rules, or approve it".into(),
        });
        output::report(&format!("Not run, nothing was sent: {why}."));
    }
}

fn at_terminal(out: Output) -> bool {
    !out.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the typed word at the terminal; nothing else approves.
fn ask_person(request: &DecisionRequest) -> Result<Option<Choice>, CliError> {
    let word = request.typed_word.clone().unwrap_or_else(|| {
        let short: String = request.digest.short().chars().take(4).collect();
        format!("approve {short}")
    });
    if !request.exceptions.is_empty() {
        output::report(&format!("Approving uses the exceptions {}.", request.exceptions.join(", ")));
    }
    eprint_prompt(&format!(
        "Type `{word}` to run this plan on {}, anything else to leave it: ",
        request.target
    ));
    let mut typed = String::new();
    std::io::stdin()
        .read_line(&mut typed)
        .map_err(|e| CliError::failed(format!("cannot read your answer: {e}")))?;
    Ok((typed.trim() == word).then(|| Choice::Approve {
        typed: request.typed_word.clone(),
        exceptions: request.exceptions.clone(),
    }))
}

fn eprint_prompt(text: &str) {
    let mut err = std::io::stderr().lock();
    // A closed standard error leaves nowhere to ask; the answer then approves nothing.
    let _ = write!(err, "{}", crate::text::sanitize(text)).and_then(|()| err.flush());
}
