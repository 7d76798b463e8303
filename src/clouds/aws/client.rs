//! The client: a call is checked, rendered, signed, sent, and its answer read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::endpoint::Endpoints;
use super::exceptions;
use super::identity::Identity;
use super::parse::{Answer, ServiceFailure, parse};
use super::render::{RenderContext, S3Options, render};
use super::retry::{Bucket, SKEWED, Trouble, asked_for, trouble};
use super::sign::sign;
use crate::catalog::shapes::{Location, Operation, Protocol, Service};
use crate::catalog::{Catalog, OperationRef, Strictness, partner, validate};
use crate::clouds::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use crate::clouds::{Call, Cloud, CloudError, Pending, Reply, Waited};
use crate::plan::{CloudName, OperationName};

/// A clock that differs by more than this is told from a slow network.
const SKEW: i64 = 240;

/// AWS, or something that speaks like it.
pub struct Aws {
    catalog: Catalog,
    pub(super) identity: Identity,
    region: Option<String>,
    /// Between two asks of a waiter, in place of the model's own pause.
    pub(super) pace: Option<Duration>,
    endpoints: OnceLock<Arc<Endpoints>>,
    http: OnceLock<HttpClient>,
    bucket: Bucket,
    /// Seconds by which the cloud's clock is ahead.
    ahead: Mutex<i64>,
    /// Regions of buckets that turned out to be elsewhere.
    moved: Mutex<BTreeMap<String, String>>,
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
    pub fn sandbox(catalog: Catalog, endpoint: &str, region: &str) -> Result<Self, CloudError> {
        let identity = Identity::Fixed { endpoint: endpoint.trim_end_matches('/').to_owned() };
        Self::new(catalog, identity, Some(region.to_owned()), Some(Duration::from_millis(100)))
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
            http: OnceLock::new(),
            bucket: Bucket::default(),
            ahead: Mutex::new(0),
            moved: Mutex::default(),
        })
    }

    /// The request of a call as it would be sent now, signed. Nothing is sent.
    ///
    /// # Errors
    ///
    /// The parameters do not fit, no endpoint, or no credentials.
    pub async fn dry_run(&self, call: &Call) -> Result<HttpRequest, CloudError> {
        let found = self.find(&call.operation)?;
        check(&found, call)?;
        let region = self.region_of(call).await;
        let mut request = self.render(&found, call, region).await?;
        sign(&mut request, &self.identity, self.now()).await?;
        Ok(request)
    }

    pub(super) fn find(&self, name: &OperationName) -> Result<OperationRef, CloudError> {
        self.catalog.operation(name).map_err(|e| CloudError::UnknownOperation(e.to_string()))
    }

    async fn region_of(&self, call: &Call) -> Option<String> {
        let bucket = call.params.get("Bucket").and_then(Value::as_str);
        let moved =
            bucket.and_then(|b| self.moved.lock().unwrap_or_else(PoisonError::into_inner).get(b).cloned());
        match moved.or_else(|| call.region.clone()).or_else(|| self.region.clone()) {
            Some(region) => Some(region),
            None => self.identity.region().await,
        }
    }

    fn now(&self) -> SystemTime {
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

    fn http(&self) -> Result<&HttpClient, HttpError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = HttpClient::new()?;
        Ok(self.http.get_or_init(|| made))
    }

    async fn render(
        &self,
        found: &OperationRef,
        call: &Call,
        region: Option<String>,
    ) -> Result<HttpRequest, CloudError> {
        let (service, operation) = (found.service(), found.operation());
        let endpoint_url = self.identity.endpoint(service).await;
        let (use_fips, use_dualstack) = self.identity.variants().await;
        let context = RenderContext {
            endpoints: self.endpoints()?,
            region,
            no_host_prefix: matches!(self.identity, Identity::Fixed { .. }),
            endpoint_url,
            use_fips,
            use_dualstack,
            s3: S3Options::default(),
            account_id: None,
            builtins: None,
        };
        render(service, operation, &call.params, &context)
    }

    async fn send(&self, call: &Call) -> Result<Reply, CloudError> {
        let found = self.find(&call.operation)?;
        check(&found, call)?;
        let (service, operation) = (found.service().clone(), found.operation());
        let tokened = partner::token_members(&service, operation).next().is_some();
        let repeatable = tokened || partner::repeatable(operation);
        // Tokens that are filled in now must be the same in every attempt.
        let call = with_tokens(&service, operation, call);
        let mut region = self.region_of(&call).await;
        let (mut skew_learnt, mut redirected) = (false, false);
        let mut attempt = 1;
        loop {
            let mut request = self.render(&found, &call, region.clone()).await?;
            sign(&mut request, &self.identity, self.now()).await?;
            let sent = match self.http() {
                Ok(http) => http.send(&request).await,
                Err(error) => Err(error),
            };
            let (trouble, wish, error) = match sent {
                Err(error) => {
                    let kind = if error.never_sent { Trouble::NeverSent } else { Trouble::Lost };
                    let host = request.host().to_owned();
                    let error =
                        CloudError::Transport { host, message: error.message, never_sent: error.never_sent };
                    (kind, None, error)
                }
                Ok(response) => match self.read(&found, &call, &response)? {
                    Ok(reply) => {
                        self.bucket.refill();
                        return Ok(reply);
                    }
                    Err(failure) => {
                        if !skew_learnt && self.learn_skew(&failure, &response) {
                            skew_learnt = true;
                            continue;
                        }
                        if !redirected && let Some(other) = self.moved_to(&call, &failure, &response) {
                            redirected = true;
                            region = Some(other);
                            continue;
                        }
                        let kind = trouble(response.status, &failure);
                        let wish = asked_for(response.header("retry-after"));
                        let retryable = matches!(kind, Trouble::Throttled | Trouble::Failed);
                        (kind, wish, service_error(failure, response.status, retryable))
                    }
                },
            };
            match self.bucket.pause(attempt, trouble, repeatable, wish) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            attempt += 1;
        }
    }

    /// Reads a response: the reply, or what the cloud refused.
    fn read(
        &self,
        found: &OperationRef,
        call: &Call,
        response: &HttpResponse,
    ) -> Result<Result<Reply, ServiceFailure>, CloudError> {
        let (service, operation) = (found.service(), found.operation());
        let unreadable =
            |message: String| CloudError::Unreadable { operation: call.operation.clone(), message };
        if says_nothing(service, operation, response) {
            return Err(unreadable("the answer is empty, which this operation never answers".into()));
        }
        match parse(service, operation, response).map_err(unreadable)? {
            Answer::Output(output) => {
                Ok(Ok(Reply { output, status: response.status, request_id: Answer::request_id(response) }))
            }
            Answer::Error(failure) => Ok(Err(failure)),
        }
    }

    /// Learns the difference of the clocks from an answer that complains about the time.
    fn learn_skew(&self, failure: &ServiceFailure, response: &HttpResponse) -> bool {
        if !SKEWED.contains(&failure.code.as_str()) {
            return false;
        }
        let date = response.header("date").and_then(|text| {
            let broken = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
            Some(broken.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
        });
        let Some(theirs) = date else { return false };
        let ahead = theirs - jiff::Timestamp::now().as_second();
        let mut known = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if (ahead - *known).abs() <= SKEW {
            return false;
        }
        *known = ahead;
        true
    }

    /// The region in which a bucket turned out to be.
    fn moved_to(&self, call: &Call, failure: &ServiceFailure, response: &HttpResponse) -> Option<String> {
        let bucket = call.params.get("Bucket").and_then(Value::as_str)?;
        let region = exceptions::other_region(&call.operation.service, failure, response)?;
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        (moved.insert(bucket.to_owned(), region.clone()).as_deref() != Some(region.as_str()))
            .then_some(region)
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

    fn context(&self) -> String {
        let region = self.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
        match &self.identity {
            Identity::Fixed { .. } => region.unwrap_or_default(),
            Identity::Configured { .. } => {
                let profile = std::env::var("AWS_PROFILE").unwrap_or_else(|_| "default".into());
                let endpoint =
                    std::env::var("AWS_ENDPOINT_URL").map_or(String::new(), |url| format!(" at {url}"));
                match region {
                    Some(region) => format!("profile {profile} · {region}{endpoint}"),
                    None => format!("profile {profile} · region of the profile{endpoint}"),
                }
            }
        }
    }
}

fn check(found: &OperationRef, call: &Call) -> Result<(), CloudError> {
    let (service, operation) = (found.service(), found.operation());
    let problems = validate(service, operation, &call.params, Strictness::Sending);
    if problems.is_empty() {
        return Ok(());
    }
    Err(CloudError::Invalid { operation: call.operation.clone(), problems })
}

/// The call with fresh tokens where the SDKs would fill them in.
fn with_tokens(service: &Service, operation: &Operation, call: &Call) -> Call {
    let mut call = call.clone();
    if let Value::Object(params) = &mut call.params {
        for name in partner::token_members(service, operation) {
            params.entry(name).or_insert_with(|| Value::from(uuid::Uuid::new_v4().to_string()));
        }
    }
    call
}

/// A good status without a body, where the operation answers something in its body: an absent answer
/// must not be taken for "nothing exists".
fn says_nothing(service: &Service, operation: &Operation, response: &HttpResponse) -> bool {
    let Some(output) = operation.output.map(|id| service.shape(id)) else { return false };
    let rest = matches!(service.protocol, Protocol::RestJson | Protocol::RestXml);
    response.status == 200
        && response.body.is_empty()
        && (!rest || operation.method == "GET")
        && output.traits.payload.is_none()
        && output.members().iter().any(|member| member.location == Location::Body)
        && super::parse::event_member(service, operation).is_none()
}

fn service_error(failure: ServiceFailure, status: u16, retryable: bool) -> CloudError {
    let reason = || {
        let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        known.unwrap_or("the cloud gave no reason").to_owned()
    };
    CloudError::Service {
        code: failure.code,
        message: if failure.message.is_empty() { reason() } else { failure.message },
        status,
        detail: Value::Object(failure.detail),
        request_id: failure.request_id,
        retryable,
    }
}
