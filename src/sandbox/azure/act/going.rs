//! Operations that go on after their answer: begun, and asked about.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{document, empty};
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::{blank, shown};
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::Answer;
use crate::sandbox::model::{Phase, Resource, key_of};

/// Operations that are remembered; the oldest go first.
const MOST: usize = 500;
/// When to ask again.
const PAUSE_MS: &str = "50";
/// The service and the kind under which operations are kept.
const KEPT: [&str; 3] = ["$azure", "", "operation"];

/// Says in an answer where its operation can be asked about. `answer` is what it will have for a result, where
/// that is not the thing itself.
pub(in super::super) fn begin(work: &mut Work<'_>, target: &str, result: Option<Value>, answer: &mut Answer) {
    let id = Uuid::new_v4().to_string();
    let mut operation: Resource = blank(work, &work.address);
    operation.service = KEPT[0].into();
    operation.kind = KEPT[2].into();
    operation.id.clone_from(&id);
    operation.arn = None;
    operation.parents.clear();
    operation.attributes = Map::from_iter([
        ("target".to_owned(), Value::from(target)),
        ("result".to_owned(), result.unwrap_or_default()),
    ]);
    forget_old(work);
    work.ledger.put(operation);
    let subscription = work.address.subscription().unwrap_or_default();
    let location = work.ledger.get(target).and_then(|thing| thing.attributes.get("location")?.as_str());
    let place = format!(
        "{}/subscriptions/{subscription}/providers/{}/locations/{}",
        work.endpoint,
        work.address.namespace(),
        location.unwrap_or("global").replace(' ', "").to_lowercase(),
    );
    let version = work.api_version().unwrap_or("2021-04-01").to_owned();
    answer.set("azure-asyncoperation", format!("{place}/operations/{id}?api-version={version}"));
    if answer.status == 202 || work.request.method != "PUT" {
        answer.set("location", format!("{place}/operationResults/{id}?api-version={version}"));
    }
    answer.set("x-ms-retry-after-ms", PAUSE_MS);
}

fn forget_old(work: &mut Work<'_>) {
    let mut kept: Vec<_> =
        work.ledger.of_kind(KEPT[0], KEPT[1], KEPT[2]).map(|thing| (thing.created, thing.key())).collect();
    kept.sort();
    let many = kept.len().saturating_sub(MOST);
    for (_, key) in kept.into_iter().take(many) {
        work.ledger.remove(&key);
    }
}

/// How far an operation is, if the address is one's.
pub(in super::super) fn ask(work: &mut Work<'_>) -> Option<Result<Answer, Fault>> {
    let parts = &work.address.parts;
    let place = parts.len().checked_sub(2)?;
    let is = |word: &str| parts[place].eq_ignore_ascii_case(word);
    let (of_result, of_state) = (is("operationResults"), is("operations"));
    if !of_result && !of_state {
        return None;
    }
    let operation = work.ledger.get(&key_of(&[KEPT[0], KEPT[1], KEPT[2], work.address.name()]))?.clone();
    let target = operation.attributes.get("target").and_then(Value::as_str).unwrap_or_default().to_owned();
    work.look(&target);
    let thing = work.ledger.get(&target).cloned();
    let going = thing.as_ref().is_some_and(|thing| matches!(thing.phase, Phase::Coming | Phase::Going));
    let mut answer = match (of_state, going) {
        (true, _) => {
            let status = if going { "InProgress" } else { "Succeeded" };
            let mut body = json!({
                "id": work.address.id(), "name": work.address.name(), "status": status,
                "startTime": operation.created.to_string(),
            });
            if !going {
                body["endTime"] = work.now.to_string().into();
            }
            document(200, &body)
        }
        (false, true) => {
            let mut answer = empty(202);
            answer.set("location", format!("{}{}", work.endpoint, with_version(work)));
            answer
        }
        (false, false) => match (operation.attributes.get("result").filter(|r| !r.is_null()), thing) {
            (Some(result), _) => document(200, result),
            (None, Some(thing)) if !thing.is_gone() => {
                let body = shown(work, &thing);
                document(200, &body)
            }
            _ => empty(204),
        },
    };
    if going {
        answer.set("x-ms-retry-after-ms", PAUSE_MS);
    }
    Some(Ok(answer))
}

fn with_version(work: &Work<'_>) -> String {
    format!("{}?api-version={}", work.address.id(), work.api_version().unwrap_or("2021-04-01"))
}
