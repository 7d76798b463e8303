//! A package index on loopback, for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What the server says to a path.
#[derive(Clone)]
pub(super) struct Reply {
    status: u16,
    kind: &'static str,
    header: String,
    body: Vec<u8>,
    /// Bytes after which the connection ends.
    cut: Option<usize>,
}

impl Reply {
    pub(super) fn html(body: impl Into<String>) -> Self {
        Self { status: 200, kind: "text/html", header: String::new(), body: body.into().into(), cut: None }
    }

    pub(super) fn json(body: &serde_json::Value) -> Self {
        Self { kind: "application/vnd.pypi.simple.v1+json", ..Self::html(body.to_string()) }
    }

    pub(super) fn file(body: &[u8]) -> Self {
        Self { kind: "application/octet-stream", body: body.to_vec(), ..Self::html("") }
    }

    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::html("no") }
    }

    pub(super) fn moved(to: &str) -> Self {
        Self { status: 302, header: format!("location: {to}\r\n"), ..Self::html("") }
    }

    pub(super) fn cut_after(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }
}

pub(super) struct Server {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each path with its replies in order, the last one again and again; 404 for other paths.
    pub(super) async fn with(replies: &[(&str, Vec<Reply>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut replies: BTreeMap<String, Vec<Reply>> =
            replies.iter().map(|(path, replies)| ((*path).to_owned(), replies.clone())).collect();
        let kept = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                kept.lock().unwrap().push(head);
                let reply = match replies.get_mut(&path) {
                    Some(left) if left.len() > 1 => left.remove(0),
                    Some(left) => left[0].clone(),
                    None => Reply::status(404),
                };
                let text = format!(
                    "HTTP/1.1 {} X\r\nconnection: close\r\ncontent-type: {}\r\n{}content-length: {}\r\n\r\n",
                    reply.status,
                    reply.kind,
                    reply.header,
                    reply.body.len()
                );
                let end = reply.cut.unwrap_or(reply.body.len());
                stream.write_all(text.as_bytes()).await.unwrap();
                stream.write_all(&reply.body[..end]).await.unwrap();
            }
        });
        Self { url, asked }
    }

    /// The requests so far: each with its head.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub(super) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
