//! The client: its settings, and what one request is made from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::discover::Told;
use super::endpoint::Endpoints;
use super::exceptions;
use super::identity::{Identity, profile};
use super::render::{RenderContext, render};
use super::retry::{Bucket, MOST_ATTEMPTS};
use super::sign::sign;
use super::sign_v4::Kept;
use crate::catalog::{Catalog, OperationRef};
use crate::clouds::http::{HttpRequest, LazyClient};
use crate::clouds::{Call, Cloud, CloudError, Pending, Probe, Reply, Waited};
use crate::plan::{CloudName, OperationName};

/// The region of the sandbox when nobody chose one.
const SANDBOX_REGION: &str = "eu-central-1";

/// AWS, or something that speaks like it.
pub struct Aws {
    catalog: Catalog,
    pub(super) identity: Identity,
    region: Option<String>,
    /// Between two asks of a waiter, in place of the model's own pause.
    pub(super) pace: Option<Duration>,
    endpoints: OnceLock<Arc<Endpoints>>,
    pub(super) http: LazyClient,
    /// How often a request is sent at most; the settings' own when absent.
    attempts: Option<u32>,
    pub(super) bucket: Bucket,
    /// The keys that sign, by day, region, and service.
    pub(super) keys: Kept,
    /// Seconds by which the cloud's clock is ahead.
    pub(super) ahead: Mutex<i64>,
    /// Regions of buckets that turned out to be elsewhere.
    pub(super) moved: Mutex<BTreeMap<String, String>>,
    /// Endpoints that services gave when they were asked where to go.
    pub(super) told: Mutex<Told>,
}

impl Aws {
    /// The live cloud, with the settings of the AWS tools: environment, profiles, single sign-on,
    /// roles, metadata. Nothing is read before the first call.
    ///
    /// # Errors
    ///
    /// The catalog has no AWS.
    pub fn live(catalog: Catalog, region: Option<String>) -> Result<Self, CloudError> {
        Self::new(catalog, Identity::configured(region.clone()), region, None)
    }

    /// Services at one address that take any keys: the sandbox.
    ///
    /// # Errors
    ///
    /// The catalog has no AWS.
    pub fn sandbox(catalog: Catalog, endpoint: &str, region: Option<String>) -> Result<Self, CloudError> {
        let identity = Identity::Fixed { endpoint: endpoint.trim_end_matches('/').to_owned() };
        let region = region.unwrap_or_else(|| SANDBOX_REGION.to_owned());
        Self::new(catalog, identity, Some(region), Some(Duration::from_millis(100)))
    }

