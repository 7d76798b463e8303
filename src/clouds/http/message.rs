//! Requests and answers as plain data.

use serde::{Deserialize, Serialize};

/// A request, complete but for its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The whole URL, percent-encoded, exactly as it goes out: it is never normalised, because
    /// object keys may hold `//` and `./`.
    pub url: String,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How it is to be signed; nothing when it goes out unsigned.
    pub signing: Option<Signing>,
}

/// How a request is to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// The scheme as botocore names it: `v4`, `s3v4`, `v4a`, `s3v4a`, `v4-s3express`, `v2`, `bearer`.
    pub scheme: String,
    /// The service's name in the signature.
    pub name: String,
    /// The region in the signature.
    pub region: String,
    /// Whether the signature leaves the body out.
    #[serde(skip)]
    pub unsigned_body: bool,
}

impl HttpRequest {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Sets a header, replacing what was there.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    /// The host of the URL, with the port if there is one.
    #[must_use]
    pub fn host(&self) -> &str {
        let after = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        after.split(['/', '?']).next().unwrap_or_default()
    }

    /// The path of the URL, without its query; at least `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let path = self.target().split('?').next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// The query of the URL, without the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    fn target(&self) -> &str {
        let after = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        after.find(['/', '?']).map_or("", |at| &after[at..])
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_url_are_found_without_changing_it() {
        let request = HttpRequest {
            url: "https://b.s3.amazonaws.com:443/a//b/./c?x=1".into(),
            ..HttpRequest::default()
        };
        assert_eq!(
            (request.host(), request.path(), request.query()),
            ("b.s3.amazonaws.com:443", "/a//b/./c", Some("x=1"))
        );
        let bare = HttpRequest { url: "http://h?q".into(), ..HttpRequest::default() };
        assert_eq!((bare.host(), bare.path(), bare.query()), ("h", "/", Some("q")));
    }

    #[test]
    fn a_header_is_set_once() {
        let mut request = HttpRequest::default();
        request.set_header("accept", "a");
        request.set_header("accept", "b");
        assert_eq!(request.headers, [("accept".to_owned(), "b".to_owned())]);
    }
}
