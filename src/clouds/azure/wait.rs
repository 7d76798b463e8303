//! Waiting until what a call began has come to its end.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Azure;
use super::exceptions::{OwnState, own_state, without_suffix};
use super::failure;
use super::going::{Going, State, Way, later, of_thing};
use super::retry::asked_for;
use super::send::service_error;
use crate::catalog::shapes::Operation;
use crate::clouds::http::{HttpRequest, HttpResponse};
use crate::clouds::{Call, CloudError, Waited};

/// The pause between two asks where an answer names none.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that an answer may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// How long is waited at most; waiting can be taken up again.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// One waiting.
struct Waiting<'a> {
    azure: &'a Azure,
    call: &'a Call,
    operation: &'a Operation,
    progress: &'a (dyn Fn(String) + Send + Sync),
    asked: u32,
    since: Instant,
}

/// Waits for what a call began; see [`crate::clouds::Cloud::wait`].
pub(super) async fn wait(
    azure: &Azure,
    call: &Call,
    output: &Value,
    progress: &(dyn Fn(String) + Send + Sync),
) -> Result<Waited, CloudError> {
    let found = azure.find(&call.operation)?;
    let operation = found.operation();
    let arm = operation.traits.arm.as_deref();
    let long = arm.and_then(|arm| arm.long_running.as_ref());
    let mut waiting = Waiting { azure, call, operation, progress, asked: 0, since: Instant::now() };
    if let Some(own) = own_state(found.service(), operation) {
        return waiting.for_own_state(own, output).await;
    }
    if let Some(going) = Going::kept(output) {
        let via = long.and_then(|long| long.final_state_via.as_deref());
        return waiting.until_over(&going, via).await;
    }
    if long.is_none() {
        return Ok(Waited::NothingToWaitFor);
    }
    match of_thing(output) {
        // The answer itself said all, or it was found and not given: then the thing is asked.
        Some(State::GoingOn(_)) if matches!(operation.method.as_str(), "PUT" | "PATCH") => {
            let url = azure.address_of(call)?;
            let going = Going { method: operation.method.clone(), url, status: 200, ..Going::default() };
            waiting.until_over(&going, None).await
        }
        Some(State::Failed(reason)) => Ok(waiting.failed(reason)),
        _ => Ok(waiting.ready()),
    }
}

