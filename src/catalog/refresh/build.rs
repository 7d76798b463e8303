//! From packages to the bytes of a catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::{RefreshError, whole};
use crate::catalog::compile::azure::PackageList;
use crate::catalog::compile::python::Distribution;
use crate::catalog::compile::{Watch, azure, botocore, oci};
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

/// Compiles packages. Of packages of the list that are not there, services are kept from the catalog in use, if one is given.
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
    let (place, files) = match given {
        Given::Place(place) => (place.clone(), None),
        Given::Files(files) => (files.first().cloned().unwrap_or_default(), Some(files)),
    };
    let (mut left_out, mut kept, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    let snapshot = match cloud {
        CloudName::Aws => {
            let compiled = botocore::compile(&place, watch)?;
            snapshot::write(cloud, "botocore", &compiled.version, &compiled.services, &compiled.partitions)?
        }
        CloudName::Oci => {
            let compiled = oci::compile(&place, watch)?;
            snapshot::write(cloud, "oci", &compiled.version, &compiled.services, &compiled.partitions)?
        }
        CloudName::Azure => {
            let found = match files {
                Some(files) => Distribution::wheels(files)?,
                None => Distribution::all(&place)?,
            };
            let mut compiled = azure::compile(&place, found, list, watch)?;
            left_out = compiled.left_out;
            let missing: BTreeSet<&str> = compiled.absent.iter().map(String::as_str).collect();
            let old = in_use.filter(|_| !missing.is_empty());
            let old = old.map_or(Ok(Vec::new()), |catalog| services_of(catalog, &missing))?;
            let saved: BTreeSet<String> = old.iter().map(|s| package_of(s).to_owned()).collect();
            compiled.services.retain(|new| old.iter().all(|old| old.name != new.name));
            compiled.services.extend(old);
            compiled.services.sort_by(|a, b| a.name.cmp(&b.name));
            let version = format!("{} packages", compiled.packages.len() + saved.len());
            absent
                .extend(missing.iter().filter(|name| !saved.contains(**name)).map(|name| (*name).to_owned()));
            kept.extend(saved);
            snapshot::write(cloud, "azure-mgmt", &version, &compiled.services, &Value::Null)?
        }
    };
    let catalog = Catalog::from_snapshot(snapshot.clone())?;
    whole(cloud, &catalog)?;
    Ok(Built { snapshot, catalog, left_out, kept, absent })
}

fn package_of(service: &Service) -> &str {
    service.traits.arm.as_ref().map_or("", |arm| arm.package.as_str())
}

/// The services of some packages of Azure.
fn services_of(catalog: &Catalog, packages: &BTreeSet<&str>) -> Result<Vec<Service>, CatalogError> {
    let mut found = Vec::new();
    for entry in catalog.services(CloudName::Azure) {
        let service = catalog.service(CloudName::Azure, &entry.name)?;
        if packages.contains(package_of(&service)) {
            found.push(Service::clone(&service));
        }
    }
    Ok(found)
}
