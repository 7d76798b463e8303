//! An index, asked over HTTP.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, NoProxy, Proxy, Response, StatusCode, Url};

use super::PackagesError;
use super::address::Address;
use super::choose::Candidate;
use super::page::{Remote, from_html, from_json};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(15);
/// How long the index may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How often it is asked, and how long is waited before it is asked again; twice as long the next time.
const ASKED: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// How long is waited at most when the index says how long.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// No list of files is longer than this.
const MOST_BYTES: usize = 64 << 20;
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 10;
/// What is understood, best first.
const UNDERSTOOD: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// How an index is reached.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// Its address, with a name and a password if it wants them.
    pub address: String,
    /// The proxy; the variables of the environment count when absent.
    pub proxy: Option<String>,
    /// Whether an index on another machine may be asked without encryption.
    pub allow_http: bool,
}

/// An index.
pub struct Index {
    client: Client,
    address: Address,
    pause: Duration,
}

impl Index {
    /// Makes ready; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The address is none, or not encrypted; or the system's certificates cannot be read.
    pub fn new(options: &IndexOptions) -> Result<Self, PackagesError> {
        let address = Address::parse(&options.address, options.allow_http)?;
        let failed = |e: reqwest::Error| PackagesError::Client(causes(&e));
        let mut client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(Policy::custom(follow))
            .user_agent(concat!("provisioner/", env!("CARGO_PKG_VERSION")));
        if address.is_here() {
            client = client.no_proxy();
        } else if let Some(proxy) = &options.proxy {
            client = client.proxy(Proxy::all(proxy).map_err(failed)?.no_proxy(NoProxy::from_env()));
        }
        Ok(Self { client: client.build().map_err(failed)?, address, pause: PAUSE })
    }

    /// The same index, asked again after another pause.
    #[must_use]
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The files of a package.
    pub(super) async fn files(&self, name: &str) -> Result<Vec<Candidate<Remote>>, PackagesError> {
        let url = self.address.page(name);
        self.patiently(async || {
            let response = self.ask(&url, name, UNDERSTOOD).await?;
            let base = response.url().clone();
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let is_json = kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
            let body = self.whole(response, name).await?;
            let read = match is_json {
                true => from_json(&body, &base),
                false => from_html(&String::from_utf8_lossy(&body), &base),
            };
            read.map_err(|reason| {
                Trouble::Final(PackagesError::Page { index: self.to_string(), name: name.into(), reason })
            })
        })
        .await
    }

    async fn whole(&self, mut response: Response, name: &str) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| self.lost(name, &e))? {
            body.extend_from_slice(&piece);
            if body.len() > MOST_BYTES {
                let reason = format!("it is longer than {} MiB", MOST_BYTES >> 20);
                return Err(Trouble::Final(PackagesError::Page {
                    index: self.to_string(),
                    name: name.into(),
                    reason,
                }));
            }
        }
        Ok(body)
    }

    /// Asks once; an answer that is an error is one.
    pub(super) async fn ask(&self, url: &Url, what: &str, accept: &str) -> Result<Response, Trouble> {
        let mut request = self.client.get(url.clone()).header(ACCEPT, accept);
        if let Some((name, password)) = self.address.login_at(url) {
            request = request.basic_auth(name, Some(password));
        }
        let response = request.send().await.map_err(|e| self.lost(what, &e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (index, name) = (self.to_string(), what.to_owned());
        let shown = status.to_string();
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Trouble::Final(PackagesError::NoPackage { index, name })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Trouble::Final(PackagesError::Credentials { index, what: name, status: shown })
            }
            _ => {
                let error = PackagesError::Server { index, what: name, status: shown };
                let again = status.is_server_error()
                    || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
                let wait =
                    response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
                if again {
                    Trouble::Passing(error, wait.map(Duration::from_secs))
                } else {
                    Trouble::Final(error)
                }
            }
        })
    }

    /// A connection that failed; it may be better the next time.
    pub(super) fn lost(&self, what: &str, error: &reqwest::Error) -> Trouble {
        let unreachable = PackagesError::Unreachable {
            index: self.to_string(),
            what: what.to_owned(),
            reason: causes(error),
        };
        if error.is_redirect() || error.is_builder() {
            Trouble::Final(unreachable)
        } else {
            Trouble::Passing(unreachable, None)
        }
    }

    /// Tries again after a trouble that passes.
    pub(super) async fn patiently<T>(
        &self,
        attempt: impl AsyncFn() -> Result<T, Trouble>,
    ) -> Result<T, PackagesError> {
        let mut pause = self.pause;
        let mut left = ASKED;
        loop {
            left -= 1;
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Trouble::Passing(_, wait)) if left > 0 => {
                    tokio::time::sleep(wait.map_or(pause, |wait| wait.min(LONGEST_PAUSE))).await;
                    pause *= 2;
                }
                Err(Trouble::Passing(error, _) | Trouble::Final(error)) => return Err(error),
            }
        }
    }
}

/// Its address, without a name and a password.
impl std::fmt::Display for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}

/// Why an attempt failed.
pub(super) enum Trouble {
    /// It may be better the next time, perhaps after so long.
    Passing(PackagesError, Option<Duration>),
    /// It will be the same the next time.
    Final(PackagesError),
}

/// Encryption is not given up on the way.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_encrypted = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_encrypted && attempt.url().scheme() != "https" {
        attempt.error("it leads from https to an address without encryption")
    } else if attempt.previous().len() > MOST_REDIRECTS {
        attempt.error("it leads in circles")
    } else {
        attempt.follow()
    }
}

/// An error with its causes and without the address, which may hold a password.
fn causes(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        parts.push(cause.to_string());
        next = cause.source();
    }
    if parts.is_empty() { "the connection failed".into() } else { parts.join(": ") }
}
