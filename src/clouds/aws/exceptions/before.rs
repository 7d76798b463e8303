//! Parameters that are changed before they are written.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::catalog::shapes::{Operation, Service};
use crate::clouds::aws::render::{Given, encode};

/// Operations whose customer's key is given as it is; others take it in base64 already.
const CUSTOMER_KEY: [&str; 9] = [
    "HeadObject",
    "GetObject",
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "SelectObjectContent",
];

/// Changes parameters the way the SDK does before it writes them.
pub(crate) fn before(service: &Service, operation: &Operation, params: &mut Given<'_>) {
    fill_tokens(service, operation, params);
    ask_for_validation(operation, params);
    match (service.name.as_str(), operation.name.as_str()) {
        ("ec2", "RunInstances") | ("autoscaling", "CreateLaunchConfiguration") => encode_user_data(params),
        ("ec2", _) => rename(service, operation, params, "Filters", "Filter"),
        ("logs", "CreateExportTask") => rename(service, operation, params, "fromTime", "from"),
        ("cloudsearchdomain", "Search") => rename(service, operation, params, "returnFields", "return"),
        ("route53", _) => trim_ids(service, operation, params),
        ("glacier", _) => params.add("accountId", || "-".into()),
        ("s3", "ListObjects" | "ListObjectsV2" | "ListObjectVersions") => {
            params.add("EncodingType", || "url".into());
        }
        ("s3", _) => {
            if CUSTOMER_KEY.contains(&operation.name.as_str()) {
                customer_key(params, "SSECustomerKey", "SSECustomerKeyMD5");
                customer_key(params, "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5");
            }
            if matches!(operation.name.as_str(), "CopyObject" | "UploadPartCopy") {
                copy_source(params);
            }
        }
        _ => {}
    }
}

/// Members that the model marks as idempotency tokens get a fresh UUID when absent.
fn fill_tokens(service: &Service, operation: &Operation, params: &mut Given<'_>) {
    let Some(input) = operation.input else { return };
    for member in service.shape(input).members().iter().filter(|m| m.idempotency_token) {
        params.add(&member.name, || uuid::Uuid::new_v4().to_string().into());
    }
}

/// Answers that can carry a checksum are asked for one.
fn ask_for_validation(operation: &Operation, params: &mut Given<'_>) {
    if let Some(member) = operation.traits.checksum.as_ref().and_then(|c| c.mode_member.as_ref()) {
        params.add(member, || "ENABLED".into());
    }
}

/// User data is given as text and travels in base64.
fn encode_user_data(params: &mut Given<'_>) {
    if let Some(Value::String(text)) = params.get("UserData") {
        let encoded = BASE64_STANDARD.encode(text.as_bytes());
        params.change().insert("UserData".into(), encoded.into());
    }
}

/// A friendlier name for a member, kept by the SDK for old programs.
fn rename(service: &Service, operation: &Operation, params: &mut Given<'_>, from: &str, to: &str) {
    let Some(input) = operation.input.map(|id| service.shape(id)) else { return };
    if params.get(from).is_some()
        && input.member(from).is_none()
        && input.member(to).is_some()
        && let Some(value) = params.change().remove(from)
    {
        params.add(to, || value);
    }
}

/// Ids of zones, changes, and delegation sets may be given with the path that answers have.
fn trim_ids(service: &Service, operation: &Operation, params: &mut Given<'_>) {
    let Some(input) = operation.input else { return };
    for member in service.shape(input).members() {
        let shape = &service.shape(member.shape).name;
        if matches!(shape.as_str(), "ResourceId" | "DelegationSetId" | "ChangeId")
            && let Some(Value::String(id)) = params.get(&member.name)
            && let Some((_, last)) = id.rsplit_once('/')
        {
            let last = last.to_owned();
            params.change().insert(member.name.clone(), last.into());
        }
    }
}

/// A customer's key travels in base64, with its MD5 beside it.
fn customer_key(params: &mut Given<'_>, key: &str, digest: &str) {
    if params.get(digest).is_some() {
        return;
    }
    if let Some(Value::String(text)) = params.get(key) {
        let bytes = text.as_bytes().to_vec();
        let all = params.change();
        all.insert(key.to_owned(), Value::from(BASE64_STANDARD.encode(&bytes)));
        all.insert(digest.to_owned(), Value::from(BASE64_STANDARD.encode(Md5::digest(&bytes))));
    }
}

/// The source of a copy may be given as text or as bucket, key, and version.
fn copy_source(params: &mut Given<'_>) {
    let source = match params.get("CopySource") {
        Some(Value::String(text)) => {
            let (path, version) = match text.split_once("?versionId=") {
                Some((path, version)) => (path, Some(version.to_owned())),
                None => (text.as_str(), None),
            };
            quoted(path, version)
        }
        Some(Value::Object(parts)) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str).map(str::to_owned);
            let (Some(bucket), Some(key)) = (part("Bucket"), part("Key")) else { return };
            let path = if bucket.starts_with("arn:") {
                format!("{bucket}/object/{key}")
            } else {
                format!("{bucket}/{key}")
            };
            quoted(&path, part("VersionId"))
        }
        _ => return,
    };
    params.change().insert("CopySource".into(), source.into());
}

fn quoted(path: &str, version: Option<String>) -> String {
    let path: Vec<String> = path.split('/').map(encode).collect();
    let version = version.map_or_else(String::new, |v| format!("?versionId={v}"));
    format!("{}{version}", path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    /// The parameters after a change.
    fn changed(given: Value, change: impl FnOnce(&mut Given<'_>)) -> Value {
        let mut params = Given::new(given.as_object().unwrap());
        change(&mut params);
        Value::Object(params.whole().into_owned())
    }

    #[test]
    fn a_copy_source_is_quoted_from_text_and_from_parts() {
        let text = changed(json!({"CopySource": "b/a key?versionId=v 1"}), copy_source);
        assert_eq!(text["CopySource"], "b/a%20key?versionId=v 1");
        let parts = changed(json!({"CopySource": {"Bucket": "b", "Key": "a/ü"}}), copy_source);
        assert_eq!(parts["CopySource"], "b/a/%C3%BC");
    }

    #[test]
    fn a_customer_key_brings_its_digest() {
        let with = changed(json!({"SSECustomerKey": "abc"}), |params| {
            customer_key(params, "SSECustomerKey", "SSECustomerKeyMD5");
        });
        assert_eq!(with["SSECustomerKey"], "YWJj");
        assert_eq!(with["SSECustomerKeyMD5"], "kAFQmDzST7DWlj99KOF/cg==");
    }

    #[test]
    fn user_data_travels_in_base64() {
        let with = changed(json!({"UserData": "#!/bin/sh"}), encode_user_data);
        assert_eq!(with["UserData"], "IyEvYmluL3No");
    }
}
