//! Sending: attempts, what is learnt from answers on the way, and what an answer comes to.

use std::sync::PoisonError;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Oci;
use super::exceptions;
use super::identity::Proof;
use super::parse::{Answer, Failure, parse};
use super::retry::{Attempts, MOST_ATTEMPTS, Trouble, trouble};
use crate::catalog::shapes::{Operation, Service};
use crate::catalog::{OperationRef, partner};
use crate::clouds::http::{HttpError, HttpRequest, HttpResponse};
use crate::clouds::{Call, CloudError, Reply};

/// Seconds by which a clock must differ before it is told from a slow network.
const SKEW: i64 = 240;
/// What stands before the key of the region in which a service wants to be asked.
const HOME: &str = "home region ";

/// What was learnt and acted on already; each helps once.
#[derive(Default)]
struct Learnt {
    skew: bool,
    proof: bool,
    home: bool,
}

impl Oci {
    /// Checks, renders, signs, and sends a call until there is an answer or no sense in another try.
    pub(super) async fn send(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        call.fits(&found)?;
        let (service, operation) = (found.service().clone(), found.operation());
        let tokened = partner::token_members(&service, operation).next().is_some();
        let repeatable = tokened || matches!(operation.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE");
        // Tokens that are filled in now must be the same in every attempt.
        let call = with_tokens(&service, operation, call);
        // The SDK leaves it to its caller whether a third of the operations is tried again; this is the caller.
        let mut attempts = Attempts::at_most(self.attempts.unwrap_or(MOST_ATTEMPTS));
        let mut learnt = Learnt::default();
        let mut in_doubt = false;
        let mut throttled = false;
        loop {
            let proof = self.proof().await?;
            let request = self.request(&found, &call, &proof)?;
            let (trouble, error) = match self.carry(&request).await {
                Err(error) => {
                    let kind = if error.never_sent { Trouble::NeverSent } else { Trouble::Lost };
                    let (host, never_sent) = (request.host().to_owned(), error.never_sent);
                    (kind, CloudError::Transport { host, message: error.message, never_sent })
                }
                Ok(response) => match read(&found, &call, &response)? {
                    Answer::Output(output) => return Ok(Reply { throttled, ..reply(output, &response) }),
                    Answer::Error(failure) => {
                        // What may have been deleted by an attempt before is deleted.
                        if response.status == 404 && in_doubt && operation.method == "DELETE" {
                            return Ok(reply(Value::Object(Map::new()), &response));
                        }
                        if self.learn(&mut learnt, (&found, &call), &proof, &failure, &response).await {
                            continue;
                        }
                        if response.status == 401 {
                            return Err(self.identity.refused(&failure.message));
                        }
                        throttled |= response.status == 429;
                        let kind = trouble(response.status, &failure.code);
                        (kind, refused(failure, &response, matches!(kind, Trouble::NotNow | Trouble::Failed)))
                    }
                },
            };
            in_doubt |= matches!(trouble, Trouble::Lost | Trouble::Failed);
            match attempts.pause(trouble, repeatable) {
                Some(pause) => tokio::time::sleep(self.pace.map_or(pause, |pace| pause.min(pace))).await,
                None => return Err(error),
            }
        }
    }

    async fn carry(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.http.get()?.send(request).await
    }

    /// Whether an answer taught something that makes another try worth it at once.
    async fn learn(
        &self,
        learnt: &mut Learnt,
        (found, call): (&OperationRef, &Call),
        proof: &Proof,
        failure: &Failure,
        response: &HttpResponse,
    ) -> bool {
        if response.status == 401 {
            if !learnt.skew && self.learn_skew(response) {
                learnt.skew = true;
                return true;
            }
            if !learnt.proof && self.identity.forget(proof).await {
                learnt.proof = true;
                return true;
            }
        }
        if !learnt.home && self.learn_home(found, call, failure) {
            learnt.home = true;
            return true;
        }
        false
    }

    /// Learns the difference of the clocks: a signature is good for five minutes.
    fn learn_skew(&self, response: &HttpResponse) -> bool {
        let date = response.header("date").and_then(|text| {
            let broken = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
            Some(broken.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
        });
        let Some(theirs) = date else { return false };
        let ahead = theirs - jiff::Timestamp::now().as_second();
        let mut known = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if (ahead - *known).abs() <= SKEW {
            return false;
        }
        *known = ahead;
        true
    }

    /// Identity is written in the tenancy's home region alone; elsewhere the service says which one that is.
    fn learn_home(&self, found: &OperationRef, call: &Call, failure: &Failure) -> bool {
        if !exceptions::goes_home(found.service(), found.operation()) {
            return false;
        }
        let Some((_, rest)) = failure.message.split_once(HOME) else { return false };
        let key = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        if key.is_empty() || self.endpoint_is_given() {
            return false;
        }
        let key = key.to_ascii_lowercase();
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        homes.insert(call.operation.service.clone(), key.clone()) != Some(key)
    }
}

fn read(found: &OperationRef, call: &Call, response: &HttpResponse) -> Result<Answer, CloudError> {
    parse(found.service(), found.operation(), response)
        .map_err(|message| CloudError::Unreadable { operation: call.operation.clone(), message })
}

fn reply(output: Value, response: &HttpResponse) -> Reply {
    Reply { output, status: response.status, request_id: request_id(response), throttled: false }
}

fn request_id(response: &HttpResponse) -> Option<String> {
    response.header("opc-request-id").map(str::to_owned)
}

fn refused(failure: Failure, response: &HttpResponse, retryable: bool) -> CloudError {
    CloudError::Service {
        code: failure.code,
        message: failure.message,
        status: response.status,
        detail: Value::Object(failure.detail),
        request_id: request_id(response),
        retryable,
    }
}

/// The call with fresh tokens where the SDK would fill them in.
fn with_tokens(service: &Service, operation: &Operation, call: &Call) -> Call {
    let mut call = call.clone();
    if let Value::Object(params) = &mut call.params {
        for name in partner::token_members(service, operation) {
            params.entry(name).or_insert_with(|| Value::from(Uuid::new_v4().to_string()));
        }
    }
    call
}
