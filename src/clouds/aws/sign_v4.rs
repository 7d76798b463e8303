//! Signature version 4 of plain requests, with keys that are kept.
//!
//! The library derives the signing key anew for every request, though it stays the same for a day, and makes ready for
//! URLs of any form. Most requests have neither a query nor a path that could be read in two ways: those are signed here,
//! and a property test holds each signature against the library's. All others are the library's.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::sign::NOT_SIGNED;
use crate::clouds::http::{HttpRequest, Signing};

/// Keys that are kept at most: one per region and service that a run speaks to.
const MOST_KEPT: usize = 64;

/// The length of the names of most requests' headers, and of most requests as they are signed.
const USUAL_NAMES: usize = 96;
const USUAL_REQUEST: usize = 512;

/// Signing keys that were derived.
#[derive(Default)]
pub(super) struct Kept(Mutex<Vec<Derived>>);

struct Derived {
    secret: String,
    day: String,
    region: String,
    name: String,
    key: Hmac<Sha256>,
}

impl Kept {
    fn key(&self, secret: &str, day: &str, signing: &Signing) -> Option<Hmac<Sha256>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |d: &&Derived| {
            d.day == day && d.region == signing.region && d.name == signing.name && d.secret == secret
        };
        if let Some(found) = kept.iter().find(same) {
            return Some(found.key.clone());
        }
        let mut key = mac(format!("AWS4{secret}").as_bytes())?;
        for part in [day, &signing.region, &signing.name, "aws4_request"] {
            key.update(part.as_bytes());
            key = mac(&key.finalize().into_bytes())?;
        }
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push(Derived {
            secret: secret.to_owned(),
            day: day.to_owned(),
            region: signing.region.clone(),
            name: signing.name.clone(),
            key: key.clone(),
        });
        Some(key)
    }
}

/// A key of any length will do, so there always is one.
fn mac(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

/// Signs a plain request; `false`, and nothing done, when it is not plain.
pub(super) fn sign_plain(
    request: &mut HttpRequest,
    signing: &Signing,
    credentials: &Credentials,
    at: SystemTime,
    kept: &Kept,
) -> bool {
    let checksum_header = match signing.scheme.as_str() {
        "v4" => false,
        "s3v4" => true,
        _ => return false,
    };
    let Ok(at) = Timestamp::try_from(at) else { return false };
    if !plain_url(&request.url) || !request.headers.iter().all(|(name, value)| plain_header(name, value)) {
        return false;
    }
    let at = TimeZone::UTC.to_datetime(at);
    let day = format!("{:04}{:02}{:02}", at.year(), at.month(), at.day());
    let date = format!("{day}T{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second());
    let Some(mut key) = kept.key(credentials.secret_access_key(), &day, signing) else { return false };

    let mut digits = [0; 64];
    let payload = match signing.unsigned_body {
        true => "UNSIGNED-PAYLOAD",
        false => in_hex(&Sha256::digest(&request.body), &mut digits),
    };
    let mut own = vec![("x-amz-date", date.as_str())];
    own.extend(credentials.session_token().map(|token| ("x-amz-security-token", token)));
    own.extend(checksum_header.then_some(("x-amz-content-sha256", payload)));
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !NOT_SIGNED.contains(name) && own.iter().all(|(o, _)| o != name))
        .chain(own.iter().copied())
        .collect();
    headers.push(("host", request.host()));
    headers.sort_unstable();
    if headers.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return false;
    }

    let mut names = String::with_capacity(USUAL_NAMES);
    let mut canonical = String::with_capacity(USUAL_REQUEST);
    for part in [request.method.as_str(), "\n", request.path(), "\n\n"] {
        canonical.push_str(part);
    }
    for (name, value) in &headers {
        names.push_str(if names.is_empty() { "" } else { ";" });
        names.push_str(name);
        for part in [name, ":", value, "\n"] {
            canonical.push_str(part);
        }
    }
    for part in ["\n", &names, "\n", payload] {
        canonical.push_str(part);
    }
    let scope = format!("{day}/{}/{}/aws4_request", signing.region, signing.name);
    let mut digest = [0; 64];
    let digest = in_hex(&Sha256::digest(&canonical), &mut digest);
    for part in ["AWS4-HMAC-SHA256\n", &date, "\n", &scope, "\n", digest] {
        key.update(part.as_bytes());
    }
    let mut signature = [0; 64];
    let signature = in_hex(&key.finalize().into_bytes(), &mut signature);
    let parts = [
        "AWS4-HMAC-SHA256 Credential=",
        credentials.access_key_id(),
        "/",
        &scope,
        ", SignedHeaders=",
        &names,
        ", Signature=",
        signature,
    ];
    let authorization = parts.concat();
    let own: Vec<(&str, String)> = own.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    for (name, value) in own {
        request.set_header(name, value);
    }
    request.set_header("authorization", authorization);
    true
}

