//! The driver of a walk: puts intents on disk, starts requests, takes their answers.
//!
//! One task owns the walk. Each round writes everything that happened since the last one, and the
//! intents of everything that starts now, with one sync; only then the requests leave.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::task::{Id, JoinError, JoinSet};

use super::inject::FaultKind;
use super::limits::Places;
use super::request::{call_of, masked_output, masked_params, token};
use super::send::{Answer, Sending};
use super::stop::{Wish, at_once};
use super::wait::{Usable, Waiting};
use super::walk::{Move, Walk};
use super::{ExecutorError, RunContext};
use crate::catalog::shapes::Service;
use crate::clouds::Call;
use crate::plan::{
    CloudName, Plan, Scope, Step, StepEvent, StepEventKind, StepFailure, StepState, Wait, references,
};
use crate::protocol::StepProgress;
use crate::store::{Journal, Line, StoreError};

/// Pauses before a write that the disk refused is tried again.
const WRITE_AGAIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(400)];

pub(super) struct Driver {
    pub(super) context: RunContext,
    pub(super) plan: Arc<Plan>,
    pub(super) journal: Journal,
    pub(super) walk: Walk,
    /// What each step returned; with its secrets if it returned in this process.
    pub(super) outputs: Vec<Option<Value>>,
    /// Whether only requests in doubt are settled and nothing new is started.
    pub(super) only_doubts: bool,
    /// Why the run will have to be resumed, if so: the first reason.
    pub(super) parked: Option<String>,
    /// Whether nothing more is started.
    halted: bool,
    /// Lines that are not in the journal yet.
    unsaved: Vec<Line>,
    trouble: Option<StoreError>,
    calls: Vec<Option<Arc<Call>>>,
    begun: Vec<Option<Instant>>,
    referred: Vec<Vec<usize>>,
    tasks: JoinSet<Outcome>,
    working: HashMap<Id, usize>,
    places: Places,
    services: HashMap<(CloudName, String), Option<Arc<Service>>>,
}

enum Outcome {
    Sent(Answer, bool),
    Waited(Usable),
}

enum Start {
    Send { sending: Sending, intent: StepEvent },
    Wait(Waiting),
}

impl Driver {
    pub(super) fn new(context: RunContext, plan: Arc<Plan>, journal: Journal, walk: Walk) -> Self {
        let count = plan.steps.len();
        let referred = plan
            .steps
            .iter()
            .map(|step| {
                let names = references(&step.params).map(|found| found.steps).unwrap_or_default();
                names.iter().filter_map(|name| walk.position(name)).collect()
            })
            .collect();
        Self {
            places: Places::new(context.limits, &plan.steps),
            context,
            plan,
            journal,
            walk,
            outputs: vec![None; count],
            only_doubts: false,
            parked: None,
            halted: false,
            unsaved: Vec::new(),
            trouble: None,
            calls: vec![None; count],
            begun: vec![None; count],
            referred,
            tasks: JoinSet::new(),
            working: HashMap::new(),
            services: HashMap::new(),
        }
    }

    pub(super) fn write(&mut self, line: Line) {
        self.unsaved.push(line);
    }

    /// Goes on until nothing is left that can be done now.
    pub(super) async fn walk_on(&mut self) -> Result<(), ExecutorError> {
        let mut wishes = self.context.stop.watch();
        loop {
            let starts = self.prepare()?;
            for start in self.commit(starts).await? {
                self.start(start);
            }
            if self.tasks.is_empty() {
                break;
            }
            tokio::select! {
                Some(joined) = self.tasks.join_next_with_id() => self.take(joined)?,
                () = at_once(&mut wishes) => {
                    self.tasks.shutdown().await;
                    break;
                }
            }
            while let Some(joined) = self.tasks.try_join_next_with_id() {
                self.take(joined)?;
            }
        }
        self.save(true).await
    }

    fn may_start(&self) -> bool {
        !self.halted && self.context.stop.now() == Wish::GoOn
    }

