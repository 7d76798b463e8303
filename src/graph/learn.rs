//! Learning from the journal of an execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Edge, Existence, Graph, GraphError, Node};
use crate::catalog::access::classify;
use crate::catalog::{Catalog, partner};
use crate::plan::{AccessClass, ExecutionId, Plan, StepEvent, StepEventKind, StepState, Target};
use crate::store::{Journal, Store, papers};
use crate::text::mask_named;

impl Graph {
    /// Learns what an execution made, changed, and deleted. Learning twice changes nothing.
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
        let steps = seen_steps(&kept.plan, &replay.events);
        let mut known: BTreeMap<String, Node> =
            self.picture(kept.target)?.nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
        for step in &steps {
            let state = replay.execution.steps.get(step.id).copied().unwrap_or_default();
            self.learn_step(catalog, kept.target, execution, step, state, &mut known)?;
        }
        store.flush()?;
        Ok(())
    }

    fn learn_step(
        &self,
        catalog: &Catalog,
        target: Target,
        execution: &ExecutionId,
        step: &Seen<'_>,
        state: StepState,
        known: &mut BTreeMap<String, Node>,
    ) -> Result<(), GraphError> {
        let Ok(found) = catalog.operation(&step.step.operation_name()) else { return Ok(()) };
        let (service, operation) = (found.service(), found.operation());
        let class = classify(service, operation).class;
        if matches!(class, AccessClass::Read | AccessClass::Secret) || state == StepState::Waiting {
            return Ok(());
        }
        if class == AccessClass::Delete {
            if matches!(state, StepState::Succeeded) {
                self.mark_deleted(target, &step.step.service, &operation.name, step.params, known)?;
            }
            return Ok(());
        }
        let identity = partner::undo(service, operation, step.params)
            .and_then(|undo| undo.params(step.params, step.output).ok())
            .and_then(|params| params.as_object().cloned())
            .filter(|identity| !identity.is_empty());
        let Some(identity) = identity else { return Ok(()) };
        let existence = match state {
            StepState::Succeeded | StepState::Settling | StepState::Stuck => Existence::Exists,
            StepState::Undone => Existence::Deleted,
            StepState::Running | StepState::Undoing => Existence::Unknown,
            StepState::Waiting | StepState::Failed | StepState::Skipped => return Ok(()),
        };
        let kind = noun(&operation.name);
        let name = name_of(&identity);
        let key = format!("{target}/{}/{}/{kind}/{name}", step.step.cloud, step.step.service);
        let before = known.get(&key);
        let node = Node {
            key: key.clone(),
            target,
            cloud: step.step.cloud,
            service: step.step.service.clone(),
            kind,
            name,
            identity,
            region: step.step.region.clone(),
            attributes: mask_named(step.params),
            state: existence,
            made_by: Some((execution.0.clone(), step.id.to_owned())),
            first_seen: before.map_or(step.at, |node| node.first_seen.min(step.at)),
            last_seen: before.map_or(step.at, |node| node.last_seen.max(step.at)),
        };
        // An older run says nothing new about a thing that a newer one has seen.
        if before.is_some_and(|before| before.last_seen > step.at) {
            return Ok(());
        }
        self.nodes.put(&key, &node)?;
        for edge in edges(&node, known) {
            self.edges.put(&format!("{}|{}|{}", edge.from, edge.to, edge.by), &edge)?;
        }
        known.insert(key, node);
        Ok(())
    }

    /// The things of which a deletion names all identifying parameters are gone, and so is what was
    /// attached to nothing else.
    fn mark_deleted(
        &self,
        target: Target,
        service: &str,
        operation: &str,
        params: &Value,
        known: &mut BTreeMap<String, Node>,
    ) -> Result<(), GraphError> {
        let gone = noun(operation);
        for node in known.values_mut() {
            let same_kind =
                node.kind == gone || node.kind.trim_end_matches('s') == gone.trim_end_matches('s');
            if node.target == target && node.service == service && same_kind && names(params, node) {
                node.state = Existence::Deleted;
                self.nodes.put(&node.key, node)?;
            }
        }
        Ok(())
    }
}

/// A step as it was sent.
struct Seen<'a> {
    id: &'a str,
    step: &'a crate::plan::Step,
    params: &'a Value,
    output: &'a Value,
    at: Timestamp,
}

