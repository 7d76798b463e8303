//! Signature version 2: the older signature inside a form, which one service still wants.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use super::render::encode;
use crate::clouds::http::HttpRequest;

/// What a signature adds to the form; from an earlier attempt it is taken out first.
const ADDED: [&str; 6] =
    ["AWSAccessKeyId", "SecurityToken", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp"];

/// Signs a request whose body is a form.
pub(super) fn sign(request: &mut HttpRequest, keys: &Credentials, at: SystemTime) {
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let mut pairs: Vec<(String, String)> = form
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .filter(|(name, _)| !ADDED.contains(&name.as_str()))
        .collect();
    let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    put("AWSAccessKeyId", keys.access_key_id());
    put("SignatureVersion", "2");
    put("SignatureMethod", "HmacSHA256");
    let time = Timestamp::try_from(at).unwrap_or_default();
    put("Timestamp", &time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    if let Some(token) = keys.session_token() {
        put("SecurityToken", token);
    }
    pairs.sort();
    let canonical = joined(&pairs);
    let text = format!("{}\n{}\n{}\n{canonical}", request.method, request.host(), request.path());
    // A key of any length will do, so this does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(keys.secret_access_key().as_bytes()) else { return };
    mac.update(text.as_bytes());
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    request.body = format!("{canonical}&Signature={}", encode(&signature)).into_bytes();
}

fn joined(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signed(body: &str) -> String {
        let mut request = HttpRequest {
            method: "POST".into(),
            url: "https://sdb.amazonaws.com/".into(),
            body: body.as_bytes().to_vec(),
            ..HttpRequest::default()
        };
        let keys = Credentials::new("AKIDEXAMPLE", "secret", Some("to/ken".into()), None, "test");
        sign(&mut request, &keys, SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160));
        String::from_utf8(request.body).unwrap()
    }

    #[test]
    fn the_signature_is_the_one_of_the_sdk() {
        // Made by botocore's SigV2Auth for the same form, keys, and time.
        let body = signed("Action=Select&SelectExpression=a+b%7E%2A&Version=2009-04-15");
        assert!(body.ends_with("&Signature=501oO8X4a0vn587cofwouOHhQxmgU8uZwE3qvhWxa9A%3D"), "{body}");
    }

    #[test]
    fn a_second_attempt_replaces_the_first_signature() {
        let first = signed("Action=ListDomains&Version=2009-04-15");
        assert_eq!(signed(&first), first);
    }
}