    /// What can be started now. Steps that cannot be sent as they are fail here.
    fn prepare(&mut self) -> Result<Vec<Start>, ExecutorError> {
        let may_start = self.may_start();
        let mut picked = Vec::new();
        for (index, next) in self.walk.ready() {
            match next {
                // What was answered is in flight until it is usable, also while stopping.
                Move::Wait if self.context.stop.now() < Wish::AtOnce && !self.only_doubts => {
                    picked.push((index, next))
                }
                Move::Send { in_doubt } if may_start && (in_doubt || !self.only_doubts) => {
                    if self.places.enter(index) {
                        picked.push((index, next));
                    } else if self.places.are_full() {
                        break;
                    }
                }
                _ => {}
            }
        }
        let mut starts = Vec::new();
        for (index, next) in picked {
            match next {
                Move::Wait => {
                    self.walk.set_busy(index, true);
                    starts.push(Start::Wait(self.waiting(index)?));
                }
                Move::Send { in_doubt } => match self.sending(index, in_doubt) {
                    Ok(start) => {
                        self.walk.set_busy(index, true);
                        starts.push(start);
                    }
                    Err(failure) => {
                        self.places.leave(index, false);
                        self.happened(index, StepEventKind::Failed { failure })?;
                    }
                },
            }
        }
        for (index, cause) in self.walk.take_cut_off() {
            let because = self.step(cause).id.clone();
            self.happened(index, StepEventKind::Skipped { because })?;
        }
        Ok(starts)
    }

    fn step(&self, index: usize) -> &Step {
        &self.plan.steps[index]
    }

    pub(super) fn service_of(&mut self, index: usize) -> Option<Arc<Service>> {
        let step = &self.plan.steps[index];
        let services = &self.context.services;
        self.services
            .entry((step.cloud, step.service.clone()))
            .or_insert_with(|| services.service(step.cloud, &step.service))
            .clone()
    }

    fn scope_of(&self, index: usize) -> Scope {
        let mut scope = Scope::new();
        for &other in &self.referred[index] {
            if let Some(output) = &self.outputs[other] {
                scope.add_output(&self.step(other).id, output.clone());
            }
        }
        scope
    }

    fn sending(&mut self, index: usize, in_doubt: bool) -> Result<Start, StepFailure> {
        let service = self.service_of(index);
        let scope = self.scope_of(index);
        let step = &self.plan.steps[index];
        let call = call_of(step, &scope, service.as_deref(), &self.context.id)?;
        if let Some(recheck) = &self.context.recheck {
            recheck.recheck(&Step { params: call.params.clone(), ..step.clone() })?;
        }
        let params = masked_params(service.as_deref(), &step.operation, &call.params);
        let kind = StepEventKind::Intent { params, attempt: self.walk.attempts(index) + 1 };
        let intent = StepEvent { step: step.id.clone(), at: Timestamp::now(), kind };
        let call = Arc::new(call);
        self.calls[index] = Some(call.clone());
        let sending = Sending {
            step: step.id.clone(),
            call,
            token: token(&self.context.id, &step.id),
            service,
            in_doubt: in_doubt && !self.context.not_carried_out.contains(&step.id),
            on_fresh: self.walk.needs(index).iter().any(|&need| self.begun[need].is_some()),
            clouds: self.context.clouds.clone(),
            faults: self.context.faults.clone(),
            patience: self.context.patience,
        };
        Ok(Start::Send { sending, intent })
    }

    fn waiting(&mut self, index: usize) -> Result<Waiting, ExecutorError> {
        let call = match self.calls[index].clone() {
            Some(call) => call,
            // Answered before a restart: what is awaited is named by the answer and the names in
            // the parameters, so a reference that cannot be resolved any more does no harm.
            None => {
                let service = self.service_of(index);
                let step = &self.plan.steps[index];
                let scope = self.scope_of(index);
                let call = call_of(step, &scope, service.as_deref(), &self.context.id);
                Arc::new(call.unwrap_or_else(|_| Call {
                    operation: step.operation_name(),
                    region: step.region.clone(),
                    account: step.account.clone(),
                    params: step.params.clone(),
                }))
            }
        };
        Ok(Waiting {
            call,
            output: self.outputs[index].clone().unwrap_or_default(),
            clouds: self.context.clouds.clone(),
            faults: self.context.faults.clone(),
            progress: self.progress_of(index, StepState::Settling),
            listener: self.context.progress.clone(),
        })
    }

