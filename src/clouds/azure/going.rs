//! An operation that goes on after its answer: where it is asked, what it says, and where its result
//! stands. The order of the ways, and when the result is fetched, are those of the official clients.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure;
use super::parse::plain;
use crate::catalog::shapes::Operation;
use crate::clouds::http::{HttpRequest, HttpResponse};

/// The member of an answer under which it is kept where waiting can be taken up, also after a restart.
pub(super) const KEPT: &str = "…poll";

/// What is needed to ask on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Going {
    /// The method of the request that began it.
    pub(super) method: String,
    /// The address of that request.
    pub(super) url: String,
    /// The status that it was answered with.
    pub(super) status: u16,
    /// The header `Azure-AsyncOperation`.
    #[serde(default, rename = "azure-asyncoperation", skip_serializing_if = "Option::is_none")]
    pub(super) async_operation: Option<String>,
    /// The header `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
}

/// How an operation is asked how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// An operation of its own, which has a status.
    Operation(String),
    /// An address that answers 202 until it is done.
    Location(String),
    /// The thing itself, which says whether it is provisioned.
    Thing(String),
    /// Nothing: the answer said all.
    Nothing,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It goes on; the cloud's word for it.
    GoingOn(String),
    Succeeded,
    /// It came to a bad end, and why.
    Failed(String),
}

impl Going {
    /// What is kept of an answer whose operation may go on; nothing when the answer said all.
    pub(super) fn of(operation: &Operation, request: &HttpRequest, response: &HttpResponse) -> Option<Self> {
        let header = |name: &str| response.header(name).map(str::to_owned);
        let going = Self {
            method: request.method.clone(),
            url: request.url.clone(),
            status: response.status,
            async_operation: header("azure-asyncoperation"),
            location: header("location"),
        };
        let long = operation.traits.arm.as_deref().is_some_and(|arm| arm.long_running.is_some());
        if !long && going.async_operation.is_none() && response.status != 202 {
            return None;
        }
        match going.way() {
            Way::Nothing => None,
            way => match first(&way, response) {
                State::GoingOn(_) => Some(going),
                State::Succeeded | State::Failed(_) => None,
            },
        }
    }

    /// What an answer kept.
    pub(super) fn kept(output: &Value) -> Option<Self> {
        serde_json::from_value(output.get(KEPT)?.clone()).ok()
    }

    /// The first way that fits.
    pub(super) fn way(&self) -> Way {
        match (&self.async_operation, &self.location) {
            (Some(url), _) => Way::Operation(url.clone()),
            (None, Some(url)) => Way::Location(url.clone()),
            (None, None) if matches!(self.method.as_str(), "PUT" | "PATCH") => Way::Thing(self.url.clone()),
            (None, None) => Way::Nothing,
        }
    }

    /// Where the result is fetched, once the operation says that it succeeded.
    pub(super) fn result_at(&self, via: Option<&str>, last: &HttpResponse) -> Option<String> {
        // Only an operation of its own has its result elsewhere.
        self.async_operation.as_ref()?;
        if via == Some("location")
            && let Some(location) = &self.location
        {
            return Some(location.clone());
        }
        if via == Some("azure-async-operation") && self.method == "POST" {
            return None;
        }
        let body = document(last);
        if let Some(elsewhere) = body.as_ref().and_then(|body| body.get("resourceLocation")?.as_str()) {
            return Some(elsewhere.to_owned());
        }
        match self.method.as_str() {
            "PUT" | "PATCH" => Some(self.url.clone()),
            "POST" => self.location.clone(),
            _ => None,
        }
    }
}

/// How far an operation is by the answer that began it.
fn first(way: &Way, response: &HttpResponse) -> State {
    match way {
        Way::Operation(_) => {
            let body = document(response);
            let status = body.as_ref().and_then(|body| body.get("status")?.as_str());
            status.map_or_else(|| State::GoingOn("InProgress".into()), |status| named(status, response))
        }
        Way::Location(_) => State::GoingOn("InProgress".into()),
        Way::Thing(_) => match (response.status, provisioning(response)) {
            (202, _) | (201, None) => State::GoingOn("InProgress".into()),
            (_, Some(state)) => named(&state, response),
            _ => State::Succeeded,
        },
        Way::Nothing => State::Succeeded,
    }
}

