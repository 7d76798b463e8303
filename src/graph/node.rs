//! Resources and what holds them together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::plan::{CloudName, Target};

/// Whether a resource is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// It was made and not seen to go.
    Exists,
    /// It was deleted.
    Deleted,
    /// The request that made or deleted it has no answer yet.
    Unknown,
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
    /// The region, where it has one.
    pub region: Option<String>,
    /// What it was made with, secrets masked.
    pub attributes: Value,
    /// Whether it is there.
    pub state: Existence,
    /// The execution and step that made it.
    pub made_by: Option<(String, String)>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
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
}
