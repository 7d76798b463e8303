//! Waiting until what a call made is usable, as the model's waiters say.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Aws;
use super::waiter::following;
use crate::catalog::shapes::{Acceptor, Waiter};
use crate::clouds::{Call, Cloud, CloudError, Reply, Waited};
use crate::plan::OperationName;

/// How long a thing that was made may stay unseen.
const SEEN_BY: Duration = Duration::from_secs(60);

/// What one answer means for a waiter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Success,
    Failure(String),
    Retry,
}

/// Waits for what a call made; see [`Cloud::wait`].
pub(super) async fn wait(
    aws: &Aws,
    call: &Call,
    output: &Value,
    progress: &(dyn Fn(String) + Send + Sync),
) -> Result<Waited, CloudError> {
    let found = aws.find(&call.operation)?;
    let service = found.service().clone();
    let Some((name, waiter, params)) = following(&service, found.operation(), &call.params, output) else {
        return Ok(Waited::NothingToWaitFor);
    };
    let ask = Call {
        operation: OperationName::new(call.operation.cloud, &service.name, &waiter.operation),
        params,
        ..call.clone()
    };
    let pause = aws.pace.unwrap_or(Duration::from_secs(u64::from(waiter.delay)));
    let begun = Instant::now();
    for attempt in 1..=waiter.max_attempts {
        progress(format!("{name} (ask {attempt} of {})", waiter.max_attempts));
        let answer = aws.call(&ask).await;
        match state(waiter, &answer) {
            Some(State::Success) => return Ok(Waited::ready(name)),
            Some(State::Failure(reason)) => return Ok(Waited::Failed { waiter: name.to_owned(), reason }),
            Some(State::Retry) => {}
            // What was made a moment ago may not be seen everywhere yet.
            None if answer.as_ref().is_err_and(not_seen) && begun.elapsed() < SEEN_BY => {}
            // Any other error that the waiter does not know ends the waiting; an answer does not.
            None => drop(answer?),
        }
        if attempt < waiter.max_attempts {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(Waited::TimedOut { waiter: name.to_owned() })
}

/// Whether the cloud does not know what it is asked about.
fn not_seen(error: &CloudError) -> bool {
    let CloudError::Service { code, status, .. } = error else { return false };
    *status == 404 || ["NotFound", "NoSuch", "DoesNotExist"].iter().any(|word| code.contains(word))
}

/// What an answer means: the first acceptor that fits counts.
fn state(waiter: &Waiter, answer: &Result<Reply, CloudError>) -> Option<State> {
    let acceptor = waiter.acceptors.iter().find(|acceptor| fits(acceptor, answer))?;
    Some(match acceptor.state.as_str() {
        "success" => State::Success,
        "failure" => State::Failure(reason(acceptor, answer)),
        _ => State::Retry,
    })
}

fn fits(acceptor: &Acceptor, answer: &Result<Reply, CloudError>) -> bool {
    let expected: Value = serde_json::from_str(&acceptor.expected).unwrap_or_default();
    let picked = |reply: &Reply| -> Option<Value> {
        let found = jmespath::compile(acceptor.argument.as_deref()?).ok()?.search(&reply.output).ok()?;
        serde_json::to_value(found.as_ref()).ok()
    };
    match (acceptor.matcher.as_str(), answer) {
        ("status", Ok(reply)) => expected.as_u64() == Some(u64::from(reply.status)),
        ("status", Err(CloudError::Service { status, .. })) => expected.as_u64() == Some(u64::from(*status)),
        ("error", Ok(_)) => expected == Value::Bool(false),
        ("error", Err(CloudError::Service { code, .. })) => {
            expected == Value::Bool(true) || expected.as_str() == Some(code)
        }
        ("path", Ok(reply)) => picked(reply) == Some(expected),
        ("pathAll", Ok(reply)) => picked(reply)
            .and_then(|found| found.as_array().cloned())
            .is_some_and(|items| !items.is_empty() && items.iter().all(|item| *item == expected)),
        ("pathAny", Ok(reply)) => picked(reply)
            .and_then(|found| found.as_array().cloned())
            .is_some_and(|items| items.contains(&expected)),
        _ => false,
    }
}

fn reason(acceptor: &Acceptor, answer: &Result<Reply, CloudError>) -> String {
    match answer {
        Err(error) => error.to_string(),
        Ok(reply) => {
            let state = acceptor.expected.trim_matches('"');
            let mut why = String::new();
            find_reason(&reply.output, 0, &mut why);
            if why.is_empty() { format!("it is {state}") } else { format!("it is {state}: {why}") }
        }
    }
}

/// The first text under a name that gives a reason.
fn find_reason(value: &Value, depth: usize, why: &mut String) {
    if depth > 6 || !why.is_empty() {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let lower = name.to_ascii_lowercase();
                let gives =
                    ["failuremessage", "failurereason", "statereason", "statusreason", "statusmessage"];
                match inner.as_str() {
                    Some(text) if gives.iter().any(|end| lower.ends_with(end)) && !text.is_empty() => {
                        text.clone_into(why);
                        return;
                    }
                    _ => find_reason(inner, depth + 1, why),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find_reason(item, depth + 1, why)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn acceptor(state: &str, matcher: &str, argument: Option<&str>, expected: &Value) -> Acceptor {
        Acceptor {
            state: state.into(),
            matcher: matcher.into(),
            argument: argument.map(str::to_owned),
            expected: expected.to_string(),
        }
    }

    fn waiter(acceptors: Vec<Acceptor>) -> Waiter {
        Waiter { operation: "Describe".into(), delay: 1, max_attempts: 3, acceptors }
    }

    fn ok(output: Value) -> Result<Reply, CloudError> {
        Ok(Reply { output, status: 200, request_id: None, throttled: false })
    }

    fn refused(code: &str, status: u16) -> Result<Reply, CloudError> {
        Err(CloudError::Service {
            code: code.into(),
            message: "m".into(),
            status,
            detail: Value::Null,
            request_id: None,
            retryable: false,
        })
    }

    #[test]
    fn all_must_be_there_before_all_are_ready() {
        let waiter = waiter(vec![acceptor("success", "pathAll", Some("Vpcs[].State"), &json!("available"))]);
        let vpcs = |states: &[&str]| {
            ok(json!({"Vpcs": states.iter().map(|s| json!({"State": s})).collect::<Vec<_>>()}))
        };
        assert_eq!(state(&waiter, &vpcs(&["available", "available"])), Some(State::Success));
        assert_eq!(state(&waiter, &vpcs(&["available", "pending"])), None);
        assert_eq!(state(&waiter, &vpcs(&[])), None, "an empty answer does not say that all are ready");
    }

    #[test]
    fn one_that_failed_is_enough_and_its_reason_is_told() {
        let waiter = waiter(vec![acceptor("failure", "pathAny", Some("Nats[].State"), &json!("failed"))]);
        let answer = ok(json!({"Nats": [{"State": "failed", "FailureMessage": "no address"}]}));
        assert_eq!(state(&waiter, &answer), Some(State::Failure("it is failed: no address".into())));
    }

    #[test]
    fn statuses_and_errors_are_answers_too() {
        let exists = waiter(vec![
            acceptor("success", "status", None, &json!(200)),
            acceptor("retry", "status", None, &json!(404)),
        ]);
        assert_eq!(state(&exists, &ok(json!({}))), Some(State::Success));
        assert_eq!(state(&exists, &refused("404", 404)), Some(State::Retry));
        assert_eq!(state(&exists, &refused("403", 403)), None);
        let gone = waiter(vec![acceptor("success", "error", None, &json!("NotFound"))]);
        assert_eq!(state(&gone, &refused("NotFound", 400)), Some(State::Success));
    }
}
