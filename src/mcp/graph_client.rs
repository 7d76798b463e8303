//! The program's own way to the graph.

use serde::Deserialize;
use serde_json::{Value, json};

use super::SwitchboardError;
use super::client::{Client, ask};
use crate::graph::{Node, Picture};
use crate::plan::ExecutionId;

/// Teaches the graph and asks it; clones share the connection.
#[derive(Clone)]
pub struct GraphClient {
    client: Client,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Node>,
}

impl GraphClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Learns what an execution made, changed, and deleted.
    ///
    /// # Errors
    ///
    /// The execution is unknown, or the store refused.
    pub async fn learn(&self, execution: &ExecutionId) -> Result<(), SwitchboardError> {
        ask::<Value>(&self.client, "learn", json!({"execution": execution.0})).await.map(drop)
    }

    /// What the Legislator is told of what exists; see
    /// [`Graph::inventory`](crate::graph::Graph::inventory).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn inventory(&self) -> Result<Value, SwitchboardError> {
        ask(&self.client, "inventory", json!({})).await
    }

    /// Resources whose name, kind, or key holds all words; all of them without words.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn find(&self, words: &str) -> Result<Vec<Node>, SwitchboardError> {
        Ok(ask::<Resources>(&self.client, "find", json!({"words": words})).await?.resources)
    }

    /// A resource with what it needs and what needs it.
    ///
    /// # Errors
    ///
    /// The graph does not know it, knows several of the name, or the store cannot be read.
    pub async fn show(&self, name: &str) -> Result<Picture, SwitchboardError> {
        ask(&self.client, "show", json!({"name": name})).await
    }

    /// Everything that needs a resource, directly or through others.
    ///
    /// # Errors
    ///
    /// As for [`GraphClient::show`].
    pub async fn dependents(&self, name: &str) -> Result<Vec<Node>, SwitchboardError> {
        Ok(ask::<Resources>(&self.client, "dependents", json!({"name": name})).await?.resources)
    }
}
