//! Taking in what was made, configured, or seen.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::draft::{Draft, Scene, same_place};
use super::text::{aliases, names, tags_of};
use super::{Existence, Setting};

/// How deep an answer is searched for ids of the thing's own.
const ANSWER_DEPTH: usize = 1;

impl Draft {
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
