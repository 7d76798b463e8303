//! Which operation of the catalog a request means: the one whose method and address fit, the most exact first.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::address::Address;
use crate::catalog::Catalog;
use crate::catalog::shapes::{Location, Operation, Service};
use crate::plan::CloudName;

/// A part of an address in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// One part of a path.
    Label(String),
    /// Several parts of a path: a scope, or a whole address.
    Greedy(String),
}

/// One service with its addresses.
struct Table {
    service: Arc<Service>,
    /// Method, parts, and the operation's position.
    routes: Vec<(String, Vec<Part>, usize)>,
}

/// An operation that was found.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) service: Arc<Service>,
    position: usize,
    pub(super) labels: Map<String, Value>,
    /// The path in the catalog's letters, with the names as they were given.
    pub(super) canonical: String,
    /// Whether the address is one of its own kind and not any scope's.
    pub(super) exact: usize,
}

impl Found {
    pub(super) fn operation(&self) -> &Operation {
        &self.service.operations[self.position]
    }
}

/// The addresses of all services, read as they are needed.
pub(super) struct Routes {
    catalog: Catalog,
    tables: BTreeMap<String, Arc<Table>>,
    /// Services by provider, once all of them were looked at.
    providers: Option<BTreeMap<String, Vec<String>>>,
}

impl Routes {
    pub(super) fn new(catalog: Catalog) -> Self {
        Self { catalog, tables: BTreeMap::new(), providers: None }
    }

    /// The operation of a request.
    pub(super) fn find(&mut self, method: &str, address: &Address) -> Option<Found> {
        let likely = self.likely(address.namespace());
        let mut best = self.best(&likely, method, address);
        if best.as_ref().is_none_or(|found| found.exact < 2) && address.kind.contains('.') {
            let others: Vec<String> =
                self.of_provider(address.namespace()).into_iter().filter(|n| !likely.contains(n)).collect();
            let other = self.best(&others, method, address);
            if other.as_ref().map(|found| found.exact) > best.as_ref().map(|found| found.exact) {
                best = other;
            }
        }
        best
    }

    fn best(&mut self, services: &[String], method: &str, address: &Address) -> Option<Found> {
        let mut best: Option<Found> = None;
        for name in services {
            let Some(table) = self.table(name) else { continue };
            for (own, parts, position) in &table.routes {
                if own != method {
                    continue;
                }
                let Some((labels, exact, canonical)) = fits(parts, &address.parts) else { continue };
                if best.as_ref().is_none_or(|found| exact > found.exact) {
                    best = Some(Found {
                        service: table.service.clone(),
                        position: *position,
                        labels,
                        canonical,
                        exact,
                    });
                }
            }
        }
        best
    }

    /// Services that most probably have a provider's addresses, by their names.
    fn likely(&self, namespace: &str) -> Vec<String> {
        let short = namespace.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let mut names: Vec<String> = self
            .catalog
            .services(CloudName::Azure)
            .map(|entry| entry.name.clone())
            .filter(|name| *name == short || name.starts_with("resource"))
            .collect();
        names.sort_by_key(|name| *name != short);
        names
    }

    /// All services that have addresses of a provider.
    fn of_provider(&mut self, namespace: &str) -> Vec<String> {
        self.providers().get(&namespace.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    fn providers(&mut self) -> &BTreeMap<String, Vec<String>> {
        let catalog = self.catalog.clone();
        self.providers.get_or_insert_with(|| {
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for entry in catalog.services(CloudName::Azure) {
                let Ok(service) = catalog.service(CloudName::Azure, &entry.name) else { continue };
                let own = service.traits.arm.as_deref().map_or(&[][..], |arm| arm.namespaces.as_slice());
                for namespace in own {
                    found.entry(namespace.to_ascii_lowercase()).or_default().push(entry.name.clone());
                }
            }
            found
        })
    }

    fn table(&mut self, name: &str) -> Option<Arc<Table>> {
        if let Some(table) = self.tables.get(name) {
            return Some(table.clone());
        }
        let service = self.catalog.service(CloudName::Azure, name).ok()?;
        let routes = service
            .operations
            .iter()
            .enumerate()
            .map(|(position, operation)| (operation.method.clone(), parts(&service, operation), position))
            .collect();
        let table = Arc::new(Table { service, routes });
        self.tables.insert(name.to_owned(), table.clone());
        Some(table)
    }

    /// The types of every provider, or of one: the provider as it is written, and its types with their versions.
    pub(super) fn types(&mut self, only: Option<&str>) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
        let names: Vec<String> = match only {
            Some(namespace) => self.of_provider(namespace),
            None => self.catalog.services(CloudName::Azure).map(|entry| entry.name.clone()).collect(),
        };
        let mut all: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for name in names {
            let Some(table) = self.table(&name) else { continue };
            for (method, parts, position) in &table.routes {
                let Some((namespace, kind)) = type_of(parts).filter(|_| method == "PUT" || method == "GET")
                else {
                    continue;
                };
                if only.is_some_and(|only| !only.eq_ignore_ascii_case(&namespace)) {
                    continue;
                }
                let version = table.service.operations[*position]
                    .traits
                    .arm
                    .as_deref()
                    .and_then(|arm| arm.api_version.clone());
                let versions = all.entry(namespace).or_default().entry(kind).or_default();
                versions.extend(version.filter(|version| !versions.contains(version)));
            }
        }
        all
    }

    /// Names of the types whose things lie directly in things of a type.
    pub(super) fn children(&mut self, address: &Address) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let depth = address.parts.len();
        for name in self.likely(address.namespace()) {
            let Some(table) = self.table(&name) else { continue };
            for (_, parts, _) in &table.routes {
                if parts.len() != depth + 2 || fits(&parts[..depth], &address.parts).is_none() {
                    continue;
                }
                if let (Part::Literal(word), Part::Label(_)) = (&parts[depth], &parts[depth + 1])
                    && !word.eq_ignore_ascii_case("providers")
                    && !found.contains(word)
                {
                    found.push(word.clone());
                }
            }
        }
        found
    }
}