/// Bytes as digits, in a place for twice as many.
fn in_hex<'a>(bytes: &[u8], digits: &'a mut [u8; 64]) -> &'a str {
    let written = hex::encode_to_slice(bytes, digits).ok();
    written.and_then(|()| std::str::from_utf8(digits).ok()).unwrap_or_default()
}

/// Whether a URL has no query, and a path that means the same however it is encoded or shortened. A port may be the
/// scheme's own, which the host of a signature leaves out.
fn plain_url(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~' | b'.');
    !host.is_empty()
        && host.bytes().all(|b| letter(b) && !b.is_ascii_uppercase())
        && path.bytes().all(|b| letter(b) || b == b'/')
        && !path.contains("//")
        && !path.contains("/.")
}

/// Whether a header is signed as it stands. One that an earlier signature left is not.
fn plain_header(name: &str, value: &str) -> bool {
    name != "authorization"
        && name != "host"
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && value.bytes().all(|b| (b' '..=b'~').contains(&b))
        && value.trim_matches(' ').len() == value.len()
        && !value.contains("  ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clouds::aws::sign::version_4;

    fn request(url: &str, headers: Vec<(String, String)>, body: &[u8], scheme: &str) -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            url: url.into(),
            headers,
            body: body.to_vec(),
            signing: Some(Signing {
                scheme: scheme.into(),
                name: "ec2".into(),
                region: "eu-central-1".into(),
                unsigned_body: false,
            }),
        }
    }

    fn sorted(request: HttpRequest) -> Vec<(String, String)> {
        let mut headers = request.headers;
        headers.sort();
        headers
    }

    #[test]
    fn a_request_that_can_be_read_in_two_ways_is_left_to_the_library() {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        for (url, headers, scheme) in [
            ("https://a.example/?b=c", vec![], "v4"),
            ("https://a.example/b%20c", vec![], "v4"),
            ("https://a.example/b//c", vec![], "v4"),
            ("https://a.example/../c", vec![], "v4"),
            ("https://a.example:8443/", vec![], "v4"),
            ("https://A.example/", vec![], "v4"),
            ("https://a.example/", header("x-a", "b  c"), "v4"),
            ("https://a.example/", header("x-a", " b"), "v4"),
            ("https://a.example/", header("x-a", "ü"), "v4"),
            ("https://a.example/", header("authorization", "old"), "v4"),
            ("https://a.example/", vec![], "v4-s3express"),
        ] {
            let mut request = request(url, headers, b"", scheme);
            let before = request.clone();
            let signing = before.signing.clone().unwrap();
            assert!(!sign_plain(&mut request, &signing, &keys, SystemTime::now(), &Kept::default()), "{url}");
            assert_eq!(request, before);
        }
    }

    #[test]
    fn no_more_keys_are_kept_than_are_used() {
        let kept = Kept::default();
        for number in 0..2 * MOST_KEPT {
            let mut signing = request("https://a.example/", vec![], b"", "v4").signing.unwrap();
            signing.region = format!("region-{number}");
            kept.key("secret", "20260101", &signing).unwrap();
            kept.key("secret", "20260101", &signing).unwrap();
        }
        assert_eq!(kept.0.lock().unwrap().len(), MOST_KEPT);
    }

    proptest! {
        #[test]
        fn every_signature_is_the_librarys(
            seconds in 0_u64..4_000_000_000,
            path in "(/[a-zA-Z0-9_~-]{1,8}){0,3}/?",
            names in proptest::collection::btree_map("(x-amz-[a-z]{1,5}|content-type|user-agent|accept)", "[!-~]{1,9}( [!-~]{1,9})?", 0..4),
            body in proptest::collection::vec(any::<u8>(), 0..80),
            token in proptest::option::of("[a-zA-Z0-9/+=]{8,40}"),
            secrets in proptest::collection::vec("[a-zA-Z0-9/+]{20,40}", 1..3),
            object_store: bool,
            unsigned_body: bool,
        ) {
            let kept = Kept::default();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let scheme = if object_store { "s3v4" } else { "v4" };
            let headers = names.into_iter().collect();
            let mut plain = request(&format!("https://ec2.eu-central-1.amazonaws.com{path}"), headers, &body, scheme);
            if let Some(signing) = &mut plain.signing {
                signing.unsigned_body = unsigned_body;
            }
            let signing = plain.signing.clone().unwrap();
            // Keys of one account follow each other, and come again.
            for secret in secrets.iter().chain(&secrets) {
                let keys = Credentials::new("AKIDEXAMPLE", secret, token.clone(), None, "test");
                let (mut ours, mut theirs) = (plain.clone(), plain.clone());
                prop_assert!(sign_plain(&mut ours, &signing, &keys, at, &kept));
                version_4(&mut theirs, &signing, keys, at).unwrap();
                prop_assert_eq!(sorted(ours), sorted(theirs));
            }
        }
    }
}
