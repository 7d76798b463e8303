//! The program's own way to the graph.

use serde_json::{Value, json};

use super::SwitchboardError;
use super::client::{Client, ask};
use crate::plan::ExecutionId;

/// Teaches the graph and asks it; clones share the connection.
#[derive(Clone)]
pub struct GraphClient {
    client: Client,
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
}
