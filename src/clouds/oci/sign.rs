//! The OCI signature: an `Authorization` header over the date, the request line, the host, and what
//! the body is.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::key::{KeyError, PrivateKey};
use crate::clouds::http::HttpRequest;

/// What every request signs, in this order, and what one with a body signs beside.
const USUAL: [&str; 2] =
    ["date (request-target) host", "date (request-target) host content-length content-type x-content-sha256"];
/// The same for the services that exchange certificates for tokens.
const WITHOUT_HOST: [&str; 2] =
    ["date (request-target)", "date (request-target) content-length content-type x-content-sha256"];

/// A name and the key that proves it.
#[derive(Debug)]
pub struct Signer {
    /// `tenancy/user/fingerprint`, or `ST$` and a token.
    key_id: String,
    /// Nothing where nobody checks.
    key: Option<PrivateKey>,
    names: [&'static str; 2],
}

/// Whether a body is at hand or read from somewhere: it decides on the type that is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text or bytes.
    Bytes,
    /// A stream.
    Stream,
}

impl Signer {
    /// A signer for an API key.
    #[must_use]
    pub fn api_key(tenancy: &str, user: &str, fingerprint: &str, key: PrivateKey) -> Self {
        Self::new(format!("{tenancy}/{user}/{fingerprint}"), key)
    }

    /// A signer for a security token and the key of its session.
    #[must_use]
    pub fn session(token: &str, key: PrivateKey) -> Self {
        Self::new(format!("ST${token}"), key)
    }

    /// A signer whose name is known whole.
    #[must_use]
    pub fn new(key_id: String, key: PrivateKey) -> Self {
        Self { key_id, key: Some(key), names: USUAL }
    }

    /// A signer that proves nothing, for the sandbox.
    pub(super) fn unproven(key_id: String) -> Self {
        Self { key_id, key: None, names: USUAL }
    }

    /// The same signer, leaving the host out of what is signed.
    pub(super) fn without_host(self) -> Self {
        Self { names: WITHOUT_HOST, ..self }
    }

