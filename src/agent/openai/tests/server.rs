//! A server that answers as it was told, piece by piece, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Stands for no answer at all.
const HANG_UP: u16 = 0;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Script {
    status: u16,
    late: Duration,
    headers: Vec<(&'static str, String)>,
    pieces: Vec<Piece>,
}

/// One piece of a body.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Bytes, sent at once.
    Bytes(Vec<u8>),
    /// Nothing for a while.
    Silence(Duration),
    /// The connection is broken off.
    Break,
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) key: Option<String>,
    pub(super) body: Value,
}

impl Script {
    /// A stream of exactly these bytes.
    pub(super) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(200, "text/event-stream", vec![Piece::Bytes(bytes.into())])
    }

    /// A stream of events with an end as the reference sends it.
    pub(super) fn events(events: &[Value]) -> Self {
        Self::raw(wire(events))
    }

    /// Text, in several pieces, and the count of tokens.
    pub(super) fn text(text: &str) -> Self {
        Self::events(&text_events(text))
    }

    /// Calls of tools; names and arguments.
    pub(super) fn calls(calls: &[(&str, Value)]) -> Self {
        Self::events(&call_events(calls))
    }

    /// No answer at all: the connection is closed.
    pub(super) fn hang_up() -> Self {
        Self::of(HANG_UP, "", vec![])
    }

    /// A whole body with a status.
    pub(super) fn of(status: u16, kind: &str, pieces: Vec<Piece>) -> Self {
        Self { status, late: Duration::ZERO, headers: vec![("content-type", kind.to_owned())], pieces }
    }

    /// An error in the form of the reference.
    pub(super) fn error(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": "some_error", "code": null}}).to_string();
        Self::of(status, "application/json", vec![Piece::Bytes(body.into_bytes())])
    }

    pub(super) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same, but it begins only after a while.
    pub(super) fn after(mut self, late: Duration) -> Self {
        self.late = late;
        self
    }

    /// The same bytes, cut at every `size` of them.
    pub(super) fn cut(mut self, size: usize) -> Self {
        let mut pieces = Vec::new();
        for piece in self.pieces {
            match piece {
                Piece::Bytes(bytes) => pieces.extend(bytes.chunks(size).map(|c| Piece::Bytes(c.to_vec()))),
                other => pieces.push(other),
            }
        }
        self.pieces = pieces;
        self
    }

    /// What comes behind the bytes.
    pub(super) fn then(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

pub(super) fn wire(events: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for event in events {
        bytes.extend(format!("data: {event}\n\n").into_bytes());
    }
    bytes.extend(b"data: [DONE]\n\n");
    bytes
}

pub(super) fn delta(delta: Value, finish: Option<&str>) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
           "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

pub(super) fn text_events(text: &str) -> Vec<Value> {
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}), None)];
    let letters: Vec<char> = text.chars().collect();
    events.extend(letters.chunks(7).map(|c| delta(json!({"content": c.iter().collect::<String>()}), None)));
    events.push(delta(json!({}), Some("stop")));
    events.push(
        json!({"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}}),
    );
    events
}

pub(super) fn call_events(calls: &[(&str, Value)]) -> Vec<Value> {
    let mut events = Vec::new();
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let begin = json!({"index": index, "id": format!("call-{index}"), "type": "function",
                           "function": {"name": name, "arguments": ""}});
        events.push(delta(json!({"tool_calls": [begin]}), None));
        let letters: Vec<char> = match arguments {
            Value::String(text) => text.chars().collect(),
            other => other.to_string().chars().collect(),
        };
        for piece in letters.chunks(9) {
            let piece: String = piece.iter().collect();
            events.push(delta(
                json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}),
                None,
            ));
        }
    }
    events.push(delta(json!({}), Some("tool_calls")));
    events
}

/// A server on a free port of this machine.
pub(super) struct Server {
    pub(super) base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers with the scripts in their order; whoever asks more often gets status 418.
    pub(super) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let scripts = Arc::new(Mutex::new(VecDeque::from(scripts)));
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (scripts, seen) = (Arc::clone(&scripts), Arc::clone(&seen));
                tokio::spawn(async move {
                    let service =
                        service_fn(move |request| answer(request, Arc::clone(&scripts), Arc::clone(&seen)));
                    // A connection that is broken off on purpose is an error here.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { base, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

type Answering = Response<http_body_util::combinators::BoxBody<Bytes, std::io::Error>>;

async fn answer(
    request: Request<Incoming>,
    scripts: Arc<Mutex<VecDeque<Script>>>,
    seen: Arc<Mutex<Vec<Asked>>>,
) -> Result<Answering, std::io::Error> {
    let path = request.uri().path().to_owned();
    let key = request.headers().get("authorization").map(|v| v.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    seen.lock().unwrap().push(Asked { path, key, body });
    let script =
        scripts.lock().unwrap().pop_front().unwrap_or_else(|| Script::error(418, "the script is over"));
    tokio::time::sleep(script.late).await;
    if script.status == HANG_UP {
        return Err(std::io::Error::other("hung up on purpose"));
    }
    let mut response = Response::builder().status(script.status);
    for (name, value) in script.headers {
        response = response.header(name, value);
    }
    let pieces = stream::unfold(VecDeque::from(script.pieces), |mut pieces| async move {
        loop {
            match pieces.pop_front()? {
                Piece::Bytes(bytes) => {
                    // Pieces that are written one after the other would leave as one.
                    tokio::task::yield_now().await;
                    return Some((Ok(Frame::data(Bytes::from(bytes))), pieces));
                }
                Piece::Silence(time) => tokio::time::sleep(time).await,
                Piece::Break => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    return Some((Err(std::io::Error::other("broken off on purpose")), pieces));
                }
            }
        }
    });
    Ok(response.body(BodyExt::boxed(StreamBody::new(pieces))).unwrap())
}
