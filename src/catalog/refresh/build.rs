//! From packages to the bytes of a catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::{RefreshError, whole};
use crate::catalog::compile::azure::PackageList;
use crate::catalog::compile::python::Distribution;
use crate::catalog::compile::{Compiled, Unread, Watch, azure, botocore, oci};
use crate::catalog::docs::Docs;
use crate::catalog::shapes::Service;
use crate::catalog::{Catalog, CatalogError, snapshot};
use crate::plan::CloudName;

/// What is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One file or folder, as it is: a wheel, a source archive, an installed folder.
    Place(PathBuf),
    /// These wheels or source archives; one for a cloud with one package.
    Files(Vec<PathBuf>),
}

/// A compiled catalog, read back and found whole.
pub struct Built {
    /// The bytes of the catalog.
    pub snapshot: Vec<u8>,
    /// The same, opened.
    pub catalog: Catalog,
    /// Packages that lay there and are not in the list.
    pub left_out: Vec<String>,
    /// Packages of the list that were not there and whose services were kept from the catalog in use.
    pub kept: Vec<String>,
    /// Packages of the list that were not there and that nothing could be kept of.
    pub absent: Vec<String>,
    /// Parts that this program does not understand.
    pub unread: Vec<UnreadPart>,
    /// What the packages say about their operations.
    pub docs: Docs,
}

/// A part of a package that this program does not understand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadPart {
    /// A service of AWS, a module of OCI, a package of Azure.
    pub part: String,
    /// What is not understood, and where.
    pub reason: String,
    /// Whether the catalog in use has it and it was kept from there; else it is left out.
    pub kept: bool,
}

/// The names of the packages that the catalog of a cloud is compiled from.
#[must_use]
pub fn packages(cloud: CloudName, list: &PackageList) -> Vec<String> {
    match cloud {
        CloudName::Aws => vec!["botocore".into()],
        CloudName::Oci => vec!["oci".into()],
        CloudName::Azure => list.names().map(str::to_owned).collect(),
    }
}

/// The packages that the catalog in use was compiled from, with their versions.
///
/// # Errors
///
/// A service of the catalog is damaged.
pub fn in_use(cloud: CloudName, catalog: &Catalog) -> Result<BTreeMap<String, String>, CatalogError> {
    if cloud != CloudName::Azure {
        let status = catalog.status().into_iter().filter(|status| status.cloud == cloud);
        return Ok(status.map(|status| (status.source, status.version)).collect());
    }
    let mut packages = BTreeMap::new();
    for entry in catalog.services(cloud) {
        if let Some(arm) = &catalog.service(cloud, &entry.name)?.traits.arm {
            packages.insert(arm.package.clone(), arm.package_version.clone());
        }
    }
    Ok(packages)
}

/// Compiles packages. Of packages of the list that are not there, and of parts that are not understood, services are kept
/// from the catalog in use. Without one, every part has to be understood.
///
/// # Errors
///
/// A package cannot be compiled, or what was compiled cannot be read back.
pub fn build(
    cloud: CloudName,
    given: &Given,
    list: &PackageList,
    in_use: Option<&Catalog>,
    watch: Watch<'_>,
) -> Result<Built, RefreshError> {
    let mut raw = compiled(cloud, given, list, watch)?;
    let Some(in_use) = in_use else {
        let first = raw.unread.drain(..).next();
        return match first {
            Some(unread) => Err(unread.reason.into()),
            None => Built::of(cloud, raw, Vec::new(), &BTreeSet::new()),
        };
    };
    let missing: BTreeSet<&str> =
        raw.absent.iter().map(String::as_str).chain(raw.unread.iter().map(|u| u.part.as_str())).collect();
    let old = if missing.is_empty() { Vec::new() } else { services_of(cloud, in_use, &missing)? };
    let saved: BTreeSet<String> = old.iter().map(|service| part_of(service).to_owned()).collect();
    raw.services.retain(|new| old.iter().all(|old| old.name != new.name));
    raw.services.extend(old);
    raw.services.sort_by(|a, b| a.name.cmp(&b.name));
    let unread = std::mem::take(&mut raw.unread).into_iter().map(|Unread { part, reason }| UnreadPart {
        kept: saved.contains(&part),
        reason: reason.to_string(),
        part,
    });
    let unread = unread.collect();
    Built::of(cloud, raw, unread, &saved)
}

/// What the compilers made, of whichever cloud.
struct Raw {
    source: &'static str,
    version: Option<String>,
    /// How many packages; of clouds with several, it stands for the version.
    packages: usize,
    services: Vec<Service>,
    places: Value,
    unread: Vec<Unread>,
    docs: Docs,
    left_out: Vec<String>,
    absent: Vec<String>,
}

fn compiled(
    cloud: CloudName,
    given: &Given,
    list: &PackageList,
    watch: Watch<'_>,
) -> Result<Raw, RefreshError> {
    let place = match given {
        Given::Place(place) => place.clone(),
        Given::Files(files) => files.first().cloned().unwrap_or_default(),
    };
    let one = |source, compiled: Compiled| Raw {
        source,
        version: Some(compiled.version),
        packages: 1,
        services: compiled.services,
        places: compiled.partitions,
        unread: compiled.unread,
        docs: compiled.docs,
        left_out: Vec::new(),
        absent: Vec::new(),
    };
    Ok(match cloud {
        CloudName::Aws => one("botocore", botocore::compile(&place, watch)?),
        CloudName::Oci => one("oci", oci::compile(&place, watch)?),
        CloudName::Azure => {
            let found = match given {
                Given::Files(files) => Distribution::wheels(files)?,
                Given::Place(place) => Distribution::all(place)?,
            };
            let compiled = azure::compile(&place, found, list, watch)?;
            Raw {
                source: "azure-mgmt",
                version: None,
                packages: compiled.packages.len(),
                services: compiled.services,
                places: Value::Null,
                unread: compiled.unread,
                docs: compiled.docs,
                left_out: compiled.left_out,
                absent: compiled.absent,
            }
        }
    })
}

impl Built {
    /// Writes and reads back. `saved` are the parts that were kept from the catalog in use.
    fn of(
        cloud: CloudName,
        raw: Raw,
        unread: Vec<UnreadPart>,
        saved: &BTreeSet<String>,
    ) -> Result<Self, RefreshError> {
        let version = raw.version.unwrap_or_else(|| format!("{} packages", raw.packages + saved.len()));
        let snapshot = snapshot::write(cloud, raw.source, &version, &raw.services, &raw.places)?;
        let catalog = Catalog::from_snapshot(snapshot.clone())?;
        whole(cloud, &catalog)?;
        let (kept, absent) = raw.absent.into_iter().partition(|name| saved.contains(name));
        Ok(Self { snapshot, catalog, left_out: raw.left_out, kept, absent, unread, docs: raw.docs })
    }
}

/// The part of a package, or the package, that a service comes from.
fn part_of(service: &Service) -> &str {
    match (service.cloud, &service.traits.arm) {
        (CloudName::Azure, Some(arm)) => &arm.package,
        (CloudName::Oci, _) => service.name.split('.').next().unwrap_or_default(),
        _ => &service.name,
    }
}

/// The services of some parts.
fn services_of(
    cloud: CloudName,
    catalog: &Catalog,
    parts: &BTreeSet<&str>,
) -> Result<Vec<Service>, CatalogError> {
    let mut found = Vec::new();
    for entry in catalog.services(cloud) {
        let service = catalog.service(cloud, &entry.name)?;
        if parts.contains(part_of(&service)) {
            found.push(Service::clone(&service));
        }
    }
    Ok(found)
}