/// The steps of which a request left, in the order in which they were sent.
fn seen_steps<'a>(plan: &'a Plan, events: &'a [StepEvent]) -> Vec<Seen<'a>> {
    let mut steps: Vec<Seen<'a>> = Vec::new();
    for event in events {
        match &event.kind {
            StepEventKind::Intent { params, .. } => {
                steps.retain(|seen| seen.id != event.step);
                if let Some(step) = plan.step(&event.step) {
                    steps.push(Seen { id: &event.step, step, params, output: &Value::Null, at: event.at });
                }
            }
            StepEventKind::Answered { output, .. } => {
                if let Some(seen) = steps.iter_mut().find(|seen| seen.id == event.step) {
                    seen.output = output;
                }
            }
            _ => {}
        }
    }
    steps
}

/// `CreateBucket` → `Bucket`; `RunInstances` → `Instance`; `VirtualMachines_CreateOrUpdate` → `VirtualMachines`.
fn noun(operation: &str) -> String {
    if let Some((group, _)) = operation.split_once('_') {
        return group.to_owned();
    }
    let start =
        operation.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(0, |(at, _)| at);
    let noun = &operation[start..];
    match noun.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => noun.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(noun).to_owned(),
    }
}

fn name_of(identity: &Map<String, Value>) -> String {
    let parts: Vec<String> = identity
        .values()
        .map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Array(items) if items.len() == 1 && items[0].is_string() => {
                items[0].as_str().unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        })
        .collect();
    parts.join("/")
}

/// Whether parameters name a thing by all that identifies it.
fn names(params: &Value, node: &Node) -> bool {
    let mut texts = Vec::new();
    gather(params, "", &mut texts);
    node.identity.values().all(|value| {
        let mut wanted = Vec::new();
        gather(value, "", &mut wanted);
        !wanted.is_empty() && wanted.iter().all(|(_, text)| texts.iter().any(|(_, found)| found == text))
    })
}

/// Edges to all known things that the parameters of a thing name.
fn edges(node: &Node, known: &BTreeMap<String, Node>) -> Vec<Edge> {
    let mut texts = Vec::new();
    gather(&node.attributes, "", &mut texts);
    for (name, value) in &node.identity {
        gather(value, name, &mut texts);
    }
    known
        .values()
        .filter(|other| {
            other.key != node.key && other.state != Existence::Deleted && other.cloud == node.cloud
        })
        .filter_map(|other| {
            let (by, _) =
                texts.iter().find(|(_, text)| *text == other.name || ends_with_name(text, &other.name))?;
            // Two things of one name hold on to the one that was made first.
            let older = other.first_seen <= node.first_seen;
            let own_name = node.name == other.name && other.kind.len() > node.kind.len();
            (older && !own_name).then(|| Edge {
                from: node.key.clone(),
                to: other.key.clone(),
                by: by.clone(),
            })
        })
        .collect()
}

/// An ARN or a path that ends with the name.
fn ends_with_name(text: &str, name: &str) -> bool {
    name.len() >= 3
        && text.len() > name.len()
        && text.ends_with(name)
        && text[..text.len() - name.len()].ends_with([':', '/'])
}

