//! What the models do not say, read from `assets/sandbox/oci.yaml`: the only place that knows services by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::sandbox::SandboxError;

const EMBEDDED: &str = include_str!("../../../assets/sandbox/oci.yaml");

/// All entries, by module: the part of a service's name before the point.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Known {
    modules: BTreeMap<String, Entry>,
}

/// The entries of one module.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    /// Answers that are always the same, by operation.
    pub(super) answers: BTreeMap<String, Value>,
    /// What a new thing has that its creator did not say, by kind.
    pub(super) attributes: BTreeMap<String, Map<String, Value>>,
    /// What comes into being with a thing and goes with it: by kind, the member that then names it, its kind, and its
    /// attributes.
    pub(super) inborn: BTreeMap<String, BTreeMap<String, Inborn>>,
    /// What the cloud offers to everyone, by kind.
    pub(super) public: BTreeMap<String, Vec<Map<String, Value>>>,
    /// Status and code where a thing does not exist, its name is taken, or something needs it.
    pub(super) not_found: BTreeMap<String, (u16, String)>,
    pub(super) exists: BTreeMap<String, (u16, String)>,
    pub(super) in_use: BTreeMap<String, (u16, String)>,
    /// Kinds of which the cloud has things that the sandbox does not know.
    pub(super) open: Vec<String>,
    /// What an identifier calls things of a kind, where it is not the singular of the collection.
    pub(super) called: BTreeMap<String, String>,
}

/// A thing that comes with another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inborn {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) attributes: Map<String, Value>,
}

impl Known {
    pub(super) fn embedded() -> Result<Self, SandboxError> {
        yaml_serde::from_str(EMBEDDED).map_err(|e| SandboxError::Known(format!("oci.yaml: {e}")))
    }

    pub(super) fn of(&self, module: &str) -> &Entry {
        static NOTHING: Entry = Entry {
            answers: BTreeMap::new(),
            attributes: BTreeMap::new(),
            inborn: BTreeMap::new(),
            public: BTreeMap::new(),
            not_found: BTreeMap::new(),
            exists: BTreeMap::new(),
            in_use: BTreeMap::new(),
            open: Vec::new(),
            called: BTreeMap::new(),
        };
        self.modules.get(module).unwrap_or(&NOTHING)
    }
}