    fn new(
        catalog: Catalog,
        identity: Identity,
        region: Option<String>,
        pace: Option<Duration>,
    ) -> Result<Self, CloudError> {
        if !catalog.clouds().any(|cloud| cloud == CloudName::Aws) {
            return Err(CloudError::UnknownOperation("the catalog has no AWS".into()));
        }
        Ok(Self {
            catalog,
            identity,
            region,
            pace,
            endpoints: OnceLock::new(),
            http: LazyClient::default(),
            attempts: None,
            bucket: Bucket::default(),
            keys: Kept::default(),
            ahead: Mutex::new(0),
            moved: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// The same client, sending a request `most` times at most; 1 switches retries off.
    #[must_use]
    pub fn with_attempts(mut self, most: u32) -> Self {
        self.attempts = Some(most.max(1));
        self
    }

    async fn signed(&self, call: &Call) -> Result<HttpRequest, CloudError> {
        let found = self.find(&call.operation)?;
        call.fits(&found)?;
        let region = self.region_of(call).await;
        let mut request = self.render(&found, call, region).await?;
        sign(&mut request, &self.identity, self.now(), &self.keys).await?;
        Ok(request)
    }

    pub(super) fn find(&self, name: &OperationName) -> Result<OperationRef, CloudError> {
        self.catalog.operation(name).map_err(|e| CloudError::UnknownOperation(e.to_string()))
    }

    pub(super) async fn attempts(&self) -> u32 {
        match self.attempts {
            Some(most) => most,
            None => self.identity.attempts().await.unwrap_or(MOST_ATTEMPTS),
        }
    }

    pub(super) async fn region_of(&self, call: &Call) -> Option<String> {
        let bucket = call.params.get("Bucket").and_then(Value::as_str);
        let moved =
            bucket.and_then(|b| self.moved.lock().unwrap_or_else(PoisonError::into_inner).get(b).cloned());
        match moved.or_else(|| call.region.clone()).or_else(|| self.region.clone()) {
            Some(region) => Some(region),
            None => self.identity.region().await,
        }
    }

    pub(super) fn now(&self) -> SystemTime {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let shift = Duration::from_secs(ahead.unsigned_abs());
        if ahead >= 0 { SystemTime::now() + shift } else { SystemTime::now() - shift }
    }

    fn endpoints(&self) -> Result<&Arc<Endpoints>, CloudError> {
        if let Some(endpoints) = self.endpoints.get() {
            return Ok(endpoints);
        }
        let made = Endpoints::new(&self.catalog).map_err(|e| CloudError::Endpoint(e.to_string()))?;
        Ok(self.endpoints.get_or_init(|| Arc::new(made)))
    }

    pub(super) async fn render(
        &self,
        found: &OperationRef,
        call: &Call,
        region: Option<String>,
    ) -> Result<HttpRequest, CloudError> {
        let (service, operation) = (found.service(), found.operation());
        let endpoint_url = match self.identity.endpoint(service).await {
            Some(url) => Some(url),
            None => self.discovered(service, operation, region.as_deref()),
        };
        let (use_fips, use_dualstack) = self.identity.variants().await;
        let context = RenderContext {
            endpoints: self.endpoints()?,
            region: region.clone(),
            no_host_prefix: matches!(self.identity, Identity::Fixed { .. }),
            endpoint_url,
            use_fips,
            use_dualstack,
            s3: self.identity.s3().await,
            account_id: None,
            builtins: None,
            keys: match exceptions::may_cross(service, operation) {
                true => Some(self.identity.credentials().await?),
                false => None,
            },
        };
        let request = render(service, operation, &call.params, &context)?;
        // Without a region the rules answer with the pseudo-region of services that have none.
        if region.is_none() && request.host().contains("aws-global") {
            return Err(CloudError::Endpoint(format!(
                "{} needs a region: name one for the step, with --region, in AWS_REGION, or in the profile",
                service.name
            )));
        }
        Ok(request)
    }
}

impl Cloud for Aws {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(self.send(call))
    }

    fn call_all<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(self.all_pages(call))
    }

    fn wait<'a>(
        &'a self,
        call: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(super::wait::wait(self, call, output, progress))
    }

    fn dry_run<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<HttpRequest, CloudError>> {
        Box::pin(self.signed(call))
    }

    fn region(&self) -> Pending<'_, Option<String>> {
        Box::pin(async {
            match self.region.clone() {
                Some(region) => Some(region),
                None => self.identity.region_on_this_machine().await,
            }
        })
    }

    fn probe(&self) -> Option<Probe> {
        let operation = OperationName::new(CloudName::Aws, "sts", "GetCallerIdentity");
        Some(Probe {
            call: Call { operation, region: None, account: None, params: Value::Object(Map::new()) },
            who: Some("/Arn"),
            fix: "check the profile (AWS_PROFILE), the region, and the network; or use --target sandbox",
        })
    }

    fn context(&self) -> String {
        let region = self.region.clone().or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION"));
        match &self.identity {
            Identity::Fixed { .. } => self.region.clone().unwrap_or_default(),
            Identity::Configured { .. } => {
                let profile = profile();
                let endpoint = set("AWS_ENDPOINT_URL").map_or(String::new(), |url| format!(" at {url}"));
                match region {
                    Some(region) => format!("profile {profile} · {region}{endpoint}"),
                    None => format!("profile {profile} · region of the profile{endpoint}"),
                }
            }
        }
    }
}

/// A variable of the environment; an empty one counts as absent.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
