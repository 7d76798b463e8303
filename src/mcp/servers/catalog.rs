//! The tools with which anybody finds and understands operations of a cloud.

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Catalog, describe::describe};
use crate::clouds::Pending;
use crate::mcp::server::{Asker, Toolset, parse};
use crate::mcp::tool::{Effect, data_as, declare, failure};
use crate::plan::{CloudName, OperationName};

/// Hits when a query does not say how many.
const USUAL_LIMIT: usize = 8;
/// Hits at most.
const GREATEST_LIMIT: usize = 50;

pub(in crate::mcp) struct CatalogTools {
    cloud: CloudName,
    catalog: Catalog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchArguments {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribeArguments {
    service: String,
    operation: String,
    #[serde(default)]
    path: Option<String>,
}

impl CatalogTools {
    pub(in crate::mcp) fn new(cloud: CloudName, catalog: Catalog) -> Self {
        Self { cloud, catalog }
    }

    fn search(&self, arguments: &SearchArguments) -> CallToolResult {
        let limit = arguments.limit.unwrap_or(USUAL_LIMIT).clamp(1, GREATEST_LIMIT);
        let hits = self.catalog.search(&arguments.query, Some(self.cloud), limit);
        if hits.is_empty() {
            return failure("nothing fits; use other words, for example the resource and what to do with it");
        }
        let mut text = String::new();
        let mut found = Vec::new();
        for hit in hits {
            let OperationName { service, operation, .. } = hit.operation;
            let required = self.required(&service, &operation);
            text.push_str(&format!("{service} {operation}({})\n", required.join(", ")));
            found.push(json!({"service": service, "operation": operation, "required": required}));
        }
        data_as(json!({"hits": found}), text)
    }

    fn required(&self, service: &str, operation: &str) -> &[String] {
        self.catalog
            .services(self.cloud)
            .find(|entry| entry.name == service)
            .and_then(|entry| entry.operations.iter().find(|o| o.name == operation))
            .map_or(&[], |entry| &entry.required)
    }

    fn describe(&self, arguments: &DescribeArguments) -> CallToolResult {
        let name = OperationName::new(self.cloud, &arguments.service, &arguments.operation);
        let found = match self.catalog.operation(&name) {
            Ok(found) => found,
            Err(error) => return failure(error.to_string()),
        };
        match describe(found.service(), found.operation(), arguments.path.as_deref()) {
            Ok(description) => {
                let text = description.compact();
                match serde_json::to_value(&description) {
                    Ok(value) => data_as(value, text),
                    Err(error) => failure(error.to_string()),
                }
            }
            Err(error) => failure(error.to_string()),
        }
    }
}

impl Toolset for CatalogTools {
    fn tools(&self) -> Vec<Tool> {
        let text = json!({"type": "string"});
        let cloud = self.cloud.as_str();
        vec![
            declare(
                "search",
                include_str!("../../../prompts/tools/cloud_search.md").replace("{cloud}", cloud),
                Effect::Reads,
                json!({"query": text, "limit": {"type": "integer"}}),
                &["query"],
            ),
            declare(
                "describe",
                include_str!("../../../prompts/tools/cloud_describe.md"),
                Effect::Reads,
                json!({"service": text, "operation": text, "path": text}),
                &["service", "operation"],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        Box::pin(async move {
            Ok(match tool {
                "search" => self.search(&parse(arguments)?),
                _ => self.describe(&parse(arguments)?),
            })
        })
    }
}

/// Whether a value is an object, as parameters must be.
pub(in crate::mcp) fn object_or_empty(params: Value) -> Value {
    if params.is_null() { json!({}) } else { params }
}
