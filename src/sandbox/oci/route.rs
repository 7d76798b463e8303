//! Which service and which operation a request means: by its method and its path.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::catalog::shapes::{Operation, Service};
use crate::plan::CloudName;
use crate::sandbox::http::{Request, decode};

/// The parts of a path that stand for parameters, decoded, in order.
pub(super) type Labels = Vec<(String, String)>;

/// What a request means.
pub(super) struct Meant {
    pub(super) service: Arc<Service>,
    pub(super) operation: String,
    pub(super) labels: Labels,
}

/// The operation of a request; nothing when the catalog has none for it. Services that share a path are told apart
/// by how many of its parts are fixed and how many required query parameters are there; the first one wins.
pub(super) fn meant(catalog: &Catalog, request: &Request) -> Option<Meant> {
    let parts = parts(&request.path);
    let version = parts.first().copied().unwrap_or_default();
    let mut best: Option<((usize, usize), Meant)> = None;
    for entry in catalog.services(CloudName::Oci) {
        // The version of most services stands in front of their paths, so that few have to be opened.
        if !entry.api_version.is_empty() && entry.api_version != version {
            continue;
        }
        let Ok(service) = catalog.service(CloudName::Oci, &entry.name) else { continue };
        let base = service.traits.oci.as_ref().map_or("", |oci| oci.base_path.as_str());
        let Some(rest) = parts.strip_prefix(self::parts(base).as_slice()) else { continue };
        for operation in &service.operations {
            let Some((fixed, labels)) = fits(&service, operation, request, rest) else { continue };
            let given = given(&service, operation, request);
            if best.as_ref().is_none_or(|(score, _)| (fixed, given) > *score) {
                let name = operation.name.clone();
                best = Some(((fixed, given), Meant { service: service.clone(), operation: name, labels }));
            }
        }
    }
    best.map(|(_, meant)| meant)
}

/// The parts of a path, without empty ones at its ends.
pub(super) fn parts(path: &str) -> Vec<&str> {
    let path = path.trim_matches('/');
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

/// How many parts of the template are fixed, and what its labels stand for.
fn fits(
    service: &Service,
    operation: &Operation,
    request: &Request,
    path: &[&str],
) -> Option<(usize, Labels)> {
    if operation.method != request.method {
        return None;
    }
    let template = parts(&operation.uri);
    let mut labels = Labels::new();
    let mut fixed = 0;
    for (at, part) in template.iter().enumerate() {
        let found = *path.get(at)?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if at + 1 == template.len() => {
                // Names of objects may hold slashes that came unescaped; identifiers have none.
                let rest = path.get(at..)?.join("/");
                if rest.is_empty()
                    || (path.len() > template.len() && !takes_slashes(service, operation, name))
                {
                    return None;
                }
                labels.push((name.to_owned(), decode(&rest)));
                return Some((fixed, labels));
            }
            Some(name) => labels.push((name.to_owned(), decode(found))),
            None if *part == found => fixed += 1,
            None => return None,
        }
    }
    (path.len() == template.len()).then_some((fixed, labels))
}

fn takes_slashes(_: &Service, _: &Operation, label: &str) -> bool {
    label.ends_with("Name")
}

/// How many required query parameters came; a required one that is missing counts against the operation.
fn given(service: &Service, operation: &Operation, request: &Request) -> usize {
    use crate::catalog::shapes::Location;
    let members = operation.input.map_or(&[][..], |id| service.shape(id).members());
    let needed = members.iter().filter(|member| member.required && member.location == Location::Query);
    needed.filter(|member| request.query(&member.name).is_some()).count()
}
