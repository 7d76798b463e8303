//! Resources and what holds them together.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::plan::{CloudName, Target};

/// Whether a resource is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// It was made or seen, and not seen to go.
    Exists,
    /// It was deleted.
    Deleted,
    /// The request that made or deleted it has no answer yet.
    Unknown,
}

impl Existence {
    /// The word shown to a person and used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Existence::Exists => "exists",
            Existence::Deleted => "deleted",
            Existence::Unknown => "unknown",
        }
    }
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its key in the graph: target, cloud, service, kind, and name.
    pub key: String,
    /// Where it is.
    pub target: Target,
    /// The cloud.
    pub cloud: CloudName,
    /// The service.
    pub service: String,
    /// What it is, for example `Bucket`.
    pub kind: String,
    /// What the cloud calls it.
    pub name: String,
    /// The parameters that name it, for example `{"Bucket": "logs"}`.
    pub identity: Map<String, Value>,
    /// Other names that the cloud gave it: ids, ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The region, where one was named.
    pub region: Option<String>,
    /// The account, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its tags, as they were set or seen last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What it was made with, or how it was seen; secrets masked.
    pub attributes: Value,
    /// What configured it afterwards, by what was configured: `BucketEncryption`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Setting>,
    /// Whether it is there.
    pub state: Existence,
    /// When it was made, deleted, or put in doubt last.
    pub since: Timestamp,
    /// The execution and step that made it; nothing when it was only seen.
    pub made_by: Option<(String, String)>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

/// What a later operation gave to a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The parameters, secrets masked.
    pub params: Value,
    /// The execution and step.
    pub by: (String, String),
    /// When.
    pub at: Timestamp,
}

/// How one resource holds on to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It lies inside the other and cannot be without it: a subnet in its network.
    In,
    /// It uses the other.
    #[default]
    Needs,
}

impl Relation {
    /// The word shown to a person and used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::In => "in",
            Relation::Needs => "needs",
        }
    }
}

/// One resource that holds on to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The key of the one that needs the other.
    pub from: String,
    /// The key of the one that is needed.
    pub to: String,
    /// The parameter that names it, for example `VpcId`.
    pub by: String,
    /// In what way.
    #[serde(default)]
    pub relation: Relation,
}
