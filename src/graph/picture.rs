//! The graph in the store, and questions about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Edge, Existence, GraphError, Node};
use crate::plan::Target;
use crate::store::{Range, Store, Tree};

/// The tree of the resources.
pub(super) const NODES: &str = "nodes";
/// Candidates that an error names.
const MOST_CANDIDATES: usize = 5;

/// The graph of a store; clones share it.
#[derive(Clone)]
pub struct Graph {
    pub(super) nodes: Tree<Node>,
    pub(super) edges: Tree<Edge>,
}

/// A part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The resources, by key.
    pub nodes: Vec<Node>,
    /// What holds them together.
    pub edges: Vec<Edge>,
    /// What could not be read: tree, key, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

impl Graph {
    /// The graph of a store.
    #[must_use]
    pub fn open(store: &Arc<dyn Store>) -> Self {
        Self {
            nodes: Tree::new(Arc::clone(store), NODES, 1),
            edges: Tree::new(Arc::clone(store), "edges", 1),
        }
    }

    /// Everything that is known of a target. A damaged value is named and hides no other.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn picture(&self, target: Target) -> Result<Picture, GraphError> {
        let prefix = format!("{target}/");
        let mut picture = Picture::default();
        for (_, node) in self.nodes.each(&Range::prefix(&prefix))? {
            match node {
                Ok(node) => picture.nodes.push(node),
                Err(error) => picture.damaged.push(error.to_string()),
            }
        }
        for (_, edge) in self.edges.each(&Range::prefix(&prefix))? {
            match edge {
                Ok(edge) => picture.edges.push(edge),
                Err(error) => picture.damaged.push(error.to_string()),
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
        Ok(Picture { nodes, edges, damaged: whole.damaged })
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

    /// All resources of a kind, for example `Bucket`, that are not known to be gone.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn all_of(&self, target: Target, kind: &str) -> Result<Vec<Node>, GraphError> {
        let mut nodes = self.picture(target)?.nodes;
        nodes.retain(|node| node.kind.eq_ignore_ascii_case(kind) && node.state != Existence::Deleted);
        Ok(nodes)
    }

    /// Resources that are there, hold on to nothing, and are held by nothing.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn orphans(&self, target: Target) -> Result<Vec<Node>, GraphError> {
        let Picture { mut nodes, edges, .. } = self.picture(target)?;
        let there: BTreeSet<String> =
            nodes.iter().filter(|n| n.state != Existence::Deleted).map(|n| n.key.clone()).collect();
        let tied: BTreeSet<&str> = edges
            .iter()
            .filter(|edge| there.contains(&edge.from) && there.contains(&edge.to))
            .flat_map(|edge| [edge.from.as_str(), edge.to.as_str()])
            .collect();
        nodes.retain(|node| there.contains(&node.key) && !tied.contains(node.key.as_str()));
        Ok(nodes)
    }
}

/// The key of the one resource of this key, name, or other name.
fn named(picture: &Picture, wanted: &str) -> Result<String, GraphError> {
    let wanted = wanted.trim();
    if let Some(node) = picture.nodes.iter().find(|node| node.key == wanted) {
        return Ok(node.key.clone());
    }
    let called: Vec<&Node> = picture
        .nodes
        .iter()
        .filter(|node| node.name == wanted || node.aliases.iter().any(|alias| alias == wanted))
        .collect();
    // What is gone does not stand in the way of what is there.
    let there: Vec<&Node> = called.iter().copied().filter(|node| node.state != Existence::Deleted).collect();
    match if there.is_empty() { called } else { there }.as_slice() {
        [one] => Ok(one.key.clone()),
        [] => Err(GraphError::UnknownNode(wanted.to_owned())),
        several => Err(GraphError::Ambiguous {
            wanted: wanted.to_owned(),
            candidates: several.iter().take(MOST_CANDIDATES).map(|node| node.key.clone()).collect(),
        }),
    }
}
