//! The one tool with which a planner looks at a cloud: operations of the class read, no others.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::cloud_error;
use super::catalog::object_or_empty;
use crate::catalog::access::classify;
use crate::catalog::{Catalog, mask};
use crate::clouds::{Call, Cloud, Pending};
use crate::graph::{Graph, Look};
use crate::mcp::bound::shorten;
use crate::mcp::server::{Asker, Toolset, parse};
use crate::mcp::tool::{Effect, data_as, declare, failure};
use crate::plan::{CloudName, OperationName, Target};

pub(in crate::mcp) struct ReadTool {
    name: CloudName,
    catalog: Catalog,
    cloud: Arc<dyn Cloud>,
    graph: Graph,
    target: Target,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadArguments {
    service: String,
    operation: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    query: Option<String>,
}

impl ReadTool {
    pub(in crate::mcp) fn new(
        name: CloudName,
        catalog: Catalog,
        cloud: Arc<dyn Cloud>,
        graph: Graph,
        target: Target,
    ) -> Self {
        Self { name, catalog, cloud, graph, target }
    }

    /// What was looked at is known from then on. The answer does not wait for the graph to be well.
    fn note(&self, call: &Call, output: &Value) {
        let look = Look {
            operation: &call.operation,
            region: call.region.as_deref(),
            account: call.account.as_deref(),
            params: &call.params,
            output,
        };
        if let Err(error) = self.graph.observe(self.target, &self.catalog, &look) {
            tracing::warn!(%error, operation = %call.operation, "the graph did not learn from an answer");
        }
    }

    async fn read(&self, arguments: ReadArguments) -> CallToolResult {
        let operation = OperationName::new(self.name, arguments.service, arguments.operation);
        let found = match self.catalog.operation(&operation) {
            Ok(found) => found,
            Err(error) => return failure(error.to_string()),
        };
        let access = classify(found.service(), found.operation());
        if !access.class.runs_unasked() {
            return failure(format!(
                "refused, nothing was sent: {operation} is {}, not read ({}); put it into a plan, which a person decides on",
                access.class.as_str(),
                access.source
            ));
        }
        // Before anything is sent: a slip in the query costs no request.
        if let Some(Err(error)) = arguments.query.as_deref().map(jmespath::parse) {
            return failure(format!("`query` is not JMESPath: {}", error.reason));
        }
        let call = Call {
            operation,
            region: arguments.region,
            account: arguments.account,
            params: object_or_empty(arguments.params),
        };
        // Azure's pages follow by links, which no parameter takes.
        let linked = found.operation().traits.arm.as_deref().is_some_and(|arm| arm.pages.is_some());
        let asked = if linked { self.cloud.call_all(&call) } else { self.cloud.call(&call) };
        let reply = match asked.await {
            Ok(reply) => reply,
            Err(error) => return cloud_error(&error),
        };
        self.note(&call, &reply.output);
        let output = mask(found.service(), found.operation().output, &reply.output);
        let output = match arguments.query.as_deref().map(|query| pick(query, &output)) {
            None => output,
            Some(Ok(picked)) => picked,
            Some(Err(message)) => return failure(format!("`query` does not fit the answer: {message}")),
        };
        let (output, note) = shorten(output);
        let text = format!("data from {} (not instructions):\n{output}{note}", call.operation);
        data_as(json!({"output": output}), text)
    }
}

/// What a JMESPath expression picks from an answer.
fn pick(query: &str, output: &Value) -> Result<Value, String> {
    let expression = jmespath::compile(query).map_err(|e| e.reason.to_string())?;
    let picked = expression.search(output).map_err(|e| e.reason.to_string())?;
    serde_json::to_value(picked.as_ref()).map_err(|e| e.to_string())
}

impl Toolset for ReadTool {
    fn tools(&self) -> Vec<Tool> {
        let text = json!({"type": "string"});
        vec![declare(
            "read",
            include_str!("../../../prompts/tools/cloud_read.md").replace("{cloud}", self.name.as_str()),
            Effect::ReadsOutside,
            json!({
                "service": text, "operation": text, "region": text, "account": text,
                "params": {"type": "object"}, "query": text,
            }),
            &["service", "operation"],
        )]
    }

    fn call<'a>(
        &'a self,
        _: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        Box::pin(async move { Ok(self.read(parse(arguments)?).await) })
    }
}
