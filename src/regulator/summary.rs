//! An execution in short: how many steps went how, what failed first, what was made.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::{Execution, Plan, StepEvent, StepEventKind, StepState};
use crate::protocol::ExecutionSummary;

/// Verbs whose answer names something new.
const MAKING: [&str; 9] =
    ["Create", "Run", "Launch", "Allocate", "Register", "Import", "Request", "Provision", "Publish"];

/// Puts an execution in short, from its journal. The plan names what the answers do not.
#[must_use]
pub fn summarise(execution: &Execution, events: &[StepEvent], plan: Option<&Plan>) -> ExecutionSummary {
    let count =
        |wanted: &[StepState]| execution.steps.values().filter(|state| wanted.contains(state)).count();
    let outputs: BTreeMap<&str, &Value> = events
        .iter()
        .filter_map(|event| event.kind.output().map(|output| (event.step.as_str(), output)))
        .collect();
    let first_cause = events.iter().find_map(|event| match (&event.kind, execution.steps.get(&event.step)) {
        (StepEventKind::Failed { failure }, Some(StepState::Failed))
        | (StepEventKind::UndoFailed { failure }, Some(StepState::Stuck)) => {
            Some((event.step.clone(), format!("{}: {}", failure.code, failure.message)))
        }
        _ => None,
    });
    let resources = plan
        .map(|plan| plan.steps.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|step| {
            matches!(
                execution.steps.get(&step.id),
                Some(StepState::Succeeded | StepState::Settling | StepState::Stuck)
            )
        })
        .filter_map(|step| {
            let operation = step.operation.rsplit('_').next().unwrap_or(&step.operation);
            let noun = MAKING.iter().find_map(|verb| operation.strip_prefix(verb))?;
            let output = outputs.get(step.id.as_str()).copied().unwrap_or(&Value::Null);
            let params = intent_params(events, &step.id).unwrap_or(&step.params);
            Some((step.id.clone(), name_of(noun.trim_end_matches('s'), output, params)?))
        })
        .collect();
    ExecutionSummary {
        id: execution.id.clone(),
        name: execution.name.clone(),
        digest: execution.plan.clone(),
        target: execution.target,
        status: execution.status,
        started: execution.started,
        ended: execution.ended,
        succeeded: count(&[StepState::Succeeded]),
        failed: count(&[StepState::Failed, StepState::Stuck]),
        skipped: count(&[StepState::Skipped, StepState::Waiting]),
        first_cause,
        resources,
    }
}

fn intent_params<'a>(events: &'a [StepEvent], step: &str) -> Option<&'a Value> {
    events.iter().rev().filter(|event| event.step == step).find_map(|event| match &event.kind {
        StepEventKind::Intent { params, .. } => Some(params),
        _ => None,
    })
}

/// What the cloud calls the thing: its own identifier, else the name that it was given.
fn name_of(noun: &str, output: &Value, params: &Value) -> Option<String> {
    let own = |ending: &'static str| move |name: &str| name.eq_ignore_ascii_case(&format!("{noun}{ending}"));
    let by_noun = ["Id", "Identifier", "Name", "Url", "Arn", ""];
    by_noun
        .iter()
        .find_map(|ending| find(output, 0, &own(ending)))
        .or_else(|| by_noun.iter().find_map(|ending| find(params, 0, &own(ending))))
        .or_else(|| output.get("id")?.as_str().map(str::to_owned))
        .or_else(|| find(output, 0, &|name| name.ends_with("Id") || name == "id"))
        .or_else(|| find(output, 0, &|name| name.ends_with("Arn")))
        .or_else(|| find(params, 0, &|name| name == "Name" || name == "name" || name == "Bucket"))
}

/// The first text under a fitting name, at most three levels deep.
fn find(value: &Value, depth: usize, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    match value {
        Value::Object(members) => {
            let here = members.iter().find(|(name, value)| fits(name) && value.is_string());
            here.and_then(|(_, value)| value.as_str().map(str::to_owned)).or_else(|| {
                (depth < 3).then(|| members.values().find_map(|value| find(value, depth + 1, fits))).flatten()
            })
        }
        Value::Array(items) if depth < 3 => items.iter().find_map(|item| find(item, depth + 1, fits)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn a_thing_is_called_as_the_cloud_calls_it() {
        for (noun, output, params, expected) in [
            ("Vpc", json!({"Vpc": {"OwnerId": "o", "VpcId": "vpc-1"}}), json!({}), "vpc-1"),
            ("Bucket", json!({"Location": "/b"}), json!({"Bucket": "b"}), "b"),
            (
                "Instance",
                json!({"ReservationId": "r", "Instances": [{"InstanceId": "i-1"}]}),
                json!({}),
                "i-1",
            ),
            ("Role", json!({"Role": {"RoleId": "AROA", "RoleName": "r"}}), json!({}), "AROA"),
            ("Queue", json!({"QueueUrl": "https://q"}), json!({"QueueName": "q"}), "https://q"),
            ("Stack", json!({"StackId": "s"}), json!({}), "s"),
            ("Vcn", json!({"compartmentId": "c", "id": "v"}), json!({"body": {"compartmentId": "c"}}), "v"),
            ("Address", json!({"AllocationId": "eip-1"}), json!({}), "eip-1"),
        ] {
            assert_eq!(name_of(noun, &output, &params).as_deref(), Some(expected), "{noun}");
        }
        assert_eq!(name_of("Route", &json!({"Return": true}), &json!({})), None);
    }
}
