//! Whose requests they are, and where they go: the clouds' own settings, read when first needed.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::token::ProvideToken;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::{Mutex, OnceCell};

use super::https::LazyHttps;
use super::render::S3Options;
use crate::catalog::shapes::Service;
use crate::clouds::CloudError;

/// Keys that are over sooner than this are asked for anew.
const SOON: Duration = Duration::from_secs(120);

type Endpoints = std::sync::Mutex<BTreeMap<String, Option<String>>>;

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
        /// The object store's options, read with it.
        s3: Box<OnceCell<S3Options>>,
        /// The keys that were given last: sign-on and metadata services are not asked per request.
        keys: Mutex<Option<Credentials>>,
        /// The endpoints that the settings give services, by service; reading them takes longer than to make a request.
        endpoints: Endpoints,
    },
}

impl Identity {
    pub(super) fn configured(region: Option<String>) -> Self {
        Identity::Configured {
            region,
            config: Box::default(),
            s3: Box::default(),
            keys: Mutex::default(),
            endpoints: Endpoints::default(),
        }
    }

    async fn config(&self) -> Option<&SdkConfig> {
        match self {
            Identity::Fixed { .. } => None,
            Identity::Configured { region, config, .. } => Some(
                config
                    .get_or_init(|| async {
                        let loader =
                            aws_config::defaults(BehaviorVersion::latest()).http_client(LazyHttps::default());
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

    /// The region of the environment or the profile. The place that the program runs in, which [`Identity::region`] asks
    /// last, is not asked: that goes over the network.
    pub(super) async fn region_on_this_machine(&self) -> Option<String> {
        if matches!(self, Identity::Fixed { .. }) {
            return None;
        }
        let known = EnvironmentVariableRegionProvider::new().region().await;
        let known = match known {
            Some(region) => Some(region),
            None => ProfileFileRegionProvider::new().region().await,
        };
        known.map(|region| region.as_ref().to_owned())
    }

    /// The endpoint that settings give a service, in place of the rules' own.
    pub(super) async fn endpoint(&self, service: &Service) -> Option<String> {
        let endpoints = match self {
            Identity::Fixed { endpoint } => return Some(endpoint.clone()),
            Identity::Configured { endpoints, .. } => endpoints,
        };
        let known = endpoints.lock().unwrap_or_else(PoisonError::into_inner).get(&service.name).cloned();
        if let Some(known) = known {
            return known;
        }
        let found = self.read_endpoint(service).await;
        let mut endpoints = endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        endpoints.insert(service.name.clone(), found.clone());
        found
    }

    async fn read_endpoint(&self, service: &Service) -> Option<String> {
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

    /// The object store's own options: the `s3` section of the profile, and the environment before it.
    pub(super) async fn s3(&self) -> S3Options {
        let (Some(config), Identity::Configured { s3, .. }) = (self.config().await, self) else {
            return S3Options::default();
        };
        let read = || async {
            // The section is a property whose lines are properties of their own; it has no variable.
            let key = ServiceConfigKey::builder().service_id("s3").env("").profile("s3").build().ok();
            let settings = config.service_config();
            let section = key.and_then(|key| settings.and_then(|settings| settings.load_config(key)));
            s3_options(section.as_deref().unwrap_or_default(), |name| std::env::var(name).ok())
        };
        s3.get_or_init(read).await.clone()
    }

    /// The keys that sign.
    ///
    /// # Errors
    ///
    /// There are none, or they are over; the fix is in the error.
    pub(super) async fn credentials(&self) -> Result<Credentials, CloudError> {
        let (Some(config), Identity::Configured { keys, .. }) = (self.config().await, self) else {
            return Ok(Credentials::new("SANDBOX", "sandbox", None, None, "sandbox"));
        };
        // One task asks; the others wait here for its answer.
        let mut kept = keys.lock().await;
        if let Some(keys) = kept.as_ref().filter(|keys| lasts(keys, SystemTime::now())) {
            return Ok(keys.clone());
        }
        let provider =
            config.credentials_provider().ok_or_else(|| missing("nothing provides credentials"))?;
        let keys = provider.provide_credentials().await.map_err(|error| refused(&error))?;
        *kept = Some(keys.clone());
        Ok(keys)
    }

    /// Drops the keys that were given last; whether there were any.
    pub(super) async fn forget(&self) -> bool {
        match self {
            Identity::Fixed { .. } => false,
            Identity::Configured { keys, .. } => keys.lock().await.take().is_some(),
        }
    }

    /// How often the settings let a request be sent.
    pub(super) async fn attempts(&self) -> Option<u32> {
        self.config().await.and_then(|config| config.retry_config()).map(|retry| retry.max_attempts())
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

/// The options from the lines of a section, and from variables, which win.
fn s3_options(section: &str, variable: impl Fn(&str) -> Option<String>) -> S3Options {
    let in_section = |name: &str| {
        let pairs = section.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == name)
    };
    let text = |name: &str, env: &str| {
        let set = variable(env).filter(|value| !value.is_empty());
        set.or_else(|| in_section(name).map(|(_, value)| value.to_owned()))
    };
    let flag = |name: &str, env: &str| text(name, env).map(|value| value.eq_ignore_ascii_case("true"));
    S3Options {
        addressing_style: text("addressing_style", ""),
        use_accelerate_endpoint: flag("use_accelerate_endpoint", "").unwrap_or(false),
        use_arn_region: flag("use_arn_region", "AWS_S3_USE_ARN_REGION"),
        us_east_1_regional_endpoint: text(
            "us_east_1_regional_endpoint",
            "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
        ),
        disable_multiregion_access_points: flag(
            "s3_disable_multiregion_access_points",
            "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
        )
        .unwrap_or(false),
    }
}

fn lasts(keys: &Credentials, now: SystemTime) -> bool {
    keys.expiry().is_none_or(|end| end > now + SOON)
}

/// The profile that the environment chooses.
pub(super) fn profile() -> String {
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
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        // The rest lists every source that was tried; the fix says the same in fewer words.
        let short = message.split("Attempted:").next().unwrap_or(&message);
        return missing(short.trim_end_matches(['.', ' ', '\n']));
    }
    let lower = message.to_ascii_lowercase();
    if lower.contains("expired") || lower.contains("sso") {
        let name = profile();
        return CloudError::Credentials {
            message: format!("the sign-on of profile {name} is over or was never begun: {message}"),
            fix: format!("run `aws sso login --profile {name}`, then try again"),
        };
    }
    missing(&message)
}

/// Keys that the cloud itself called expired.
pub(super) fn expired(message: &str) -> CloudError {
    let name = profile();
    CloudError::Credentials {
        message: format!("the credentials are over: {message}"),
        fix: format!(
            "run `aws sso login --profile {name}`, or set fresh AWS_ACCESS_KEY_ID, \
             AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN"
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_stores_options_come_from_the_section_and_variables_win() {
        let section = "\naddressing_style = path\nuse_arn_region=TRUE\nuse_accelerate_endpoint = false";
        let options = s3_options(section, |name| {
            (name == "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT").then(|| "regional".to_owned())
        });
        assert_eq!(options.addressing_style.as_deref(), Some("path"));
        assert_eq!(options.use_arn_region, Some(true));
        assert_eq!(options.us_east_1_regional_endpoint.as_deref(), Some("regional"));
        assert!(!options.use_accelerate_endpoint);
        let variable = s3_options("use_arn_region = true", |_| Some("false".to_owned()));
        assert_eq!(variable.use_arn_region, Some(false));
        assert_eq!(s3_options("", |_| None), S3Options::default());
    }
    use aws_credential_types::provider::{SharedCredentialsProvider, future};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Gives keys that last so long, and counts.
    #[derive(Debug)]
    struct Counting(Arc<AtomicU32>, Duration);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            let end = SystemTime::now() + self.1;
            future::ProvideCredentials::ready(Ok(Credentials::new(
                format!("KEY{number}"),
                "secret",
                None,
                Some(end),
                "test",
            )))
        }
    }

    fn lasting(lasts: Duration) -> (Identity, Arc<AtomicU32>) {
        let count = Arc::new(AtomicU32::new(0));
        let provider = SharedCredentialsProvider::new(Counting(count.clone(), lasts));
        let config = SdkConfig::builder().credentials_provider(provider).build();
        let config = Box::new(OnceCell::new_with(Some(config)));
        (
            Identity::Configured {
                region: None,
                config,
                s3: Box::default(),
                keys: Mutex::default(),
                endpoints: Endpoints::default(),
            },
            count,
        )
    }

    #[tokio::test]
    async fn keys_are_kept_until_they_are_nearly_over_or_forgotten() {
        let (identity, count) = lasting(Duration::from_secs(3600));
        assert_eq!(identity.credentials().await.unwrap().access_key_id(), "KEY0");
        assert_eq!(identity.credentials().await.unwrap().access_key_id(), "KEY0");
        assert!(identity.forget().await);
        assert_eq!(identity.credentials().await.unwrap().access_key_id(), "KEY1");
        assert_eq!(count.load(Ordering::SeqCst), 2);

        let (identity, count) = lasting(Duration::from_secs(60));
        identity.credentials().await.unwrap();
        identity.credentials().await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn an_expired_sign_on_is_told_with_the_command_that_mends_it() {
        let error = refused(&CredentialsError::provider_error("the SSO session token has expired"));
        let CloudError::Credentials { message, fix } = error else { panic!("{error}") };
        assert!(message.contains("is over") && fix.contains("aws sso login --profile"), "{message} / {fix}");
        let none = "no credentials found in chain. Attempted:\n  WebIdentityToken: not set";
        let error = refused(&CredentialsError::not_loaded(none));
        let CloudError::Credentials { message, fix } = error else { panic!("{error}") };
        assert!(message.ends_with("no credentials found in chain"), "{message}");
        assert!(fix.contains("AWS_PROFILE"), "{fix}");
    }
}
