//! What an update changes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ChangedOperation;
use super::parameters::changed;
use crate::catalog::{Catalog, CatalogError, ServiceEntry};
use crate::plan::CloudName;

/// A service that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServicePlace {
    /// Its name.
    pub service: String,
    /// How many operations it has.
    pub operations: usize,
}

/// An operation that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationPlace {
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
}

/// What is different in the new catalog. Operations of services that came or went are not named one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Services that came.
    pub new_services: Vec<ServicePlace>,
    /// Services that went.
    pub removed_services: Vec<ServicePlace>,
    /// Operations that came.
    pub new_operations: Vec<OperationPlace>,
    /// Operations that went.
    pub removed_operations: Vec<OperationPlace>,
    /// Operations whose parameters are others.
    pub changed_operations: Vec<ChangedOperation>,
}

impl Changes {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares the catalogs of a cloud.
///
/// # Errors
///
/// A service of one of them is damaged.
pub fn compare(cloud: CloudName, before: &Catalog, after: &Catalog) -> Result<Changes, CatalogError> {
    let mut changes = Changes::default();
    let mut old: BTreeMap<&str, &ServiceEntry> =
        before.services(cloud).map(|entry| (entry.name.as_str(), entry)).collect();
    let place = |entry: &ServiceEntry| ServicePlace {
        service: entry.name.clone(),
        operations: entry.operations.len(),
    };
    for entry in after.services(cloud) {
        if old.remove(entry.name.as_str()).is_none() {
            changes.new_services.push(place(entry));
            continue;
        }
        let (before, after) = (before.service(cloud, &entry.name)?, after.service(cloud, &entry.name)?);
        let operation =
            |name: &str| OperationPlace { service: entry.name.clone(), operation: name.to_owned() };
        for new in &after.operations {
            match before.operation(&new.name) {
                None => changes.new_operations.push(operation(&new.name)),
                Some(old) => changes.changed_operations.extend(changed((&before, old), (&after, new))),
            }
        }
        let gone = before.operations.iter().filter(|old| after.operation(&old.name).is_none());
        changes.removed_operations.extend(gone.map(|old| operation(&old.name)));
    }
    changes.removed_services.extend(old.into_values().map(place));
    Ok(changes)
}

/// Reads every part of a catalog.
///
/// # Errors
///
/// It is of another cloud, or a part is damaged; the part is named.
pub fn whole(cloud: CloudName, catalog: &Catalog) -> Result<(), CatalogError> {
    if !catalog.clouds().any(|own| own == cloud) {
        return Err(CatalogError::NoCloud(cloud));
    }
    for entry in catalog.services(cloud) {
        catalog.service(cloud, &entry.name)?;
    }
    catalog.places(cloud).map(|_| ())
}
