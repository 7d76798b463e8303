//! Which credential is used: the one that the environment describes, else a managed identity, else the
//! Azure CLI. `AZURE_TOKEN_CREDENTIALS` narrows the choice, as in the official SDKs.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::device::DeviceCode;
use super::transport::Carrier;
use super::words::{asked, unusable};
use crate::clouds::azure::place::Place;
use crate::clouds::http::{HttpClient, HttpRequest};
use crate::clouds::{CloudError, Tell};

/// Where a virtual machine asks for the tokens of its identity.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// How long a machine may take to say that it has such a service.
const PROBE: Duration = Duration::from_secs(1);

/// A way to get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A service principal with a secret.
    Secret,
    /// A federated token, as in a Kubernetes pod.
    Workload,
    /// The identity of the machine or of the hosting service.
    Managed,
    /// Whoever is signed in to the Azure CLI.
    Cli,
    /// A person who enters a code elsewhere.
    Device,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Secret => "a service principal (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET)",
            Kind::Workload => "a workload identity (AZURE_FEDERATED_TOKEN_FILE)",
            Kind::Managed => "a managed identity",
            Kind::Cli => "the Azure CLI",
            Kind::Device => "a sign-in with a code on another device",
        }
    }
}

/// A variable of the environment, or nothing where it is not set.
pub(super) type Env = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The way that the environment describes; nothing where only looking around can tell.
///
/// # Errors
///
/// The environment asks for something that there is not, or describes it by half.
pub(super) fn described(env: &Env) -> Result<Option<Kind>, CloudError> {
    let wish = env("AZURE_TOKEN_CREDENTIALS").unwrap_or_default().to_ascii_lowercase();
    let by_hand = match wish.as_str() {
        "" | "prod" => None,
        "dev" | "azureclicredential" => return Ok(Some(Kind::Cli)),
        "environmentcredential" => Some(Kind::Secret),
        "workloadidentitycredential" => return Ok(Some(Kind::Workload)),
        "managedidentitycredential" => return Ok(Some(Kind::Managed)),
        "devicecodecredential" => return Ok(Some(Kind::Device)),
        other => {
            return Err(unusable(
                &format!("AZURE_TOKEN_CREDENTIALS asks for `{other}`, which is not offered here"),
                "set it to EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, \
                 AzureCliCredential, or DeviceCodeCredential, or leave it out",
            ));
        }
    };
    if env("AZURE_CLIENT_SECRET").is_some() || by_hand == Some(Kind::Secret) {
        let missing: Vec<&str> = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]
            .into_iter()
            .filter(|name| env(name).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(Some(Kind::Secret));
        }
        return Err(unusable(
            &format!(
                "the environment describes a service principal by half: {} missing",
                missing.join(" and ")
            ),
            &format!("set {}", missing.join(" and ")),
        ));
    }
    if env("AZURE_CLIENT_CERTIFICATE_PATH").is_some() {
        return Err(unusable(
            "AZURE_CLIENT_CERTIFICATE_PATH is set, and certificates are not offered here",
            "run `az login --service-principal --certificate FILE` and unset it, or use AZURE_CLIENT_SECRET",
        ));
    }
    if env("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        return Ok(Some(Kind::Workload));
    }
    if env("IDENTITY_ENDPOINT").is_some() || env("MSI_ENDPOINT").is_some() || wish == "prod" {
        return Ok(Some(Kind::Managed));
    }
    Ok(None)
}

/// The way that is there: a machine with a metadata service has a managed identity to try first.
pub(super) async fn look_around(http: &HttpClient) -> Kind {
    let probe = HttpRequest { method: "GET".into(), url: METADATA.into(), ..HttpRequest::default() };
    match tokio::time::timeout(PROBE, http.send(&probe)).await {
        // Without the header `Metadata` the service refuses, which says that it is there.
        Ok(Ok(answer)) if answer.status == 400 => Kind::Managed,
        _ => Kind::Cli,
    }
}