/// All texts of a value, each with the name of its member.
fn gather(value: &Value, name: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !text.is_empty() => out.push((name.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| gather(item, name, out)),
        Value::Object(members) => members.iter().for_each(|(name, inner)| gather(inner, name, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Digest, Estimate, Execution, ExecutionStatus, Verdict};
    use crate::store::{Line, Papers, executions, in_memory};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    struct House {
        store: Arc<dyn Store>,
        catalog: Catalog,
        graph: Graph,
    }

    fn house() -> House {
        let store = in_memory();
        let graph = Graph::open(&store);
        House { store, catalog: Catalog::open(None).unwrap(), graph }
    }

    impl House {
        /// Puts a whole run on record: steps with their operation, parameters, and answers.
        fn ran(&self, id: &str, steps: &[(&str, &str, &str, Value, Value)]) {
            let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": steps.iter().map(
                |(id, service, operation, params, _)| json!({
                    "id": id, "cloud": "aws", "service": service, "operation": operation, "params": params})
            ).collect::<Vec<_>>()}))
            .unwrap();
            let execution = Execution {
                id: ExecutionId(id.into()),
                plan: plan.digest(),
                name: "x".into(),
                target: Target::Sandbox,
                session: None,
                started: Timestamp::now(),
                ended: None,
                status: ExecutionStatus::Running,
                steps: plan.steps.iter().map(|s| (s.id.clone(), StepState::Waiting)).collect(),
            };
            executions(&self.store).add(id, &execution).unwrap();
            let estimate = Estimate {
                plan: plan.digest(),
                currency: "USD".into(),
                monthly: rust_decimal::Decimal::ZERO,
                one_off: rust_decimal::Decimal::ZERO,
                unpriced: 0,
                steps: vec![],
                assumptions: vec![],
            };
            let verdict = Verdict::new(plan.digest(), vec![], Digest::of_bytes(b""), 0);
            let kept = Papers {
                plan: plan.clone(),
                verdict,
                estimate,
                approval: None,
                target: Target::Sandbox,
                masked: false,
            };
            papers(&self.store).add(id, &kept).unwrap();
            let mut lines = vec![Line::Opened {
                execution: execution.id.clone(),
                plan: plan.digest(),
                name: "x".into(),
                target: Target::Sandbox,
                session: None,
                at: Timestamp::now(),
                steps: plan.steps.iter().map(|s| s.id.clone()).collect(),
            }];
            for (step, _, _, params, output) in steps {
                for kind in [
                    StepEventKind::Intent { params: params.clone(), attempt: 1 },
                    StepEventKind::Answered { output: output.clone(), request_id: None },
                    StepEventKind::Succeeded,
                ] {
                    lines.push(Line::Step(StepEvent { step: (*step).into(), at: Timestamp::now(), kind }));
                }
            }
            Journal::open(&*self.store, &execution.id).unwrap().append(&lines).unwrap();
            self.graph.learn(&self.store, &self.catalog, &execution.id).unwrap();
        }

        fn keys(&self) -> Vec<(String, Existence)> {
            self.graph.picture(Target::Sandbox).unwrap().nodes.into_iter().map(|n| (n.key, n.state)).collect()
        }
    }

    #[test]
    fn a_bucket_and_what_configures_it_hang_together() {
        let house = house();
        house.ran(
            "x-1",
            &[
                ("b", "s3", "CreateBucket", json!({"Bucket": "logs"}), json!({})),
                (
                    "t",
                    "s3",
                    "PutBucketTagging",
                    json!({"Bucket": "logs", "Tagging": {"TagSet": []}}),
                    json!({}),
                ),
            ],
        );
        let bucket = "sandbox/aws/s3/Bucket/logs".to_owned();
        assert!(house.keys().contains(&(bucket.clone(), Existence::Exists)), "{:?}", house.keys());
        let dependents = house.graph.dependents(Target::Sandbox, "sandbox/aws/s3/Bucket/logs").unwrap();
        assert_eq!(dependents.iter().map(|n| n.kind.as_str()).collect::<Vec<_>>(), ["BucketTagging"]);
        assert_eq!(house.graph.inventory(Target::Sandbox).unwrap()["counts"]["Bucket"], 1);
        assert_eq!(house.graph.picture(Target::Live).unwrap(), super::super::Picture::default());
    }

    #[test]
    fn a_subnet_needs_its_network_and_a_deleted_thing_is_gone() {
        let house = house();
        house.ran(
            "x-1",
            &[
                (
                    "vpc",
                    "ec2",
                    "CreateVpc",
                    json!({"CidrBlock": "10.0.0.0/16"}),
                    json!({"Vpc": {"VpcId": "vpc-1"}}),
                ),
                (
                    "subnet",
                    "ec2",
                    "CreateSubnet",
                    json!({"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}),
                    json!({"Subnet": {"SubnetId": "subnet-1", "VpcId": "vpc-1"}}),
                ),
            ],
        );
        let picture = house.graph.picture(Target::Sandbox).unwrap();
        assert_eq!(picture.edges.len(), 1, "{:?}", picture.edges);
        assert_eq!((picture.edges[0].by.as_str(), picture.edges[0].to.ends_with("vpc-1")), ("VpcId", true));
        house.ran("x-2", &[("d", "ec2", "DeleteSubnet", json!({"SubnetId": "subnet-1"}), json!({}))]);
        let states: Vec<Existence> = house.keys().into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [Existence::Deleted, Existence::Exists]);
    }

    #[test]
    fn learning_twice_changes_nothing() {
        let house = house();
        house.ran("x-1", &[("b", "s3", "CreateBucket", json!({"Bucket": "logs"}), json!({}))]);
        let before = house.graph.picture(Target::Sandbox).unwrap();
        house.graph.learn(&house.store, &house.catalog, &ExecutionId("x-1".into())).unwrap();
        assert_eq!(house.graph.picture(Target::Sandbox).unwrap(), before);
    }

    #[test]
    fn what_is_not_known_is_said_to_be_unknown_and_not_absent() {
        let error = house().graph.neighbours(Target::Sandbox, "nothing").unwrap_err().to_string();
        assert!(error.contains("may exist"), "{error}");
    }
}
