//! The Kubernetes workload that this runs in: the cluster exchanges its service account for a token.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::key::PrivateKey;
use super::super::sign::Signer;
use super::configured::{Sources, ask, read_file, unusable};
use super::{Told, token};
use crate::clouds::CloudError;
use crate::clouds::http::{HttpClient, HttpRequest};

/// Where Kubernetes puts the service account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The port of the cluster's service that gives tokens.
const PORT: u16 = 12250;

/// A signer for the workload.
///
/// # Errors
///
/// This is no workload of an enhanced cluster, or it gets no token.
pub(super) async fn tell(sources: &Sources, http: &HttpClient) -> Result<Told, CloudError> {
    let account = sources
        .set("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH")
        .unwrap_or_else(|| format!("{ACCOUNT}/token"));
    let hint = "this is for workloads of an OKE cluster; elsewhere choose another way to sign (OCI_CLI_AUTH)";
    let account = read_file(Path::new(&account), hint)?;
    let (base, http) = match &sources.cluster {
        Some(base) => (base.clone(), http.clone()),
        None => {
            let host = sources.set("KUBERNETES_SERVICE_HOST").ok_or_else(|| {
                unusable("KUBERNETES_SERVICE_HOST is not set: this is no Kubernetes workload")
            })?;
            let certificate = sources
                .set("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH")
                .unwrap_or_else(|| format!("{ACCOUNT}/ca.crt"));
            let certificate = read_file(Path::new(&certificate), hint)?;
            let http = HttpClient::trusting(&certificate)
                .map_err(|e| unusable(format!("the cluster's certificate is of no use: {e}")))?;
            (format!("https://{host}:{PORT}"), http)
        }
    };
    let session = PrivateKey::generate().map_err(|e| unusable(e.to_string()))?;
    let request = HttpRequest {
        method: "POST".into(),
        url: format!("{base}/resourcePrincipalSessionTokens"),
        headers: vec![
            ("authorization".into(), format!("Bearer {}", account.trim())),
            ("content-type".into(), "application/json".into()),
            ("opc-request-id".into(), uuid::Uuid::new_v4().simple().to_string()),
        ],
        body: json!({"podKey": BASE64_STANDARD.encode(session.public_der())}).to_string().into_bytes(),
        signing: None,
    };
    let answer = ask(&http, request, "the cluster (which must be an enhanced one)").await?;
    let none = || unusable("the cluster gave no token that can be read");
    // The whole answer is base64 around JSON, and the token has its `ST$` in front already.
    let answer = BASE64_STANDARD.decode(answer.body.trim_ascii()).map_err(|_| none())?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|_| none())?;
    let given = answer["token"].as_str().and_then(|token| token.strip_prefix("ST$")).ok_or_else(none)?;
    Ok(Told {
        until: token::end(given),
        region: sources.set("OCI_RESOURCE_PRINCIPAL_REGION"),
        signer: Signer::session(given, session),
    })
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::token;
    use super::*;
    use crate::clouds::http::loopback::{Say, Server};
    use pretty_assertions::assert_eq;

    fn sources(cluster: &Server, account: &Path) -> Sources {
        let account = account.display().to_string();
        Sources {
            variable: Box::new(move |name| {
                (name == "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH").then(|| account.clone())
            }),
            federation: None,
            cluster: Some(cluster.url.clone()),
        }
    }

    #[tokio::test]
    async fn a_service_account_is_exchanged_for_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let account = folder.path().join("token");
        std::fs::write(&account, "account\n").unwrap();
        let given = token(&json!({"exp": 1_900_000_000, "res_tenant": "t"}));
        let answer = BASE64_STANDARD.encode(json!({"token": format!("ST${given}")}).to_string());
        let cluster = Server::saying(vec![
            Say::Answer(200, "", answer),
            Say::Answer(403, "", "no".into()),
            Say::Answer(200, "", "%%%".into()),
        ])
        .await;
        let (sources, http) = (sources(&cluster, &account), HttpClient::new().unwrap());
        let told = tell(&sources, &http).await.unwrap();
        assert_eq!(told.signer.key_id(), format!("ST${given}"));
        let request = &cluster.seen()[0];
        assert_eq!(request.header("authorization"), Some("Bearer account"));
        assert!(request.body.contains("podKey"));
        let error = tell(&sources, &http).await.unwrap_err().to_string();
        assert!(error.contains("enhanced") && error.contains("403"), "{error}");
        assert!(tell(&sources, &http).await.unwrap_err().to_string().contains("gave no token"));
    }

    #[tokio::test]
    async fn elsewhere_it_is_told_what_is_missing() {
        let nowhere = Server::saying(vec![]).await;
        let error = tell(&sources(&nowhere, Path::new("/no/such/token")), &HttpClient::new().unwrap()).await;
        let CloudError::Credentials { message, fix } = error.unwrap_err() else { panic!() };
        assert!(message.contains("/no/such/token") && fix.contains("OKE"), "{message} {fix}");
    }
}
