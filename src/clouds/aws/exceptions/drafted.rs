//! Requests that are changed after they are written.

use sha2::{Digest as _, Sha256};

use crate::catalog::shapes::{Operation, Service};
use crate::clouds::aws::render::Draft;

/// Changes a request the way the SDK does before it goes out.
pub(crate) fn drafted(service: &Service, operation: &Operation, draft: &mut Draft) {
    match (service.name.as_str(), operation.name.as_str()) {
        ("apigateway", _) if draft.header("accept").is_none() => {
            draft.set_header("accept", "application/json")
        }
        ("glacier", name) => {
            draft.set_header("x-amz-glacier-version", service.api_version.clone());
            if matches!(name, "UploadArchive" | "UploadMultipartPart") {
                tree_hash(draft);
            }
        }
        ("s3", "DeleteObjects" | "PutBucketLifecycleConfiguration") => escape_line_ends(draft),
        ("cloudsearchdomain", "Search") => search_by_post(draft),
        _ => {}
    }
    if service.traits.query_compatible {
        draft.set_header("x-amzn-query-mode", "true");
    }
    if operation.traits.endpoint_operation {
        draft.set_header("x-amz-api-version", service.api_version.clone());
    }
}

/// Carriage returns and newlines in keys would be lost in XML.
fn escape_line_ends(draft: &mut Draft) {
    let Ok(text) = String::from_utf8(draft.body.clone()) else { return };
    draft.body = text.replace('\r', "&#xD;").replace('\n', "&#xA;").into_bytes();
}

/// Archives carry the hash of the whole and the root of a tree over their mebibytes.
fn tree_hash(draft: &mut Draft) {
    let whole = hex::encode(Sha256::digest(&draft.body));
    draft.set_header("x-amz-content-sha256", whole);
    if draft.header("x-amz-sha256-tree-hash").is_none() {
        let mut level: Vec<Vec<u8>> =
            draft.body.chunks(1 << 20).map(|c| Sha256::digest(c).to_vec()).collect();
        if level.is_empty() {
            level.push(Sha256::digest(b"").to_vec());
        }
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| {
                    if let [left, right] = pair {
                        Sha256::digest([left.as_slice(), right].concat()).to_vec()
                    } else {
                        pair.concat()
                    }
                })
                .collect();
        }
        draft.set_header("x-amz-sha256-tree-hash", hex::encode(level.concat()));
    }
}

/// Searches can be longer than a URL may be, so they go in the body.
fn search_by_post(draft: &mut Draft) {
    if draft.method == "GET" {
        draft.method = "POST".into();
        draft.set_header("content-type", "application/x-www-form-urlencoded");
        let path = draft.path.clone();
        let (path, literal) = path.split_once('?').unwrap_or((&path, ""));
        let mut parts: Vec<String> = if literal.is_empty() { vec![] } else { vec![literal.to_owned()] };
        parts.extend(draft.query.drain(..).map(|(k, v)| {
            format!("{}={}", crate::clouds::aws::render::encode(&k), crate::clouds::aws::render::encode(&v))
        }));
        draft.body = parts.join("&").into_bytes();
        draft.path = path.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_search_goes_by_post() {
        let mut draft = Draft { method: "GET".into(), path: "/s?format=sdk".into(), ..Draft::default() };
        draft.query.push(("q".into(), "a b".into()));
        search_by_post(&mut draft);
        assert_eq!((draft.method.as_str(), draft.path.as_str()), ("POST", "/s"));
        assert_eq!(draft.body, b"format=sdk&q=a%20b");
    }

    #[test]
    fn the_tree_hash_of_a_small_archive_is_its_hash() {
        let mut draft = Draft { body: b"abc".to_vec(), ..Draft::default() };
        tree_hash(&mut draft);
        assert_eq!(draft.header("x-amz-content-sha256"), draft.header("x-amz-sha256-tree-hash"));
    }

    #[test]
    fn line_ends_in_keys_are_kept() {
        let mut draft = Draft { body: b"a\r\nb".to_vec(), ..Draft::default() };
        escape_line_ends(&mut draft);
        assert_eq!(draft.body, b"a&#xD;&#xA;b");
    }
}
