//! The requests of the credential types, carried by the client here: one TLS stack, one set of connections.

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient as AzureHttpClient, Request, StatusCode};

use crate::clouds::http::{HttpClient, HttpRequest};

/// Carries requests for tokens. Neither their bodies nor their answers are logged.
#[derive(Clone)]
pub(super) struct Carrier(pub(super) HttpClient);

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carrier")
    }
}

#[async_trait]
impl AzureHttpClient for Carrier {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::SeekableStream(_) => {
                return Err(Error::with_message(ErrorKind::Other, "a request for a token is no stream"));
            }
        };
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().to_owned()));
        let outgoing = HttpRequest {
            method: request.method().as_str().to_owned(),
            url: request.url().to_string(),
            headers: headers.collect(),
            body,
            signing: None,
        };
        let answer = self.0.send(&outgoing).await.map_err(|error| {
            let kind = if error.never_sent { ErrorKind::Connection } else { ErrorKind::Io };
            Error::with_message(kind, format!("{}: {}", outgoing.host(), error.message))
        })?;
        let mut headers = Headers::new();
        for (name, value) in answer.headers {
            headers.insert(name, value);
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), headers, answer.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::http::{Method, Url};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_form_is_carried_and_its_answer_comes_back_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/t/oauth2/v2.0/token", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"grant_type=x") {
                let mut piece = [0; 1024];
                let read = stream.read(&mut piece).await.unwrap();
                seen.extend_from_slice(&piece[..read]);
            }
            let answer = b"HTTP/1.1 400 Bad\r\nx-ms-request-id: 7\r\nContent-Length: 2\r\n\r\n{}";
            stream.write_all(answer).await.unwrap();
            String::from_utf8(seen).unwrap()
        });
        let carrier = Carrier(HttpClient::new().unwrap());
        let mut request = Request::new(Url::parse(&url).unwrap(), Method::Post);
        request.insert_header("content-type", "application/x-www-form-urlencoded");
        request.set_body("grant_type=x");
        let answer = carrier.execute_request(&request).await.unwrap();
        assert_eq!(u16::from(answer.status()), 400);
        let seen = serving.await.unwrap();
        assert!(
            seen.starts_with("POST /t/oauth2/v2.0/token") && seen.contains("x-www-form-urlencoded"),
            "{seen}"
        );
        assert_eq!(format!("{carrier:?}"), "Carrier");
    }

    #[tokio::test]
    async fn an_authority_that_is_not_there_is_told_as_never_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let request = Request::new(Url::parse(&url).unwrap(), Method::Get);
        let carrier = Carrier(HttpClient::new().unwrap());
        let error = carrier.execute_request(&request).await.err().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Connection), "{error}");
    }
}