    /// Puts everything unsaved and the intents on disk. Gives back what may now start: nothing, if
    /// the disk refuses.
    async fn commit(&mut self, starts: Vec<Start>) -> Result<Vec<Start>, ExecutorError> {
        let intents: Vec<StepEvent> = starts
            .iter()
            .filter_map(|start| match start {
                Start::Send { intent, .. } => Some(intent.clone()),
                Start::Wait(_) => None,
            })
            .collect();
        let saved = self.unsaved.len();
        let forgotten =
            |intent: &&StepEvent| self.context.faults.strikes(&intent.step, FaultKind::ForgetIntent);
        let written: Vec<StepEvent> = intents.iter().filter(|intent| !forgotten(intent)).cloned().collect();
        self.unsaved.extend(written.into_iter().map(Line::Step));
        let kept = self.save(!intents.is_empty()).await;
        if kept.is_ok() && self.trouble.is_none() {
            for intent in &intents {
                self.apply(intent, None)?;
            }
            return Ok(starts);
        }
        kept?;
        // Nothing is sent that is not journaled; what was answered stays in memory until it is.
        self.unsaved.truncate(saved);
        for start in starts {
            if let Start::Send { intent, .. } = start
                && let Some(index) = self.walk.position(&intent.step)
            {
                self.walk.set_busy(index, false);
                self.places.leave(index, false);
            }
        }
        Ok(Vec::new())
    }

    /// Writes what is unsaved, again after short pauses if the disk refuses. A disk that keeps
    /// refusing parks the run.
    async fn save(&mut self, durable: bool) -> Result<(), ExecutorError> {
        self.trouble = None;
        for pause in WRITE_AGAIN.iter().map(Some).chain([None]) {
            match self.save_once(durable).await {
                Ok(()) => return Ok(()),
                Err(error) => self.trouble = Some(error),
            }
            if let Some(pause) = pause {
                tokio::time::sleep(*pause).await;
            }
        }
        if let Some(error) = &self.trouble {
            self.parked.get_or_insert(error.to_string());
            self.halted = true;
        }
        Ok(())
    }

    async fn save_once(&mut self, durable: bool) -> Result<(), StoreError> {
        if !self.unsaved.is_empty() {
            self.journal.append(&self.unsaved)?;
            self.unsaved.clear();
        }
        if !durable {
            return Ok(());
        }
        let journal = self.journal.clone();
        match tokio::task::spawn_blocking(move || journal.sync()).await {
            Ok(synced) => synced,
            Err(error) => Err(StoreError::Io {
                action: "sync the journal".into(),
                source: std::io::Error::other(error),
            }),
        }
    }

    fn start(&mut self, start: Start) {
        let (index, handle) = match start {
            Start::Send { sending, intent } => {
                let index = self.walk.position(&intent.step).unwrap_or_default();
                self.begun[index] = Some(Instant::now());
                self.tell(index, &intent, None);
                let send = async move {
                    let (answer, throttled) = sending.send().await;
                    Outcome::Sent(answer, throttled)
                };
                (index, self.tasks.spawn(send))
            }
            Start::Wait(waiting) => {
                let index = self.walk.position(&waiting.progress.step).unwrap_or_default();
                (index, self.tasks.spawn(async move { Outcome::Waited(waiting.wait().await) }))
            }
        };
        self.working.insert(handle.id(), index);
    }

    fn take(&mut self, joined: Result<(Id, Outcome), JoinError>) -> Result<(), ExecutorError> {
        let (id, outcome) = match joined {
            Ok((id, outcome)) => (id, Some(outcome)),
            Err(error) => (error.id(), None),
        };
        let Some(index) = self.working.remove(&id) else { return Ok(()) };
        self.walk.set_busy(index, false);
        match outcome {
            Some(Outcome::Sent(answer, throttled)) => {
                self.places.leave(index, throttled);
                self.answered(index, answer)
            }
            Some(Outcome::Waited(usable)) => self.waited(index, usable),
            None => {
                self.places.leave(index, false);
                self.park(index, "its worker broke off");
                Ok(())
            }
        }
    }

    fn answered(&mut self, index: usize, answer: Answer) -> Result<(), ExecutorError> {
        match answer {
            Answer::Done { output, request_id, adopted } => {
                let service = self.service_of(index);
                let kept = masked_output(service.as_deref(), &self.step(index).operation, &output);
                self.outputs[index] = Some(output);
                let event = self.event(index, StepEventKind::Answered { output: kept, request_id });
                self.apply(&event, adopted)?;
                self.unsaved.push(Line::Step(event));
                if self.step(index).wait == Wait::None {
                    self.succeeded(index)?;
                }
            }
            Answer::Failed(failure) => self.happened(index, StepEventKind::Failed { failure })?,
            Answer::NotSent(reason) => {
                // Nothing else would come through either.
                self.halted = true;
                self.park(index, &reason);
                self.happened(index, StepEventKind::NotSent { reason })?;
            }
            Answer::InDoubt(reason) => self.park(index, &reason),
        }
        Ok(())
    }

