//! One step's request: sent, sent again, or found to have been carried out already.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::classify::{Class, class_of, failure_of, is_already_there, is_not_seen_yet, is_not_there};
use super::inject::FaultKind;
use super::request::{failure, has_token};
use super::{Clouds, Faults, Patience, Rehearse};
use crate::catalog::shapes::{Operation, Service};
use crate::catalog::{mark, partner};
use crate::clouds::{Call, CloudError, Reply};
use crate::plan::{OperationName, StepFailure, StepId};

/// The pause between two looks for what may still appear.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a request came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// It was carried out.
    Done {
        output: Value,
        request_id: Option<String>,
        /// Why it was not sent (again), if it was not.
        adopted: Option<String>,
    },
    /// The cloud said no.
    Failed(StepFailure),
    /// It was surely not carried out, but may be later.
    NotSent(String),
    /// It may have been carried out.
    InDoubt(String),
}

/// Everything that a worker needs for one step.
#[derive(Clone)]
pub(super) struct Sending {
    pub(super) step: StepId,
    pub(super) call: Arc<Call>,
    /// By which the step's request is known, and what it made is found again.
    pub(super) token: String,
    pub(super) service: Option<Arc<Service>>,
    /// Whether an earlier request may have been carried out.
    pub(super) in_doubt: bool,
    /// When the latest request that may have been carried out was about to leave, if one was.
    pub(super) left: Option<Timestamp>,
    /// Whether something that it refers to was made a moment ago.
    pub(super) on_fresh: bool,
    pub(super) clouds: Arc<dyn Clouds>,
    pub(super) rehearse: Option<Arc<dyn Rehearse>>,
    pub(super) faults: Arc<Faults>,
    pub(super) patience: Patience,
}

/// What a look-up by name came to.
enum Looked {
    Absent,
    Found(Value),
    Many(usize),
    Cannot,
    Failed(CloudError),
}

impl Sending {
    /// Sends until there is an answer or patience is over. The second part says whether the cloud
    /// was asked too much.
    pub(super) async fn send(mut self) -> (Answer, bool) {
        let mut in_doubt = self.in_doubt;
        let mut throttled = false;
        let mut last = String::new();
        if let Some(rehearse) = &self.rehearse {
            rehearse.ask(&self.step, &self.call).await;
        }
        for tried in 0..self.patience.tries {
            if tried > 0 {
                tokio::time::sleep(self.patience.pause_after(tried - 1)).await;
            }
            if in_doubt && let Some(answer) = self.settle_doubt().await {
                return (answer, throttled);
            }
            let error = match self.call_once().await {
                Ok(reply) => {
                    throttled |= reply.throttled;
                    let done =
                        Answer::Done { output: reply.output, request_id: reply.request_id, adopted: None };
                    return (done, throttled);
                }
                Err(error) => error,
            };
            last = failure_of(&error).message;
            match class_of(&error) {
                Class::Refused if in_doubt && is_already_there(&error) => {
                    return (self.adopt_existing().await, throttled);
                }
                Class::Refused if in_doubt && is_not_there(&error) && self.takes_away() => {
                    return (adopted(Value::Object(serde_json::Map::new())), throttled);
                }
                Class::Refused
                    if self.on_fresh && is_not_seen_yet(&error) && tried + 1 < self.patience.tries => {}
                Class::Refused if in_doubt => return (self.refused_in_doubt(&error).await, throttled),
                Class::Refused => return (Answer::Failed(failure_of(&error)), throttled),
                Class::Credentials if in_doubt => return (Answer::InDoubt(last), throttled),
                Class::Credentials => return (Answer::NotSent(credentials(&error)), throttled),
                Class::Throttled => throttled = true,
                Class::NotYet => {}
                Class::InDoubt => {
                    in_doubt = true;
                    self.left = Some(Timestamp::now());
                }
            }
        }
        (if in_doubt { Answer::InDoubt(last) } else { Answer::NotSent(last) }, throttled)
    }

    async fn call_once(&self) -> Result<Reply, CloudError> {
        let strikes = |kind| self.faults.strikes(&self.step, kind);
        self.faults.maybe_die(&self.step, FaultKind::KillBeforeSend);
        if strikes(FaultKind::Refuse) {
            return Err(injected("InjectedRefusal", 400));
        }
        if strikes(FaultKind::Throttle) {
            return Err(injected("InjectedThrottling", 429));
        }
        if strikes(FaultKind::Repeat) {
            // Whatever the first one answers, the second must make no difference.
            let _ = self.clouds.call(&self.call).await;
        }
        let reply = self.clouds.call(&self.call).await?;
        self.faults.maybe_die(&self.step, FaultKind::KillAfterSend);
        if strikes(FaultKind::LoseAnswer) {
            let message = "the answer was lost on purpose".to_owned();
            return Err(CloudError::Transport { host: "the cloud".into(), message, never_sent: false });
        }
        Ok(reply)
    }

    fn catalog(&self) -> Option<(&Service, &Operation)> {
        let service = self.service.as_deref()?;
        Some((service, service.operation(&self.call.operation.operation)?))
    }

