//! What a live subscription knows beyond the packages: types of resources that no package covers, from the list of providers.
//!
//! Each of them gets the operations that every type of the Resource Manager has, and nothing is known of its body. They are
//! kept beside the catalog as a snapshot of their own and merged when it is opened, so search, plans, access classes, and
//! requests treat them as all others. Their services begin with [`PREFIX`].

mod covered;
mod list;
mod service;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Catalog, CatalogError, snapshot};
use crate::plan::CloudName;
use covered::covered;
use service::service;

/// What the names of such services begin with.
pub const PREFIX: &str = "live.";
/// Where they are kept, beside the catalogs.
pub(crate) const FILE: &str = "azure.live";

/// Where a list came from and what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveList {
    /// Who was asked, in words: subscription and cloud.
    pub from: String,
    /// When.
    pub at: Timestamp,
    /// Providers in the list.
    pub providers: usize,
    /// Types of resources in the list.
    pub types: usize,
    /// Those that no package covers.
    pub generic: usize,
    /// Entries that were not understood.
    pub unread: usize,
}

/// A snapshot of what a list of providers holds beyond the packages of a catalog.
///
/// # Errors
///
/// It is no list of providers, or a service of the catalog is damaged.
pub fn compile(
    list: &Value,
    catalog: &Catalog,
    from: &str,
    at: Timestamp,
) -> Result<(Vec<u8>, LiveList), CatalogError> {
    let read = list::read(list).ok_or(CatalogError::NoProviders)?;
    let covered = covered(&catalog.without_live())?;
    let mut services = Vec::new();
    let mut about = LiveList {
        from: from.to_owned(),
        at,
        providers: read.providers.len(),
        types: read.providers.iter().map(|provider| provider.types.len()).sum(),
        generic: 0,
        unread: read.unread,
    };
    for mut provider in read.providers {
        let own = |name: &str| format!("{}/{name}", provider.namespace).to_lowercase();
        provider.types.retain(|one| !covered.contains(&own(&one.name)));
        if provider.types.is_empty() {
            continue;
        }
        about.generic += provider.types.len();
        services.push(service(&provider));
    }
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services.dedup_by(|a, b| a.name == b.name);
    let version = at.strftime("%F").to_string();
    let about_it = serde_json::to_value(&about).unwrap_or_default();
    let bytes = snapshot::write(CloudName::Azure, "the list of providers", &version, &services, &about_it)?;
    Ok((bytes, about))
}
