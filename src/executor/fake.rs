//! A cloud for tests that counts what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::classify::service_error;
use super::{Clouds, Patience, RunContext, Services};
use crate::catalog::shapes::Service;
use crate::catalog::test_service::service;
use crate::clouds::{Call, CloudError, EXISTED, Pending, Reply, Waited};
use crate::plan::{
    Approval, Approver, Cleared, CloudName, Digest, Estimate, Plan, StepFacts, Target, Verdict,
};
use crate::store::Store;

/// The cloud's own state, and all requests that it got.
#[derive(Default)]
pub(super) struct FakeCloud {
    state: Mutex<State>,
    /// How long every call takes.
    takes: Duration,
    /// Calls that are under way, and how many were at the most.
    under_way: Mutex<(usize, usize)>,
}

#[derive(Clone, Default)]
pub(super) struct State {
    /// Live things: id to name.
    pub(super) live: BTreeMap<String, String>,
    tokens: BTreeMap<String, String>,
    pub(super) requests: Vec<Call>,
    made: usize,
    /// How many things are made before everything is refused.
    most: Option<usize>,
    /// Names that cannot be deleted.
    pub(super) fixed: BTreeSet<String>,
}

impl FakeCloud {
    pub(super) fn that_takes(takes: Duration) -> Self {
        Self { takes, ..Self::default() }
    }

    /// How many calls were under way at the same time, at the most.
    pub(super) fn most_at_once(&self) -> usize {
        self.under_way.lock().unwrap().1
    }

    fn begins(&self) {
        let (now, most) = &mut *self.under_way.lock().unwrap();
        *now += 1;
        *most = (*now).max(*most);
    }

    pub(super) fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    pub(super) fn fix(&self, name: &str) {
        self.state.lock().unwrap().fixed.insert(name.into());
    }

    /// Refuses to make anything when so many things were made.
    pub(super) fn refuse_after(&self, made: usize) {
        self.state.lock().unwrap().most = Some(made);
    }

    pub(super) fn loosen(&self) {
        let mut state = self.state.lock().unwrap();
        state.fixed.clear();
        state.most = None;
    }

    /// The names of the live things, with repetitions.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.state().live.into_values().collect();
        names.sort();
        names
    }

    pub(super) fn asked(&self, operation: &str) -> usize {
        self.state().requests.iter().filter(|call| call.operation.operation == operation).count()
    }

    fn answer(&self, call: &Call) -> Result<Value, CloudError> {
        let mut state = self.state.lock().unwrap();
        state.requests.push(call.clone());
        let text = |name: &str| call.params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = text("Name");
        let operation = call.operation.operation.as_str();
        if let Some(kind) = operation.strip_prefix("Create") {
            if name.starts_with("bad") || state.most.is_some_and(|most| state.made >= most) {
                return Err(service_error("NotAllowed", 403));
            }
            if let Some(known) = state.tokens.get(&text("ClientToken")) {
                return Ok(json!({"Id": known, "Secret": "s3cret"}));
            }
            if kind == "Named" && state.live.values().any(|live| *live == name) {
                return Err(service_error("NameAlreadyExists", 409));
            }
            if name.starts_with("old") {
                state.live.insert(name.clone(), name.clone());
                return Ok(json!({"Id": name, EXISTED: true}));
            }
            if name.starts_with("slow") {
                state.live.insert(format!("{name}-done"), name.clone());
                return Ok(json!({"Id": "not yet", "Name": name, EXISTED: true}));
            }
            state.made += 1;
            let id = format!("id-{}", state.made);
            if kind == "Tokened" {
                state.tokens.insert(text("ClientToken"), id.clone());
            }
            state.live.insert(id.clone(), name.clone());
            if name.starts_with("half") {
                return Ok(json!({"Id": id, "Unprocessed": [{"Id": "other", "Secret": "s3cret"}]}));
            }
            return Ok(json!({"Id": id, "Secret": "s3cret"}));
        }
        let found = state
            .live
            .iter()
            .find(|(id, live)| **id == text("Id") || **live == name)
            .map(|(id, _)| id.clone());
        let Some(id) = found else { return Err(service_error("NoSuchThing", 404)) };
        if operation.starts_with("Delete") {
            if state.live.get(&id).is_some_and(|name| state.fixed.contains(name)) {
                return Err(service_error("Locked", 403));
            }
            state.live.remove(&id);
        }
        Ok(json!({"Id": id}))
    }
}

