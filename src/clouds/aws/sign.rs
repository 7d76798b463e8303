//! Signatures: version 4 in its variants and across regions, version 2, and bearer tokens.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningParams, SigningSettings, UriPathNormalizationMode, sign as sign_v4,
};
use aws_sigv4::sign::{v4, v4a};

use super::identity::Identity;
use super::render::encode;
use super::sign_v4::{Kept, sign_plain};
use crate::clouds::CloudError;
use crate::clouds::http::{HttpRequest, Signing};

/// Headers that proxies may change, so that no signature covers them.
pub(super) const NOT_SIGNED: [&str; 4] = ["expect", "user-agent", "x-amzn-trace-id", "transfer-encoding"];

/// Signs a request as it says it wants to be, at a time that may differ from this machine's.
///
/// # Errors
///
/// There are no credentials, or the scheme is one that is not spoken here.
pub(super) async fn sign(
    request: &mut HttpRequest,
    identity: &Identity,
    at: SystemTime,
    kept: &Kept,
) -> Result<(), CloudError> {
    let Some(signing) = request.signing.clone() else { return Ok(()) };
    match signing.scheme.as_str() {
        "none" => Ok(()),
        "bearer" => {
            let token = identity.token().await?;
            request.set_header("authorization", format!("Bearer {token}"));
            Ok(())
        }
        "v4" | "s3v4" | "v4-s3express" => {
            let credentials = identity.credentials().await?;
            if sign_plain(request, &signing, &credentials, at, kept) {
                return Ok(());
            }
            version_4(request, &signing, credentials, at)
        }
        "v4a" | "s3v4a" => {
            let credentials = identity.credentials().await?;
            version_4a(request, &signing, credentials, at)
        }
        "v2" => {
            let credentials = identity.credentials().await?;
            super::sign_v2::sign(request, &credentials, at);
            Ok(())
        }
        other => Err(CloudError::Endpoint(format!(
            "requests signed by {other} are not sent by this program; use the service's own tool"
        ))),
    }
}

pub(super) fn version_4(
    request: &mut HttpRequest,
    signing: &Signing,
    credentials: Credentials,
    at: SystemTime,
) -> Result<(), CloudError> {
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&signing.region)
        .name(&signing.name)
        .time(at)
        .settings(settings(signing))
        .build()
        .map_err(|e| unsignable(&e))?
        .into();
    add(request, signing, &params)
}

/// One signature for all regions of [`Signing::region`], joined by commas.
fn version_4a(
    request: &mut HttpRequest,
    signing: &Signing,
    credentials: Credentials,
    at: SystemTime,
) -> Result<(), CloudError> {
    let identity = credentials.into();
    let params = v4a::SigningParams::builder()
        .identity(&identity)
        .region_set(&signing.region)
        .name(&signing.name)
        .time(at)
        .settings(settings(signing))
        .build()
        .map_err(|e| unsignable(&e))?
        .into();
    add(request, signing, &params)
}

fn settings(signing: &Signing) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if matches!(signing.scheme.as_str(), "s3v4" | "v4-s3express" | "s3v4a") {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings.excluded_headers = Some(NOT_SIGNED.iter().map(|name| (*name).into()).collect());
    settings
}

fn unsignable(error: &dyn std::fmt::Display) -> CloudError {
    CloudError::Endpoint(format!("the request cannot be signed: {error}"))
}

fn add(request: &mut HttpRequest, signing: &Signing, params: &SigningParams<'_>) -> Result<(), CloudError> {
    let body = if signing.unsigned_body {
        SignableBody::UnsignedPayload
    } else {
        SignableBody::Bytes(&request.body)
    };
    let host = request.host().to_owned();
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(std::iter::once(("host", host.as_str())));
    let signable =
        SignableRequest::new(&request.method, &request.url, headers, body).map_err(|e| unsignable(&e))?;
    let (instructions, _) = sign_v4(signable, params).map_err(|e| unsignable(&e))?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        request.set_header(header.name(), header.value());
    }
    Ok(())
}

/// A URL of a request without a body, signed in its query and good for an hour.
///
/// # Errors
///
/// The URL cannot be signed.
pub(super) fn presign(
    url: &str,
    name: &str,
    region: &str,
    keys: &Credentials,
    at: SystemTime,
) -> Result<String, CloudError> {
    let wrong = |message: String| CloudError::Endpoint(format!("the URL cannot be signed: {message}"));
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(3600));
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(name)
        .time(at)
        .settings(settings)
        .build()
        .map_err(|e| wrong(e.to_string()))?
        .into();
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(b""))
        .map_err(|e| wrong(e.to_string()))?;
    let (instructions, _) = sign_v4(signable, &params).map_err(|e| wrong(e.to_string()))?.into_parts();
    let mut signed = url.to_owned();
    for (name, value) in instructions.params() {
        signed.push_str(&format!("&{name}={}", encode(value)));
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(scheme: &str) -> HttpRequest {
        HttpRequest {
            method: "GET".into(),
            url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08".into(),
            headers: vec![("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
            body: vec![],
            signing: Some(Signing {
                scheme: scheme.into(),
                name: "iam".into(),
                region: "us-east-1".into(),
                unsigned_body: false,
            }),
        }
    }

    #[test]
    fn the_example_of_the_documentation_has_its_signature() {
        let mut request = request("v4");
        let signing = request.signing.clone().unwrap();
        let keys =
            Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None, "test");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        version_4(&mut request, &signing, keys, at).unwrap();
        assert_eq!(
            request.header("authorization").unwrap(),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[tokio::test]
    async fn a_scheme_that_is_not_spoken_is_named() {
        let identity = Identity::Fixed { endpoint: "http://127.0.0.1".into() };
        let error =
            sign(&mut request("v9"), &identity, SystemTime::now(), &Kept::default()).await.unwrap_err();
        assert!(error.to_string().contains("v9"), "{error}");
    }

    #[tokio::test]
    async fn a_signature_for_many_regions_names_them() {
        let identity = Identity::Fixed { endpoint: "http://127.0.0.1".into() };
        let mut request = request("s3v4a");
        if let Some(signing) = &mut request.signing {
            signing.region = "*".into();
        }
        sign(&mut request, &identity, SystemTime::now(), &Kept::default()).await.unwrap();
        assert_eq!(request.header("x-amz-region-set"), Some("*"));
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.starts_with("AWS4-ECDSA-P256-SHA256 Credential=SANDBOX/"), "{authorization}");
        assert!(request.header("x-amz-content-sha256").is_some());
    }

    #[tokio::test]
    async fn what_goes_out_unsigned_stays_as_it_is() {
        let identity = Identity::Fixed { endpoint: "http://127.0.0.1".into() };
        let mut plain = HttpRequest { signing: None, ..request("v4") };
        let before = plain.clone();
        sign(&mut plain, &identity, SystemTime::now(), &Kept::default()).await.unwrap();
        assert_eq!(plain, before);
    }

    #[test]
    fn a_signed_url_carries_its_signature_in_the_query() {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let url = "https://rds.us-east-1.amazonaws.com/?Action=CopyDBSnapshot&Tag=a%20b";
        let signed = presign(url, "rds", "us-east-1", &keys, at).unwrap();
        assert!(signed.starts_with(url), "{signed}");
        assert!(signed.contains("&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Frds%2Faws4_request"));
        assert!(signed.contains("&X-Amz-Expires=3600") && signed.contains("&X-Amz-Signature="), "{signed}");
    }
}
