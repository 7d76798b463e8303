//! Sending: attempts, what is learnt from answers on the way, and what an answer comes to.

use std::sync::PoisonError;

use serde_json::Value;

use super::Aws;
use super::exceptions;
use super::field::Field;
use super::parse::{Answer, ServiceFailure, event_member, parse};
use super::retry::{EXPIRED, SKEWED, Trouble, asked_for, trouble};
use super::sign::sign;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeKind};
use crate::catalog::{OperationRef, partner};
use crate::clouds::http::HttpResponse;
use crate::clouds::{Call, CloudError, Reply};

/// Seconds by which a clock must differ before it is told from a slow network.
const SKEW: i64 = 240;

/// What was learnt and acted on already; each helps once.
#[derive(Default)]
struct Learnt {
    skew: bool,
    region: bool,
    keys: bool,
}

impl Aws {
    /// Checks, renders, signs, and sends a call until there is an answer or no sense in another try.
    pub(super) async fn send(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        call.fits(&found)?;
        let (service, operation) = (found.service().clone(), found.operation());
        let tokened = partner::token_members(&service, operation).next().is_some();
        let repeatable = tokened || partner::repeatable(operation);
        // Tokens that are filled in now must be the same in every attempt.
        let call = with_tokens(&service, operation, call);
        let mut region = self.region_of(&call).await;
        let most = self.attempts().await;
        self.discover(&found, &call, region.as_deref()).await?;
        let mut learnt = Learnt::default();
        let mut attempt = 1;
        let mut throttled = false;
        loop {
            let mut request = self.render(&found, &call, region.clone()).await?;
            sign(&mut request, &self.identity, self.now(), &self.keys).await?;
            let sent = match self.http.get() {
                Ok(http) => http.send(&request).await,
                Err(error) => Err(error),
            };
            let (trouble, wish, error) = match sent {
                Err(error) => {
                    let kind = if error.never_sent { Trouble::NeverSent } else { Trouble::Lost };
                    let host = request.host().to_owned();
                    let error =
                        CloudError::Transport { host, message: error.message, never_sent: error.never_sent };
                    (kind, None, error)
                }
                Ok(response) => match read(&found, &call, &response)? {
                    Ok(reply) => {
                        self.bucket.refill();
                        return Ok(Reply { throttled, ..reply });
                    }
                    Err(failure) => {
                        if !learnt.skew && self.learn_skew(&failure, &response) {
                            learnt.skew = true;
                            continue;
                        }
                        if !learnt.region
                            && let Some(other) = self.moved_to(&call, &failure, &response)
                        {
                            learnt.region = true;
                            region = Some(other);
                            continue;
                        }
                        if EXPIRED.contains(&failure.code.as_str()) {
                            if !learnt.keys && self.identity.forget().await {
                                learnt.keys = true;
                                continue;
                            }
                            return Err(super::identity::expired(&failure.message));
                        }
                        let kind = trouble(response.status, &failure);
                        let wish = asked_for(response.header("retry-after"));
                        let retryable = matches!(kind, Trouble::Throttled | Trouble::Failed);
                        (kind, wish, service_error(failure, response.status, retryable))
                    }
                },
            };
            throttled |= trouble == Trouble::Throttled;
            match self.bucket.pause((attempt, most), trouble, repeatable, wish) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            attempt += 1;
        }
    }

    /// Learns the difference of the clocks from an answer that complains about the time.
    fn learn_skew(&self, failure: &ServiceFailure, response: &HttpResponse) -> bool {
        if !SKEWED.contains(&failure.code.as_str()) {
            return false;
        }
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

    /// The region in which a bucket turned out to be.
    fn moved_to(&self, call: &Call, failure: &ServiceFailure, response: &HttpResponse) -> Option<String> {
        let bucket = call.params.get("Bucket").and_then(Value::as_str)?;
        let region = exceptions::other_region(&call.operation.service, failure, response)?;
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        (moved.insert(bucket.to_owned(), region.clone()).as_deref() != Some(region.as_str()))
            .then_some(region)
    }
}

/// Reads a response: the reply, or what the cloud refused.
fn read(
    found: &OperationRef,
    call: &Call,
    response: &HttpResponse,
) -> Result<Result<Reply, ServiceFailure>, CloudError> {
    let (service, operation) = (found.service(), found.operation());
    let unreadable = |message: String| CloudError::Unreadable { operation: call.operation.clone(), message };
    if says_nothing(service, operation, response) {
        return Err(unreadable("the answer is empty, which this operation never answers".into()));
    }
    match parse(service, operation, response).map_err(unreadable)? {
        Answer::Output(output) => Ok(Ok(Reply {
            output,
            status: response.status,
            request_id: Answer::request_id(response),
            throttled: false,
        })),
        Answer::Error(failure) => Ok(Err(failure)),
    }
}

/// The call with fresh tokens where the SDKs would fill them in.
fn with_tokens(service: &Service, operation: &Operation, call: &Call) -> Call {
    let mut call = call.clone();
    if let Value::Object(params) = &mut call.params {
        for name in partner::token_members(service, operation) {
            params.entry(name).or_insert_with(|| Value::from(uuid::Uuid::new_v4().to_string()));
        }
    }
    call
}

/// A good status without a body, where the operation answers something in its body: an absent answer
/// must not be taken for "nothing exists".
fn says_nothing(service: &Service, operation: &Operation, response: &HttpResponse) -> bool {
    let Some(output) = operation.output.map(|id| service.shape(id)) else { return false };
    let answers_in_body = match output.traits.payload.as_deref().and_then(|name| output.member(name)) {
        // Bytes and text may be empty; a document may not, and XML has no way to leave it out.
        Some(member) => {
            service.protocol == Protocol::RestXml
                && matches!(service.shape(member.shape).kind, ShapeKind::Structure { .. })
        }
        None => output.members().iter().any(|member| Field::new(service, member).answered_in_body()),
    };
    let must_answer = match service.protocol {
        Protocol::RestXml => matches!(operation.method.as_str(), "GET" | "POST" | "PUT"),
        Protocol::RestJson => operation.method == "GET",
        _ => true,
    };
    response.status == 200
        && response.body.iter().all(u8::is_ascii_whitespace)
        && must_answer
        && answers_in_body
        && event_member(service, operation).is_none()
}

fn service_error(failure: ServiceFailure, status: u16, retryable: bool) -> CloudError {
    let reason = || {
        let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        known.unwrap_or("the cloud gave no reason").to_owned()
    };
    CloudError::Service {
        code: failure.code,
        message: if failure.message.is_empty() { reason() } else { failure.message },
        status,
        detail: Value::Object(failure.detail),
        request_id: failure.request_id,
        retryable,
    }
}
