//! The server: loopback only, HTTP/1.1.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::face::Face;
use super::http::{Answer, Request, pairs};
use super::log::{LoggedRequest, RequestLog};
use super::model::Ledger;
use super::{SandboxError, body, peek};
use crate::catalog::Catalog;
use crate::store::Store;

/// Bytes that a request's body may have.
const MOST_BYTES: usize = 128 << 20;

/// How the embedded clouds behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxOptions {
    /// How many reads still see a new thing as pending, beyond the answer that made it.
    pub pending_reads: u32,
}

/// The embedded clouds, offered on loopback until this is dropped.
pub struct Sandbox {
    face: Arc<Mutex<Face>>,
    endpoint: String,
    stop: CancellationToken,
}

impl Sandbox {
    /// Offers the embedded clouds on a port of loopback, a free one when none is given. What
    /// existed in the store before exists again.
    ///
    /// # Errors
    ///
    /// The port is taken, or the store cannot be read.
    pub async fn start(
        catalog: Catalog,
        store: Arc<dyn Store>,
        port: Option<u16>,
    ) -> Result<Sandbox, SandboxError> {
        Self::start_with(catalog, store, port, SandboxOptions::default()).await
    }

    /// [`Sandbox::start`], behaving otherwise.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::start`].
    pub async fn start_with(
        catalog: Catalog,
        store: Arc<dyn Store>,
        port: Option<u16>,
        options: SandboxOptions,
    ) -> Result<Sandbox, SandboxError> {
        let port = port.unwrap_or(0);
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .await
            .map_err(|source| SandboxError::Listen { port, source })?;
        let address = listener.local_addr().map_err(|source| SandboxError::Listen { port, source })?;
        let endpoint = format!("http://{address}");
        let ledger = Ledger::open(store.clone())?;
        let face = Face::new(catalog, ledger, RequestLog::open(store)?, endpoint.clone(), options)?;
        let face = Arc::new(Mutex::new(face));
        let stop = CancellationToken::new();
        tokio::spawn(accept(listener, face.clone(), stop.clone()));
        Ok(Sandbox { face, endpoint, stop })
    }

    /// The base URL, for example `http://127.0.0.1:4566`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The latest requests, oldest first: also those of earlier runs on the same store.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner).log.all()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, face: Arc<Mutex<Face>>, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // A connection that broke while it was made; the next one may be well.
                Err(_) => {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    continue;
                }
            },
        };
        let (face, stop) = (face.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, face.clone()));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                () = stop.cancelled() => {}
                // A client that hangs up is no fault of ours.
                _ = connection => {}
            }
        });
    }
}

async fn respond(
    request: http::Request<Incoming>,
    face: Arc<Mutex<Face>>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (parts, incoming) = request.into_parts();
    let body = match Limited::new(incoming, MOST_BYTES).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Ok(response(too_large())),
    };
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        headers,
        body: body.to_vec(),
    };
    // Keeping what changed waits for the disk.
    let answered = tokio::task::spawn_blocking(move || answer(&face, request)).await;
    Ok(response(answered.unwrap_or_else(|_| Answer::new(500, "text/plain", "the sandbox failed"))))
}

/// The answer to one request, whatever it holds.
pub(super) fn answer(face: &Mutex<Face>, mut request: Request) -> Answer {
    let mut face = face.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = peek::peek(&face, &request) {
        return answer;
    }
    let mut answer = match body::decode(&mut request) {
        Ok(()) => face.handle(&request),
        Err(reason) => Answer::new(400, "text/plain", reason),
    };
    // The length of what a HEAD would give cannot be counted; every other body is.
    if request.method != "HEAD" {
        answer.headers.retain(|(name, _)| name != "content-length");
    }
    answer
}

fn too_large() -> Answer {
    let message = format!("the request is cut off or its body is larger than {} MiB", MOST_BYTES >> 20);
    Answer::new(413, "text/plain", message)
}

fn response(answer: Answer) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        // What cannot stand in a header is left out: it came from a parameter.
        let (Ok(name), Ok(value)) =
            (http::HeaderName::try_from(name.as_str()), http::HeaderValue::from_str(&value))
        else {
            continue;
        };
        response.headers_mut().insert(name, value);
    }
    response
}
