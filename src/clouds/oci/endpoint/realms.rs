//! Realms and their regions.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalog::{Catalog, CatalogError};
use crate::plan::CloudName;

/// The realm of regions that nobody knows.
const FALLBACK: &str = "oc1";

/// The realms, the regions in them, and their domains: the catalog's, and those that a configuration adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Realms {
    /// Short names of regions: `iad` is `us-ashburn-1`.
    short_names: BTreeMap<String, String>,
    /// Regions and their realms.
    region_realms: BTreeMap<String, String>,
    /// Realms and their domains.
    realms: BTreeMap<String, String>,
    /// Endpoints of some services in regions that are given as a domain.
    service_endpoints: BTreeMap<String, String>,
    /// The domain of unknown regions, where one is configured.
    #[serde(skip)]
    fallback: Option<String>,
}

impl Realms {
    /// The realms that the catalog knows.
    ///
    /// # Errors
    ///
    /// The catalog's section is damaged.
    pub fn new(catalog: &Catalog) -> Result<Self, CatalogError> {
        let known = catalog.places(CloudName::Oci)?;
        serde_json::from_value((*known).clone())
            .map_err(|e| CatalogError::Damaged { part: "the regions".into(), reason: e.to_string() })
    }

    /// Adds a region that a configuration describes; one that is known already stays as it is.
    pub fn add(&mut self, key: &str, region: &str, realm: &str, domain: &str) {
        let (key, region) = (key.to_ascii_lowercase(), region.to_ascii_lowercase());
        let (realm, domain) = (realm.to_ascii_lowercase(), domain.to_ascii_lowercase());
        self.short_names.entry(key).or_insert_with(|| region.clone());
        self.region_realms.entry(region).or_insert_with(|| realm.clone());
        self.realms.entry(realm).or_insert(domain);
    }

    /// Sets the domain of regions that are not known.
    pub fn set_fallback(&mut self, domain: &str) {
        self.fallback = Some(domain.to_owned());
    }

    /// The region's whole name: `us-ashburn-1` for `IAD`. Unknown names stay, in lower case.
    #[must_use]
    pub fn region(&self, name: &str) -> String {
        let name = name.to_ascii_lowercase();
        self.short_names.get(&name).cloned().unwrap_or(name)
    }

    /// The regions that are known, sorted.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.region_realms.keys().map(String::as_str)
    }

    /// The realm of a region, if it is known.
    #[must_use]
    pub fn realm(&self, region: &str) -> Option<&str> {
        self.region_realms.get(region).map(String::as_str)
    }

    /// The domain of a region: `oraclecloud.com`.
    #[must_use]
    pub fn domain(&self, region: &str) -> &str {
        let known = self.realm(region).and_then(|realm| self.realms.get(realm));
        known.or(self.fallback.as_ref()).or_else(|| self.realms.get(FALLBACK)).map_or("", String::as_str)
    }

    /// The endpoint of a service in a region that is given as a domain, with `{domain}` in it.
    pub(super) fn service_endpoint(&self, service: &str) -> Option<&str> {
        self.service_endpoints.get(service).map(String::as_str)
    }
}
