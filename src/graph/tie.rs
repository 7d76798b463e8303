//! Edges between resources, from what their parameters name.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::draft::{Draft, edge_key};
use super::text::{gather, names, suffixes};
use super::{Edge, Existence, Node, Relation};

/// Who is called how, and who names what. Entries are candidates: what a resource is no longer called
/// stays here, and whoever asks looks again.
#[derive(Default)]
pub(super) struct Index {
    called: HashMap<String, BTreeSet<String>>,
    naming: HashMap<String, BTreeSet<String>>,
}

impl Index {
    pub(super) fn add(&mut self, node: &Node) {
        for name in all_names(node) {
            self.called.entry(name).or_default().insert(node.key.clone());
        }
        for (_, text) in named_by(node) {
            for part in suffixes(&text) {
                self.naming.entry(part.to_owned()).or_default().insert(node.key.clone());
            }
        }
    }

    fn called<'a>(&'a self, texts: &'a [(String, String)]) -> BTreeSet<&'a String> {
        let parts = texts.iter().flat_map(|(_, text)| suffixes(text));
        parts.filter_map(|part| self.called.get(part)).flatten().collect()
    }

    fn naming(&self, node: &Node) -> BTreeSet<&String> {
        all_names(node).iter().filter_map(|name| self.naming.get(name)).flatten().collect()
    }
}

/// Everything that a resource is called, and the parts of its identity.
fn all_names(node: &Node) -> Vec<String> {
    let mut parts = Vec::new();
    node.identity.values().for_each(|value| gather(value, "", &mut parts));
    let parts = parts.into_iter().map(|(_, text)| text);
    std::iter::once(node.name.clone()).chain(node.aliases.iter().cloned()).chain(parts).collect()
}

/// All texts with which a resource may name others, each with its member.
fn named_by(node: &Node) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    gather(&node.attributes, "", &mut texts);
    node.settings.values().for_each(|setting| gather(&setting.params, "", &mut texts));
    node.identity.iter().for_each(|(name, value)| gather(value, name, &mut texts));
    texts
}

impl Draft {
    /// Edges from a resource to all known ones that it names, and from those that named it before it
    /// was there. `inside` says of a member whether a thing that it names holds this one.
    pub(super) fn tie(&mut self, key: &str, inside: impl Fn(&str) -> bool) {
        let Some(node) = self.nodes.get(key) else { return };
        self.index.add(node);
        let texts = named_by(node);
        let mut found: Vec<Edge> = self
            .index
            .called(&texts)
            .into_iter()
            .filter_map(|other| edge(node, self.nodes.get(other)?, &texts, &inside))
            .collect();
        if self.before.get(key).is_none_or(|known| known.state == Existence::Deleted) {
            for from in self.index.naming(node) {
                let Some(from) = self.nodes.get(from) else { continue };
                found.extend(edge(from, node, &named_by(from), &|_| false));
            }
        }
        for edge in found {
            // Two that name each other: the first edge stands.
            if self.between(&edge.to, &edge.from).is_none() {
                self.join(edge);
            }
        }
    }

    /// An edge, unless the same two are joined already; a closer relation replaces a looser one.
    pub(super) fn join(&mut self, edge: Edge) {
        match self.between(&edge.from, &edge.to).cloned() {
            Some(known) if known.relation <= edge.relation => {}
            Some(known) => {
                self.edges.remove(&edge_key(&known));
                self.edges.insert(edge_key(&edge), edge);
            }
            None => {
                self.edges.insert(edge_key(&edge), edge);
            }
        }
    }

    fn between(&self, from: &str, to: &str) -> Option<&Edge> {
        let prefix = format!("{from}|{to}|");
        let (key, edge) = self.edges.range(prefix.clone()..).next()?;
        key.starts_with(&prefix).then_some(edge)
    }
}

/// The edge from one resource to another that its texts name, if they do.
fn edge(
    node: &Node,
    other: &Node,
    texts: &[(String, String)],
    inside: &dyn Fn(&str) -> bool,
) -> Option<Edge> {
    let gone = node.state == Existence::Deleted || other.state == Existence::Deleted;
    if gone || other.key == node.key || other.cloud != node.cloud {
        return None;
    }
    let near = other.service == node.service;
    let part = near && is_part(&node.identity, &other.identity);
    let by = texts.iter().find(|(member, text)| names(member, text, other)).map(|(member, _)| member);
    let by = by.or_else(|| part.then(|| other.identity.keys().next()).flatten())?;
    if node.name == other.name && !part {
        return None;
    }
    let held = part || (near && other.identity.contains_key(by) && inside(by));
    let relation = if held { Relation::In } else { Relation::Needs };
    Some(Edge { from: node.key.clone(), to: other.key.clone(), by: by.clone(), relation })
}

/// Whether a thing is named by all that names another one, and more: an object by its bucket and key.
fn is_part(identity: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    !other.is_empty()
        && identity.len() > other.len()
        && other.iter().all(|(name, value)| identity.get(name) == Some(value))
}
