//! From settings to a signer.

use std::path::Path;

use super::super::config::{Auth, Config, KeySource, Secret};
use super::super::key::{KeyError, PrivateKey};
use super::super::sign::Signer;
use super::{Told, instance, resource, token, workload};
use crate::clouds::CloudError;
use crate::clouds::http::{HttpClient, HttpRequest, HttpResponse};

/// A variable of the environment.
type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where the place that this program runs in is asked; tests ask elsewhere.
pub(super) struct Sources {
    pub(super) variable: Box<Variable>,
    /// Where tokens are given for certificates, in place of the region's own address.
    pub(super) federation: Option<String>,
    /// Where a Kubernetes cluster gives tokens, in place of the cluster's own address.
    pub(super) cluster: Option<String>,
}

impl Sources {
    pub(super) fn usual() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self { variable: Box::new(variable), federation: None, cluster: None }
    }

    pub(super) fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// The signer that the settings mean.
    ///
    /// # Errors
    ///
    /// A file cannot be read, a key does not fit, or a token is not given.
    pub(super) async fn tell(&self, config: &Config, http: &HttpClient) -> Result<Told, CloudError> {
        match &config.auth {
            Auth::ApiKey { user, tenancy, fingerprint, key, passphrase } => {
                let key = read_key(key, passphrase.as_ref())?;
                if key.fingerprint() != *fingerprint {
                    return Err(CloudError::Credentials {
                        message: format!(
                            "profile {}: the fingerprint {fingerprint} belongs to another key; the key in use has {}",
                            config.profile,
                            key.fingerprint()
                        ),
                        fix: "correct `fingerprint` or `key_file` in the profile".into(),
                    });
                }
                Ok(lasting(Signer::api_key(tenancy, user, fingerprint, key)))
            }
            Auth::SecurityToken { token: file, key, passphrase } => {
                let text = read_file(file, "run `oci session authenticate`")?;
                let key = read_key(key, passphrase.as_ref())?;
                let text = text.trim();
                let until = token::end(text);
                if until.is_some_and(|end| end <= jiff::Timestamp::now()) {
                    return Err(CloudError::Credentials {
                        message: format!("the session of profile {} is over", config.profile),
                        fix: format!(
                            "run `oci session refresh --profile {0}` or `oci session authenticate --profile-name {0}`",
                            config.profile
                        ),
                    });
                }
                // The file is read again when the token is nearly over: the tools refresh it in place.
                Ok(Told { until, ..lasting(Signer::session(text, key)) })
            }
            Auth::InstancePrincipal => instance::tell(self, http).await,
            Auth::ResourcePrincipal => resource::tell(self),
            Auth::Workload => workload::tell(self, http).await,
        }
    }
}

/// A signer that is good until it is refused.
pub(super) fn lasting(signer: Signer) -> Told {
    Told { signer, until: None, region: None }
}

/// Reads a key.
///
/// # Errors
///
/// The file cannot be read, or holds no key; the fix is in the error.
fn read_key(source: &KeySource, passphrase: Option<&Secret>) -> Result<PrivateKey, CloudError> {
    let (text, place) = match source {
        KeySource::Text(Secret(text)) => (text.clone(), "the key in `key_content`".to_owned()),
        KeySource::File(path) => {
            let text = read_file(path, "correct `key_file`, or make the file readable for you")?;
            (text, format!("the key {}", path.display()))
        }
    };
    key_of(&text, passphrase.map(|secret| secret.0.as_str()), &place)
}

/// A key from text; `place` says where it stood.
pub(super) fn key_of(text: &str, passphrase: Option<&str>, place: &str) -> Result<PrivateKey, CloudError> {
    PrivateKey::from_pem(text, passphrase).map_err(|error| CloudError::Credentials {
        fix: match &error {
            KeyError::NeedsPassphrase | KeyError::WrongPassphrase => {
                "write `pass_phrase = …` into the profile, or set OCI_CLI_PASSPHRASE".into()
            }
            _ => "name the private key that belongs to the fingerprint, as PEM".into(),
        },
        message: format!("{place}: {error}"),
    })
}

pub(super) fn read_file(path: &Path, fix: &str) -> Result<String, CloudError> {
    std::fs::read_to_string(path).map_err(|error| CloudError::Credentials {
        message: format!("{} cannot be read: {error}", path.display()),
        fix: fix.to_owned(),
    })
}

/// Credentials that nothing in the settings can mend.
pub(super) fn unusable(message: impl Into<String>) -> CloudError {
    CloudError::Credentials {
        message: message.into(),
        fix: "use another profile (OCI_CLI_PROFILE), or another way to sign (OCI_CLI_AUTH)".into(),
    }
}

/// Asks a source of tokens.
///
/// # Errors
///
/// It does not answer, or says no.
pub(super) async fn ask(
    http: &HttpClient,
    request: HttpRequest,
    what: &str,
) -> Result<HttpResponse, CloudError> {
    let host = request.host().to_owned();
    let answer = http
        .send(&request)
        .await
        .map_err(|error| unusable(format!("{what} cannot be asked at {host}: {error}")))?;
    if answer.status != 200 {
        let said = String::from_utf8_lossy(&answer.body);
        let said: String = crate::text::line(&said).chars().take(200).collect();
        return Err(unusable(format!("{what} at {host} said {}: {said}", answer.status)));
    }
    Ok(answer)
}