impl Clouds for FakeCloud {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(async move {
            self.begins();
            if !self.takes.is_zero() {
                tokio::time::sleep(self.takes).await;
            }
            self.under_way.lock().unwrap().0 -= 1;
            let output = self.answer(call)?;
            Ok(Reply { output, status: 200, request_id: Some("r-1".into()), throttled: false })
        })
    }

    fn wait<'a>(
        &'a self,
        _: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        progress("ThingExists".into());
        let result = output["Name"]
            .as_str()
            .filter(|name| name.starts_with("slow"))
            .map(|name| json!({"Id": format!("{name}-done"), "Secret": "l4ter"}));
        Box::pin(std::future::ready(Ok(Waited::Ready { waiter: "ThingExists".into(), output: result })))
    }
}

/// The service of the fake cloud.
pub(super) struct FakeCatalog(Arc<Service>);

impl FakeCatalog {
    pub(super) fn new() -> Self {
        let input = json!({"Name!": "string", "From": "string", "Password": "string"});
        let mut tokened = input.clone();
        tokened["ClientToken@"] = json!("string");
        let output = json!({"Id": "string", "Secret": "string", "Unprocessed": [{"Id": "string", "Secret": "string"}]});
        let id = json!({"Id!": "string"});
        Self(Arc::new(service(&[
            ("CreateTokened", tokened, output.clone()),
            ("DeleteTokened", id.clone(), json!({})),
            ("CreateNamed", input.clone(), output.clone()),
            ("GetNamed", json!({"Name!": "string"}), output.clone()),
            ("DeleteNamed", id.clone(), json!({})),
            ("CreatePlain", input, output),
            ("DeletePlain", id, json!({})),
        ])))
    }
}

impl Services for FakeCatalog {
    fn service(&self, _: CloudName, _: &str) -> Option<Arc<Service>> {
        Some(self.0.clone())
    }
}

/// A plan of steps: id, kind, and the steps that it refers to.
pub(super) fn plan(steps: &[(&str, &str, &[&str])]) -> Plan {
    let steps: Vec<Value> = steps
        .iter()
        .map(|(id, kind, needs)| {
            let from: String =
                needs.iter().map(|need| format!("${{{{ steps.{need}.output.Id }}}} ")).collect();
            json!({"id": id, "cloud": "aws", "service": "test", "operation": format!("Create{kind}"),
                "params": {"Name": id, "From": from}})
        })
        .collect();
    Plan::from_value(json!({"version": 1, "name": "a plan", "steps": steps})).unwrap()
}

/// The plan with all its papers in order.
pub(super) fn cleared(plan: Plan) -> Cleared {
    let digest = plan.digest();
    let verdict = Verdict::new(digest.clone(), vec![], Digest::of_bytes(b"rules"), 1);
    let estimate = Estimate {
        plan: digest.clone(),
        currency: "USD".into(),
        monthly: Decimal::ZERO,
        one_off: Decimal::ZERO,
        unpriced: 0,
        steps: vec![],
        assumptions: vec![],
    };
    let approval = Approval {
        plan: digest,
        target: Target::Sandbox,
        by: Approver::Person { name: "ada".into() },
        at: Timestamp::UNIX_EPOCH,
        exceptions: vec![],
    };
    let facts: Vec<StepFacts> = vec![];
    Cleared::new(plan, &facts, verdict, estimate, Some(approval), Target::Sandbox).unwrap()
}

/// Surroundings with little patience.
pub(super) fn context(store: &Arc<dyn Store>, cloud: &Arc<FakeCloud>) -> RunContext {
    let mut context = RunContext::new(store.clone(), cloud.clone(), Arc::new(FakeCatalog::new()));
    context.patience = Patience { tries: 3, pause: Duration::from_millis(1), appearance: Duration::ZERO };
    context
}