/// How far an operation is by the answer to a later ask.
///
/// # Errors
///
/// The answer says nothing about it.
pub(super) fn later(way: &Way, response: &HttpResponse) -> Result<State, String> {
    match way {
        Way::Operation(_) => {
            let body = document(response).ok_or("the operation's answer is no document")?;
            match body.get("status").and_then(Value::as_str).filter(|status| !status.is_empty()) {
                Some(status) => Ok(named(status, response)),
                None => Err("the operation's answer has no status".into()),
            }
        }
        Way::Location(_) if response.status == 202 => Ok(State::GoingOn("InProgress".into())),
        Way::Thing(_) if document(response).is_none() => Err("the answer is no document".into()),
        Way::Thing(_) => Ok(provisioning(response).map_or(State::Succeeded, |state| named(&state, response))),
        Way::Location(_) | Way::Nothing => Ok(State::Succeeded),
    }
}

/// How far a thing is by its own word; nothing when it has none.
pub(super) fn of_thing(output: &Value) -> Option<State> {
    let state = output.get("properties")?.get("provisioningState")?.as_str()?;
    Some(by_name(state, output))
}

fn named(status: &str, response: &HttpResponse) -> State {
    by_name(status, &document(response).unwrap_or_default())
}

fn by_name(status: &str, body: &Value) -> State {
    match status.to_ascii_lowercase().as_str() {
        "succeeded" => State::Succeeded,
        "failed" | "canceled" => {
            let inner = failure::of_document(body).filter(|failure| !failure.message.is_empty());
            State::Failed(match inner {
                Some(failure) if failure.code.is_empty() => format!("{status}: {}", failure.message),
                Some(failure) => format!("{status}: {}: {}", failure.code, failure.message),
                None => status.to_owned(),
            })
        }
        _ => State::GoingOn(status.to_owned()),
    }
}

fn document(response: &HttpResponse) -> Option<Value> {
    serde_json::from_slice(plain(&response.body)).ok().filter(Value::is_object)
}

