//! Whose requests they are, and where they go: the clouds' own settings, read when first needed.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::token::ProvideToken;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::OnceCell;

use crate::catalog::shapes::Service;
use crate::clouds::CloudError;

/// Where requests go and who signs them.
pub(super) enum Identity {
    /// One endpoint and made-up keys: the sandbox.
    Fixed {
        /// The base URL of every service.
        endpoint: String,
    },
    /// Environment, profiles, single sign-on, roles, and instance metadata.
    Configured {
        /// The region that the person chose; the settings' own when absent.
        region: Option<String>,
        /// What was read, once it was needed.
        config: Box<OnceCell<SdkConfig>>,
    },
}

impl Identity {
    pub(super) fn configured(region: Option<String>) -> Self {
        Identity::Configured { region, config: Box::default() }
    }

    async fn config(&self) -> Option<&SdkConfig> {
        match self {
            Identity::Fixed { .. } => None,
            Identity::Configured { region, config } => Some(
                config
                    .get_or_init(|| async {
                        let loader = aws_config::defaults(BehaviorVersion::latest());
                        match region.clone() {
                            Some(region) => loader.region(Region::new(region)).load().await,
                            None => loader.load().await,
                        }
                    })
                    .await,
            ),
        }
    }

    /// The region of the settings.
    pub(super) async fn region(&self) -> Option<String> {
        self.config().await.and_then(|config| config.region()).map(|region| region.as_ref().to_owned())
    }

    /// The endpoint that settings give a service, in place of the rules' own.
    pub(super) async fn endpoint(&self, service: &Service) -> Option<String> {
        if let Identity::Fixed { endpoint } = self {
            return Some(endpoint.clone());
        }
        let config = self.config().await?;
        let key = ServiceConfigKey::builder()
            .service_id(&service.traits.service_id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        let own = config.service_config().and_then(|settings| settings.load_config(key));
        own.or_else(|| config.endpoint_url().map(str::to_owned))
    }

    /// Whether settings ask for FIPS and for dual-stack endpoints.
    pub(super) async fn variants(&self) -> (bool, bool) {
        match self.config().await {
            Some(config) => (config.use_fips().unwrap_or(false), config.use_dual_stack().unwrap_or(false)),
            None => (false, false),
        }
    }

    /// The keys that sign.
    ///
    /// # Errors
    ///
    /// There are none, or they are over; the fix is in the error.
    pub(super) async fn credentials(&self) -> Result<Credentials, CloudError> {
        let Some(config) = self.config().await else {
            return Ok(Credentials::new("SANDBOX", "sandbox", None, None, "sandbox"));
        };
        let provider =
            config.credentials_provider().ok_or_else(|| missing("nothing provides credentials"))?;
        provider.provide_credentials().await.map_err(|error| refused(&error))
    }

    /// The token of services that are asked with one.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) async fn token(&self) -> Result<String, CloudError> {
        let Some(config) = self.config().await else { return Ok("sandbox".into()) };
        let provider = config.token_provider().ok_or_else(|| missing("nothing provides a bearer token"))?;
        let token = provider.provide_token().await.map_err(|error| missing(&causes(&error)))?;
        Ok(token.token().to_owned())
    }
}

fn profile() -> String {
    std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "default".into())
}

fn missing(message: &str) -> CloudError {
    CloudError::Credentials {
        message: message.to_owned(),
        fix: format!(
            "set AWS_PROFILE to a profile of ~/.aws/config (now: {}), run `aws configure`, or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            profile()
        ),
    }
}

/// Expired single sign-on is told as such, with the command that mends it.
fn refused(error: &CredentialsError) -> CloudError {
    let message = causes(error);
    let lower = message.to_ascii_lowercase();
    if lower.contains("expired") || lower.contains("sso") || lower.contains("token") {
        let name = profile();
        return CloudError::Credentials {
            message: format!("the sign-on of profile {name} is over or was never begun: {message}"),
            fix: format!("run `aws sso login --profile {name}`, then try again"),
        };
    }
    missing(&message)
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}
