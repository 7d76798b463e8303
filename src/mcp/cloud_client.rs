//! The executor's way to the clouds.

use std::collections::BTreeMap;

use rmcp::model::{CallToolResult, JsonObject};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;

use super::SwitchboardError;
use super::client::Client;
use super::tool::text_of;
use crate::clouds::{Call, CloudError, Rehearsed, Reply, Waited};
use crate::plan::CloudName;

/// Calls and waits on any cloud of a switchboard; clones share the connections.
#[derive(Clone)]
pub struct CloudClient {
    clouds: BTreeMap<CloudName, Client>,
}

impl CloudClient {
    pub(super) fn new(clouds: BTreeMap<CloudName, Client>) -> Self {
        Self { clouds }
    }

    /// The clouds that can be called.
    pub fn names(&self) -> impl Iterator<Item = CloudName> {
        self.clouds.keys().copied()
    }

    /// Sends one call. Dropping the future cancels it on the server's side.
    ///
    /// # Errors
    ///
    /// The cloud's own error, unchanged. A switchboard that broke off is
    /// [`CloudError::Transport`], because the request may have left.
    pub async fn call(&self, call: &Call) -> Result<Reply, CloudError> {
        let client = self.client(call.operation.cloud)?;
        let result = client.call("call", arguments(call)).await;
        read(client, &call.operation.service, result)
    }

    /// Sends one call and, for a read with pages, follows all of them up to the cloud's bound.
    ///
    /// # Errors
    ///
    /// As for [`CloudClient::call`].
    pub async fn call_all(&self, call: &Call) -> Result<Reply, CloudError> {
        let client = self.client(call.operation.cloud)?;
        let mut arguments = arguments(call);
        arguments.insert("all".into(), true.into());
        let result = client.call("call", arguments).await;
        read(client, &call.operation.service, result)
    }

    /// Waits until what a successful call made is usable; `output` is the call's answer.
    /// `progress` is told what is awaited.
    ///
    /// # Errors
    ///
    /// The cloud's own error, unchanged.
    pub async fn wait(
        &self,
        call: &Call,
        output: &Value,
        progress: impl Fn(String) + Send + Sync,
    ) -> Result<Waited, CloudError> {
        let client = self.client(call.operation.cloud)?;
        let mut arguments = arguments(call);
        arguments.insert("output".into(), output.clone());
        let (tell, mut told) = mpsc::unbounded_channel();
        let waiting = client.call_with_progress("wait", arguments, Some(tell));
        tokio::pin!(waiting);
        let mut heard = true;
        let result = loop {
            tokio::select! {
                biased;
                message = told.recv(), if heard => match message {
                    Some(message) => progress(message),
                    None => heard = false,
                },
                result = &mut waiting => break result,
            }
        };
        read(client, &call.operation.service, result)
    }

    /// What the cloud itself says about a call beforehand. Nothing is changed by it.
    ///
    /// # Errors
    ///
    /// The cloud's own error, unchanged.
    pub async fn rehearse(&self, call: &Call) -> Result<Rehearsed, CloudError> {
        let client = self.client(call.operation.cloud)?;
        let result = client.call("rehearse", arguments(call)).await;
        read(client, &call.operation.service, result)
    }

    fn client(&self, cloud: CloudName) -> Result<&Client, CloudError> {
        self.clouds
            .get(&cloud)
            .ok_or_else(|| CloudError::UnknownOperation(format!("there is no connection to {cloud} here")))
    }
}

fn arguments(call: &Call) -> JsonObject {
    let mut arguments = JsonObject::new();
    arguments.insert("service".into(), call.operation.service.clone().into());
    arguments.insert("operation".into(), call.operation.operation.clone().into());
    if let Some(region) = &call.region {
        arguments.insert("region".into(), region.clone().into());
    }
    if let Some(account) = &call.account {
        arguments.insert("account".into(), account.clone().into());
    }
    arguments.insert("params".into(), call.params.clone());
    arguments
}

fn read<T: DeserializeOwned>(
    client: &Client,
    service: &str,
    result: Result<CallToolResult, SwitchboardError>,
) -> Result<T, CloudError> {
    let broken = |message: String, never_sent: bool| CloudError::Transport {
        host: format!("{} ({service})", client.server()),
        message,
        never_sent,
    };
    let result = match result {
        Ok(result) => result,
        Err(error @ SwitchboardError::Refused { .. }) => return Err(broken(error.to_string(), true)),
        Err(error) => return Err(broken(error.to_string(), false)),
    };
    let text = text_of(&result);
    let failed = result.is_error.unwrap_or(false);
    let value = result.structured_content.unwrap_or(Value::Null);
    if failed {
        return Err(serde_json::from_value(value).unwrap_or_else(|_| broken(text, false)));
    }
    serde_json::from_value(value).map_err(|e| broken(format!("the answer is not readable: {e}"), false))
}
