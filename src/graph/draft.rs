//! A working copy of the graph of one target, committed as a whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::text::{aliases, gather, names, names_whole, tags_of};
use super::thing::{ENDS, name_of, verb_and_noun};
use super::{Edge, Existence, Graph, GraphError, Node, Relation, Setting};
use crate::plan::{CloudName, Target};
use crate::store::{Expect, Range, StoreError};

/// How deep an answer is searched for ids of the thing's own.
const ANSWER_DEPTH: usize = 1;

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
    before: BTreeMap<String, Node>,
    pub(super) nodes: BTreeMap<String, Node>,
    known_edges: BTreeMap<String, Edge>,
    edges: BTreeMap<String, Edge>,
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
        Ok(Draft { target, raw, nodes: before.clone(), before, edges: known_edges.clone(), known_edges })
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
    fn node(&mut self, scene: &Scene<'_>, kind: &str, identity: &Map<String, Value>) -> &mut Node {
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

    /// A resource was made, or the request to make it is out.
    pub(super) fn made(
        &mut self,
        scene: &Scene<'_>,
        kind: &str,
        identity: &Map<String, Value>,
        (params, output): (&Value, &Value),
        state: Existence,
        by: (&str, &str),
    ) -> String {
        let node = self.node(scene, kind, identity);
        // A later word stands; an earlier run says nothing new, but for what was only seen until now.
        let only_seen = node.made_by.is_none() && node.state == state;
        if scene.at >= node.since || only_seen {
            if node.state == Existence::Deleted && state != Existence::Deleted {
                node.settings.clear();
                node.aliases.clear();
            }
            node.since = scene.at;
            node.state = state;
            node.made_by = Some((by.0.to_owned(), by.1.to_owned()));
            node.attributes = params.clone();
            if let Some(tags) = tags_of(params) {
                node.tags = tags;
            }
            let mut found = Vec::new();
            aliases(output, kind, ANSWER_DEPTH, &mut found);
            found.retain(|alias| *alias != node.name && !node.aliases.contains(alias));
            node.aliases.extend(found);
        }
        node.key.clone()
    }

    /// A resource was configured, or its configuration was taken back.
    pub(super) fn configured(
        &mut self,
        key: &str,
        name: &str,
        params: &Value,
        at: Timestamp,
        by: (&str, &str),
        taken_back: bool,
    ) {
        let Some(node) = self.nodes.get_mut(key) else { return };
        let by = (by.0.to_owned(), by.1.to_owned());
        node.last_seen = node.last_seen.max(at);
        if node.settings.get(name).is_some_and(|setting| setting.at > at) {
            return;
        }
        if taken_back {
            node.settings.retain(|known, setting| known != name || setting.by != by);
            return;
        }
        let params = Value::Object(
            params
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(member, value)| node.identity.get(*member) != Some(*value))
                .map(|(member, value)| (member.clone(), value.clone()))
                .collect(),
        );
        if let Some(tags) = tags_of(&params) {
            node.tags.extend(tags);
        }
        if at > node.since && node.state != Existence::Exists {
            node.state = Existence::Exists;
            node.since = at;
        }
        node.settings.insert(name.to_owned(), Setting { params, by, at });
    }

    /// A resource of which another operation knows only what it configures there.
    pub(super) fn named(&mut self, scene: &Scene<'_>, kind: &str, identity: &Map<String, Value>) -> String {
        self.node(scene, kind, identity).key.clone()
    }

    /// The known resources that parameters are about: those of which they give the whole identity, else
    /// those that they name on top.
    pub(super) fn subjects(&self, scene: &Scene<'_>, params: &Value) -> Vec<String> {
        let Some(given) = params.as_object() else { return Vec::new() };
        let near = || {
            self.nodes.values().filter(|node| {
                node.cloud == scene.cloud
                    && node.service == scene.service
                    && node.state != Existence::Deleted
                    && same_place(node, scene)
            })
        };
        let whole = near().filter(|node| {
            !node.identity.is_empty()
                && node.identity.iter().all(|(name, value)| {
                    let one = value.as_array().and_then(|items| items.first());
                    given.get(name).is_some_and(|found| found == value || Some(found) == one)
                })
        });
        if let Some(node) = whole.max_by_key(|node| node.identity.len()) {
            return vec![node.key.clone()];
        }
        let on_top: Vec<(&String, &str)> = given
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) => vec![(name, text.as_str())],
                Value::Array(items) => items.iter().filter_map(|i| Some((name, i.as_str()?))).collect(),
                _ => Vec::new(),
            })
            .collect();
        near()
            .filter(|node| on_top.iter().any(|(member, text)| names(member, text, node)))
            .map(|node| node.key.clone())
            .collect()
    }

    /// What an operation took away: resources whose whole identity it names, and settings.
    pub(super) fn taken(&mut self, scene: &Scene<'_>, operation: &str, params: &Value, state: Existence) {
        let (verb, noun) = verb_and_noun(operation);
        let noun = other_direction(&noun);
        // What is detached stays; the attachment goes.
        let ends = ENDS.contains(&verb);
        let is_meant = |kind: &str| kind.starts_with(&noun) && (kind == noun) == ends;
        let mut gone = Vec::new();
        let mut configured = Vec::new();
        for node in self.nodes.values_mut() {
            if node.cloud != scene.cloud || node.service != scene.service || !same_place(node, scene) {
                continue;
            }
            if noun.is_empty() || !names_whole(params, &node.identity) {
                continue;
            }
            if is_meant(&other_direction(&node.kind)) {
                if scene.at >= node.since && node.state != state {
                    node.state = state;
                    node.since = scene.at;
                    node.last_seen = node.last_seen.max(scene.at);
                    gone.push(node.key.clone());
                }
            } else if state == Existence::Deleted {
                configured.push(node.key.clone());
            }
        }
        for key in configured {
            let Some(node) = self.nodes.get_mut(&key) else { continue };
            let is_gone = |name: &str, setting: &Setting| {
                let first = other_direction(name.split(' ').next().unwrap_or(name));
                setting.at <= scene.at && (first == noun || (!ends && first.ends_with(&noun)))
            };
            let mut tags = Vec::new();
            for (_, setting) in node.settings.iter().filter(|(name, setting)| is_gone(name, setting)) {
                tags.extend(tags_of(&setting.params).unwrap_or_default().into_keys());
            }
            tags.iter().for_each(|tag| drop(node.tags.remove(tag)));
            node.settings.retain(|name, setting| !is_gone(name, setting));
        }
        if state == Existence::Deleted {
            self.inside_goes_too(gone, scene.at);
        }
    }

    /// What lies inside something that is gone is gone.
    fn inside_goes_too(&mut self, mut gone: Vec<String>, at: Timestamp) {
        while let Some(outer) = gone.pop() {
            for edge in self.edges.values().filter(|edge| edge.relation == Relation::In && edge.to == outer) {
                let Some(node) = self.nodes.get_mut(&edge.from) else { continue };
                if node.state != Existence::Deleted && at >= node.since {
                    node.state = Existence::Deleted;
                    node.since = at;
                    gone.push(edge.from.clone());
                }
            }
        }
    }

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

    /// A resource was seen in an answer.
    pub(super) fn seen(
        &mut self,
        scene: &Scene<'_>,
        kind: &str,
        identity: &Map<String, Value>,
        item: &Value,
        state: Existence,
    ) -> String {
        let node = self.node(scene, kind, identity);
        if scene.at >= node.since && node.state != state {
            node.state = state;
            node.since = scene.at;
        }
        if !item.is_null() {
            if let Some(tags) = tags_of(item) {
                node.tags = tags;
            }
            let mut found = Vec::new();
            aliases(item, kind, 0, &mut found);
            found.retain(|alias| *alias != node.name && !node.aliases.contains(alias));
            node.aliases.extend(found);
            if node.made_by.is_none() {
                node.attributes = item.clone();
            }
        }
        node.key.clone()
    }
}

fn edge_key(edge: &Edge) -> String {
    format!("{}|{}|{}", edge.from, edge.to, edge.by)
}

fn same_place(node: &Node, scene: &Scene<'_>) -> bool {
    let fits =
        |known: Option<&str>, asked: Option<&str>| known.is_none() || asked.is_none() || known == asked;
    fits(node.region.as_deref(), scene.region) && fits(node.account.as_deref(), scene.account)
}

/// Whether a thing is named by all that names another one, and more: an object by its bucket and key.
fn is_part(identity: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    !other.is_empty()
        && identity.len() > other.len()
        && other.iter().all(|(name, value)| identity.get(name) == Some(value))
}

/// `RoleFromInstanceProfile` and `RoleToInstanceProfile` are about the same.
fn other_direction(noun: &str) -> String {
    noun.replacen("From", "To", 1)
}
