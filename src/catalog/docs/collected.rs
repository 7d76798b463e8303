//! What a package says about its operations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Sentences by service and operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    services: BTreeMap<String, BTreeMap<String, String>>,
}

impl Docs {
    /// Keeps what is said about an operation; nothing said is nothing kept.
    pub fn add(&mut self, service: &str, operation: &str, said: String) {
        if !said.is_empty() {
            self.services.entry(service.to_owned()).or_default().insert(operation.to_owned(), said);
        }
    }

    /// Takes over what others say about the services that nothing is said about here, where `wanted` has them.
    pub fn fill(&mut self, other: Docs, wanted: impl Fn(&str) -> bool) {
        for (service, operations) in other.services {
            if wanted(&service) {
                self.services.entry(service).or_insert(operations);
            }
        }
    }

    /// What is said about an operation.
    #[must_use]
    pub fn of(&self, service: &str, operation: &str) -> Option<&str> {
        self.services.get(service)?.get(operation).map(String::as_str)
    }

    /// Of how many operations something is said.
    #[must_use]
    pub fn len(&self) -> usize {
        self.services.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

impl FromIterator<Docs> for Docs {
    fn from_iter<T: IntoIterator<Item = Docs>>(all: T) -> Self {
        Docs { services: all.into_iter().flat_map(|docs| docs.services).collect() }
    }
}