    fn waited(&mut self, index: usize, usable: Usable) -> Result<(), ExecutorError> {
        match usable {
            Usable::Yes => self.succeeded(index)?,
            Usable::Never(failure) => self.happened(index, StepEventKind::Failed { failure })?,
            Usable::NotYet(until) => {
                self.park(index, &format!("still waiting for {until}"));
                self.happened(index, StepEventKind::Waiting { until })?;
            }
        }
        Ok(())
    }

    fn succeeded(&mut self, index: usize) -> Result<(), ExecutorError> {
        self.happened(index, StepEventKind::Succeeded)?;
        let step = self.plan.steps[index].id.clone();
        if self.context.faults.strikes(&step, FaultKind::KillAfterResult) {
            let kept = self.journal.append(&self.unsaved).and_then(|()| self.journal.sync());
            kept.map_err(|source| ExecutorError::Store { id: self.context.id.clone(), source })?;
            std::process::abort();
        }
        Ok(())
    }

    /// Leaves a step for when the run is resumed; the others go on.
    fn park(&mut self, index: usize, reason: &str) {
        let reason = format!("step `{}`: {reason}", self.step(index).id);
        self.walk.set_busy(index, true);
        let mut progress = self.progress_of(index, self.walk.state(index));
        progress.note = Some(reason.clone());
        self.parked.get_or_insert(reason);
        self.send_progress(progress);
    }

    pub(super) fn happened(&mut self, index: usize, kind: StepEventKind) -> Result<(), ExecutorError> {
        let event = self.event(index, kind);
        self.apply(&event, None)?;
        self.tell(index, &event, None);
        self.unsaved.push(Line::Step(event));
        Ok(())
    }

    fn event(&self, index: usize, kind: StepEventKind) -> StepEvent {
        StepEvent { step: self.step(index).id.clone(), at: Timestamp::now(), kind }
    }

    fn apply(&mut self, event: &StepEvent, note: Option<String>) -> Result<(), ExecutorError> {
        self.walk.apply(event)?;
        if matches!(event.kind, StepEventKind::Answered { .. })
            && let Some(index) = self.walk.position(&event.step)
        {
            self.tell(index, event, note);
        }
        Ok(())
    }

    fn tell(&self, index: usize, event: &StepEvent, note: Option<String>) {
        let mut progress = self.progress_of(index, self.walk.state(index));
        progress.at = event.at;
        progress.note = note.or_else(|| match &event.kind {
            StepEventKind::Failed { failure } | StepEventKind::UndoFailed { failure } => {
                Some(format!("{}: {}", failure.code, failure.message))
            }
            StepEventKind::Skipped { because } => Some(format!("because `{because}` failed")),
            StepEventKind::Waiting { until } => Some(until.clone()),
            StepEventKind::NotSent { reason } => Some(reason.clone()),
            StepEventKind::UndoIntent { operation, .. } => Some(operation.clone()),
            _ => None,
        });
        if let StepEventKind::Answered { request_id, .. } = &event.kind {
            progress.request_id.clone_from(request_id);
        }
        self.send_progress(progress);
    }

    fn progress_of(&self, index: usize, state: StepState) -> StepProgress {
        let step = self.step(index);
        StepProgress {
            execution: self.context.id.clone(),
            step: step.id.clone(),
            state,
            operation: format!("{} {}", step.service, step.operation),
            note: None,
            request_id: None,
            at: Timestamp::now(),
            elapsed: self.begun[index].map_or(0.0, |begun| begun.elapsed().as_secs_f64()),
        }
    }

    fn send_progress(&self, progress: StepProgress) {
        if let Some(listener) = &self.context.progress {
            // A face that is gone does not stop the run.
            let _ = listener.send(progress);
        }
    }

    /// Why the journal could not be written, if it could not.
    pub(super) fn take_trouble(&mut self) -> Option<StoreError> {
        self.trouble.take()
    }

    /// Writes the unsaved lines and waits for the disk.
    pub(super) async fn settle(&mut self) -> Result<(), ExecutorError> {
        self.save(true).await?;
        match self.take_trouble() {
            Some(source) => Err(ExecutorError::Store { id: self.context.id.clone(), source }),
            None => Ok(()),
        }
    }

    /// The steps that a step's own undo may refer to, and itself.
    pub(super) fn scope_with_own(&self, index: usize, wanted: &BTreeSet<String>) -> Scope {
        let mut scope = Scope::new();
        for position in wanted.iter().filter_map(|id| self.walk.position(id)).chain([index]) {
            if let Some(output) = &self.outputs[position] {
                scope.add_output(&self.step(position).id, output.clone());
            }
        }
        scope
    }
}