fn parts(service: &Service, operation: &Operation) -> Vec<Part> {
    let path = operation.uri.split('?').next().unwrap_or_default();
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    let is_greedy = |label: &str| {
        let member = members.iter().find(|member| member.location == Location::Uri && member.name == label);
        member.is_some_and(|member| member.unquoted)
    };
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(|part| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(label) if is_greedy(label) => Part::Greedy(label.to_owned()),
            Some(label) => Part::Label(label.to_owned()),
            None => Part::Literal(part.to_owned()),
        })
        .collect()
}

/// The provider and the type of an address that ends in a thing's name.
fn type_of(parts: &[Part]) -> Option<(String, String)> {
    let at = parts
        .iter()
        .rposition(|part| matches!(part, Part::Literal(word) if word.eq_ignore_ascii_case("providers")))?;
    let Part::Literal(namespace) = parts.get(at + 1)? else { return None };
    let rest = &parts[at + 2..];
    if rest.is_empty() || !rest.len().is_multiple_of(2) || !matches!(rest.last(), Some(Part::Label(_))) {
        return None;
    }
    let types: Option<Vec<&str>> = rest
        .iter()
        .step_by(2)
        .map(|part| match part {
            Part::Literal(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    Some((namespace.clone(), types?.join("/")))
}

/// The labels, how many parts are the catalog's own words, and the path in its letters; nothing when the path
/// does not fit.
fn fits(parts: &[Part], path: &[String]) -> Option<(Map<String, Value>, usize, String)> {
    let Some((first, rest)) = parts.split_first() else {
        return path.is_empty().then(|| (Map::new(), 0, String::new()));
    };
    let (mut labels, exact, canonical, own) = match first {
        Part::Literal(word) => {
            let (part, left) = path.split_first()?;
            if !part.eq_ignore_ascii_case(word) {
                return None;
            }
            let (labels, exact, canonical) = fits(rest, left)?;
            return Some((labels, exact + 1, format!("/{word}{canonical}")));
        }
        Part::Label(name) => {
            let (part, left) = path.split_first()?;
            let (labels, exact, canonical) = fits(rest, left)?;
            (labels, exact, canonical, (name, part.clone()))
        }
        Part::Greedy(name) => {
            // What comes behind takes as little as it can.
            let (taken, (labels, exact, canonical)) =
                (1..=path.len()).rev().find_map(|end| Some((end, fits(rest, &path[end..])?)))?;
            (labels, exact, canonical, (name, path[..taken].join("/")))
        }
    };
    let (name, value) = own;
    labels.insert(name.clone(), Value::from(value.as_str()));
    Some((labels, exact, format!("/{value}{canonical}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn template(text: &str) -> Vec<Part> {
        text.split('/')
            .filter(|part| !part.is_empty())
            .map(|part| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some("scope") => Part::Greedy("scope".into()),
                Some(label) => Part::Label(label.to_owned()),
                None => Part::Literal(part.to_owned()),
            })
            .collect()
    }

    #[test]
    fn a_path_is_matched_in_any_letters_and_told_in_the_catalogs() {
        let parts = template("/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Web/sites/{name}");
        let path = Address::of("/SUBSCRIPTIONS/1/resourcegroups/Web/providers/microsoft.web/Sites/shop");
        let (labels, exact, canonical) = fits(&parts, &path.parts).unwrap();
        assert_eq!((labels["g"].as_str(), labels["name"].as_str(), exact), (Some("Web"), Some("shop"), 5));
        assert_eq!(canonical, "/subscriptions/1/resourceGroups/Web/providers/Microsoft.Web/sites/shop");
        assert!(fits(&parts, &Address::of("/subscriptions/1/resourceGroups/Web").parts).is_none());
    }

    #[test]
    fn a_scope_takes_several_parts() {
        let parts = template("/{scope}/providers/Microsoft.Authorization/locks/{name}");
        let path = Address::of("/subscriptions/1/resourceGroups/g/providers/Microsoft.Authorization/locks/l");
        let (labels, exact, _) = fits(&parts, &path.parts).unwrap();
        assert_eq!((labels["scope"].as_str(), exact), (Some("subscriptions/1/resourceGroups/g"), 3));
    }

    #[test]
    fn types_are_read_from_addresses_that_end_in_a_name() {
        let of = |text: &str| type_of(&template(text));
        let subnet = "/subscriptions/{s}/providers/Microsoft.Network/virtualNetworks/{v}/subnets/{n}";
        assert_eq!(of(subnet), Some(("Microsoft.Network".into(), "virtualNetworks/subnets".into())));
        assert_eq!(of("/subscriptions/{s}/providers/Microsoft.Network/virtualNetworks"), None);
        assert_eq!(of("/subscriptions/{s}"), None);
    }
}
