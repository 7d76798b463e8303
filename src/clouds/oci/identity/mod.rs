//! Who signs: read from the settings when first needed, asked for anew before it is over.
//!
//! `configured` picks the way that the settings name; `instance`, `resource`, and `workload` ask the place that
//! this program runs in for a token, each in its own way.

mod configured;
mod instance;
mod resource;
mod token;
mod workload;

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use self::configured::Sources;
use super::config::{Auth, Config, Surroundings};
use super::sign::Signer;
use crate::clouds::CloudError;
use crate::clouds::http::HttpClient;

/// Tokens that are over sooner than this are asked for anew.
const SOON: SignedDuration = SignedDuration::from_secs(120);

/// A signer and what came with it.
#[derive(Debug)]
struct Told {
    signer: Signer,
    /// When its token is over.
    until: Option<Timestamp>,
    /// The region that the place of the program gives.
    region: Option<String>,
}

/// A signer that is in use.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    told: Arc<Told>,
}

impl Proof {
    pub(super) fn signer(&self) -> &Signer {
        &self.told.signer
    }

    /// The region that came with the signer.
    pub(super) fn region(&self) -> Option<&str> {
        self.told.region.as_deref()
    }
}

/// Who signs the requests of a client.
pub(super) struct Identity {
    /// Nothing in the sandbox, which takes any signature.
    configured: Option<OnceLock<Result<Config, CloudError>>>,
    sources: Sources,
    kept: Mutex<Option<Proof>>,
}

impl Identity {
    /// The one whom the settings name.
    pub(super) fn configured() -> Self {
        Self { configured: Some(OnceLock::new()), sources: Sources::usual(), kept: Mutex::default() }
    }

    /// One whom the sandbox takes.
    pub(super) fn sandbox(tenancy: &str) -> Self {
        let told = Told {
            signer: Signer::unproven(format!("{tenancy}/ocid1.user.oc1..sandbox/sandbox")),
            until: None,
            region: None,
        };
        let kept = Mutex::new(Some(Proof { told: Arc::new(told) }));
        Self { configured: None, sources: Sources::usual(), kept }
    }

    #[cfg(test)]
    pub(super) fn with(config: Config) -> Self {
        let configured = Some(OnceLock::from(Ok(config)));
        Self { configured, sources: Sources::usual(), kept: Mutex::default() }
    }

    /// The settings; nothing in the sandbox.
    pub(super) fn config(&self) -> Option<Result<&Config, CloudError>> {
        let read = self.configured.as_ref()?.get_or_init(|| {
            let variable = |name: &str| std::env::var(name).ok();
            Config::read(&Surroundings { variable: &variable, home: home() })
        });
        Some(read.as_ref().map_err(Clone::clone))
    }

    /// The signer, made where there is none yet or the last one is nearly over.
    ///
    /// # Errors
    ///
    /// It cannot be made; the fix is in the error.
    pub(super) async fn proof(&self, http: &HttpClient) -> Result<Proof, CloudError> {
        // One task asks; the others wait here for its answer.
        let mut kept = self.kept.lock().await;
        if let Some(proof) = kept.as_ref().filter(|proof| lasts(proof, Timestamp::now())) {
            return Ok(proof.clone());
        }
        let Some(config) = self.config() else {
            return Err(configured::unusable("the sandbox's own signer is gone"));
        };
        let told = self.sources.tell(config?, http).await?;
        let proof = Proof { told: Arc::new(told) };
        *kept = Some(proof.clone());
        Ok(proof)
    }

    /// Drops a signer that the cloud refused, unless another one took its place meanwhile. Whether asking for
    /// a new one may help.
    pub(super) async fn forget(&self, refused: &Proof) -> bool {
        let renewable =
            matches!(self.config(), Some(Ok(config)) if !matches!(config.auth, Auth::ApiKey { .. }));
        if !renewable {
            return false;
        }
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|proof| Arc::ptr_eq(&proof.told, &refused.told)) {
            *kept = None;
        }
        true
    }

    /// What to tell when the cloud does not take the signature.
    pub(super) fn refused(&self, message: &str) -> CloudError {
        let auth = self.config().and_then(Result::ok).map(|config| (&config.auth, config.profile.as_str()));
        let fix = match auth {
            Some((Auth::SecurityToken { .. }, profile)) => {
                format!("run `oci session refresh --profile {profile}` or `oci session authenticate`")
            }
            Some((Auth::ApiKey { .. }, profile)) => format!(
                "see in the console whether the API key of profile {profile} is still there and the fingerprint \
                 is its own; the clock of this machine must be right within five minutes"
            ),
            _ => "see whether the policies of this place of the program allow it to ask".into(),
        };
        CloudError::Credentials { message: format!("the cloud does not know who asks: {message}"), fix }
    }
}

fn lasts(proof: &Proof, now: Timestamp) -> bool {
    proof.told.until.is_none_or(|end| end.duration_since(now) > SOON)
}

/// The person's own folder.
pub(super) fn home() -> Option<std::path::PathBuf> {
    etcetera::home_dir().ok()
}
