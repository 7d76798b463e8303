//! Regions that the person describes beside those of the catalog, as the OCI tools read them.

use std::path::Path;

use serde::Deserialize;

use super::endpoint::Realms;

/// A region as the tools describe it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    realm_key: String,
    realm_domain_component: String,
    region_key: String,
    region_identifier: String,
}

/// Adds the regions of `~/.oci/regions-config.json` and of `OCI_REGION_METADATA`, and sets what domain unknown regions
/// have. What cannot be read is left out, as the tools do; the endpoint that is missing then is told.
pub(super) fn add(realms: &mut Realms, home: Option<&Path>, variable: &dyn Fn(&str) -> Option<String>) {
    let file = home.and_then(|home| std::fs::read_to_string(home.join(".oci/regions-config.json")).ok());
    let mut described: Vec<Region> =
        file.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    described.extend(variable("OCI_REGION_METADATA").and_then(|text| serde_json::from_str(&text).ok()));
    for region in described {
        realms.add(
            &region.region_key,
            &region.region_identifier,
            &region.realm_key,
            &region.realm_domain_component,
        );
    }
    if let Some(domain) = variable("OCI_DEFAULT_REALM").filter(|domain| !domain.is_empty()) {
        realms.set_fallback(&domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn regions_of_the_person_are_added() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".oci")).unwrap();
        let one = |key: &str, region: &str| {
            format!(
                r#"{{"realmKey":"OC99","realmDomainComponent":"example.com","regionKey":"{key}","regionIdentifier":"{region}"}}"#
            )
        };
        std::fs::write(home.path().join(".oci/regions-config.json"), format!("[{}]", one("AAA", "xx-a-1")))
            .unwrap();
        let given = one("BBB", "xx-b-1");
        let variable = move |name: &str| match name {
            "OCI_REGION_METADATA" => Some(given.clone()),
            "OCI_DEFAULT_REALM" => Some("fallback.com".to_owned()),
            _ => None,
        };
        let mut realms = Realms::new(&Catalog::open(None).unwrap()).unwrap();
        add(&mut realms, Some(home.path()), &variable);
        assert_eq!(realms.region("aaa"), "xx-a-1");
        assert_eq!(realms.domain("xx-b-1"), "example.com");
        assert_eq!(realms.domain("nowhere-1"), "fallback.com");
        assert_eq!(realms.domain("us-ashburn-1"), "oraclecloud.com");
    }
}
