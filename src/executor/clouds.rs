//! The executor's way to the clouds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::catalog::shapes::Service;
use crate::clouds::{Call, Cloud, CloudError, Pending, Reply, Waited};
use crate::mcp::CloudClient;
use crate::plan::CloudName;

/// Calls operations and waits for what they made, on any cloud.
pub trait Clouds: Send + Sync {
    /// Sends one call and gives its answer.
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>>;

    /// Waits until what a call made is usable; `progress` is told what is awaited.
    fn wait<'a>(
        &'a self,
        call: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>>;
}

/// What the executor looks up in the catalog: which members are tokens or secrets, and which
/// operations belong together.
pub trait Services: Send + Sync {
    /// The service of this name, if the catalog has it.
    fn service(&self, cloud: CloudName, name: &str) -> Option<Arc<Service>>;
}

impl Services for Catalog {
    fn service(&self, cloud: CloudName, name: &str) -> Option<Arc<Service>> {
        Catalog::service(self, cloud, name).ok()
    }
}

impl Clouds for CloudClient {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(CloudClient::call(self, call))
    }

    fn wait<'a>(
        &'a self,
        call: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(CloudClient::wait(self, call, output, progress))
    }
}

/// The clouds themselves, without a switchboard between.
impl Clouds for BTreeMap<CloudName, Arc<dyn Cloud>> {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        match self.get(&call.operation.cloud) {
            Some(cloud) => cloud.call(call),
            None => Box::pin(std::future::ready(Err(not_connected(call)))),
        }
    }

    fn wait<'a>(
        &'a self,
        call: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        match self.get(&call.operation.cloud) {
            Some(cloud) => cloud.wait(call, output, progress),
            None => Box::pin(std::future::ready(Err(not_connected(call)))),
        }
    }
}

fn not_connected(call: &Call) -> CloudError {
    CloudError::Endpoint(format!("{} is not connected", call.operation.cloud))
}

/// Clouds that answer everything at once with nothing, to measure what the executor itself costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullClouds;

impl Clouds for NullClouds {
    fn call<'a>(&'a self, _: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(std::future::ready(Ok(Reply {
            output: json!({}),
            status: 200,
            request_id: None,
            throttled: false,
        })))
    }

    fn wait<'a>(
        &'a self,
        _: &'a Call,
        _: &'a Value,
        _: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(std::future::ready(Ok(Waited::NothingToWaitFor)))
    }
}

impl Services for NullClouds {
    fn service(&self, _: CloudName, _: &str) -> Option<Arc<Service>> {
        None
    }
}
