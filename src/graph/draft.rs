//! A working copy of the graph of one target, committed as a whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::thing::name_of;
use super::tie::Index;
use super::{Edge, Existence, Graph, GraphError, Node};
use crate::plan::{CloudName, Target};
use crate::store::{Expect, Range, StoreError};

/// How often learning is begun anew when somebody else was faster.
const MOST_TRIES: usize = 10;

/// Where and when something was done or seen.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) cloud: CloudName,
    pub(super) service: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) at: Timestamp,
}

/// The graph of one target while it is changed.
pub(super) struct Draft {
    target: Target,
    raw: BTreeMap<String, Vec<u8>>,
    pub(super) before: BTreeMap<String, Node>,
    pub(super) nodes: BTreeMap<String, Node>,
    known_edges: BTreeMap<String, Edge>,
    pub(super) edges: BTreeMap<String, Edge>,
    pub(super) index: Index,
}

impl Graph {
    /// Changes the graph of a target as a whole or not at all.
    pub(super) fn change<T>(
        &self,
        target: Target,
        change: impl Fn(&mut Draft) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        let mut tries = 0;
        loop {
            let mut draft = self.draft(target)?;
            let result = change(&mut draft)?;
            tries += 1;
            match self.keep(&draft) {
                Err(StoreError::Conflict { .. }) if tries < MOST_TRIES => {}
                kept => {
                    kept?;
                    return Ok(result);
                }
            }
        }
    }

    fn draft(&self, target: Target) -> Result<Draft, GraphError> {
        let prefix = format!("{target}/");
        // Read before the values: a change in between is then a conflict, never an overwrite.
        let raw = self.nodes.store().range(super::picture::NODES, &Range::prefix(&prefix))?;
        let raw = raw.into_iter().map(|(key, value)| (String::from_utf8_lossy(&key).into_owned(), value));
        let raw = raw.collect();
        let picture = self.picture(target)?;
        let before: BTreeMap<_, _> = picture.nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
        let known_edges: BTreeMap<_, _> =
            picture.edges.into_iter().map(|edge| (edge_key(&edge), edge)).collect();
        let mut index = Index::default();
        before.values().for_each(|node| index.add(node));
        Ok(Draft {
            target,
            raw,
            nodes: before.clone(),
            before,
            edges: known_edges.clone(),
            known_edges,
            index,
        })
    }

    fn keep(&self, draft: &Draft) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        for (key, node) in draft.nodes.iter().filter(|(key, node)| draft.before.get(*key) != Some(*node)) {
            let mut change = self.nodes.change(key, Some(node))?;
            change.expect = draft.raw.get(key).map_or(Expect::Absent, |found| Expect::Exactly(found.clone()));
            changes.push(change);
        }
        for (key, edge) in draft.edges.iter().filter(|(key, edge)| draft.known_edges.get(*key) != Some(*edge))
        {
            changes.push(self.edges.change(key, Some(edge))?);
        }
        for key in draft.known_edges.keys().filter(|key| !draft.edges.contains_key(*key)) {
            changes.push(self.edges.change(key, None)?);
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.nodes.store().commit(&changes)
    }
}

impl Draft {
    /// A resource as it is known, or a new one that nothing is known of but its name.
    pub(super) fn node(&mut self, scene: &Scene<'_>, kind: &str, identity: &Map<String, Value>) -> &mut Node {
        let key = self.key(scene, kind, identity);
        let target = self.target;
        let node = self.nodes.entry(key.clone()).or_insert_with(|| Node {
            key,
            target,
            cloud: scene.cloud,
            service: scene.service.to_owned(),
            kind: kind.to_owned(),
            name: name_of(identity),
            identity: identity.clone(),
            aliases: Vec::new(),
            region: scene.region.map(str::to_owned),
            account: scene.account.map(str::to_owned),
            tags: BTreeMap::new(),
            attributes: Value::Null,
            settings: BTreeMap::new(),
            state: Existence::Exists,
            since: scene.at,
            made_by: None,
            first_seen: scene.at,
            last_seen: scene.at,
        });
        node.first_seen = node.first_seen.min(scene.at);
        node.last_seen = node.last_seen.max(scene.at);
        node.region = node.region.take().or_else(|| scene.region.map(str::to_owned));
        node.account = node.account.take().or_else(|| scene.account.map(str::to_owned));
        node
    }

    /// Two things of one name in two places are two things; a place that was not named may be any.
    fn key(&self, scene: &Scene<'_>, kind: &str, identity: &Map<String, Value>) -> String {
        let Scene { cloud, service, .. } = scene;
        let key = format!("{}/{cloud}/{service}/{kind}/{}", self.target, name_of(identity));
        match self.nodes.get(&key) {
            Some(node) if !same_place(node, scene) => {
                let place = [scene.region, scene.account].into_iter().flatten().collect::<Vec<_>>();
                format!("{key}@{}", place.join("@"))
            }
            _ => key,
        }
    }
}

pub(super) fn edge_key(edge: &Edge) -> String {
    format!("{}|{}|{}", edge.from, edge.to, edge.by)
}

pub(super) fn same_place(node: &Node, scene: &Scene<'_>) -> bool {
    let fits =
        |known: Option<&str>, asked: Option<&str>| known.is_none() || asked.is_none() || known == asked;
    fits(node.region.as_deref(), scene.region) && fits(node.account.as_deref(), scene.account)
}
