//! What the models do not say, read from `assets/sandbox/aws.yaml`: the only place that knows services by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::noun;
use crate::sandbox::SandboxError;

const EMBEDDED: &str = include_str!("../../../assets/sandbox/aws.yaml");

/// All entries, by service.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Known {
    services: BTreeMap<String, Entry>,
}

type Attributes = Map<String, Value>;

/// The entries of one service.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    pub(super) global: bool,
    read_as: BTreeMap<String, String>,
    asides: Vec<String>,
    pub(super) kinds: BTreeMap<String, Declared>,
    pub(super) again: Vec<String>,
    pub(super) lingers: BTreeMap<String, Attributes>,
    pub(super) drops: Vec<String>,
    pub(super) codes: BTreeMap<String, u16>,
    pub(super) arns: BTreeMap<String, String>,
    pub(super) ids: BTreeMap<String, String>,
    pub(super) attributes: BTreeMap<String, Attributes>,
    pub(super) inborn: BTreeMap<String, BTreeMap<String, Attributes>>,
    pub(super) not_found: BTreeMap<String, (u16, String)>,
    pub(super) exists: BTreeMap<String, (u16, String)>,
    pub(super) in_use: BTreeMap<String, (u16, String)>,
    pub(super) nothing: Vec<String>,
    pub(super) public: BTreeMap<String, BTreeMap<String, Attributes>>,
    pub(super) open: Vec<String>,
    pub(super) outside: Vec<String>,
    pub(super) cascades: BTreeMap<String, Vec<String>>,
    pub(super) once: BTreeMap<String, Attributes>,
    pub(super) keeps: Vec<String>,
    pub(super) answers: BTreeMap<String, Attributes>,
    pub(super) sets: BTreeMap<String, Sets>,
    pub(super) unsupported: Vec<String>,
    unwrapped: Vec<String>,
    bare_errors: bool,
    pub(super) appends: BTreeMap<String, String>,
}

/// A kind that the names of operations do not give away.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Declared {
    /// Operations that make one, where the generic way is right for them.
    pub(super) creates: Vec<String>,
    pub(super) given: Vec<String>,
    pub(super) generated: Vec<String>,
    /// Members that name what it exists inside, with the kind's name.
    pub(super) inside: BTreeMap<String, String>,
}

/// What an operation sets by being called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sets {
    pub(super) kind: String,
    pub(super) attributes: Attributes,
}

static NOTHING: std::sync::LazyLock<Entry> = std::sync::LazyLock::new(Entry::default);

impl Known {
    /// The entries that come with the program.
    pub(super) fn embedded() -> Result<Self, SandboxError> {
        yaml_serde::from_str(EMBEDDED).map_err(|e| SandboxError::Known(e.to_string()))
    }

    /// The entries of a service; none for most.
    pub(super) fn of(&self, service: &str) -> &Entry {
        self.services.get(service).unwrap_or(&NOTHING)
    }

    /// The verb and the noun of an operation.
    pub(super) fn read_as<'a>(&'a self, service: &str, operation: &'a str) -> (&'a str, &'a str) {
        match self.of(service).read_as.get(operation).and_then(|words| words.split_once(' ')) {
            Some(words) => words,
            None => noun::verb_and_noun(operation),
        }
    }

    pub(super) fn is_aside(&self, service: &str, member: &str) -> bool {
        self.of(service).asides.iter().any(|aside| aside == member)
    }

    pub(super) fn is_unwrapped(&self, service: &str, operation: &str) -> bool {
        self.of(service).unwrapped.iter().any(|name| name == operation)
    }

    pub(super) fn has_bare_errors(&self, service: &str) -> bool {
        self.of(service).bare_errors
    }

    #[cfg(test)]
    fn services(&self) -> impl Iterator<Item = (&String, &Entry)> {
        self.services.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::Kinds;
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::CloudName;

    #[test]
    fn every_entry_names_services_operations_and_kinds_that_exist() {
        let known = Known::embedded().unwrap();
        let catalog = Catalog::open(None).unwrap();
        let mut wrong = Vec::new();
        for (name, entry) in known.services() {
            let service = catalog.service(CloudName::Aws, name).unwrap();
            let kinds = Kinds::of(&service, &known);
            let operations = entry
                .read_as
                .keys()
                .chain(entry.answers.keys())
                .chain(entry.sets.keys())
                .chain(&entry.unsupported)
                .chain(&entry.again)
                .chain(&entry.unwrapped);
            wrong.extend(
                operations
                    .filter(|o| service.operation(o).is_none())
                    .map(|o| format!("{name} operation {o}")),
            );
            let named = entry
                .arns
                .keys()
                .chain(entry.attributes.keys())
                .chain(entry.inborn.keys())
                .chain(entry.inborn.values().flat_map(BTreeMap::keys))
                .chain(entry.not_found.keys())
                .chain(entry.exists.keys())
                .chain(entry.in_use.keys())
                .chain(entry.cascades.keys())
                .chain(entry.cascades.values().flatten())
                .chain(entry.once.keys())
                .chain(&entry.nothing)
                .chain(&entry.open)
                .chain(entry.appends.keys())
                .chain(entry.lingers.keys())
                .chain(entry.public.keys())
                .chain(entry.sets.values().map(|sets| &sets.kind));
            wrong.extend(named.filter(|k| kinds.named(k).is_none()).map(|k| format!("{name} kind {k}")));
        }
        assert!(wrong.is_empty(), "entries about nothing:\n{}", wrong.join("\n"));
    }

    #[test]
    fn names_are_read_as_the_entries_say() {
        let known = Known::embedded().unwrap();
        assert_eq!(known.read_as("sns", "Subscribe"), ("Create", "Subscription"));
        assert_eq!(known.read_as("ec2", "CreateVpc"), ("Create", "Vpc"));
        assert!(known.has_bare_errors("s3") && !known.has_bare_errors("cloudfront"));
    }
}
