//! The way of one request: the key is put in here, failures become ours with their words and
//! `Retry-After`, and the body is watched so that its end is known.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Body, Response};
use tokio::sync::mpsc;

use super::chunk::error_text;
use super::failure::{Failure, quoted};
use super::key::Key;

/// Bytes of one answer; a plan and what is said about it are far smaller.
const MOST_BYTES: usize = 8 << 20;
/// Bytes of an error's body that are read.
const MOST_ERROR_BYTES: usize = 64 << 10;
/// Bytes of an unreadable answer that are shown.
const EXCERPT: usize = 80;

/// How a body ended, when it ended before it was said to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The other side closed it; its first bytes.
    Closed(String),
    /// It failed.
    Failed(Failure),
}

type Sending = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

/// Sends requests of the client; made for one request each.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) client: reqwest::Client,
    pub(super) key: Option<Key>,
    /// Seconds of silence that the client allows.
    pub(super) patience: u64,
    /// Is told of an end; of a stream only.
    pub(super) end: Option<mpsc::UnboundedSender<End>>,
}

impl tower_service::Service<HttpRequestFactory> for Transport {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Sending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Sending {
        let transport = self.clone();
        Box::pin(async move { transport.send(factory).await })
    }
}

impl Transport {
    async fn send(self, factory: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let mut request = factory.build().await?;
        // The client writes a header without a key as well; a server may take that for a wrong key.
        request.headers_mut().remove(AUTHORIZATION);
        if let Some(key) = &self.key {
            request.headers_mut().insert(AUTHORIZATION, key.header());
        }
        let answer = self.client.execute(request).await.map_err(|e| boxed(sending(&e, self.patience)))?;
        if !answer.status().is_success() {
            return Err(boxed(refusal(answer, self.key.as_ref()).await));
        }
        let kind = content_type(answer.headers());
        if kind.contains("html") {
            return Err(boxed(Failure::NotModel("web page".into())));
        }
        let Some(end) = self.end else { return Ok(answer) };
        let whole = kind.contains("application/json");
        let (parts, body) = http::Response::<Body>::from(answer).into_parts();
        let mut body = Response::from(http::Response::new(body));
        if whole {
            body = as_event(body, self.patience).await?;
        }
        let watched = Body::wrap_stream(watch(body.bytes_stream(), end, self.patience, self.key));
        Ok(http::Response::from_parts(parts, watched).into())
    }
}

fn boxed(failure: Failure) -> OpenAIError {
    OpenAIError::Boxed(Box::new(failure))
}

fn content_type(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

/// A whole answer as the one event of a stream: some endpoints do not stream.
async fn as_event(mut answer: Response, patience: u64) -> Result<Response, OpenAIError> {
    let mut event = b"data: ".to_vec();
    while let Some(piece) = answer.chunk().await.map_err(|e| boxed(reading(&e, patience)))? {
        // Line breaks in JSON stand between its parts only.
        event.extend(piece.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
        if event.len() > MOST_BYTES {
            return Err(boxed(Failure::TooLarge(MOST_BYTES)));
        }
    }
    event.extend_from_slice(b"\n\ndata: [DONE]\n\n");
    Ok(http::Response::new(event).into())
}

/// The body, bounded; how it ends is told before its reader sees the end.
fn watch(
    body: impl Stream<Item = Result<Bytes, reqwest::Error>> + Send + 'static,
    end: mpsc::UnboundedSender<End>,
    patience: u64,
    key: Option<Key>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let watch = Watch { body: Box::pin(body), end, patience, key, read: 0, start: Vec::new() };
    stream::unfold(Some(watch), |watch| async move {
        let mut watch = watch?;
        match watch.next().await? {
            Ok(piece) => Some((Ok(piece), Some(watch))),
            Err(failed) => {
                let error = std::io::Error::other(failed.to_string());
                watch.tell(End::Failed(failed));
                Some((Err(error), None))
            }
        }
    })
}

struct Watch<S> {
    body: Pin<Box<S>>,
    end: mpsc::UnboundedSender<End>,
    patience: u64,
    key: Option<Key>,
    read: usize,
    start: Vec<u8>,
}

impl<S: Stream<Item = Result<Bytes, reqwest::Error>>> Watch<S> {
    async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        match self.body.next().await {
            Some(Ok(piece)) => {
                self.read += piece.len();
                let more = EXCERPT.saturating_sub(self.start.len()).min(piece.len());
                self.start.extend_from_slice(&piece[..more]);
                Some(if self.read > MOST_BYTES { Err(Failure::TooLarge(MOST_BYTES)) } else { Ok(piece) })
            }
            Some(Err(error)) => Some(Err(reading(&error, self.patience))),
            None => {
                let start = quoted(&String::from_utf8_lossy(&self.start), self.key.as_ref());
                self.tell(End::Closed(start));
                None
            }
        }
    }

    fn tell(&self, end: End) {
        // A reader that is gone knows that the answer was complete.
        drop(self.end.send(end));
    }
}

/// Why a request got no answer.
fn sending(error: &reqwest::Error, patience: u64) -> Failure {
    if error.is_connect() {
        Failure::Unreachable(quoted(&root_cause(error), None))
    } else if error.is_timeout() {
        Failure::Silent(patience)
    } else {
        Failure::Broken(quoted(&root_cause(error), None))
    }
}

/// Why an answer did not come to its end.
fn reading(error: &reqwest::Error, patience: u64) -> Failure {
    if error.is_timeout() { Failure::Silent(patience) } else { Failure::Cut }
}

/// The innermost reason, which says most: `Connection refused (os error 111)`.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// What a status that is no success says.
async fn refusal(mut answer: Response, key: Option<&Key>) -> Failure {
    let code = answer.status().as_u16();
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(seconds);
    let moved = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let html = content_type(answer.headers()).contains("html");
    let mut body = Vec::new();
    // Words that break off are still words.
    while let Ok(Some(piece)) = answer.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() >= MOST_ERROR_BYTES {
            break;
        }
    }
    let message = match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(value) => kind_and_text(&value),
        Err(_) if html => "a web page".to_owned(),
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    let message = match moved {
        Some(place) => format!("it is at {place} now"),
        None if message.trim().is_empty() => "without a word".to_owned(),
        None => message,
    };
    Failure::Status { code, message: quoted(&message, key), retry_after }
}

/// The words of an error with its type or code, which tells a spent quota from a busy endpoint.
fn kind_and_text(value: &serde_json::Value) -> String {
    let text = error_text(value);
    let inner = value.get("error").unwrap_or(value);
    let kind = ["code", "type"].iter().find_map(|name| inner.get(name)?.as_str()).unwrap_or_default();
    if kind.is_empty() || text.contains(kind) { text } else { format!("{text} ({kind})") }
}

/// `Retry-After`: seconds, or a date.
fn seconds(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    let wait = at.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(seconds("7"), Some(Duration::from_secs(7)));
        assert_eq!(seconds("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(seconds("Fri, 01 Jan 2500 00:00:00 GMT").unwrap() > Duration::from_secs(1_000_000));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-1"), None);
    }
}
