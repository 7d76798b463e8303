//! The tools with which the executor acts on a cloud. No planner's face has them.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::catalog::object_or_empty;
use crate::clouds::{Call, Cloud, CloudError, Pending};
use crate::mcp::server::{Asker, Toolset, parse};
use crate::mcp::tool::{Effect, data, declare};
use crate::plan::{CloudName, OperationName};

pub(in crate::mcp) struct ActTools {
    name: CloudName,
    cloud: Arc<dyn Cloud>,
}

/// The arguments of all three tools; `output` is only looked at by `wait`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallArguments {
    service: String,
    operation: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    output: Value,
    #[serde(default)]
    all: bool,
}

impl ActTools {
    pub(in crate::mcp) fn new(name: CloudName, cloud: Arc<dyn Cloud>) -> Self {
        Self { name, cloud }
    }

    async fn act(&self, call: Call, all: bool) -> CallToolResult {
        let answer = if all { self.cloud.call_all(&call).await } else { self.cloud.call(&call).await };
        match answer {
            Ok(reply) => typed(&reply),
            Err(error) => cloud_error(&error),
        }
    }

    async fn wait(&self, call: Call, output: Value, asker: &Asker) -> CallToolResult {
        let (tell, mut told) = mpsc::unbounded_channel();
        // The receiver lives as long as this function: the message cannot be refused.
        let progress = move |message: String| drop(tell.send(message));
        let waiting = self.cloud.wait(&call, &output, &progress);
        tokio::pin!(waiting);
        let mut count = 0;
        let waited = loop {
            tokio::select! {
                biased;
                Some(message) = told.recv() => {
                    count += 1;
                    asker.progress(count, message).await;
                }
                waited = &mut waiting => break waited,
            }
        };
        match waited {
            Ok(waited) => typed(&waited),
            Err(error) => cloud_error(&error),
        }
    }
}

impl Toolset for ActTools {
    fn tools(&self) -> Vec<Tool> {
        let cloud = self.name.as_str();
        let mut arguments = json!({
            "service": {"type": "string"}, "operation": {"type": "string"}, "region": {"type": "string"},
            "account": {"type": "string"}, "params": {"type": "object"},
        });
        let mut waiting = arguments.clone();
        arguments["all"] = json!({"type": "boolean", "description": "Follow all pages of a read."});
        waiting["output"] = json!({"type": "object", "description": "The call's answer."});
        let asking = json!({
            "service": {"type": "string"}, "operation": {"type": "string"}, "region": {"type": "string"},
            "account": {"type": "string"}, "params": {"type": "object"},
        });
        vec![
            declare(
                "call",
                include_str!("../../../prompts/tools/cloud_call.md").replace("{cloud}", cloud),
                Effect::ActsOutside,
                arguments,
                &["service", "operation"],
            ),
            declare(
                "wait",
                include_str!("../../../prompts/tools/cloud_wait.md").replace("{cloud}", cloud),
                Effect::ReadsOutside,
                waiting,
                &["service", "operation", "output"],
            ),
            declare(
                "rehearse",
                include_str!("../../../prompts/tools/cloud_rehearse.md").replace("{cloud}", cloud),
                Effect::ReadsOutside,
                asking,
                &["service", "operation"],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        asker: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        Box::pin(async move {
            let arguments: CallArguments = parse(arguments)?;
            let all = arguments.all;
            let call = Call {
                operation: OperationName::new(self.name, arguments.service, arguments.operation),
                region: arguments.region,
                account: arguments.account,
                params: object_or_empty(arguments.params),
            };
            Ok(match tool {
                "wait" => self.wait(call, arguments.output, asker).await,
                "rehearse" => match self.cloud.rehearse(&call).await {
                    Ok(rehearsed) => typed(&rehearsed),
                    Err(error) => cloud_error(&error),
                },
                _ => self.act(call, all).await,
            })
        })
    }
}

/// A typed result; the value is the data, so that nothing is lost on the way to a client.
fn typed(value: &impl serde::Serialize) -> CallToolResult {
    match serde_json::to_value(value) {
        Ok(value) => data(value),
        Err(error) => crate::mcp::tool::failure(format!("the answer cannot be passed on: {error}")),
    }
}

/// A cloud's error as data: the client gets back the very same error.
pub(in crate::mcp) fn cloud_error(error: &CloudError) -> CallToolResult {
    let mut result = typed(error);
    result.content = vec![rmcp::model::ContentBlock::text(error.to_string())];
    result.is_error = Some(true);
    result
}
