//! The graph server: what exists, as far as this program made it or saw it.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::json;

use crate::catalog::Catalog;
use crate::clouds::Pending;
use crate::graph::{Graph, GraphError, Node};
use crate::mcp::server::{Asker, Toolset, on_disk, parse};
use crate::mcp::tool::{Effect, data, data_as, declare, failure};
use crate::plan::{ExecutionId, Target};
use crate::store::Store;

/// The tools that look.
pub(in crate::mcp) struct GraphTools {
    graph: Graph,
    target: Target,
}

/// The tools of the program itself: learning from a run, and what the Legislator is told.
pub(in crate::mcp) struct LearnTools {
    graph: Graph,
    target: Target,
    store: Arc<dyn Store>,
    catalog: Catalog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindArguments {
    #[serde(default)]
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameArguments {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LearnArguments {
    execution: String,
}

impl GraphTools {
    pub(in crate::mcp) fn new(graph: Graph, target: Target) -> Self {
        Self { graph, target }
    }
}

impl LearnTools {
    pub(in crate::mcp) fn new(graph: Graph, target: Target, store: Arc<dyn Store>, catalog: Catalog) -> Self {
        Self { graph, target, store, catalog }
    }
}

fn lines(nodes: &[Node]) -> String {
    let lines: Vec<String> = nodes
        .iter()
        .map(|node| {
            let Node { cloud, service, kind, name, state, .. } = node;
            let region = node.region.as_deref().unwrap_or("-");
            format!("{cloud} {service} {kind} {name} {region} {}", state.as_str())
        })
        .collect();
    if lines.is_empty() {
        "the graph knows nothing of that; it may exist all the same".to_owned()
    } else {
        lines.join("\n")
    }
}

fn told(result: Result<CallToolResult, GraphError>) -> CallToolResult {
    result.unwrap_or_else(|error| failure(error.to_string()))
}

impl Toolset for GraphTools {
    fn tools(&self) -> Vec<Tool> {
        let text = json!({"type": "string"});
        vec![
            declare(
                "find",
                include_str!("../../../prompts/tools/graph_find.md"),
                Effect::Reads,
                json!({"words": text}),
                &[],
            ),
            declare(
                "show",
                include_str!("../../../prompts/tools/graph_show.md"),
                Effect::Reads,
                json!({"name": text}),
                &["name"],
            ),
            declare(
                "dependents",
                include_str!("../../../prompts/tools/graph_dependents.md"),
                Effect::Reads,
                json!({"name": text}),
                &["name"],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        let (graph, target, tool) = (self.graph.clone(), self.target, tool.to_owned());
        on_disk(move || {
            Ok(told(match tool.as_str() {
                "find" => {
                    let FindArguments { words } = parse(arguments)?;
                    graph.find(target, &words).map(|nodes| {
                        let text = lines(&nodes);
                        data_as(json!({ "resources": nodes }), text)
                    })
                }
                "dependents" => {
                    let NameArguments { name } = parse(arguments)?;
                    graph.dependents(target, &name).map(|nodes| {
                        let text = if nodes.is_empty() {
                            format!("nothing that is known needs {name}")
                        } else {
                            lines(&nodes)
                        };
                        data_as(json!({ "resources": nodes }), text)
                    })
                }
                _ => {
                    let NameArguments { name } = parse(arguments)?;
                    graph.neighbours(target, &name).map(|picture| data(json!(picture)))
                }
            }))
        })
    }
}

impl Toolset for LearnTools {
    fn tools(&self) -> Vec<Tool> {
        let text = json!({"type": "string"});
        vec![
            declare(
                "learn",
                include_str!("../../../prompts/tools/graph_learn.md"),
                Effect::Replaces,
                json!({"execution": text}),
                &["execution"],
            ),
            declare(
                "inventory",
                include_str!("../../../prompts/tools/graph_inventory.md"),
                Effect::Reads,
                json!({}),
                &[],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        let (graph, target, tool) = (self.graph.clone(), self.target, tool.to_owned());
        let (store, catalog) = (Arc::clone(&self.store), self.catalog.clone());
        on_disk(move || {
            if tool == "inventory" {
                return Ok(told(graph.inventory(target).map(data)));
            }
            let LearnArguments { execution } = parse(arguments)?;
            let learnt = graph.learn(&store, &catalog, &ExecutionId(execution));
            Ok(told(learnt.map(|()| data(json!({"learnt": true})))))
        })
    }
}
