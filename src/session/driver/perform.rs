//! The effects, performed.

use std::sync::Arc;

use jiff::Timestamp;

use super::begin::{Begin, Driver};
use super::work::Inner;
use crate::catalog::{Catalog, mask};
use crate::executor::{self, new_id};
use crate::legislator::Seen;
use crate::plan::{Approver, Clearance, Execution, ExecutionId, Plan, Target};
use crate::protocol::{Command, Entry, Event, ExecutionSummary, Header, Problem, Role, SessionId};
use crate::regulator;
use crate::session::allow::{allow, refuse};
use crate::session::assess::inventory;
use crate::session::machine::{Effect, Input, Proposal};
use crate::session::runs::{self, Work};
use crate::store::papers;
use crate::text::{MASK, mask_named};

impl Driver {
    /// Opens the conversation that the session begins with.
    pub(super) async fn begin(&mut self, begin: Begin) {
        match begin {
            Begin::New => self.new_session().await,
            Begin::Open(id) => self.open_session(id).await,
        }
    }

    pub(super) async fn command(&mut self, command: Command) {
        self.handle(Input::Command(command)).await;
    }

    pub(super) async fn happened(&mut self, what: Inner) {
        match what {
            Inner::Input(input) => self.handle(*input).await,
            Inner::Notice(text) => {
                self.append(Entry::Said { role: Role::Notice, at: Timestamp::now(), text }).await;
            }
            Inner::Tokens(count) => {
                self.tokens += count;
                self.header_changed().await;
            }
            Inner::HeaderChanged => self.header_changed().await,
            Inner::Ended(ended) => {
                self.emit(Event::Recorded { record: ended.record.clone() }).await;
                self.handle(Input::RunDone(Ok((ended.summary.clone(), ended.answers.clone())))).await;
            }
        }
    }

