//! The client: its settings, and what one request is made from.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::config::Auth;
use super::endpoint::{Addressing, Realms};
use super::identity::{Identity, Proof, home};
use super::regions;
use super::render::{OciContext, render};
use super::sign::Body;
use crate::catalog::shapes::{Operation, Service, ShapeKind};
use crate::catalog::{Catalog, OperationRef};
use crate::clouds::http::{HttpRequest, LazyClient};
use crate::clouds::{Call, Cloud, CloudError, Pending, Probe, Reply, Waited};
use crate::plan::{CloudName, OperationName};

/// The region of the sandbox when nobody chose one.
const SANDBOX_REGION: &str = "eu-frankfurt-1";
/// The tenancy that the sandbox is asked as.
const SANDBOX_TENANCY: &str = "ocid1.tenancy.oc1..sandbox";

/// OCI, or something that speaks like it.
pub struct Oci {
    catalog: Catalog,
    pub(super) identity: Identity,
    /// One address of every service, in place of their own.
    endpoint: Option<String>,
    region: Option<String>,
    /// The longest pause between two asks or attempts, in place of the usual ones.
    pub(super) pace: Option<Duration>,
    /// How long is waited for a thing, in place of the usual time.
    pub(super) patience: Option<Duration>,
    realms: OnceLock<Realms>,
    pub(super) http: LazyClient,
    /// How often a request is sent at most, in place of the usual number.
    pub(super) attempts: Option<u32>,
    /// Seconds by which the cloud's clock is ahead.
    pub(super) ahead: Mutex<i64>,
    /// The tenancy's home region as services told it, by service.
    pub(super) homes: Mutex<BTreeMap<String, String>>,
}

impl Oci {
    /// The live cloud, with the settings of the OCI tools. Nothing is read before it is needed.
    ///
    /// # Errors
    ///
    /// The catalog has no OCI.
    pub fn live(catalog: Catalog, region: Option<String>) -> Result<Self, CloudError> {
        Self::new(catalog, Identity::configured(), None, region)
    }