impl Waiting<'_> {
    fn name(&self) -> String {
        self.call.operation.operation.clone()
    }

    fn ready(&self) -> Waited {
        Waited::ready(self.name())
    }

    /// The end, with the last answer for a result: the official clients give it in place of the first one, unless
    /// the operation answers nothing.
    fn ready_with(&self, last: &HttpResponse) -> Result<Waited, CloudError> {
        let is_empty = super::parse::plain(&last.body).is_empty();
        if self.operation.output.is_none() || self.operation.method == "DELETE" || is_empty {
            return Ok(self.ready());
        }
        let output =
            super::parse::output(self.operation, last).map_err(|message| self.unreadable(message))?;
        Ok(Waited::Ready { waiter: self.name(), output: Some(output).filter(|output| !output.is_null()) })
    }

    fn failed(&self, reason: String) -> Waited {
        Waited::Failed { waiter: self.name(), reason: crate::text::sanitize(&reason) }
    }

    async fn until_over(&mut self, going: &Going, via: Option<&str>) -> Result<Waited, CloudError> {
        let mut way = going.way();
        let mut word = "InProgress".to_owned();
        loop {
            let url = match &way {
                Way::Operation(url) | Way::Location(url) | Way::Thing(url) => url.clone(),
                Way::Nothing => return Ok(self.ready()),
            };
            let response = self.ask(&url, &word).await?;
            if matches!(response.status, 404 | 410) {
                return match self.forgotten(going, &way, &response).await? {
                    Some(waited) => Ok(waited),
                    None => {
                        // The thing itself is there and can be asked instead.
                        way = Way::Thing(going.url.clone());
                        continue;
                    }
                };
            }
            if !matches!(response.status, 200 | 201 | 202 | 204) {
                return Err(service_error(failure::of(&response), &response));
            }
            if let (Way::Location(url), Some(next)) = (&mut way, response.header("location")) {
                next.clone_into(url);
            }
            match later(&way, &response).map_err(|message| self.unreadable(message))? {
                State::Succeeded => {
                    return match going.result_at(via, &response) {
                        Some(url) if matches!(way, Way::Operation(_)) => self.fetch(&url).await,
                        _ => self.ready_with(&response),
                    };
                }
                State::Failed(reason) => return Ok(self.failed(reason)),
                State::GoingOn(now) => word = now,
            }
            if self.since.elapsed() > LONGEST {
                return Ok(Waited::TimedOut { waiter: self.name() });
            }
            self.pause(&response).await;
        }
    }

    /// The cloud does not know the address any more, as after a long pause of ours. Then the thing
    /// tells: nothing when it is to be asked on.
    async fn forgotten(
        &mut self,
        going: &Going,
        way: &Way,
        response: &HttpResponse,
    ) -> Result<Option<Waited>, CloudError> {
        let error = || service_error(failure::of(response), response);
        if matches!(way, Way::Thing(_)) || !matches!(going.method.as_str(), "PUT" | "PATCH" | "DELETE") {
            return Err(error());
        }
        let thing = self.ask(&going.url, "looked for").await?;
        match (going.method.as_str(), thing.status) {
            ("DELETE", 404 | 410 | 204) => Ok(Some(self.ready())),
            ("PUT" | "PATCH", 200) => Ok(None),
            _ => Err(error()),
        }
    }

    /// The result, fetched as the official clients do: an operation that has none has failed.
    async fn fetch(&mut self, url: &str) -> Result<Waited, CloudError> {
        let response = self.ask(url, "Succeeded").await?;
        if (200..300).contains(&response.status) {
            return self.ready_with(&response);
        }
        Err(service_error(failure::of(&response), &response))
    }

    async fn for_own_state(&mut self, own: OwnState, output: &Value) -> Result<Waited, CloudError> {
        let url = without_suffix(&self.azure.address_of(self.call)?, own.suffix);
        let mut state = output.get(own.member).and_then(Value::as_str).unwrap_or_default().to_owned();
        while !state.eq_ignore_ascii_case(own.ready) {
            let response = self.ask(&url, &state).await?;
            if response.status != 200 {
                return Err(service_error(failure::of(&response), &response));
            }
            let body: Value = serde_json::from_slice(super::parse::plain(&response.body)).unwrap_or_default();
            let Some(now) = body.get(own.member).and_then(Value::as_str) else {
                return Err(self.unreadable(format!("the answer has no `{}`", own.member)));
            };
            now.clone_into(&mut state);
            if state.eq_ignore_ascii_case(own.ready) {
                break;
            }
            if self.since.elapsed() > LONGEST {
                return Ok(Waited::TimedOut { waiter: self.name() });
            }
            self.pause(&response).await;
        }
        Ok(self.ready())
    }

    async fn ask(&mut self, url: &str, word: &str) -> Result<HttpResponse, CloudError> {
        let url = self
            .azure
            .place()?
            .address(url)
            .map_err(|why| self.unreadable(format!("the address to ask at is not asked: {why}")))?;
        self.asked += 1;
        (self.progress)(format!("{} is {} (ask {})", self.name(), crate::text::line(word), self.asked));
        let headers = vec![("accept".into(), "application/json".into())];
        let request = HttpRequest { method: "GET".into(), url, headers, ..HttpRequest::default() };
        self.azure.exchange(&request, true).await
    }

    async fn pause(&self, response: &HttpResponse) {
        let wish = asked_for(response).map_or(PAUSE, |wish| wish.min(LONGEST_PAUSE));
        tokio::time::sleep(self.azure.pace.unwrap_or(wish)).await;
    }

    fn unreadable(&self, message: String) -> CloudError {
        CloudError::Unreadable { operation: self.call.operation.clone(), message }
    }
}