/// The credential of a kind.
///
/// # Errors
///
/// What the environment gives it is not usable.
pub(super) fn credential(
    kind: Kind,
    place: &Place,
    http: &HttpClient,
    env: &Env,
    tell: &Tell,
) -> Result<Arc<dyn TokenCredential>, CloudError> {
    let options = || client_options(place, http);
    let given = |name: &str| env(name).unwrap_or_default();
    let made: azure_core::Result<Arc<dyn TokenCredential>> = match kind {
        Kind::Secret => ClientSecretCredential::new(
            &place.tenant.clone().unwrap_or_default(),
            given("AZURE_CLIENT_ID"),
            Secret::new(given("AZURE_CLIENT_SECRET")),
            Some(ClientSecretCredentialOptions { client_options: options() }),
        )
        .map(|made| made as Arc<dyn TokenCredential>),
        Kind::Workload => WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options: options() },
            client_id: env("AZURE_CLIENT_ID"),
            tenant_id: place.tenant.clone(),
            token_file_path: env("AZURE_FEDERATED_TOKEN_FILE").map(Into::into),
        }))
        .map(|made| made as Arc<dyn TokenCredential>),
        Kind::Managed => ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
            user_assigned_id: env("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
            client_options: options(),
        }))
        .map(|made| made as Arc<dyn TokenCredential>),
        Kind::Device => Ok(Arc::new(DeviceCode::new(place, env("AZURE_CLIENT_ID"), http, tell)) as _),
        // The CLI refuses a tenant and a subscription together.
        Kind::Cli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: place.tenant.clone(),
            ..AzureCliCredentialOptions::default()
        }))
        .map(|made| made as Arc<dyn TokenCredential>),
    };
    made.map_err(|error| asked(kind, place, &error))
}

fn client_options(place: &Place, http: &HttpClient) -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    custom.authority_host.clone_from(&place.authority);
    let retry = ExponentialRetryOptions {
        max_retries: 3,
        max_total_elapsed: azure_core::time::Duration::seconds(30),
        ..ExponentialRetryOptions::default()
    };
    ClientOptions {
        retry: RetryOptions::exponential(retry),
        transport: Some(Transport::new(Arc::new(Carrier(http.clone())))),
        cloud: Some(Arc::new(CloudConfiguration::from(custom))),
        ..ClientOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn with(env: &'static [(&'static str, &'static str)]) -> Result<Option<Kind>, CloudError> {
        described(&move |name| env.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_describes_the_way() {
        assert_eq!(with(&[]), Ok(None));
        let principal = &[("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s")];
        assert_eq!(with(principal), Ok(Some(Kind::Secret)));
        assert_eq!(with(&[("AZURE_FEDERATED_TOKEN_FILE", "f")]), Ok(Some(Kind::Workload)));
        assert_eq!(with(&[("IDENTITY_ENDPOINT", "e")]), Ok(Some(Kind::Managed)));
        assert_eq!(with(&[("AZURE_TOKEN_CREDENTIALS", "DeviceCodeCredential")]), Ok(Some(Kind::Device)));
        assert_eq!(
            with(&[("AZURE_TOKEN_CREDENTIALS", "dev"), ("IDENTITY_ENDPOINT", "e")]),
            Ok(Some(Kind::Cli))
        );
    }

    #[test]
    fn what_is_described_by_half_or_is_not_offered_is_told_with_the_fix() {
        for (env, word, fix) in [
            (
                &[("AZURE_CLIENT_SECRET", "s3cret"), ("AZURE_CLIENT_ID", "c")][..],
                "by half",
                "AZURE_TENANT_ID",
            ),
            (&[("AZURE_CLIENT_CERTIFICATE_PATH", "f")][..], "certificates", "az login"),
            (&[("AZURE_TOKEN_CREDENTIALS", "VisualStudio")][..], "visualstudio", "AzureCliCredential"),
        ] {
            let Err(CloudError::Credentials { message, fix: told }) = with(env) else { panic!("{env:?}") };
            assert!(message.contains(word) && told.contains(fix), "{message} / {told}");
            assert!(!message.contains("s3cret"));
        }
    }
}
