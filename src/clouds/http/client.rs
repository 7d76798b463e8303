//! The client: connections that are kept, bounded answers, and errors that say whether the
//! request can have left.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use super::{HttpRequest, HttpResponse};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a cloud may think before it answers, and between two pieces of an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer that are read at most.
const MOST_BYTES: usize = 256 << 20;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct HttpError {
    /// What went wrong.
    pub message: String,
    /// Whether the request surely never left.
    pub never_sent: bool,
}

impl HttpError {
    fn unsent(message: impl Into<String>) -> Self {
        Self { message: message.into(), never_sent: true }
    }

    fn lost(message: impl Into<String>) -> Self {
        Self { message: message.into(), never_sent: false }
    }
}

/// Sends requests; clones share the connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    silence: Duration,
}

impl HttpClient {
    /// A client that trusts the system's certificates.
    ///
    /// # Errors
    ///
    /// The system's certificates cannot be read.
    pub fn new() -> Result<Self, HttpError> {
        let builder = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|e| HttpError::unsent(format!("the system's certificates cannot be read: {e}")))?;
        Ok(Self::over(builder.https_or_http().enable_http1().wrap_connector(connector())))
    }

    /// A client that trusts the certificates of a PEM text and no others.
    ///
    /// # Errors
    ///
    /// The text holds no certificate that can be trusted.
    pub fn trusting(pem: &str) -> Result<Self, HttpError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate
                .map_err(|e| e.to_string())
                .and_then(|der| roots.add(der).map_err(|e| e.to_string()));
            added.map_err(|e| HttpError::unsent(format!("the certificate cannot be read: {e}")))?;
        }
        if roots.is_empty() {
            return Err(HttpError::unsent("there is no certificate"));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| HttpError::unsent(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        Ok(Self::over(builder.https_or_http().enable_http1().wrap_connector(connector())))
    }

    fn over(https: HttpsConnector<HttpConnector>) -> Self {
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(20)).build(https);
        Self { client, silence: SILENCE }
    }

    /// The same client with another patience.
    #[must_use]
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// There is no answer, or not a whole one.
    pub async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut builder = http::Request::builder().method(request.method.as_str()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            builder = builder.header(name, value.as_bytes());
        }
        let outgoing = builder
            .body(Full::new(Bytes::from(request.body.clone())))
            .map_err(|e| HttpError::unsent(format!("the request is not valid HTTP: {e}")))?;
        let answer = tokio::time::timeout(self.silence, self.client.request(outgoing)).await;
        let answer = match answer {
            Err(_) => return Err(HttpError::lost(format!("no answer within {} s", self.silence.as_secs()))),
            Ok(Err(error)) if error.is_connect() => {
                return Err(HttpError::unsent(format!("cannot connect: {}", causes(&error))));
            }
            Ok(Err(error)) => return Err(HttpError::lost(causes(&error))),
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = self.read(answer.into_body()).await?;
        Ok(HttpResponse { status, headers, body })
    }

    async fn read(&self, mut body: hyper::body::Incoming) -> Result<Vec<u8>, HttpError> {
        let mut bytes = Vec::new();
        loop {
            let frame = tokio::time::timeout(self.silence, body.frame()).await;
            match frame {
                Err(_) => return Err(HttpError::lost("the answer stopped in the middle")),
                Ok(None) => return Ok(bytes),
                Ok(Some(Err(error))) => {
                    return Err(HttpError::lost(format!("the answer broke off: {}", causes(&error))));
                }
                Ok(Some(Ok(frame))) => {
                    if let Some(data) = frame.data_ref() {
                        bytes.extend_from_slice(data);
                    }
                    if bytes.len() > MOST_BYTES {
                        return Err(HttpError::lost(format!(
                            "the answer is larger than {} MiB",
                            MOST_BYTES >> 20
                        )));
                    }
                }
            }
        }
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}

/// An error with its causes; hyper's own words are only the outermost.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// A client that is made when it is first needed: reading the system's certificates takes a while.
#[derive(Default)]
pub struct LazyClient(OnceLock<HttpClient>);

impl LazyClient {
    /// The client.
    ///
    /// # Errors
    ///
    /// The system's certificates cannot be read.
    pub fn get(&self) -> Result<&HttpClient, HttpError> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let made = HttpClient::new()?;
        Ok(self.0.get_or_init(|| made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn request(url: String) -> HttpRequest {
        HttpRequest { method: "GET".into(), url, ..HttpRequest::default() }
    }

    async fn answering(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 4096];
            let read = stream.read(&mut seen).await.unwrap();
            assert!(read > 0);
            stream.write_all(answer).await.unwrap();
        });
        format!("http://{address}/a//b/./c")
    }

    #[tokio::test]
    async fn an_answer_is_read_whole() {
        let url = answering(b"HTTP/1.1 404 Not Found\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\nno").await;
        let answer = HttpClient::new().unwrap().send(&request(url)).await.unwrap();
        assert_eq!(
            (answer.status, answer.header("x-id"), answer.body.as_slice()),
            (404, Some("7"), b"no".as_slice())
        );
    }

    #[tokio::test]
    async fn a_refused_connection_says_that_nothing_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert!(HttpClient::new().unwrap().send(&request(url)).await.unwrap_err().never_sent);
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_may_have_been_carried_out() {
        let url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
        assert!(!HttpClient::new().unwrap().send(&request(url)).await.unwrap_err().never_sent);
    }

    #[test]
    fn a_text_without_a_certificate_is_not_trusted() {
        assert!(HttpClient::trusting("no certificate").is_err());
        assert!(HttpClient::trusting(include_str!("../oci/testdata/instance.pem")).is_ok());
    }

    #[tokio::test]
    async fn silence_ends_the_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = HttpClient::new().unwrap().with_silence(Duration::from_millis(50));
        let error = client.send(&request(url)).await.unwrap_err();
        assert!(!error.never_sent && error.message.contains("no answer"), "{error}");
    }
}
