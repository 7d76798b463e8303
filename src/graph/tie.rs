//! Edges between resources, from what their parameters name.

use serde_json::{Map, Value};

use super::draft::{Draft, edge_key};
use super::text::{gather, names};
use super::{Edge, Existence, Relation};

impl Draft {
    /// Edges from a resource to all known ones that a value names. `inside` says of a member whether a
    /// thing that it names holds this one.
    pub(super) fn tie(&mut self, key: &str, value: &Value, inside: impl Fn(&str) -> bool) {
        let Some(node) = self.nodes.get(key) else { return };
        let mut texts = Vec::new();
        gather(value, "", &mut texts);
        for (name, value) in &node.identity {
            gather(value, name, &mut texts);
        }
        let mut found = Vec::new();
        for other in self.nodes.values() {
            if other.key == node.key || other.cloud != node.cloud || other.state == Existence::Deleted {
                continue;
            }
            let part = other.service == node.service && is_part(&node.identity, &other.identity);
            let by = texts.iter().find(|(member, text)| names(member, text, other)).map(|(member, _)| member);
            let by = by.or_else(|| part.then(|| other.identity.keys().next()).flatten());
            let Some(by) = by.filter(|_| part || node.name != other.name) else { continue };
            // Two that name each other: the first edge stands.
            if self.between(&other.key, &node.key).is_some() {
                continue;
            }
            let held =
                part || (other.service == node.service && other.identity.contains_key(by) && inside(by));
            let relation = if held { Relation::In } else { Relation::Needs };
            found.push(Edge { from: node.key.clone(), to: other.key.clone(), by: by.clone(), relation });
        }
        found.into_iter().for_each(|edge| self.join(edge));
    }

    /// Edges to a resource that was not there before, from those that named it already.
    pub(super) fn tie_back(&mut self, key: &str) {
        if self.before.get(key).is_some_and(|known| known.state != Existence::Deleted) {
            return;
        }
        let Some(new) = self.nodes.get(key) else { return };
        let mut naming = Vec::new();
        for node in self.nodes.values().filter(|node| node.key != key && node.cloud == new.cloud) {
            let mut texts = Vec::new();
            gather(&node.attributes, "", &mut texts);
            if texts.iter().any(|(member, text)| names(member, text, new))
                || is_part(&node.identity, &new.identity)
            {
                naming.push((node.key.clone(), node.attributes.clone()));
            }
        }
        for (from, attributes) in naming {
            self.tie(&from, &attributes, |_| false);
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

/// Whether a thing is named by all that names another one, and more: an object by its bucket and key.
fn is_part(identity: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    !other.is_empty()
        && identity.len() > other.len()
        && other.iter().all(|(name, value)| identity.get(name) == Some(value))
}