    /// One input through the machine, and its effects, in order.
    async fn handle(&mut self, input: Input) {
        match &input {
            Input::RunDone(_) => self.run = None,
            Input::TurnDone(..) => self.turn = None,
            _ => {}
        }
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.machine.handle(input) {
                inputs.extend(self.perform(effect).await);
            }
        }
    }

    /// Performs one effect; what is known at once comes back as the next input.
    async fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Emit(event) => self.emit(event).await,
            Effect::Append(entry) => self.append(entry).await,
            Effect::StartTurn(turn, words) => self.start_turn(turn, words),
            Effect::CancelTurn => {
                if let Some(turn) = self.turn.take() {
                    turn.abort();
                }
            }
            Effect::Assess(plan) => self.start_assessment(plan),
            Effect::Run { proposal, approved, exceptions } => {
                return self.run(*proposal, approved, exceptions).await;
            }
            Effect::RecordRefusal { proposal, reason } => self.record_refusal(&proposal, reason).await,
            Effect::InterruptRun { at_once } => {
                if let Some(stop) = &self.run {
                    if at_once { stop.at_once() } else { stop.after_running() }
                }
            }
            Effect::Resume(id) => return self.take_up(id, Work::Resume).await,
            Effect::Undo(id) => return self.take_up(id, Work::Undo).await,
            Effect::SetTarget(target) => self.set_target(target).await,
            Effect::NewSession => self.new_session().await,
            Effect::OpenSession(id) => self.open_session(id).await,
            Effect::Rename(name) => self.rename(name).await,
            Effect::ListSessions => match self.desk.conversations.list() {
                Ok(sessions) => self.emit(Event::Sessions { sessions }).await,
                Err(error) => self.trouble("The conversations cannot be listed", &error.to_string()).await,
            },
            Effect::ListExecutions => match regulator::list(&self.desk.options.store) {
                Ok(executions) => self.emit(Event::Executions { executions }).await,
                Err(error) => self.trouble("The executions cannot be listed", &error.to_string()).await,
            },
            Effect::ShowExecution(id) => match regulator::detail(&self.desk.options.store, &id) {
                Ok(detail) => {
                    self.emit(Event::ExecutionDetail {
                        execution: detail.execution,
                        plan: detail.plan,
                        journal: detail.journal,
                        records: detail.records,
                    })
                    .await;
                }
                Err(error) => self.trouble("The execution cannot be shown", &error.to_string()).await,
            },
            Effect::Stop => self.stop().await,
        }
        None
    }

    pub(super) async fn emit(&mut self, event: Event) {
        // A face that is gone needs no telling; the loop notices it by its commands.
        drop(self.events.send(event).await);
    }

    /// Puts an entry on disk, then tells the face.
    async fn append(&mut self, mut entry: Entry) {
        match &mut entry {
            Entry::Said { at, .. } => *at = Timestamp::now(),
            Entry::Decided { by, .. } => by.clone_from(&in_words(&self.desk.options.approver)),
            _ => {}
        }
        let kept = without_secrets(&self.desk.catalog, &entry);
        if let Err(error) = self.desk.conversations.append(&self.session, &kept) {
            self.trouble("What was said could not be kept", &error.to_string()).await;
        }
        self.entries.push(kept);
        self.emit(Event::Added { entry }).await;
    }

    async fn trouble(&mut self, what: &str, why: &str) {
        let problem = Problem {
            what: what.into(),
            why: why.into(),
            fix: "see `provisioner doctor`; nothing was sent".into(),
        };
        self.emit(Event::Failed { problem }).await;
    }

    async fn run(&mut self, proposal: Proposal, approved: bool, exceptions: Vec<String>) -> Option<Input> {
        let id = new_id();
        let session = Some(self.session.clone());
        match allow(&self.desk, &self.reach, &proposal, approved, exceptions, session, &id) {
            Err(problem) => {
                self.record_refusal(&proposal, problem.why.clone()).await;
                Some(Input::RunDone(Err(problem)))
            }
            Ok(cleared) => {
                let accepted = match cleared.clearance() {
                    Clearance::Approved { approval } => approval.exceptions.as_slice(),
                    Clearance::ReadsOnly => &[],
                };
                let seen = Seen::of(cleared.verdict(), accepted);
                let sightings = proposal.papers.sightings.clone();
                self.start(id, Work::Run(Box::new(cleared), sightings), seen).await
            }
        }
    }

    /// Takes up an execution, or takes it back, where its target is the session's.
    async fn take_up(&mut self, id: ExecutionId, work: Work) -> Option<Input> {
        let refused = |why: String, fix: &str| {
            let problem = Problem { what: format!("The run {id} was not taken up"), why, fix: fix.into() };
            Some(Input::RunDone(Err(problem)))
        };
        match papers(&self.desk.options.store).get(&id.0) {
            Err(error) => refused(error.to_string(), "see `provisioner doctor`"),
            Ok(None) => refused("there is no such execution".into(), "see `provisioner history list`"),
            Ok(Some(kept)) if kept.target != self.reach.target => refused(
                format!("it ran on {}, and this session works on {}", kept.target, self.reach.target),
                "change the target with /target or --target, then try again",
            ),
            Ok(Some(kept)) => {
                let accepted = kept.approval.map(|approval| approval.exceptions).unwrap_or_default();
                self.start(id, work, Seen::of(&kept.verdict, &accepted)).await
            }
        }
    }

    /// Starts the work; what keeps it from starting is the end of the run.
    async fn start(&mut self, id: ExecutionId, work: Work, seen: Seen) -> Option<Input> {
        let inventory = match inventory(&self.reach).await {
            Ok(inventory) => inventory,
            Err(problem) => return Some(Input::RunDone(Err(problem))),
        };
        let session = Some(self.session.clone());
        let context = runs::context(&self.desk, &self.reach, id, session, inventory, seen);
        self.start_work(work, context);
        None
    }

    async fn record_refusal(&mut self, proposal: &Proposal, reason: String) {
        match refuse(&self.desk, proposal, Some(self.session.clone()), reason) {
            Ok(record) => self.emit(Event::Recorded { record }).await,
            Err(error) => self.trouble("The refusal could not be recorded", &error.to_string()).await,
        }
    }

    async fn set_target(&mut self, target: Target) {
        match self.desk.reach(target).await {
            Ok(reach) => {
                self.reach = Arc::new(reach);
                self.header_changed().await;
            }
            Err(error) => {
                self.machine.stay_on(self.reach.target);
                self.emit(Event::Failed { problem: error.problem() }).await;
            }
        }
    }

    async fn new_session(&mut self) {
        match self.desk.conversations.begin(self.reach.target) {
            Ok(id) => {
                self.session = id;
                self.name.clear();
                self.entries.clear();
                self.opened(vec![]).await;
            }
            Err(error) => self.trouble("A new conversation could not be begun", &error.to_string()).await,
        }
    }

    async fn open_session(&mut self, wanted: SessionId) {
        let conversations = &self.desk.conversations;
        let found = conversations
            .find(&wanted)
            .and_then(|id| Ok((conversations.entries(&id)?, conversations.summary(&id)?)));
        match found {
            Ok((entries, summary)) => {
                self.session = summary.id;
                self.name = summary.name;
                self.entries = entries.clone();
                self.opened(entries).await;
            }
            Err(error) => {
                self.trouble("The conversation could not be opened", &error.to_string()).await;
                if self.session.is_empty() {
                    self.new_session().await;
                }
            }
        }
    }

    /// Tells the face which conversation is open, and takes up a decision that is still to be made.
    async fn opened(&mut self, entries: Vec<Entry>) {
        let unfinished = self.unfinished();
        let waiting = waiting(&entries);
        let event = Event::Opened {
            id: self.session.clone(),
            name: self.name.clone(),
            header: self.header(),
            entries: entries.clone(),
            unfinished,
        };
        self.emit(event).await;
        for effect in self.machine.handle(Input::Opened { entries, waiting }) {
            // An opened conversation asks for nothing but a judgement.
            Box::pin(self.perform(effect)).await;
        }
    }

    fn unfinished(&self) -> Vec<ExecutionSummary> {
        let store = &self.desk.options.store;
        let found: Vec<Execution> = executor::unfinished(store).unwrap_or_else(|error| {
            tracing::warn!(%error, "what is unfinished cannot be listed");
            Vec::new()
        });
        found
            .iter()
            .filter(|execution| execution.target == self.reach.target)
            .filter_map(|execution| regulator::summary_of(store, &execution.id).ok())
            .collect()
    }

    async fn rename(&mut self, name: String) {
        match self.desk.conversations.rename(&self.session, &name) {
            Ok(()) => {
                self.name = name;
                self.header_changed().await;
            }
            Err(error) => self.trouble("The conversation was not renamed", &error.to_string()).await,
        }
    }

    fn header(&self) -> Header {
        let mut banners = self.desk.warnings.clone();
        banners.extend(self.reach.legislator.banners());
        Header {
            target: self.reach.target,
            clouds: self.reach.contexts.clone(),
            planner: self.desk.planner.name(),
            read_only: self.desk.options.read_only,
            tokens: self.tokens,
            banners,
        }
    }

    async fn header_changed(&mut self) {
        let header = self.header();
        self.emit(Event::HeaderChanged { header }).await;
    }

    async fn stop(&mut self) {
        self.over = true;
        if let Err(error) = self.desk.options.store.flush() {
            self.trouble("The store could not be flushed", &error.to_string()).await;
        }
        let mut farewell = Vec::new();
        let last = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Executed { summary } => Some(summary),
            _ => None,
        });
        if let Some(summary) = last {
            farewell.push(format!("{}: {} ({})", summary.name, summary.status.as_str(), summary.id));
        }
        if !self.entries.is_empty() {
            farewell.push(format!("Come back with: provisioner resume {}", self.session));
        }
        let event = Event::Stopped { resume: self.session.clone(), farewell };
        self.emit(event).await;
    }
}

