//! The cloud and the disk that outlive the programs, and one program's reach to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::clouds::{Call, CloudError, Pending, Reply, Waited};
use crate::executor::classify::service_error;
use crate::executor::{Clouds, Stop};
use crate::store::{Change, Log, LogContent, Pair, Range, Store, StoreError, Watch, in_memory};

/// What a cloud does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    None,
    Throttled,
    Refused,
    Expired,
    NeverSent,
    FailsBefore,
    FailsAfter,
    AnswerLost,
}

/// What a wait comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    Ready,
    TimedOut,
    Failed,
}

/// What a person does with a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    Resume,
    Undo,
}

/// One program: what it is asked to do, and when it ends or is interrupted, in events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program {
    pub(super) wish: Wish,
    pub(super) ends: Option<i64>,
    pub(super) interrupted: Option<(i64, bool)>,
    /// Whether the disk kept what was not synced.
    pub(super) keeps_unsynced: bool,
}

/// The rest of one program's life.
pub(super) struct Life {
    pub(super) events: AtomicI64,
    pub(super) program: Program,
    pub(super) stop: Stop,
    pub(super) over: Notify,
}

impl Life {
    pub(super) fn is_over(&self) -> bool {
        self.program.ends.is_some_and(|end| self.events.load(Ordering::SeqCst) > end)
    }

    /// Whether the program is there to see the next event happen.
    fn goes_on(&self) -> bool {
        let event = self.events.fetch_add(1, Ordering::SeqCst);
        if let Some((at, at_once)) = self.program.interrupted
            && event == at
        {
            if at_once { self.stop.at_once() } else { self.stop.after_running() }
        }
        let over = self.program.ends.is_some_and(|end| event >= end);
        if over {
            self.over.notify_one();
        }
        !over
    }
}

#[derive(Default)]
pub(super) struct Kept {
    pub(super) records: Vec<Vec<u8>>,
    pub(super) synced: usize,
}

/// What outlives every program.
pub(super) struct World {
    pub(super) trees: Arc<dyn Store>,
    pub(super) logs: Mutex<BTreeMap<String, Arc<Mutex<Kept>>>>,
    pub(super) sky: Mutex<Sky>,
}

/// The cloud's own state, and what a watchful person would have against the requests.
#[derive(Default)]
pub(super) struct Sky {
    /// Live things: id to name.
    pub(super) live: BTreeMap<String, String>,
    by_token: BTreeMap<String, String>,
    made: usize,
    pub(super) mishaps: VecDeque<Mishap>,
    pub(super) waits: VecDeque<Wait>,
    pub(super) tokens: BTreeMap<String, BTreeSet<String>>,
    pub(super) requests: usize,
    pub(super) complaints: Vec<String>,
}

impl Sky {
    pub(super) fn named(&self, name: &str) -> usize {
        self.live.values().filter(|live| *live == name).count()
    }

    fn carry_out(&mut self, operation: &str, params: &Value) -> Result<Value, CloudError> {
        let text = |member: &str| params[member].as_str().unwrap_or_default().to_owned();
        let (name, id) = (text("Name"), text("Id"));
        if let Some(kind) = operation.strip_prefix("Create") {
            if let Some(known) = self.by_token.get(&text("ClientToken")) {
                return Ok(json!({"Id": known}));
            }
            if kind == "Named" && self.named(&name) > 0 {
                return Err(service_error("NameAlreadyExists", 409));
            }
            self.made += 1;
            let id = format!("id-{}", self.made);
            if kind == "Tokened" {
                self.by_token.insert(text("ClientToken"), id.clone());
            }
            self.live.insert(id.clone(), name);
            return Ok(json!({"Id": id}));
        }
        let found = self.live.iter().find(|(known, live)| **known == id || **live == name);
        let found = found.map(|(known, _)| known.clone());
        let Some(id) = found else { return Err(service_error("NoSuchThing", 404)) };
        if operation.starts_with("Delete") {
            self.live.remove(&id);
        }
        Ok(json!({"Id": id}))
    }
}

impl World {
    pub(super) fn new(mishaps: Vec<Mishap>, waits: Vec<Wait>) -> Arc<Self> {
        let sky = Sky { mishaps: mishaps.into(), waits: waits.into(), ..Sky::default() };
        Arc::new(Self { trees: in_memory(), logs: Mutex::default(), sky: Mutex::new(sky) })
    }

    fn kept(&self, log: &str) -> Arc<Mutex<Kept>> {
        self.logs.lock().unwrap().entry(log.to_owned()).or_default().clone()
    }

