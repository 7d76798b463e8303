//! The instance that this runs on: its certificate, from the metadata service, is exchanged for a token.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::super::key::{PrivateKey, pairs};
use super::super::sign::{Body, Signer};
use super::configured::{Sources, ask, key_of, unusable};
use super::{Told, token};
use crate::clouds::CloudError;
use crate::clouds::http::{HttpClient, HttpRequest};

/// Where an instance asks about itself.
const METADATA: &str = "http://169.254.169.254/opc/v2";
/// What names the tenancy in a certificate.
const TENANCY: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// A signer for the instance.
///
/// # Errors
///
/// This is no instance, or it gets no token.
pub(super) async fn tell(sources: &Sources, http: &HttpClient) -> Result<Told, CloudError> {
    let base = sources.set("OCI_METADATA_BASE_URL").unwrap_or_else(|| METADATA.to_owned());
    let base = base.trim().trim_end_matches('/');
    let http = http.clone().with_silence(std::time::Duration::from_secs(10));
    let leaf = metadata(&http, base, "identity/cert.pem").await?;
    let key = metadata(&http, base, "identity/key.pem").await?;
    let between = metadata(&http, base, "identity/intermediate.pem").await?;
    let place: Value = serde_json::from_str(&metadata(&http, base, "instance/regionInfo").await?)
        .map_err(|e| unusable(format!("the metadata service does not say where this is: {e}")))?;
    let said = |name: &str| {
        let text = place[name].as_str().map(str::to_ascii_lowercase);
        text.ok_or_else(|| unusable(format!("the metadata service does not say {name}")))
    };
    let region = said("regionIdentifier")?;
    let url = match &sources.federation {
        Some(url) => url.clone(),
        None => format!("https://auth.{region}.{}/v1/x509", said("realmDomainComponent")?),
    };
    let (tenancy, fingerprint) = read_certificate(&leaf)?;
    let session = PrivateKey::generate().map_err(|e| unusable(e.to_string()))?;
    let body = json!({
        "certificate": bare(&leaf),
        "publicKey": base64(&session.public_der()),
        "intermediateCertificates": [bare(&between)],
    });
    let mut request = HttpRequest {
        method: "POST".into(),
        url,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
        signing: None,
    };
    let proof = key_of(&key, None, "the instance's key")?;
    Signer::new(format!("{tenancy}/fed-x509/{fingerprint}"), proof)
        .without_host()
        .sign(&mut request, Body::Bytes, Timestamp::now())
        .map_err(|e| unusable(e.to_string()))?;
    let answer = ask(&http, request, "the service that gives tokens to instances").await?;
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let given = answer["token"]
        .as_str()
        .ok_or_else(|| unusable("the service that gives tokens to instances gave none"))?;
    Ok(Told { until: token::end(given), region: Some(region), signer: Signer::session(given, session) })
}

async fn metadata(http: &HttpClient, base: &str, what: &str) -> Result<String, CloudError> {
    let request = HttpRequest {
        method: "GET".into(),
        url: format!("{base}/{what}"),
        headers: vec![("authorization".into(), "Bearer Oracle".into())],
        ..HttpRequest::default()
    };
    let answer = ask(http, request, "the metadata service of an OCI instance").await?;
    String::from_utf8(answer.body).map_err(|_| unusable(format!("the metadata service's {what} is no text")))
}

/// The tenancy that a certificate names, and its fingerprint: SHA-1 in pairs, capital.
fn read_certificate(pem: &str) -> Result<(String, String), CloudError> {
    let wrong = |why: String| unusable(format!("the instance's certificate cannot be read: {why}"));
    let block = pem::parse(pem).map_err(|e| wrong(e.to_string()))?;
    let certificate = Certificate::from_der(block.contents()).map_err(|e| wrong(e.to_string()))?;
    let names = certificate.tbs_certificate.subject.0.iter().flat_map(|name| name.0.iter());
    let tenancy = names
        .filter_map(|name| std::str::from_utf8(name.value.value()).ok())
        .find_map(|text| TENANCY.iter().find_map(|front| text.strip_prefix(front)))
        .ok_or_else(|| wrong("it names no tenancy".into()))?;
    Ok((tenancy.to_owned(), pairs(&Sha1::digest(block.contents())).to_ascii_uppercase()))
}

