//! One call: sent, answered, and sent again where that makes sense.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Azure;
use super::failure::{self, Failure};
use super::going::{Going, KEPT};
use super::identity::refused_token;
use super::parse;
use super::retry::{MOST_ATTEMPTS, Trouble, asked_for, pause, repeatable, trouble};
use crate::catalog::partner;
use crate::catalog::shapes::Operation;
use crate::clouds::http::{HttpRequest, HttpResponse};
use crate::clouds::{Call, CloudError, EXISTED, Reply};

/// Who asks, in the words that the cloud's own logs show.
const AGENT: &str = concat!("provisioner/", env!("CARGO_PKG_VERSION"));

impl Azure {
    /// Checks, renders, and sends a call until there is an answer or no sense in another try.
    pub(super) async fn send(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        let operation = found.operation();
        let request = self.render(&found, call)?;
        let (response, throttled) = self.exchange_and_tell(&request, repeatable(operation)).await?;
        if !parse::succeeded(operation, response.status) {
            let mut failure = failure::of(&response);
            failure::name_action(&mut failure, &request);
            return Err(service_error(failure, &response));
        }
        let unreadable =
            |message: String| CloudError::Unreadable { operation: call.operation.clone(), message };
        let mut output = parse::output(operation, &response).map_err(unreadable)?;
        if output.is_null() {
            output = json!({});
        }
        if existed(operation, response.status)
            && let Value::Object(members) = &mut output
        {
            members.insert(EXISTED.into(), Value::Bool(true));
        }
        if let Some(going) = Going::of(operation, &request, &response)
            && let Value::Object(members) = &mut output
        {
            members.insert(KEPT.into(), json!(going));
        }
        Ok(Reply { output, status: response.status, request_id: parse::request_id(&response), throttled })
    }

    /// Sends a request with a token until there is an answer that another try would not change. An
    /// answer of any status is an answer, but for one that says that the token is not taken.
    ///
    /// # Errors
    ///
    /// There is no answer, no token, or the token is not taken.
    pub(super) async fn exchange(
        &self,
        request: &HttpRequest,
        repeatable: bool,
    ) -> Result<HttpResponse, CloudError> {
        self.exchange_and_tell(request, repeatable).await.map(|(response, _)| response)
    }

    /// [`Azure::exchange`], and whether the cloud asked for fewer requests on the way.
    async fn exchange_and_tell(
        &self,
        request: &HttpRequest,
        repeatable: bool,
    ) -> Result<(HttpResponse, bool), CloudError> {
        let http = self.http.get().map_err(|error| unsent(request, &error))?;
        let most = self.attempts.unwrap_or(MOST_ATTEMPTS);
        let mut request = request.clone();
        request.set_header("user-agent", AGENT);
        request.set_header("x-ms-client-request-id", Uuid::new_v4().to_string());
        let mut fresh = false;
        let mut attempt = 1;
        let mut throttled = false;
        loop {
            let token = self.identity.token(self.place()?, http).await?;
            request.set_header("authorization", format!("Bearer {token}"));
            let spread = self.pacing.pause(&request.method);
            if !spread.is_zero() {
                tokio::time::sleep(self.pace.map_or(spread, |pace| pace.min(spread))).await;
            }
            let answer = http.send(&request).await;
            if let Ok(answer) = &answer {
                self.pacing.note(&request.method, answer);
            }
            let (kind, wish, last) = match answer {
                Err(error) => {
                    let kind = if error.never_sent { Trouble::NeverSent } else { Trouble::Lost };
                    (kind, None, Err(unsent(&request, &error)))
                }
                Ok(response) if response.status == 401 => {
                    if !fresh && self.identity.forget().await {
                        fresh = true;
                        continue;
                    }
                    let failure = failure::of(&response);
                    return Err(refused_token(self.identity.words(), &failure.code, &failure.message));
                }
                Ok(response) if response.status < 400 => return Ok((response, throttled)),
                Ok(response) => (trouble(&response), asked_for(&response), Ok(response)),
            };
            throttled |= matches!(&last, Ok(response) if response.status == 429);
            match pause((attempt, most), kind, repeatable, wish) {
                Some(wish) => tokio::time::sleep(self.pace.map_or(wish, |pace| pace.min(wish))).await,
                None => return last.map(|response| (response, throttled)),
            }
            attempt += 1;
        }
    }
}

/// Whether an answer says that a thing was changed and not made: another status would have said that it is new.
fn existed(operation: &Operation, status: u16) -> bool {
    status == 200 && partner::tells_news(operation)
}

fn unsent(request: &HttpRequest, error: &crate::clouds::http::HttpError) -> CloudError {
    CloudError::Transport {
        host: request.host().to_owned(),
        message: error.message.clone(),
        never_sent: error.never_sent,
    }
}

/// An error answer as the error of a call.
pub(super) fn service_error(failure: Failure, response: &HttpResponse) -> CloudError {
    CloudError::Service {
        code: failure.code,
        message: failure.message,
        status: response.status,
        detail: Value::Object(failure.detail),
        request_id: parse::request_id(response),
        retryable: matches!(trouble(response), Trouble::Throttled | Trouble::Failed),
    }
}
