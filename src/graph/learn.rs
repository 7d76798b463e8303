//! Learning from the journal of an execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::draft::{Draft, Scene};
use super::thing::{Subject, requires, subject, takes};
use super::{Edge, Existence, Graph, GraphError, Relation};
use crate::catalog::access::classify;
use crate::catalog::{Catalog, mask};
use crate::plan::{
    AccessClass, ExecutionId, Plan, Step, StepEvent, StepEventKind, StepState, Target, references,
};
use crate::store::{Journal, Store, papers};

impl Graph {
    /// Learns what an execution made, changed, saw, and deleted, from its papers and its journal.
    /// Learning twice changes nothing.
    ///
    /// # Errors
    ///
    /// The execution is unknown, or the store or its journal cannot be read.
    pub fn learn(
        &self,
        store: &Arc<dyn Store>,
        catalog: &Catalog,
        execution: &ExecutionId,
    ) -> Result<(), GraphError> {
        let unknown = || GraphError::UnknownExecution(execution.0.clone());
        let kept = papers(store).get(&execution.0)?.ok_or_else(unknown)?;
        let replay = Journal::open(&**store, execution)?.replay()?;
        self.learn_from(kept.target, catalog, &kept.plan, execution, &replay.execution.steps, &replay.events)
    }

    /// [`Graph::learn`] from the papers themselves: the plan, the state of its steps, and what
    /// happened to them.
    ///
    /// # Errors
    ///
    /// The graph cannot be read or kept.
    pub fn learn_from(
        &self,
        target: Target,
        catalog: &Catalog,
        plan: &Plan,
        execution: &ExecutionId,
        states: &BTreeMap<String, StepState>,
        events: &[StepEvent],
    ) -> Result<(), GraphError> {
        let sent = sent_steps(plan, events);
        self.change(target, |draft| {
            // The resources that each step was about, for references between steps.
            let mut about: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for step in &sent {
                let state = states.get(step.id).copied().unwrap_or_default();
                let keys = learn_step(draft, catalog, execution, step, state);
                for key in &keys {
                    tie_references(draft, key, step.step, &about);
                }
                about.insert(step.id, keys);
            }
            Ok(())
        })?;
        Ok(self.nodes.store().flush()?)
    }
}

/// A step of which a request left, as it was sent.
struct Sent<'a> {
    id: &'a str,
    step: &'a Step,
    params: &'a Value,
    output: &'a Value,
    /// When the last thing happened to it.
    at: Timestamp,
}

/// The steps of which a request left, in the order in which they were sent first.
fn sent_steps<'a>(plan: &'a Plan, events: &'a [StepEvent]) -> Vec<Sent<'a>> {
    let mut steps: Vec<Sent<'a>> = Vec::new();
    for event in events {
        let known = steps.iter().position(|sent| sent.id == event.step);
        match (&event.kind, known) {
            (StepEventKind::Intent { params, .. }, None) => {
                if let Some(step) = plan.step(&event.step) {
                    steps.push(Sent { id: &step.id, step, params, output: &Value::Null, at: event.at });
                }
            }
            (kind, Some(index)) => {
                let sent = &mut steps[index];
                sent.at = sent.at.max(event.at);
                match kind {
                    StepEventKind::Intent { params, .. } => sent.params = params,
                    kind => sent.output = kind.output().unwrap_or(sent.output),
                }
            }
            _ => {}
        }
    }
    steps
}

/// Takes one step into the draft; the keys of the resources that it was about.
fn learn_step(
    draft: &mut Draft,
    catalog: &Catalog,
    execution: &ExecutionId,
    step: &Sent<'_>,
    state: StepState,
) -> Vec<String> {
    let Ok(found) = catalog.operation(&step.step.operation_name()) else { return Vec::new() };
    let (service, operation) = (found.service(), found.operation());
    let scene = Scene {
        cloud: step.step.cloud,
        service: &step.step.service,
        region: step.step.region.as_deref(),
        account: step.step.account.as_deref(),
        at: step.at,
    };
    let params = mask(service, operation.input, step.params);
    let output = mask(service, operation.output, step.output);
    let class = classify(service, operation).class;
    if class == AccessClass::Secret {
        return Vec::new();
    }
    if class == AccessClass::Read {
        let answered = state == StepState::Succeeded;
        return if answered {
            draft.observe(&scene, service, operation, &params, &output)
        } else {
            Vec::new()
        };
    }
    let existence = match state {
        StepState::Succeeded | StepState::Settling | StepState::Stuck => Existence::Exists,
        StepState::Undone => Existence::Deleted,
        StepState::Running | StepState::Undoing => Existence::Unknown,
        StepState::Waiting | StepState::Failed | StepState::Skipped => return Vec::new(),
    };
    if class == AccessClass::Delete || takes(&operation.name) {
        let state = match existence {
            Existence::Exists => Existence::Deleted,
            Existence::Deleted => Existence::Exists,
            Existence::Unknown => Existence::Unknown,
        };
        draft.taken(&scene, &operation.name, &params, state);
        return Vec::new();
    }
    let by = (execution.0.as_str(), step.id);
    let keys = match subject(service, operation, &params, &output) {
        Subject::Things { kind, identities } => identities
            .iter()
            .map(|identity| draft.made(&scene, &kind, identity, (&params, &output), existence, by))
            .collect(),
        Subject::Setting { name, of } => {
            let keys = match of {
                Some((kind, identity)) => vec![draft.named(&scene, &kind, &identity)],
                None => draft.subjects(&scene, &params),
            };
            if existence != Existence::Unknown {
                let taken_back = existence == Existence::Deleted;
                for key in &keys {
                    draft.configured(key, &name, &params, step.at, by, taken_back);
                }
            }
            keys
        }
    };
    for key in &keys {
        draft.tie(key, |member| requires(service, operation, member));
    }
    keys
}

/// Edges from a resource to those of the steps whose answers its step refers to.
fn tie_references(draft: &mut Draft, key: &str, step: &Step, about: &BTreeMap<&str, Vec<String>>) {
    let Some(members) = step.params.as_object() else { return };
    for (member, value) in members {
        let Ok(names) = references(value) else { continue };
        for needed in names.steps.iter().filter_map(|step| about.get(step.as_str())).flatten() {
            if needed != key {
                draft.join(Edge {
                    from: key.to_owned(),
                    to: needed.clone(),
                    by: member.clone(),
                    relation: Relation::Needs,
                });
            }
        }
    }
}

#[cfg(test)]
#[path = "learn_tests.rs"]
mod tests;
