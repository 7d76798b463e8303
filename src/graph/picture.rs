//! The graph in the store, and questions about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Edge, Existence, GraphError, Node};
use crate::plan::Target;
use crate::store::{Range, Store, Tree};

/// Resources that the inventory names at most.
const MOST_LISTED: usize = 2000;

/// The graph of a store; clones share it.
#[derive(Clone)]
pub struct Graph {
    pub(super) nodes: Tree<Node>,
    pub(super) edges: Tree<Edge>,
}

/// A part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    /// The resources, by key.
    pub nodes: Vec<Node>,
    /// What holds them together.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The graph of a store.
    #[must_use]
    pub fn open(store: &Arc<dyn Store>) -> Self {
        Self {
            nodes: Tree::new(Arc::clone(store), "nodes", 1),
            edges: Tree::new(Arc::clone(store), "edges", 1),
        }
    }

    /// Everything that is known of a target. A damaged value is left out and logged.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn picture(&self, target: Target) -> Result<Picture, GraphError> {
        let prefix = format!("{target}/");
        let mut picture = Picture::default();
        for (key, node) in self.nodes.each(&Range::prefix(&prefix))? {
            match node {
                Ok(node) => picture.nodes.push(node),
                Err(error) => tracing::warn!(key, %error, "a resource of the graph cannot be read"),
            }
        }
        for (key, edge) in self.edges.each(&Range::prefix(&prefix))? {
            match edge {
                Ok(edge) => picture.edges.push(edge),
                Err(error) => tracing::warn!(key, %error, "an edge of the graph cannot be read"),
            }
        }
        Ok(picture)
    }

    /// Resources whose name, kind, or key holds all words; all of them without words.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn find(&self, target: Target, words: &str) -> Result<Vec<Node>, GraphError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut nodes = self.picture(target)?.nodes;
        nodes.retain(|node| {
            let whole = format!("{} {} {}", node.key, node.kind, node.name).to_lowercase();
            words.iter().all(|word| whole.contains(word))
        });
        Ok(nodes)
    }

    /// A resource with what it needs and what needs it.
    ///
    /// # Errors
    ///
    /// The graph does not know it, or the store cannot be read.
    pub fn neighbours(&self, target: Target, name_or_key: &str) -> Result<Picture, GraphError> {
        let whole = self.picture(target)?;
        let centre = named(&whole, name_or_key)?;
        let edges: Vec<Edge> =
            whole.edges.iter().filter(|e| e.from == centre || e.to == centre).cloned().collect();
        let keys: BTreeSet<&str> = edges
            .iter()
            .flat_map(|edge| [edge.from.as_str(), edge.to.as_str()])
            .chain(std::iter::once(centre.as_str()))
            .collect();
        let nodes = whole.nodes.iter().filter(|node| keys.contains(node.key.as_str())).cloned().collect();
        Ok(Picture { nodes, edges })
    }

    /// Everything that needs a resource, directly or through others, and is there.
    ///
    /// # Errors
    ///
    /// The graph does not know it, or the store cannot be read.
    pub fn dependents(&self, target: Target, name_or_key: &str) -> Result<Vec<Node>, GraphError> {
        let whole = self.picture(target)?;
        let mut seen = BTreeSet::from([named(&whole, name_or_key)?]);
        let mut reached = BTreeSet::new();
        loop {
            let more: Vec<String> = whole
                .edges
                .iter()
                .filter(|edge| seen.contains(&edge.to) && !seen.contains(&edge.from))
                .map(|edge| edge.from.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            seen.extend(more.iter().cloned());
            reached.extend(more);
        }
        Ok(whole
            .nodes
            .into_iter()
            .filter(|node| reached.contains(&node.key) && node.state != Existence::Deleted)
            .collect())
    }

    /// What the Legislator is told: how many resources of each kind are there, and which.
    ///
    /// `{"counts": {"Bucket": 2}, "resources": [{"kind", "name", "service", "region"}]}`
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn inventory(&self, target: Target) -> Result<Value, GraphError> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut resources = Vec::new();
        for node in self.picture(target)?.nodes.iter().filter(|node| node.state == Existence::Exists) {
            *counts.entry(node.kind.clone()).or_default() += 1;
            if resources.len() < MOST_LISTED {
                resources.push(json!({
                    "kind": node.kind, "name": node.name, "service": node.service, "region": node.region,
                }));
            }
        }
        Ok(json!({"counts": counts, "resources": resources}))
    }
}

/// The key of the one resource of this key or name.
fn named(picture: &Picture, name_or_key: &str) -> Result<String, GraphError> {
    picture
        .nodes
        .iter()
        .find(|node| node.key == name_or_key)
        .or_else(|| picture.nodes.iter().find(|node| node.name == name_or_key))
        .map(|node| node.key.clone())
        .ok_or_else(|| GraphError::UnknownNode(name_or_key.to_owned()))
}
