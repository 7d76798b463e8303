//! A server: a name and sets of tools. What is not in a set cannot be called.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, Implementation, JsonObject,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clouds::Pending;

/// Tools that belong together. A face of a server is the list of sets that it was given.
pub(super) trait Toolset: Send + Sync + 'static {
    /// The tools, in the order in which they are listed.
    fn tools(&self) -> Vec<Tool>;

    /// Runs one of them. Failures that a caller should read are results, not errors.
    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        asker: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>>;
}

/// The client that asked: it can be told how far a long call is.
pub(super) struct Asker {
    context: RequestContext<RoleServer>,
}

impl Asker {
    /// Reports progress, if the client wants to know. A client that is gone is no error here:
    /// its going cancels the call.
    pub(super) async fn progress(&self, count: u32, message: String) {
        let Some(token) = self.context.meta.get_progress_token() else { return };
        let param = ProgressNotificationParam::new(token, f64::from(count)).with_message(message);
        if let Err(error) = self.context.peer.notify_progress(param).await {
            tracing::debug!(%error, "progress was not delivered");
        }
    }
}

/// A server over sets of tools.
#[derive(Clone)]
pub(super) struct Server {
    name: String,
    tools: Vec<Tool>,
    owners: BTreeMap<String, Arc<dyn Toolset>>,
}

impl Server {
    pub(super) fn new(name: impl Into<String>, sets: Vec<Arc<dyn Toolset>>) -> Self {
        let mut server = Self { name: name.into(), tools: Vec::new(), owners: BTreeMap::new() };
        for set in sets {
            for tool in set.tools() {
                server.owners.insert(tool.name.to_string(), Arc::clone(&set));
                server.tools.push(tool);
            }
        }
        server
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(
            Implementation::new(format!("provisioner-{}", self.name), env!("CARGO_PKG_VERSION")),
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(set) = self.owners.get(request.name.as_ref()) else {
            let known: Vec<&str> = self.tools.iter().map(|t| t.name.as_ref()).collect();
            return Err(ErrorData::invalid_params(
                format!("unknown tool `{}`; {} has {}", request.name, self.name, known.join(", ")),
                None,
            ));
        };
        let cancelled = context.ct.clone();
        let asker = Asker { context };
        let work = set.call(&request.name, request.arguments.unwrap_or_default(), &asker);
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(ErrorData::internal_error("cancelled by the client", None)),
            result = work => Ok(result?.into()),
        }
    }
}

/// Work that waits for the disk: a blocked thread of the pool holds nobody up.
pub(super) fn on_disk<'a>(
    work: impl FnOnce() -> Result<CallToolResult, ErrorData> + Send + 'static,
) -> Pending<'a, Result<CallToolResult, ErrorData>> {
    Box::pin(async move {
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|e| Err(ErrorData::internal_error(e.to_string(), None)))
    })
}

/// The arguments of a tool; what does not fit is named.
pub(super) fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ErrorData> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|e| ErrorData::invalid_params(format!("the arguments do not fit: {e}"), None))
}
