//! What a compiler makes of a package.

use serde_json::Value;

use super::Unread;
use crate::catalog::docs::Docs;
use crate::catalog::shapes::Service;

/// A compiled package.
pub struct Compiled {
    /// The version of the package, for example `1.43.11`.
    pub version: String,
    /// The services, by name, sorted.
    pub services: Vec<Service>,
    /// What is not understood.
    pub unread: Vec<Unread>,
    /// What the cloud says about its places: the partitions of AWS, the realms and regions of OCI.
    pub partitions: Value,
    /// What the package says about its operations, in a sentence each.
    pub docs: Docs,
}