    #[cfg(test)]
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Signs a request and adds the headers that the signature needs and the request does not have yet.
    /// `at` is the date that is said when there is none. A request whose [`crate::clouds::http::Signing`]
    /// leaves the body out signs neither its length nor its type nor its hash.
    ///
    /// # Errors
    ///
    /// The key does not sign.
    pub fn sign(&self, request: &mut HttpRequest, body: Body, at: Timestamp) -> Result<(), KeyError> {
        let carries = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        let covered = carries && !request.signing.as_ref().is_some_and(|signing| signing.unsigned_body);
        default(request, "date", || at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        let host = request.host().to_owned();
        default(request, "host", || host.clone());
        let kind = if body == Body::Stream { "application/octet-stream" } else { "application/json" };
        default(request, "content-type", || kind.to_owned());
        if carries || !request.body.is_empty() || request.method == "DELETE" {
            let length = request.body.len().to_string();
            default(request, "content-length", || length);
        }
        if covered && request.header("x-content-sha256").is_none() {
            let hash = BASE64_STANDARD.encode(Sha256::digest(&request.body));
            request.set_header("x-content-sha256", hash);
        }
        let names = self.names[usize::from(covered)];
        let text = signing_string(request, names, &host);
        let signature = match &self.key {
            Some(key) => BASE64_STANDARD.encode(key.sign(text.as_bytes())?),
            None => String::new(),
        };
        let authorization = format!(
            "Signature algorithm=\"rsa-sha256\",headers=\"{names}\",keyId=\"{}\",signature=\"{signature}\",version=\"1\"",
            self.key_id
        );
        request.set_header("authorization", authorization);
        Ok(())
    }
}

fn default(request: &mut HttpRequest, name: &str, value: impl FnOnce() -> String) {
    if request.header(name).is_none() {
        request.set_header(name, value());
    }
}

/// The lines that are signed.
fn signing_string(request: &HttpRequest, names: &str, host: &str) -> String {
    let mut text = String::with_capacity(512);
    for name in names.split(' ') {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(name);
        text.push_str(": ");
        match name {
            "(request-target)" => {
                text.push_str(&request.method.to_ascii_lowercase());
                text.push(' ');
                text.push_str(request.path());
                if let Some(query) = request.query() {
                    text.push('?');
                    text.push_str(query);
                }
            }
            "host" => text.push_str(host),
            _ => text.push_str(request.header(name).unwrap_or_default()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::PKCS8;
    use super::*;
    use crate::clouds::http::Signing;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use pretty_assertions::assert_eq;

    fn signer() -> Signer {
        Signer::api_key("t", "u", "f", PrivateKey::from_pem(PKCS8, None).unwrap())
    }

    fn request(method: &str, body: &[u8]) -> HttpRequest {
        HttpRequest {
            method: method.into(),
            url: "https://iaas.us-phoenix-1.oraclecloud.com:8443/20160918/instances?a=1&b=".into(),
            headers: vec![("date".into(), "Sun, 05 Jan 2014 21:31:40 GMT".into())],
            body: body.to_vec(),
            signing: None,
        }
    }

    fn headers_of(authorization: &str) -> &str {
        authorization.split("headers=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    #[test]
    fn the_signature_holds_for_the_lines_that_the_header_names() {
        let mut request = request("POST", b"{}");
        signer().sign(&mut request, Body::Bytes, Timestamp::UNIX_EPOCH).unwrap();
        let authorization = request.header("authorization").unwrap();
        assert!(
            authorization.starts_with(
                "Signature algorithm=\"rsa-sha256\",headers=\"date (request-target) host content-length \
                 content-type x-content-sha256\",keyId=\"t/u/f\",signature=\""
            ),
            "{authorization}"
        );
        let lines = "date: Sun, 05 Jan 2014 21:31:40 GMT\n\
                     (request-target): post /20160918/instances?a=1&b=\n\
                     host: iaas.us-phoenix-1.oraclecloud.com:8443\n\
                     content-length: 2\ncontent-type: application/json\n\
                     x-content-sha256: RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=";
        let signature = authorization.split("signature=\"").nth(1).unwrap().split('"').next().unwrap();
        let signature = BASE64_STANDARD.decode(signature).unwrap();
        let key = PrivateKey::from_pem(PKCS8, None).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_der())
            .verify(lines.as_bytes(), &signature)
            .unwrap();
    }

    #[test]
    fn a_request_without_a_body_signs_three_lines() {
        for method in ["GET", "HEAD", "DELETE"] {
            let mut request = request(method, b"");
            signer().sign(&mut request, Body::Bytes, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(headers_of(request.header("authorization").unwrap()), USUAL[0]);
            assert_eq!(request.header("x-content-sha256"), None);
        }
    }

    #[test]
    fn a_body_that_is_left_out_is_not_hashed() {
        let mut request = request("PUT", b"bytes");
        request.signing = Some(Signing {
            scheme: "oci".into(),
            name: String::new(),
            region: String::new(),
            unsigned_body: true,
        });
        signer().sign(&mut request, Body::Stream, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(headers_of(request.header("authorization").unwrap()), USUAL[0]);
        assert_eq!(request.header("x-content-sha256"), None);
        assert_eq!(request.header("content-type"), Some("application/octet-stream"));
        assert_eq!(request.header("content-length"), Some("5"));
    }

    #[test]
    fn an_empty_body_is_hashed_too_and_a_missing_date_is_now() {
        let mut request = request("POST", b"");
        request.headers.clear();
        Signer::session("token", PrivateKey::from_pem(PKCS8, None).unwrap())
            .sign(&mut request, Body::Bytes, Timestamp::UNIX_EPOCH)
            .unwrap();
        let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(request.header("x-content-sha256"), Some(hash));
        assert_eq!(request.header("date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(request.header("authorization").unwrap().contains("keyId=\"ST$token\""));
    }
}
