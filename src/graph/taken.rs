//! Taking out what was deleted, detached, or taken back.

use jiff::Timestamp;
use serde_json::Value;

use super::draft::{Draft, Scene, same_place};
use super::text::{names_whole, tags_of};
use super::thing::{ENDS, verb_and_noun};
use super::{Existence, Relation, Setting};

impl Draft {
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
}

/// `RoleFromInstanceProfile` and `RoleToInstanceProfile` are about the same.
fn other_direction(noun: &str) -> String {
    noun.replacen("From", "To", 1)
}
