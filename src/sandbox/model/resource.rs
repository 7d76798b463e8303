//! One thing that exists.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that exists in an embedded cloud: a network, a bucket, a setting of a bucket, the
/// attachment of a policy to a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// The service as the catalog names it.
    pub(crate) service: String,
    /// The region; empty for what exists everywhere.
    pub(crate) region: String,
    /// The kind, for example `Vpc`.
    pub(crate) kind: String,
    /// What tells it from others of its kind; contained things begin with their container's.
    pub(crate) id: String,
    /// The cloud's full name for it, where it has one.
    pub(crate) arn: Option<String>,
    /// The names that it answers to, by the parameter that takes them: `VpcId` → `vpc-1`.
    pub(crate) names: BTreeMap<String, String>,
    /// What it refers to.
    pub(crate) parents: Vec<Parent>,
    /// Everything else that is known, as the parameters and the defaults gave it.
    pub(crate) attributes: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) phase: Phase,
    /// How many reads still see a thing that is on its way.
    pub(crate) reads_left: u32,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    /// The request that made it, if it may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Token>,
    /// Whether it came with its container and goes with it, like a network's default route table.
    #[serde(default)]
    pub(crate) inborn: bool,
}

/// A reference to another resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parent {
    /// The parameter that named it.
    pub(crate) member: String,
    /// Its key.
    pub(crate) key: String,
    /// Whether this thing exists only inside it.
    pub(crate) contains: bool,
}

/// What tells a repeated request from a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) operation: String,
    pub(crate) value: String,
    /// Digest of the parameters that came with it.
    pub(crate) digest: String,
}

/// Where a thing is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// It is being made.
    Coming,
    /// It is usable.
    Ready,
    /// It is being stopped.
    Stopping,
    /// It stands still.
    Stopped,
    /// It is being taken away.
    Going,
    /// It is gone, and still shown for a while.
    Gone,
}

impl Phase {
    /// The phase that this one ends in by itself.
    pub(crate) fn settled(self) -> Phase {
        match self {
            Phase::Coming | Phase::Ready => Phase::Ready,
            Phase::Stopping | Phase::Stopped => Phase::Stopped,
            Phase::Going | Phase::Gone => Phase::Gone,
        }
    }
}

impl Resource {
    pub(crate) fn key(&self) -> String {
        key_of(&[&self.service, &self.region, &self.kind, &self.id])
    }

    /// Whether a text is one of its names.
    pub(crate) fn answers_to(&self, text: &str) -> bool {
        self.arn.as_deref() == Some(text) || self.names.values().any(|name| name == text)
    }

    /// Whether it refers to the resource with this key.
    pub(crate) fn refers_to(&self, key: &str) -> bool {
        self.parents.iter().any(|parent| parent.key == key)
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Going | Phase::Gone)
    }

    /// Somebody looked: what is on its way comes nearer.
    pub(crate) fn seen(&mut self) -> bool {
        let settled = self.phase.settled();
        if settled == self.phase {
            return false;
        }
        if self.reads_left == 0 {
            self.phase = settled;
        } else {
            self.reads_left -= 1;
        }
        true
    }
}

/// Parts in one text from which they could be told apart again.
pub(crate) fn key_of(parts: &[&str]) -> String {
    let escaped: Vec<String> =
        parts.iter().map(|part| part.replace('%', "%25").replace('|', "%7C")).collect();
    escaped.join("|")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn resource(kind: &str, id: &str) -> Resource {
        Resource {
            service: "ec2".into(),
            region: "eu-central-1".into(),
            kind: kind.into(),
            id: id.into(),
            arn: None,
            names: BTreeMap::from([(format!("{kind}Id"), id.to_owned())]),
            parents: vec![],
            attributes: Map::new(),
            tags: BTreeMap::new(),
            phase: Phase::Ready,
            reads_left: 0,
            created: Timestamp::UNIX_EPOCH,
            changed: Timestamp::UNIX_EPOCH,
            token: None,
            inborn: false,
        }
    }

    #[test]
    fn keys_of_different_things_are_different() {
        assert_ne!(key_of(&["a|b", "c"]), key_of(&["a", "b|c"]));
        assert_ne!(key_of(&["a%7Cb"]), key_of(&["a|b"]));
    }

    #[test]
    fn what_is_on_its_way_arrives_after_the_reads_it_was_given() {
        let mut thing = resource("Vpc", "vpc-1");
        thing.phase = Phase::Coming;
        thing.reads_left = 2;
        assert!(thing.seen() && thing.seen());
        assert_eq!(thing.phase, Phase::Coming);
        assert!(thing.seen());
        assert_eq!(thing.phase, Phase::Ready);
        assert!(!thing.seen());
    }
}
