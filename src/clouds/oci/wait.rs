//! Waiting until what a call made is usable, or what it took away is gone: by the state of the thing itself, or by
//! the work request that the cloud began.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::Oci;
use crate::catalog::OperationRef;
use crate::catalog::shapes::{Location, Operation, Service};
use crate::clouds::{Call, Cloud, CloudError, Waited};
use crate::plan::OperationName;

/// How long is waited at most.
const LONGEST: Duration = Duration::from_secs(1200);
/// The longest pause between two asks.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The header that names the work request.
const WORK_REQUEST: &str = "opc-work-request-id";
/// The service that knows the work requests of those that have none of their own.
const WORK_REQUESTS: &str = "work_requests.work_request";
/// What a client of work requests is asked.
const GET_WORK_REQUEST: &str = "GetWorkRequest";
/// Members that say where a work request stands, likeliest first.
const STATES: [&str; 3] = ["status", "lifecycleState", "state"];

/// What is asked again and again.
struct Ask {
    call: Call,
    /// The member of the answer that says how far it is.
    state: String,
    aim: Aim,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// The thing is usable.
    Usable,
    /// The thing is gone.
    Gone,
    /// The work is done.
    Done,
}

/// What a state means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Reached,
    Failed,
    NotYet,
}

/// Waits for what a call did; see [`Cloud::wait`].
pub(super) async fn wait(
    oci: &Oci,
    call: &Call,
    output: &Value,
    progress: &(dyn Fn(String) + Send + Sync),
) -> Result<Waited, CloudError> {
    let found = oci.find(&call.operation)?;
    let Some(ask) = ask(oci, &found, call, output) else { return Ok(Waited::NothingToWaitFor) };
    let waiter = format!("{} {}", ask.call.operation.operation, ask.state);
    let begun = Instant::now();
    let mut pause = Duration::from_secs(1);
    loop {
        let state = match oci.call(&ask.call).await {
            Ok(reply) => reply.output.get(&ask.state).and_then(Value::as_str).unwrap_or_default().to_owned(),
            Err(CloudError::Service { status: 404, .. }) if ask.aim == Aim::Gone => {
                return Ok(Waited::ready(waiter));
            }
            Err(error) => return Err(error),
        };
        match means(&state, ask.aim) {
            Means::Reached => return Ok(Waited::ready(waiter)),
            Means::Failed => {
                let why = reason(oci, &ask).await;
                let reason = why.map_or(format!("it is {state}"), |why| format!("it is {state}: {why}"));
                return Ok(Waited::Failed { waiter, reason });
            }
            Means::NotYet => {
                progress(format!("{waiter}: {}", if state.is_empty() { "unknown" } else { &state }))
            }
        }
        if begun.elapsed() >= oci.patience.unwrap_or(LONGEST) {
            return Ok(Waited::TimedOut { waiter });
        }
        tokio::time::sleep(oci.pace.map_or(pause, |pace| pause.min(pace))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What to ask, and for what: the thing itself where the SDK does so, else its work request.
fn ask(oci: &Oci, found: &OperationRef, call: &Call, output: &Value) -> Option<Ask> {
    let (service, operation) = (found.service(), found.operation());
    let aim = if takes_away(operation) { Aim::Gone } else { Aim::Usable };
    let awaits = operation.traits.oci.as_ref().and_then(|oci| oci.awaits.as_ref());
    if let Some(awaits) = awaits.filter(|awaits| !awaits.work_request) {
        let other = awaits.service.as_deref().unwrap_or(&service.name);
        let shown = oci.find(&OperationName::new(call.operation.cloud, other, &awaits.operation)).ok()?;
        if let Some(params) = params_of(shown.service(), shown.operation(), &call.params, output) {
            return Some(Ask {
                call: another(call, other, &awaits.operation, params),
                state: awaits.state.clone(),
                aim,
            });
        }
    }
    let id = output.get(WORK_REQUEST)?;
    let own = service.operation(GET_WORK_REQUEST).map(|_| service.name.as_str());
    let other = own.or(awaits.and_then(|awaits| awaits.service.as_deref())).unwrap_or(WORK_REQUESTS);
    let shown = oci.find(&OperationName::new(call.operation.cloud, other, GET_WORK_REQUEST)).ok()?;
    let name = required(shown.service(), shown.operation()).next()?.to_owned();
    let answer = shown.service().shape(shown.operation().output?);
    let state = STATES.into_iter().find(|state| answer.member(state).is_some())?;
    let params = Map::from_iter([(name, id.clone())]);
    Some(Ask {
        call: another(call, other, GET_WORK_REQUEST, params),
        state: state.to_owned(),
        aim: Aim::Done,
    })
}

/// Whether an operation ends the life of a thing.
fn takes_away(operation: &Operation) -> bool {
    let gone = operation.traits.oci.as_ref().and_then(|oci| oci.awaits.as_ref()).map(|a| a.gone_is_success);
    operation.method == "DELETE" || gone == Some(true)
}

fn another(call: &Call, service: &str, operation: &str, params: Map<String, Value>) -> Call {
    let name = OperationName::new(call.operation.cloud, service, operation);
    Call { operation: name, params: Value::Object(params), ..call.clone() }
}

fn required<'a>(service: &'a Service, operation: &Operation) -> impl Iterator<Item = &'a str> {
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    let needed = members.iter().filter(|member| member.required && member.location != Location::Headers);
    needed.map(|member| member.name.as_str())
}

/// The parameters that show a thing: as the call had them, as the answer calls them, or the answer's own id.
fn params_of(
    service: &Service,
    operation: &Operation,
    params: &Value,
    output: &Value,
) -> Option<Map<String, Value>> {
    let named = |name: &str| params.get(name).or_else(|| output.get(name));
    let own = |name: &str| name.ends_with("Id").then(|| output.get("id")).flatten();
    let found: Option<Map<String, Value>> = required(service, operation)
        .map(|name| {
            let value = named(name).or_else(|| own(name)).filter(|value| value.is_string())?;
            Some((name.to_owned(), value.clone()))
        })
        .collect();
    found.filter(|params| !params.is_empty())
}

fn means(state: &str, aim: Aim) -> Means {
    let state = state.to_ascii_uppercase();
    let failed = state.ends_with("FAILED") || matches!(state.as_str(), "ERROR" | "FAULTY");
    let gone = matches!(
        state.as_str(),
        "TERMINATED" | "DELETED" | "DETACHED" | "REMOVED" | "CANCELED" | "CANCELLED"
    );
    match aim {
        Aim::Gone if gone => Means::Reached,
        Aim::Gone if failed => Means::Failed,
        Aim::Gone => Means::NotYet,
        Aim::Done if matches!(state.as_str(), "SUCCEEDED" | "COMPLETED") => Means::Reached,
        Aim::Done if failed || gone => Means::Failed,
        Aim::Done => Means::NotYet,
        Aim::Usable if failed || gone => Means::Failed,
        // What is on its way is called by what happens to it; only RUNNING has arrived.
        Aim::Usable if state == "RUNNING" => Means::Reached,
        Aim::Usable if state.is_empty() || state.ends_with("ING") => Means::NotYet,
        Aim::Usable if matches!(state.as_str(), "ACCEPTED" | "IN_PROGRESS" | "REQUESTED") => Means::NotYet,
        Aim::Usable => Means::Reached,
    }
}

/// What the cloud says of work that failed, where it can be asked.
async fn reason(oci: &Oci, ask: &Ask) -> Option<String> {
    if ask.aim != Aim::Done {
        return None;
    }
    let errors = Call {
        operation: OperationName { operation: "ListWorkRequestErrors".into(), ..ask.call.operation.clone() },
        ..ask.call.clone()
    };
    let reply = oci.call(&errors).await.ok()?;
    let list = reply.output.get("body").or_else(|| reply.output.get("items"))?.as_array()?.first()?;
    list.get("message")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_mean_what_is_waited_for() {
        for (state, aim, expected) in [
            ("PROVISIONING", Aim::Usable, Means::NotYet),
            ("Running", Aim::Usable, Means::Reached),
            ("AVAILABLE", Aim::Usable, Means::Reached),
            ("STOPPED", Aim::Usable, Means::Reached),
            ("", Aim::Usable, Means::NotYet),
            ("FAILED", Aim::Usable, Means::Failed),
            ("TERMINATED", Aim::Usable, Means::Failed),
            ("AVAILABLE", Aim::Gone, Means::NotYet),
            ("TERMINATING", Aim::Gone, Means::NotYet),
            ("TERMINATED", Aim::Gone, Means::Reached),
            ("DELETE_FAILED", Aim::Gone, Means::Failed),
            ("IN_PROGRESS", Aim::Done, Means::NotYet),
            ("SUCCEEDED", Aim::Done, Means::Reached),
            ("COMPLETED", Aim::Done, Means::Reached),
            ("CANCELED", Aim::Done, Means::Failed),
            ("CANCELING", Aim::Done, Means::NotYet),
        ] {
            assert_eq!(means(state, aim), expected, "{state} {aim:?}");
        }
    }
}