    /// Services at one address that take any signature: the sandbox.
    ///
    /// # Errors
    ///
    /// The catalog has no OCI.
    pub fn sandbox(catalog: Catalog, endpoint: &str, region: Option<String>) -> Result<Self, CloudError> {
        let region = region.unwrap_or_else(|| SANDBOX_REGION.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let made = Self::new(catalog, Identity::sandbox(SANDBOX_TENANCY), Some(endpoint), Some(region))?;
        Ok(Self { pace: Some(Duration::from_millis(100)), ..made })
    }

    pub(super) fn new(
        catalog: Catalog,
        identity: Identity,
        endpoint: Option<String>,
        region: Option<String>,
    ) -> Result<Self, CloudError> {
        if !catalog.clouds().any(|cloud| cloud == CloudName::Oci) {
            return Err(CloudError::UnknownOperation("the catalog has no OCI".into()));
        }
        Ok(Self {
            catalog,
            identity,
            endpoint,
            region,
            pace: None,
            patience: None,
            realms: OnceLock::new(),
            http: LazyClient::default(),
            attempts: None,
            ahead: Mutex::new(0),
            homes: Mutex::default(),
        })
    }

    /// The same client, sending a request `most` times at most; 1 switches retries off.
    #[must_use]
    pub fn with_attempts(mut self, most: u32) -> Self {
        self.attempts = Some(most.max(1));
        self
    }

    pub(super) fn find(&self, name: &OperationName) -> Result<OperationRef, CloudError> {
        self.catalog.operation(name).map_err(|e| CloudError::UnknownOperation(e.to_string()))
    }

    /// Who signs now.
    pub(super) async fn proof(&self) -> Result<Proof, CloudError> {
        let http = self.http.get().map_err(|error| CloudError::Transport {
            host: "this machine".into(),
            message: error.message,
            never_sent: true,
        })?;
        self.identity.proof(http).await
    }

    /// Whether one address takes the requests of every service.
    pub(super) fn endpoint_is_given(&self) -> bool {
        self.endpoint().is_some()
    }

    fn endpoint(&self) -> Option<String> {
        let configured = || self.identity.config()?.ok()?.endpoint.clone();
        self.endpoint.clone().or_else(configured)
    }

    fn realms(&self) -> Result<&Realms, CloudError> {
        if let Some(realms) = self.realms.get() {
            return Ok(realms);
        }
        let mut made = Realms::new(&self.catalog).map_err(|e| CloudError::Endpoint(e.to_string()))?;
        regions::add(&mut made, home().as_deref(), &|name| std::env::var(name).ok());
        Ok(self.realms.get_or_init(|| made))
    }

    /// How a call reaches its service. Its region is its own, else the person's choice, the profile's, or that of the
    /// place that this program runs in.
    fn addressing(&self, call: &Call, proof: &Proof) -> Addressing {
        let homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        let configured = || self.identity.config()?.ok()?.region.clone();
        let region = call
            .region
            .clone()
            .or_else(|| self.region.clone())
            .or_else(configured)
            .or_else(|| proof.region().map(str::to_owned));
        Addressing {
            region,
            endpoint: self.endpoint(),
            dual_stack: flag("OCI_DUAL_STACK_ENDPOINT_ENABLED"),
            realm_specific: flag("OCI_REALM_SPECIFIC_SERVICE_ENDPOINT_TEMPLATE_ENABLED").unwrap_or(false),
            home_region: homes.get(&call.operation.service).cloned(),
        }
    }

    fn now(&self) -> Timestamp {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::now().checked_add(SignedDuration::from_secs(ahead)).unwrap_or_else(|_| Timestamp::now())
    }

    /// The request of a call, signed.
    pub(super) fn request(
        &self,
        found: &OperationRef,
        call: &Call,
        proof: &Proof,
    ) -> Result<HttpRequest, CloudError> {
        let (service, operation) = (found.service(), found.operation());
        let context = OciContext { realms: self.realms()?, addressing: self.addressing(call, proof) };
        let mut request = render(service, operation, &call.params, &context)?;
        if request.header("opc-request-id").is_none() {
            request.set_header("opc-request-id", Uuid::new_v4().simple().to_string().to_uppercase());
        }
        request.set_header("user-agent", concat!("provisioner/", env!("CARGO_PKG_VERSION")));
        let body = if is_stream(service, operation) { Body::Stream } else { Body::Bytes };
        proof.signer().sign(&mut request, body, self.now()).map_err(|error| CloudError::Credentials {
            message: format!("the request cannot be signed: {error}"),
            fix: "use another key".into(),
        })?;
        Ok(request)
    }

    async fn signed(&self, call: &Call) -> Result<HttpRequest, CloudError> {
        let found = self.find(&call.operation)?;
        call.fits(&found)?;
        let proof = self.proof().await?;
        self.request(&found, call, &proof)
    }
}

impl Cloud for Oci {
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

    fn context(&self) -> String {
        let Some(config) = self.identity.config() else { return self.region.clone().unwrap_or_default() };
        let Ok(config) = config else { return "not configured".into() };
        let who = match &config.auth {
            Auth::ApiKey { .. } => format!("profile {}", config.profile),
            Auth::SecurityToken { .. } => format!("session of profile {}", config.profile),
            Auth::InstancePrincipal => "instance principal".into(),
            Auth::ResourcePrincipal => "resource principal".into(),
            Auth::Workload => "workload identity".into(),
        };
        let region = self.region.clone().or_else(|| config.region.clone());
        let endpoint = config.endpoint.as_ref().map_or(String::new(), |url| format!(" at {url}"));
        format!("{who} · {}{endpoint}", region.as_deref().unwrap_or("region of the place it runs in"))
    }

    fn region(&self) -> Pending<'_, Option<String>> {
        Box::pin(async {
            let configured = || self.identity.config()?.ok()?.region.clone();
            self.region.clone().or_else(configured)
        })
    }

    fn probe(&self) -> Option<Probe> {
        let operation = OperationName::new(CloudName::Oci, "identity.identity", "ListRegions");
        Some(Probe {
            call: Call { operation, region: None, account: None, params: Value::Object(Map::new()) },
            who: None,
            fix: "check the profile (OCI_CLI_PROFILE), the region, the clock, and the network; or use --target sandbox",
        })
    }
}

/// A flag of the environment.
fn flag(name: &str) -> Option<bool> {
    std::env::var(name).ok()?.trim().to_ascii_lowercase().parse().ok()
}

/// Whether the body of an operation is read from somewhere.
fn is_stream(service: &Service, operation: &Operation) -> bool {
    let input = operation.input.map(|id| service.shape(id));
    let body = input.and_then(|shape| shape.member("body"));
    body.is_some_and(|member| matches!(service.shape(member.shape).kind, ShapeKind::Blob))
}