fn provisioning(response: &HttpResponse) -> Option<String> {
    let body = document(response)?;
    Some(body.get("properties")?.get("provisioningState")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer as bare, service};
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    const OPERATION: &str = "https://h/operations/1";
    const RESULT: &str = "https://h/results/1";

    fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> HttpResponse {
        let body = if body.is_null() { vec![] } else { body.to_string().into_bytes() };
        HttpResponse { body, ..bare(status, headers) }
    }

    fn begun(operation: &str, headers: &[(&str, &str)], status: u16, body: &Value) -> Option<Going> {
        let service = service();
        let operation = service.operation(operation).unwrap();
        let request = HttpRequest {
            method: operation.method.clone(),
            url: "https://h/vm".into(),
            ..HttpRequest::default()
        };
        Going::of(operation, &request, &answer(status, headers, body))
    }

    const PUT: &str = "VirtualMachines_CreateOrUpdate";
    const POST: &str = "VirtualMachines_Restart";
    const BOTH: [(&str, &str); 2] = [("Azure-AsyncOperation", OPERATION), ("Location", RESULT)];

    #[test]
    fn the_operations_own_address_comes_before_the_location_and_the_thing() {
        let creating = json!({"properties": {"provisioningState": "Creating"}});
        let way = |headers: &[(&str, &str)]| begun(PUT, headers, 201, &creating).unwrap().way();
        assert_eq!(way(&BOTH), Way::Operation(OPERATION.into()));
        assert_eq!(way(&BOTH[1..]), Way::Location(RESULT.into()));
        assert_eq!(way(&[]), Way::Thing("https://h/vm".into()));
    }

    #[test]
    fn what_is_over_with_its_answer_is_not_asked_about() {
        let state = |state: &str| json!({"properties": {"provisioningState": state}});
        assert_eq!(begun(PUT, &[], 200, &state("Succeeded")), None);
        assert_eq!(begun(PUT, &[], 200, &json!({})), None);
        assert_eq!(begun(PUT, &[], 200, &state("Failed")), None);
        assert!(begun(PUT, &[], 200, &state("Updating")).is_some());
        assert!(begun(PUT, &[], 201, &json!({})).is_some());
        assert!(begun(PUT, &[], 202, &Value::Null).is_some());
        assert_eq!(begun(POST, &[], 202, &Value::Null), None, "a POST without an address says no more");
        assert_eq!(begun("VirtualMachines_Delete", &[], 204, &Value::Null), None);
        let group = json!({"properties": {"provisioningState": "Creating"}});
        assert_eq!(begun("ResourceGroups_CreateOrUpdate", &[], 201, &group), None, "it is not long running");
    }

    #[test]
    fn the_result_is_fetched_where_the_official_clients_fetch_it() {
        let done = answer(200, &[], &json!({"status": "Succeeded"}));
        let moved = answer(200, &[], &json!({"status": "Succeeded", "resourceLocation": "https://h/there"}));
        let going = |name: &str, headers: &[(&str, &str)]| begun(name, headers, 202, &Value::Null).unwrap();
        let put = going(PUT, &BOTH);
        assert_eq!(put.result_at(None, &done).as_deref(), Some("https://h/vm"));
        assert_eq!(put.result_at(Some("location"), &done).as_deref(), Some(RESULT));
        assert_eq!(put.result_at(Some("azure-async-operation"), &done).as_deref(), Some("https://h/vm"));
        assert_eq!(put.result_at(None, &moved).as_deref(), Some("https://h/there"));
        let post = going(POST, &BOTH);
        assert_eq!(post.result_at(None, &done).as_deref(), Some(RESULT));
        assert_eq!(post.result_at(Some("azure-async-operation"), &moved), None);
        assert_eq!(going(POST, &BOTH[..1]).result_at(None, &done), None);
        assert_eq!(going("VirtualMachines_Delete", &BOTH).result_at(None, &done), None);
        assert_eq!(going(PUT, &BOTH[1..]).result_at(Some("location"), &done), None);
    }

    #[test]
    fn each_way_has_its_own_signs() {
        let (operation, location, thing) =
            (Way::Operation(String::new()), Way::Location(String::new()), Way::Thing(String::new()));
        let say = |status: u16, body: Value| answer(status, &[], &body);
        let going_on = |word: &str| Ok(State::GoingOn(word.to_owned()));
        assert_eq!(later(&operation, &say(200, json!({"status": "InProgress"}))), going_on("InProgress"));
        assert_eq!(later(&operation, &say(200, json!({"status": "succeeded"}))), Ok(State::Succeeded));
        assert!(later(&operation, &say(200, json!({}))).is_err());
        assert!(later(&operation, &say(202, Value::Null)).is_err());
        assert_eq!(later(&location, &say(202, Value::Null)), going_on("InProgress"));
        assert_eq!(later(&location, &say(204, Value::Null)), Ok(State::Succeeded));
        let thing_is =
            |state: &str| later(&thing, &say(200, json!({"properties": {"provisioningState": state}})));
        assert_eq!(thing_is("Updating"), going_on("Updating"));
        assert_eq!(thing_is("Succeeded"), Ok(State::Succeeded));
        assert_eq!(later(&thing, &say(200, json!({}))), Ok(State::Succeeded));
        assert!(later(&thing, &say(200, Value::Null)).is_err());
    }

    #[test]
    fn a_bad_end_is_told_with_its_reason() {
        let body = json!({"status": "Failed", "error": {"code": "AllocationFailed", "message": "no room"}});
        assert_eq!(
            later(&Way::Operation(String::new()), &answer(200, &[], &body)),
            Ok(State::Failed("Failed: AllocationFailed: no room".into()))
        );
        let body = json!({"status": "Canceled"});
        assert_eq!(
            later(&Way::Operation(String::new()), &answer(200, &[], &body)),
            Ok(State::Failed("Canceled".into()))
        );
    }

    #[test]
    fn what_is_kept_comes_back_from_an_answer() {
        let going = begun(PUT, &BOTH, 201, &json!({})).unwrap();
        let output = json!({"id": "/vm", KEPT: going});
        assert_eq!(Going::kept(&output), Some(going));
        assert_eq!(output[KEPT]["azure-asyncoperation"], OPERATION);
        assert_eq!(Going::kept(&json!({})), None);
    }
}
