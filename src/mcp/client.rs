//! A client of one server in this process, over typed channels: nothing is serialised on the way.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotification,
    CancelledNotificationParam, ClientRequest, JsonObject, ProgressNotificationParam, ProgressToken,
    RequestId, ServerResult, Tool,
};
use rmcp::service::{
    NotificationContext, Peer, PeerRequestOptions, RunningService, RxJsonRpcMessage, ServiceError,
    TxJsonRpcMessage,
};
use rmcp::{ClientHandler, RoleClient, RoleServer, ServiceExt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::PollSender;

use super::SwitchboardError;
use super::server::Server;
use super::tool::text_of;

/// Messages that may wait in a channel before the sender does.
const QUEUE: usize = 64;

/// Who wants to hear of the progress of which request.
type Listeners = Arc<Mutex<HashMap<ProgressToken, mpsc::UnboundedSender<String>>>>;

/// A client of one server; clones share the connection.
#[derive(Clone)]
pub(super) struct Client {
    server: String,
    service: Arc<RunningService<RoleClient, Listener>>,
    listeners: Listeners,
}

#[derive(Clone)]
struct Listener {
    listeners: Listeners,
}

impl ClientHandler for Listener {
    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        if let (Some(listener), Some(message)) =
            (self.listeners.lock().await.get(&params.progress_token), params.message)
        {
            // The listener may have lost interest; the request itself decides what that means.
            let _ = listener.send(message);
        }
    }
}

impl Client {
    /// Starts the server on a task of its own and shakes hands. The server ends with its last client.
    pub(super) async fn connect(server: Server) -> Result<Self, SwitchboardError> {
        let (to_server, from_client) = mpsc::channel::<RxJsonRpcMessage<RoleServer>>(QUEUE);
        let (to_client, from_server) = mpsc::channel::<TxJsonRpcMessage<RoleServer>>(QUEUE);
        let name = server.name().to_owned();
        let task_name = name.clone();
        tokio::spawn(async move {
            match server.serve((PollSender::new(to_client), ReceiverStream::new(from_client))).await {
                Ok(running) => {
                    if let Err(error) = running.waiting().await {
                        tracing::warn!(server = task_name, %error, "a server's task ended badly");
                    }
                }
                Err(error) => tracing::warn!(server = task_name, %error, "a server could not shake hands"),
            }
        });
        let listeners = Listeners::default();
        let listener = Listener { listeners: Arc::clone(&listeners) };
        let service = listener
            .serve((PollSender::new(to_server), ReceiverStream::new(from_server)))
            .await
            .map_err(|e| SwitchboardError::Handshake { server: name.clone(), message: e.to_string() })?;
        Ok(Self { server: name, service: Arc::new(service), listeners })
    }

    /// The server's name.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The tools that the server offers to this client.
    pub(super) async fn tools(&self) -> Result<Vec<Tool>, SwitchboardError> {
        self.service.peer().list_all_tools().await.map_err(|e| self.broken(e))
    }

    /// Calls a tool. Dropping the future cancels the work on the server's side.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<CallToolResult, SwitchboardError> {
        self.call_with_progress(tool, arguments, None).await
    }

    /// [`Client::call`], and each message of progress goes to `progress`.
    pub(super) async fn call_with_progress(
        &self,
        tool: &str,
        arguments: JsonObject,
        progress: Option<mpsc::UnboundedSender<String>>,
    ) -> Result<CallToolResult, SwitchboardError> {
        let peer = self.service.peer();
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let handle = {
            // Held while the request goes out: the first report may come before the token is known here.
            let mut listeners = self.listeners.lock().await;
            let handle = peer
                .send_cancellable_request(request, PeerRequestOptions::no_options())
                .await
                .map_err(|e| self.broken(e))?;
            if let Some(progress) = progress {
                listeners.insert(handle.progress_token.clone(), progress);
            }
            handle
        };
        let token = handle.progress_token.clone();
        let mut guard = Abandoned {
            peer: peer.clone(),
            listeners: Arc::clone(&self.listeners),
            pending: Some((handle.id.clone(), token.clone())),
        };
        let answer = handle.await_response().await;
        guard.pending = None;
        self.listeners.lock().await.remove(&token);
        match answer.map_err(|e| self.broken(e))? {
            ServerResult::CallToolResult(result) => Ok(result),
            _ => Err(self.broken(ServiceError::UnexpectedResponse)),
        }
    }

    fn broken(&self, error: ServiceError) -> SwitchboardError {
        let server = self.server.clone();
        match error {
            ServiceError::McpError(error) => {
                SwitchboardError::Refused { server, message: error.message.into_owned() }
            }
            other => SwitchboardError::Broken { server, message: other.to_string() },
        }
    }
}

/// Calls a tool and reads its data; a failure of the tool is an error.
pub(super) async fn ask<T: DeserializeOwned>(
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<T, SwitchboardError> {
    let arguments = match arguments {
        Value::Object(members) => members,
        _ => JsonObject::new(),
    };
    let result = client.call(tool, arguments).await?;
    let (server, tool) = (client.server().to_owned(), tool.to_owned());
    if result.is_error.unwrap_or(false) {
        return Err(SwitchboardError::Tool { server, tool, message: text_of(&result) });
    }
    serde_json::from_value(result.structured_content.unwrap_or(Value::Null))
        .map_err(|e| SwitchboardError::Unreadable { server, tool, message: e.to_string() })
}

/// Tells the server when nobody waits for its answer any more.
struct Abandoned {
    peer: Peer<RoleClient>,
    listeners: Listeners,
    pending: Option<(RequestId, ProgressToken)>,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        let Some((request, token)) = self.pending.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (peer, listeners) = (self.peer.clone(), Arc::clone(&self.listeners));
        runtime.spawn(async move {
            listeners.lock().await.remove(&token);
            let params =
                CancelledNotificationParam::new(Some(request), Some("nobody waits for it".to_owned()));
            // A server that is gone needs no telling.
            let _ = peer.send_notification(CancelledNotification::new(params).into()).await;
        });
    }
}
