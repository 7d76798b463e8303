//! The client: its settings, and what one request is made from.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::identity::Identity;
use super::pacing::Pacing;
use super::place::Place;
use super::render::{RenderContext, render};
use crate::catalog::{Catalog, OperationRef};
use crate::clouds::http::{HttpRequest, LazyClient};
use crate::clouds::{Call, Cloud, CloudError, Pending, Probe, Rehearsed, Reply, Tell, Waited};
use crate::config::AzureSettings;
use crate::plan::{CloudName, OperationName};

/// The subscription of the sandbox.
pub const SANDBOX_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// Azure's Resource Manager, or something that speaks like it.
pub struct Azure {
    catalog: Catalog,
    pub(super) identity: Identity,
    settings: AzureSettings,
    place: OnceLock<Result<Place, CloudError>>,
    /// Between two asks of a waiting, in place of what the cloud asks for.
    pub(super) pace: Option<Duration>,
    pub(super) http: LazyClient,
    pub(super) pacing: Pacing,
    /// How often a request is sent at most.
    pub(super) attempts: Option<u32>,
}

impl Azure {
    /// The live cloud, with the settings of Azure's own tools: environment, identities, the Azure CLI.
    /// Nothing is read before the first call. `tell` hears what only a person can do.
    ///
    /// # Errors
    ///
    /// The catalog has no Azure.
    pub fn live(catalog: Catalog, settings: AzureSettings, tell: Tell) -> Result<Self, CloudError> {
        Self::new(catalog, Identity::found(Box::new(set), tell), settings)
    }

    /// A Resource Manager at an address that takes any token: the sandbox.
    ///
    /// # Errors
    ///
    /// The catalog has no Azure.
    pub fn sandbox(catalog: Catalog, endpoint: &str) -> Result<Self, CloudError> {
        let mut azure = Self::new(catalog, Identity::Sandbox, AzureSettings::default())?;
        azure.place = OnceLock::from(Ok(Place::sandbox(endpoint, SANDBOX_SUBSCRIPTION)));
        azure.pace = Some(Duration::from_millis(100));
        Ok(azure)
    }

    fn new(catalog: Catalog, identity: Identity, settings: AzureSettings) -> Result<Self, CloudError> {
        if !catalog.clouds().any(|cloud| cloud == CloudName::Azure) {
            return Err(CloudError::UnknownOperation("the catalog has no Azure".into()));
        }
        Ok(Self {
            catalog,
            identity,
            settings,
            place: OnceLock::new(),
            pace: None,
            http: LazyClient::default(),
            pacing: Pacing::default(),
            attempts: None,
        })
    }

    /// The same client, sending a request `most` times at most; 1 switches retries off.
    #[must_use]
    pub fn with_attempts(mut self, most: u32) -> Self {
        self.attempts = Some(most.max(1));
        self
    }

    /// The request of a call as it would be sent; what stands for the token says where it would come from.
    fn unsent(&self, call: &Call) -> Result<HttpRequest, CloudError> {
        let mut request = self.render(&self.find(&call.operation)?, call)?;
        request.set_header("authorization", format!("Bearer (from {})", self.identity.words()));
        Ok(request)
    }

    pub(super) fn find(&self, name: &OperationName) -> Result<OperationRef, CloudError> {
        self.catalog.operation(name).map_err(|e| CloudError::UnknownOperation(e.to_string()))
    }

    pub(super) fn place(&self) -> Result<&Place, CloudError> {
        let found = || Place::found(&self.settings, &set);
        self.place.get_or_init(found).as_ref().map_err(Clone::clone)
    }

    /// The address of a call.
    ///
    /// # Errors
    ///
    /// The parameters do not fit, or there is no subscription.
    pub(super) fn address_of(&self, call: &Call) -> Result<String, CloudError> {
        Ok(self.render(&self.find(&call.operation)?, call)?.url)
    }

    /// The request of a call, checked, without its token.
    pub(super) fn render(&self, found: &OperationRef, call: &Call) -> Result<HttpRequest, CloudError> {
        let (service, operation) = (found.service(), found.operation());
        let place = self.place()?;
        let subscription = call.account.as_ref().or(place.subscription.as_ref());
        let takes = |name: &str| operation.input.is_some_and(|id| service.shape(id).member(name).is_some());
        let given = call.params.get("subscriptionId").is_some_and(|given| !given.is_null());
        if subscription.is_none() && !given && takes("subscriptionId") {
            return Err(CloudError::Credentials {
                message: format!("no subscription is chosen, and {} needs one", call.operation),
                fix: "set AZURE_SUBSCRIPTION_ID or `subscription` under `azure` in settings.yaml, or run \
                      `az account set --subscription ID`"
                    .into(),
            });
        }
        let context =
            RenderContext { endpoint: Some(place.endpoint.clone()), subscription_id: subscription.cloned() };
        render(service, operation, &call.params, &context)
    }
}

impl Cloud for Azure {
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
        Box::pin(async move { self.unsent(call) })
    }

    fn rehearse<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Rehearsed, CloudError>> {
        Box::pin(super::rehearse::rehearse(self, call))
    }

    fn probe(&self) -> Option<Probe> {
        let call = Call {
            operation: OperationName::new(CloudName::Azure, "resource", "ResourceGroups_List"),
            region: None,
            account: None,
            params: json!({"$top": 1}),
        };
        let fix = "check the subscription (AZURE_SUBSCRIPTION_ID), the tenant, and the network; or use --target sandbox";
        Some(Probe { call, who: None, fix })
    }

    fn context(&self) -> String {
        let place = match self.place() {
            Ok(place) => place,
            Err(error) => return error.to_string(),
        };
        if matches!(self.identity, Identity::Sandbox) {
            return place.subscription.clone().unwrap_or_default();
        }
        let mut words = match &place.subscription {
            Some(subscription) => format!("subscription {subscription}"),
            None => "no subscription chosen".to_owned(),
        };
        if let Some(tenant) = &place.tenant {
            words.push_str(&format!(" · tenant {tenant}"));
        }
        match place.cloud.as_str() {
            "AzureCloud" => {}
            "custom" => words.push_str(&format!(" at {}", place.endpoint)),
            other => words.push_str(&format!(" · {other}")),
        }
        words
    }
}

/// A variable of the environment; an empty one counts as absent.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
