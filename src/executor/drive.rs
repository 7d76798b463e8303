//! The driver of a walk: puts intents on disk, starts requests, takes their answers.
//!
//! One task owns the walk. Each round writes everything that happened since the last one, and the
//! intents of everything that starts now, with one sync; only then the requests leave.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use tokio::task::{Id, JoinSet};

use super::limits::Places;
use super::look::{Found, Looking, read_of_news};
use super::request::{call_of, masked_params, token};
use super::send::{Answer, Sending};
use super::stop::{Wish, at_once};
use super::wait::{Usable, Waiting};
use super::walk::{Move, Walk};
use super::{ExecutorError, RunContext};
use crate::catalog::shapes::Service;
use crate::clouds::Call;
use crate::plan::{
    CloudName, Plan, Scope, Sighting, Step, StepEvent, StepEventKind, StepFailure, StepId, StepState,
    references,
};
use crate::store::{Journal, Line, StoreError};

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
    pub(super) halted: bool,
    /// Lines that are not in the journal yet.
    pub(super) unsaved: Vec<Line>,
    pub(super) trouble: Option<StoreError>,
    /// What was there of each step's thing before its first request, where that was looked up.
    pub(super) looked: Vec<Option<Found>>,
    /// What the person saw who approved, and the steps that would change something else.
    pub(super) sightings: BTreeMap<StepId, Sighting>,
    pub(super) drifted: BTreeMap<usize, StepFailure>,
    pub(super) calls: Vec<Option<Arc<Call>>>,
    pub(super) begun: Vec<Option<Instant>>,
    referred: Vec<Vec<usize>>,
    pub(super) is_referred_to: Vec<bool>,
    tasks: JoinSet<Outcome>,
    pub(super) working: HashMap<Id, usize>,
    pub(super) places: Places,
    services: HashMap<(CloudName, String), Option<Arc<Service>>>,
}

pub(super) enum Outcome {
    Looked(Found),
    Sent(Answer, bool),
    Waited(Usable),
}

pub(super) enum Start {
    Look(Looking),
    Send { sending: Sending, intent: StepEvent },
    Wait(Waiting),
}

impl Driver {
    pub(super) fn new(context: RunContext, plan: Arc<Plan>, journal: Journal, walk: Walk) -> Self {
        let count = plan.steps.len();
        let referred: Vec<Vec<usize>> = plan
            .steps
            .iter()
            .map(|step| {
                let names = references(&step.params).map(|found| found.steps).unwrap_or_default();
                names.iter().filter_map(|name| walk.position(name)).collect()
            })
            .collect();
        let mut is_referred_to = vec![false; count];
        referred.iter().flatten().for_each(|&index| is_referred_to[index] = true);
        Self {
            places: Places::new(context.limits, &plan.steps),
            sightings: context.sightings.clone(),
            drifted: BTreeMap::new(),
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
            looked: vec![None; count],
            calls: vec![None; count],
            begun: vec![None; count],
            referred,
            is_referred_to,
            tasks: JoinSet::new(),
            working: HashMap::new(),
            services: HashMap::new(),
        }
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
        let mut not_sent = Vec::new();
        for (index, next) in self.walk.ready() {
            match next {
                // Who takes a run back and knows that a request came to nothing does not want it sent now.
                Move::Send { in_doubt: true }
                    if self.only_doubts && self.context.not_carried_out.contains(&self.step(index).id) =>
                {
                    not_sent.push(index);
                }
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
        for index in not_sent {
            let reason = "a person says that it was not carried out".to_owned();
            self.happened(index, StepEventKind::NotSent { reason })?;
        }
        let mut starts = Vec::new();
        for (index, next) in picked {
            match next {
                Move::Wait => {
                    self.walk.set_busy(index, true);
                    starts.push(Start::Wait(self.waiting(index)?));
                }
                Move::Send { in_doubt } => match self.looking_or_sending(index, in_doubt) {
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

    pub(super) fn step(&self, index: usize) -> &Step {
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

    fn looking_or_sending(&mut self, index: usize, in_doubt: bool) -> Result<Start, StepFailure> {
        if let Some(drift) = self.drifted.get(&index) {
            return Err(drift.clone());
        }
        if self.walk.attempts(index) == 0 && self.looked[index].is_none() {
            let service = self.service_of(index);
            let step = &self.plan.steps[index];
            let call = call_of(step, &self.scope_of(index), service.as_deref(), &self.context.id)?;
            if let Some(call) = service.and_then(|service| read_of_news(&service, &call)) {
                let clouds = self.context.clouds.clone();
                return Ok(Start::Look(Looking { step: step.id.clone(), call, clouds }));
            }
        }
        self.sending(index, in_doubt)
    }

    fn sending(&mut self, index: usize, in_doubt: bool) -> Result<Start, StepFailure> {
        let service = self.service_of(index);
        let scope = self.scope_of(index);
        let step = &self.plan.steps[index];
        let mut call = call_of(step, &scope, service.as_deref(), &self.context.id)?;
        self.name_version(index, service.as_deref(), &mut call.params);
        if let Some(recheck) = &self.context.recheck {
            recheck.recheck(&Step { params: call.params.clone(), ..step.clone() })?;
        }
        let params = masked_params(service.as_deref(), &step.operation, &call.params);
        let absent = self.looked[index] == Some(Found::Nothing);
        let kind = StepEventKind::Intent { params, attempt: self.walk.attempts(index) + 1, absent };
        let intent = StepEvent { step: step.id.clone(), at: Timestamp::now(), kind };
        let call = Arc::new(call);
        self.calls[index] = Some(call.clone());
        let sending = Sending {
            step: step.id.clone(),
            call,
            token: token(&self.context.id, &step.id),
            service,
            left: self.walk.left(index),
            in_doubt: in_doubt && !self.context.not_carried_out.contains(&step.id),
            on_fresh: self.walk.needs(index).iter().any(|&need| self.begun[need].is_some()),
            clouds: self.context.clouds.clone(),
            rehearse: self.context.rehearse.clone(),
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

    fn start(&mut self, start: Start) {
        let (index, handle) = match start {
            Start::Look(looking) => {
                let index = self.walk.position(&looking.step).unwrap_or_default();
                (index, self.tasks.spawn(async move { Outcome::Looked(looking.look().await) }))
            }
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