    /// Whether a step has such an event on disk, surely.
    fn is_written(&self, step: &str, event: &str) -> bool {
        let words = [format!("\"step\":\"{step}\""), format!("\"event\":\"{event}\"")];
        let logs = self.logs.lock().unwrap();
        logs.values().any(|log| {
            let log = log.lock().unwrap();
            log.records[..log.synced].iter().any(|record| {
                let text = String::from_utf8_lossy(record);
                words.iter().all(|word| text.contains(word))
            })
        })
    }
}

/// The disk and the cloud, as one program reaches them.
pub(super) struct Reach {
    pub(super) world: Arc<World>,
    pub(super) life: Arc<Life>,
}

pub(super) struct Paper {
    kept: Arc<Mutex<Kept>>,
    pub(super) life: Arc<Life>,
}

impl Log for Paper {
    fn append(&self, records: &[Vec<u8>]) -> Result<u64, StoreError> {
        let goes_on = self.life.goes_on();
        let mut kept = self.kept.lock().unwrap();
        if goes_on {
            kept.records.extend_from_slice(records);
        }
        Ok(kept.records.len() as u64)
    }

    fn sync(&self) -> Result<(), StoreError> {
        let goes_on = self.life.goes_on();
        let mut kept = self.kept.lock().unwrap();
        if goes_on {
            kept.synced = kept.records.len();
        }
        Ok(())
    }

    fn read(&self) -> Result<LogContent, StoreError> {
        let records = self.kept.lock().unwrap().records.clone();
        Ok(LogContent { records, torn: None, damaged: None })
    }

    fn bytes(&self) -> u64 {
        self.kept.lock().unwrap().records.iter().map(|record| record.len() as u64).sum()
    }
}

impl Store for Reach {
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.world.trees.get(tree, key)
    }

    fn range(&self, tree: &str, range: &Range) -> Result<Vec<Pair>, StoreError> {
        self.world.trees.range(tree, range)
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        if self.life.goes_on() { self.world.trees.commit(changes) } else { Ok(()) }
    }

    fn watch(&self, tree: &str, prefix: &[u8]) -> Watch {
        self.world.trees.watch(tree, prefix)
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn log(&self, name: &str) -> Result<Arc<dyn Log>, StoreError> {
        Ok(Arc::new(Paper { kept: self.world.kept(name), life: self.life.clone() }))
    }

    fn logs(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.world.logs.lock().unwrap().keys().cloned().collect())
    }
}

impl Clouds for Reach {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if !self.life.goes_on() {
                return std::future::pending().await;
            }
            let answer = self.answer(call);
            tokio::task::yield_now().await;
            if !self.life.goes_on() {
                return std::future::pending().await;
            }
            answer.map(|output| Reply { output, status: 200, request_id: None, throttled: false })
        })
    }

    fn wait<'a>(
        &'a self,
        _: &'a Call,
        _: &'a Value,
        _: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let waiter = "ThingExists".to_owned();
            Ok(match self.world.sky.lock().unwrap().waits.pop_front() {
                Some(Wait::TimedOut) => Waited::TimedOut { waiter },
                Some(Wait::Failed) => Waited::Failed { waiter, reason: "FAILED".into() },
                Some(Wait::Ready) | None => Waited::ready(waiter),
            })
        })
    }
}

impl Reach {
    fn answer(&self, call: &Call) -> Result<Value, CloudError> {
        let (operation, params) = (call.operation.operation.as_str(), &call.params);
        let mut sky = self.world.sky.lock().unwrap();
        sky.requests += 1;
        let name = params["Name"].as_str().unwrap_or_default().to_owned();
        if operation.starts_with("Create") {
            if !self.world.is_written(&name, "intent") {
                sky.complaints.push(format!("{name} was sent before it was written down"));
            }
            if let Some(token) = params["ClientToken"].as_str() {
                sky.tokens.entry(name).or_default().insert(token.to_owned());
            }
        } else if operation.starts_with("Delete")
            && let Some(step) = sky.live.get(params["Id"].as_str().unwrap_or_default()).cloned()
            && !self.world.is_written(&step, "undo_intent")
        {
            sky.complaints.push(format!("{step} was taken back before it was written down"));
        }
        let lost =
            |never_sent| Err(CloudError::Transport { host: "h".into(), message: "lost".into(), never_sent });
        match sky.mishaps.pop_front().unwrap_or(Mishap::None) {
            Mishap::None => sky.carry_out(operation, params),
            Mishap::Throttled => Err(service_error("Throttling", 429)),
            Mishap::Refused => Err(service_error("NotAllowed", 403)),
            Mishap::Expired => Err(service_error("ExpiredToken", 400)),
            Mishap::NeverSent => lost(true),
            Mishap::FailsBefore => Err(service_error("InternalError", 500)),
            Mishap::FailsAfter => {
                sky.carry_out(operation, params)?;
                Err(service_error("InternalError", 500))
            }
            Mishap::AnswerLost => {
                sky.carry_out(operation, params)?;
                lost(false)
            }
        }
    }
}