/// A PEM file without its frame, in one line.
fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::token;
    use super::*;
    use crate::clouds::http::loopback::{Say, Server};
    use crate::clouds::oci::key::tests::PKCS8;
    use pretty_assertions::assert_eq;

    /// A certificate of the test key; its subject holds `opc-tenant:ocid1.tenancy.oc1..test`.
    const CERTIFICATE: &str = include_str!("../testdata/instance.pem");

    fn sources(metadata: &Server, federation: &Server) -> Sources {
        let url = format!("{}/opc/v2/", metadata.url);
        Sources {
            variable: Box::new(move |name| (name == "OCI_METADATA_BASE_URL").then(|| url.clone())),
            federation: Some(format!("{}/v1/x509", federation.url)),
            cluster: None,
        }
    }

    fn place() -> Say {
        let place = json!({"realmKey": "oc1", "realmDomainComponent": "oraclecloud.com", "regionKey": "FRA",
            "regionIdentifier": "eu-frankfurt-1"});
        Say::Answer(200, "", place.to_string())
    }

    #[tokio::test]
    async fn a_certificate_is_exchanged_for_a_token_with_a_fresh_key() {
        let text = |text: &str| Say::Answer(200, "", text.into());
        let metadata = Server::saying(vec![text(CERTIFICATE), text(PKCS8), text(CERTIFICATE), place()]).await;
        let given = token(&json!({"exp": 1_900_000_000}));
        let federation = Server::saying(vec![text(&json!({"token": given}).to_string())]).await;
        let told = tell(&sources(&metadata, &federation), &HttpClient::new().unwrap()).await.unwrap();
        assert_eq!(told.region.as_deref(), Some("eu-frankfurt-1"));
        assert_eq!(told.until.unwrap().as_second(), 1_900_000_000);
        let asked: Vec<String> = metadata.seen().iter().map(|seen| seen.target().to_owned()).collect();
        assert_eq!(asked[0], "GET /opc/v2/identity/cert.pem HTTP/1.1");
        assert!(metadata.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer Oracle")));
        let request = &federation.seen()[0];
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.contains("keyId=\"ocid1.tenancy.oc1..test/fed-x509/"), "{authorization}");
        assert!(
            authorization
                .contains("headers=\"date (request-target) content-length content-type x-content-sha256\""),
            "{authorization}"
        );
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert!(body["certificate"].as_str().unwrap().starts_with("MII"));
        assert_eq!(body["intermediateCertificates"].as_array().unwrap().len(), 1);
        assert!(body["publicKey"].as_str().unwrap().starts_with("MIIB"));
    }

    #[tokio::test]
    async fn a_machine_that_is_no_instance_is_told_so() {
        let metadata = Server::saying(vec![Say::Answer(404, "", "nothing here".into())]).await;
        let federation = Server::saying(vec![]).await;
        let error = tell(&sources(&metadata, &federation), &HttpClient::new().unwrap()).await.unwrap_err();
        let CloudError::Credentials { message, fix } = error else { panic!("{error}") };
        assert!(message.contains("metadata service") && message.contains("404"), "{message}");
        assert!(fix.contains("OCI_CLI_AUTH"), "{fix}");
    }

    #[test]
    fn the_fingerprint_of_a_certificate_is_the_one_that_openssl_gives() {
        let (tenancy, fingerprint) = read_certificate(CERTIFICATE).unwrap();
        assert_eq!(tenancy, "ocid1.tenancy.oc1..test");
        assert_eq!(fingerprint, include_str!("../testdata/instance-fingerprint.txt").trim());
        assert!(read_certificate(PKCS8).is_err());
    }
}
