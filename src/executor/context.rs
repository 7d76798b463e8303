//! What a run is given beside its papers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::{Clouds, Faults, Limits, Services, Stop};
use crate::clouds::{Call, Pending};
use crate::plan::{ExecutionId, Sighting, Step, StepFailure, StepId};
use crate::protocol::StepProgress;
use crate::store::Store;

/// A last look at a step before its request leaves, with all references resolved.
pub trait Recheck: Send + Sync {
    /// Judges the step as it will be sent.
    ///
    /// # Errors
    ///
    /// Why it may not be sent.
    fn recheck(&self, step: &Step) -> Result<(), StepFailure>;
}

impl<F: Fn(&Step) -> Result<(), StepFailure> + Send + Sync> Recheck for F {
    fn recheck(&self, step: &Step) -> Result<(), StepFailure> {
        self(step)
    }
}

/// Who is asked about a step just before its first request leaves, and keeps what was said.
pub trait Rehearse: Send + Sync {
    /// Asks about the call of a step, with all references resolved.
    fn ask<'a>(&'a self, step: &'a StepId, call: &'a Call) -> Pending<'a, ()>;
}

/// How long a step is tried before the run is parked or the step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is sent at most, beside the cloud's own retries.
    pub tries: u32,
    /// The pause after the first try; each further one is twice as long.
    pub pause: Duration,
    /// How long after a request what it may have made can still appear, where nothing but its mark tells. Before that
    /// time its absence proves nothing: the request may be on its way, or not yet seen everywhere.
    pub appearance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 6, pause: Duration::from_millis(500), appearance: Duration::from_secs(10) }
    }
}

impl Patience {
    /// The pause after a try, counted from 0, with up to a quarter of jitter.
    pub(super) fn pause_after(&self, tried: u32) -> Duration {
        let whole = self.pause.saturating_mul(1 << tried.min(6));
        let jitter = u32::from(Uuid::new_v4().as_bytes()[0]);
        whole + whole.saturating_mul(jitter) / 1024
    }
}

/// The surroundings of a run.
#[derive(Clone)]
pub struct RunContext {
    /// The name of the execution. `run` wants a new one, `resume` and `undo` a known one.
    pub id: ExecutionId,
    /// Where the journal goes.
    pub store: Arc<dyn Store>,
    /// The way to the clouds.
    pub clouds: Arc<dyn Clouds>,
    /// The catalog.
    pub services: Arc<dyn Services>,
    /// The session that starts it.
    pub session: Option<String>,
    /// Who is told what happens to the steps.
    pub progress: Option<UnboundedSender<StepProgress>>,
    /// The last look at each step.
    pub recheck: Option<Arc<dyn Recheck>>,
    /// Who is asked about each step before it is sent.
    pub rehearse: Option<Arc<dyn Rehearse>>,
    /// How the run is stopped.
    pub stop: Stop,
    /// How much runs at the same time.
    pub limits: Limits,
    /// How long steps are tried.
    pub patience: Patience,
    /// Faults on purpose.
    pub faults: Arc<Faults>,
    /// What the steps are about to change, as the person saw it who approved.
    pub sightings: BTreeMap<StepId, Sighting>,
    /// Steps of which a person says that their request in doubt was not carried out.
    pub not_carried_out: BTreeSet<StepId>,
}

impl RunContext {
    /// Surroundings without a listener, a last look, or faults, for a new execution.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clouds: Arc<dyn Clouds>, services: Arc<dyn Services>) -> Self {
        Self {
            id: new_id(),
            store,
            clouds,
            services,
            session: None,
            progress: None,
            recheck: None,
            rehearse: None,
            stop: Stop::new(),
            limits: Limits::default(),
            patience: Patience::default(),
            faults: Arc::default(),
            sightings: BTreeMap::new(),
            not_carried_out: BTreeSet::new(),
        }
    }

    /// The same surroundings for another execution.
    #[must_use]
    pub fn with_id(mut self, id: ExecutionId) -> Self {
        self.id = id;
        self
    }
}

/// A name for a new execution; later names sort behind earlier ones.
#[must_use]
pub fn new_id() -> ExecutionId {
    let now = Timestamp::now().strftime("%Y%m%d-%H%M%S%3f").to_string();
    let random = Uuid::new_v4().simple().to_string();
    ExecutionId(format!("x-{now}-{}", &random[..6]))
}