    /// Before a request in doubt is sent again: nothing if sending it again cannot do it twice.
    async fn settle_doubt(&self) -> Option<Answer> {
        let Some((service, operation)) = self.catalog() else {
            return Some(Answer::InDoubt(
                "its answer was lost, and the catalog does not know the operation".into(),
            ));
        };
        if has_token(service, operation, &self.call.params)
            || partner::repeatable(operation)
            || partner::made_once(service, operation)
        {
            return None;
        }
        match self.look_until_sure().await {
            Looked::Absent => None,
            Looked::Found(output) => Some(adopted(output)),
            Looked::Many(count) => Some(Answer::InDoubt(format!(
                "its answer was lost, and {count} things fit what it would have made: remove those that are not wanted, then resume"
            ))),
            Looked::Cannot => Some(Answer::InDoubt(format!(
                "its answer was lost, and {} neither takes a token nor can be looked up by name: see whether it was carried out; if it was, remove what it made; then resume with --not-carried-out {}",
                self.call.operation.operation, self.step
            ))),
            Looked::Failed(error) => Some(Answer::InDoubt(format!(
                "its answer was lost, and looking it up failed: {}",
                failure_of(&error).message
            ))),
        }
    }

    /// The cloud says that what we sent before is there.
    async fn adopt_existing(&self) -> Answer {
        match self.look_up().await {
            Looked::Found(output) => adopted(output),
            Looked::Many(count) => {
                Answer::Failed(failure("Ambiguous", format!("{count} things of this name exist"), None))
            }
            // The cloud's word is enough; steps that need more of the answer will say so.
            Looked::Cannot => adopted(Value::Object(serde_json::Map::new())),
            Looked::Absent => Answer::InDoubt("the cloud says that it exists, and does not show it".into()),
            Looked::Failed(error) => Answer::InDoubt(format!(
                "the cloud says that it exists, and looking it up failed: {}",
                failure_of(&error).message
            )),
        }
    }

    /// The cloud says no to what it may have carried out before: that no says nothing about the first request.
    async fn refused_in_doubt(&self, error: &CloudError) -> Answer {
        match self.look_up().await {
            Looked::Found(output) => adopted(output),
            Looked::Absent => Answer::Failed(failure_of(error)),
            Looked::Many(_) | Looked::Cannot | Looked::Failed(_) => Answer::InDoubt(format!(
                "its answer was lost, and asked once more the cloud says {error}: see whether {} was carried out; if it was, remove what it made; then resume with --not-carried-out {}",
                self.call.operation.operation, self.step
            )),
        }
    }

    /// Whether the operation ends the life of something, so that its absence means that it is done.
    fn takes_away(&self) -> bool {
        self.catalog().is_some_and(|(_, operation)| partner::takes_away(operation))
    }

    /// Looks until what the latest request may have made is found, or would have appeared. Where a name tells, the cloud itself
    /// refuses the second of that name, so one look is enough.
    async fn look_until_sure(&self) -> Looked {
        let by_name = self.catalog().is_some_and(|(service, operation)| {
            partner::read(service, operation, &self.call.params).is_some()
        });
        let begun = Instant::now();
        let waited = self.left.map_or(Duration::ZERO, |left| {
            Duration::try_from(Timestamp::now().duration_since(left)).unwrap_or_default()
        });
        let wait = self.patience.appearance.saturating_sub(waited);
        loop {
            let looked = self.look_up().await;
            let left = wait.saturating_sub(begun.elapsed());
            if by_name || left.is_zero() || !matches!(looked, Looked::Absent) {
                return looked;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }

    async fn look_up(&self) -> Looked {
        let Some((service, operation)) = self.catalog() else { return Looked::Cannot };
        let by_name = partner::read(service, operation, &self.call.params).and_then(|partner| {
            let params = partner.params(&self.call.params, &Value::Null).ok()?;
            Some((partner.operation, params))
        });
        let by_mark = || mark::look_up(service, operation, &self.call.params, &self.token);
        let Some((looking, params)) = by_name.or_else(by_mark) else { return Looked::Cannot };
        let name = &self.call.operation;
        let call = Call {
            operation: OperationName::new(name.cloud, &name.service, &looking),
            params,
            ..(*self.call).clone()
        };
        match self.clouds.call(&call).await {
            Ok(reply) => {
                let mut found = partner::adopt(service, operation, &looking, &reply.output);
                match found.len() {
                    0 => Looked::Absent,
                    1 => Looked::Found(found.remove(0)),
                    many => Looked::Many(many),
                }
            }
            Err(error) if is_not_there(&error) => Looked::Absent,
            Err(error) => Looked::Failed(error),
        }
    }
}

fn adopted(output: Value) -> Answer {
    let adopted = "the answer to our request was lost; what it made was found and is used".to_owned();
    Answer::Done { output, request_id: None, adopted: Some(adopted) }
}

fn credentials(error: &CloudError) -> String {
    let failure = failure_of(error);
    match failure.advice {
        Some(advice) => format!("{}: {advice}", failure.message),
        None => format!("{}: sign in again, then resume", failure.message),
    }
}

fn injected(code: &str, status: u16) -> CloudError {
    CloudError::Service {
        code: code.to_owned(),
        message: "injected on purpose".to_owned(),
        status,
        detail: Value::Null,
        request_id: None,
        retryable: false,
    }
}