/// An entry as it is kept: the literal secrets of a plan are masked.
fn without_secrets(catalog: &Catalog, entry: &Entry) -> Entry {
    let mut kept = entry.clone();
    if let Entry::Proposed { plan, .. } = &mut kept {
        for step in &mut plan.steps {
            let marked = match catalog.operation(&step.operation_name()) {
                Ok(found) => mask(found.service(), found.operation().input, &step.params),
                Err(_) => step.params.clone(),
            };
            step.params = mask_named(&marked);
        }
    }
    kept
}

fn in_words(approver: &Approver) -> String {
    match approver {
        Approver::Person { name } => name.clone(),
        Approver::Flag { name, policy } => format!("{name}, by --approve {policy}"),
    }
}

/// The plan at the end of a conversation on which nobody has decided, with the words that led to it.
fn waiting(entries: &[Entry]) -> Option<(Plan, String)> {
    let (at, plan) = entries.iter().enumerate().rev().find_map(|(at, entry)| match entry {
        Entry::Proposed { plan, .. } => Some((at, plan)),
        _ => None,
    })?;
    let settled =
        entries[at..].iter().any(|entry| matches!(entry, Entry::Decided { .. } | Entry::Executed { .. }));
    // A plan whose secrets were masked cannot be sent as it is: it has to be asked for again.
    let masked = plan.steps.iter().any(|step| step.params.to_string().contains(MASK));
    if settled || masked {
        return None;
    }
    let words = entries[..at].iter().rev().find_map(|entry| match entry {
        Entry::Said { role: Role::Person, text, .. } => Some(text.clone()),
        _ => None,
    })?;
    Some((plan.clone(), words))
}
