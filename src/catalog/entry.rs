//! What is known of services and operations without opening them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shapes::{Operation, Service};

/// A service in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEntry {
    /// The name in plans.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The version of its API.
    pub api_version: String,
    /// The name in signatures; several services can share one.
    pub signing_name: String,
    /// Its operations, by name, sorted.
    pub operations: Vec<OperationEntry>,
}

/// An operation in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationEntry {
    /// The name in plans.
    pub name: String,
    /// Whether the model calls it a read; absence says nothing.
    pub readonly: bool,
    /// Whether the model calls it deprecated.
    pub deprecated: bool,
    /// The parameters that must be given.
    pub required: Vec<String>,
}

/// An operation together with its service.
#[derive(Clone, Debug)]
pub struct OperationRef {
    pub(super) service: Arc<Service>,
    pub(super) position: usize,
}

impl OperationRef {
    /// The service.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        // Made by `Catalog::operation` alone, with a position that it found.
        &self.service.operations[self.position]
    }
}
