//! From a client's template to the URL that paths are appended to.

use super::Realms;
use super::template::{choose, fill};
use crate::catalog::shapes::{OciService, Service};

/// How a caller wants to reach a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressing {
    /// The region, by its name, its short name, or as a domain.
    pub region: Option<String>,
    /// A base URL that replaces the one of the template.
    pub endpoint: Option<String>,
    /// Whether to use dual-stack endpoints; the service's own word when absent.
    pub dual_stack: Option<bool>,
    /// Whether to use the endpoints of the realm, where the service has such.
    pub realm_specific: bool,
    /// The tenancy's home region, for changes that only it takes; the region itself when absent.
    pub home_region: Option<String>,
}

/// The URL that the path of an operation is appended to. `value` gives the text of a required path or query parameter.
///
/// # Errors
///
/// Why there is none, in words.
pub fn endpoint(
    service: &Service,
    realms: &Realms,
    addressing: &Addressing,
    at_home: bool,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let nothing = OciService::default();
    let about = service.traits.oci.as_deref().unwrap_or(&nothing);
    let base = match &addressing.endpoint {
        Some(given) => given.clone(),
        None => regional(service, about, realms, addressing, at_home)?,
    };
    let dual_stack = addressing.dual_stack.unwrap_or(about.dual_stack);
    let filled = fill(&choose(&base, dual_stack), value);
    let (scheme, host) = split(&filled).ok_or_else(|| format!("`{filled}` is no URL with http or https"))?;
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    if !is_host(name) {
        return Err(format!(
            "`{name}` is no host name: its labels may hold letters, digits, `-` and `_` alone"
        ));
    }
    // Hosts are compared and signed in lower case.
    let rest = filled.get(scheme.len() + 3 + host.len()..).unwrap_or_default();
    if rest.contains(['?', '#']) {
        return Err(format!("`{filled}` has a query, which an endpoint cannot have"));
    }
    let mut url = format!("{scheme}://{}{rest}", host.to_ascii_lowercase());
    let known = url.trim_end_matches('/').ends_with(&about.base_path);
    if !about.base_path.is_empty() && !known {
        url.push_str(&about.base_path);
    } else {
        url.truncate(url.trim_end_matches('/').len());
    }
    Ok(url)
}

fn regional(
    service: &Service,
    about: &OciService,
    realms: &Realms,
    addressing: &Addressing,
    at_home: bool,
) -> Result<String, String> {
    let Some(template) = &about.endpoint_template else {
        return Err(format!(
            "{} has an endpoint of its own for each resource: give it, as the resource's description shows it",
            service.name
        ));
    };
    let home = addressing.home_region.as_ref().filter(|_| at_home);
    let Some(region) = home.or(addressing.region.as_ref()) else {
        return Err("no region is given: name one in the plan or in the configuration".into());
    };
    let region = realms.region(region);
    if region.contains('.') {
        return as_domain(service, about, template, realms, &region);
    }
    let own = realms.realm(&region).filter(|_| addressing.realm_specific);
    let own = own.and_then(|realm| about.realm_templates.iter().find(|(name, _)| name == realm));
    let template = own.map_or(template, |(_, template)| template);
    Ok(template.replace("{region}", &region).replace("{secondLevelDomain}", realms.domain(&region)))
}

/// A region that is given as a domain: `us-x-1.example.com`.
fn as_domain(
    service: &Service,
    about: &OciService,
    template: &str,
    realms: &Realms,
    domain: &str,
) -> Result<String, String> {
    if let Some(name) = &about.endpoint_service_name {
        return Ok(format!("https://{name}.{domain}"));
    }
    if let Some(known) = realms.service_endpoint(&service.traits.service_id) {
        return Ok(known.replace("{domain}", domain));
    }
    match template.split_once("{region}") {
        Some((before, _)) => Ok(format!("{before}{domain}")),
        None => Err(format!("{} has no endpoint in a region that is given as a domain", service.name)),
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    matches!(scheme, "http" | "https")
        .then(|| (scheme, rest.split(['/', '?', '#']).next().unwrap_or_default()))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;
    use crate::catalog::shapes::{Protocol, ServiceTraits};
    use crate::plan::CloudName;

    fn realms() -> Realms {
        serde_json::from_value(json!({
            "short_names": {"iad": "us-ashburn-1"},
            "region_realms": {"us-ashburn-1": "oc1", "us-langley-1": "oc2"},
            "realms": {"oc1": "oraclecloud.com", "oc2": "oraclegovcloud.com"},
            "service_endpoints": {"dns": "https://dns.{domain}"},
        }))
        .unwrap()
    }

    fn service(about: OciService) -> Service {
        Service {
            cloud: CloudName::Oci,
            name: "store.store".into(),
            title: "Store".into(),
            api_version: String::new(),
            protocol: Protocol::Oci,
            traits: ServiceTraits {
                service_id: "store".into(),
                oci: Some(Box::new(about)),
                ..ServiceTraits::default()
            },
            operations: vec![],
            shapes: vec![],
            paginators: BTreeMap::new(),
            waiters: BTreeMap::new(),
        }
    }

    fn about() -> OciService {
        OciService {
            endpoint_template: Some("https://store.{region}.{dualStack?ds.:}oci.{secondLevelDomain}".into()),
            realm_templates: vec![("oc1".into(), "https://{ns+Dot}Store.{region}.customer.com".into())],
            base_path: "/20200101".into(),
            ..OciService::default()
        }
    }

    fn at(about: OciService, addressing: Addressing) -> Result<String, String> {
        endpoint(&service(about), &realms(), &addressing, true, |name| (name == "ns").then(|| "mine".into()))
    }

    fn region(name: &str) -> Addressing {
        Addressing { region: Some(name.into()), ..Addressing::default() }
    }

    #[test]
    fn a_region_gives_its_realms_domain() {
        for (name, wanted) in [
            ("us-ashburn-1", "https://store.us-ashburn-1.oci.oraclecloud.com/20200101"),
            ("IAD", "https://store.us-ashburn-1.oci.oraclecloud.com/20200101"),
            ("us-langley-1", "https://store.us-langley-1.oci.oraclegovcloud.com/20200101"),
            ("us-new-1", "https://store.us-new-1.oci.oraclecloud.com/20200101"),
            ("us-x-1.example.com", "https://store.us-x-1.example.com/20200101"),
        ] {
            assert_eq!(at(about(), region(name)).unwrap(), wanted);
        }
        let mut added = realms();
        added.add("NEW", "us-new-1", "OC9", "new.example");
        added.set_fallback("other.example");
        assert_eq!((added.domain(&added.region("new")), added.domain("x")), ("new.example", "other.example"));
    }

    #[test]
    fn dual_stack_and_realm_endpoints_are_taken_when_they_are_wanted() {
        let dual = Addressing { dual_stack: Some(true), ..region("iad") };
        assert_eq!(at(about(), dual).unwrap(), "https://store.us-ashburn-1.ds.oci.oraclecloud.com/20200101");
        let own = Addressing { realm_specific: true, ..region("iad") };
        assert_eq!(at(about(), own).unwrap(), "https://mine.store.us-ashburn-1.customer.com/20200101");
        let elsewhere = Addressing { realm_specific: true, ..region("us-langley-1") };
        assert!(at(about(), elsewhere).unwrap().starts_with("https://store.us-langley-1.oci."));
    }

    #[test]
    fn a_given_endpoint_keeps_its_base_path_and_gets_it_once() {
        let given = |url: &str| Addressing { endpoint: Some(url.into()), ..Addressing::default() };
        for url in ["http://127.0.0.1:80", "http://127.0.0.1:80/20200101", "http://127.0.0.1:80/20200101/"] {
            assert_eq!(at(about(), given(url)).unwrap(), "http://127.0.0.1:80/20200101");
        }
        let bare = OciService { base_path: String::new(), ..about() };
        assert_eq!(at(bare, given("https://X.example/")).unwrap(), "https://x.example");
    }

    #[test]
    fn what_gives_no_endpoint_is_said() {
        assert!(at(about(), Addressing::default()).unwrap_err().contains("no region"));
        let own = OciService { endpoint_template: None, ..about() };
        assert!(at(own, region("iad")).unwrap_err().contains("endpoint of its own"));
        for bad in ["ftp://x", "https://a b", "https://user@x", "https://x/?q=1", "https://a..b", "x"] {
            let given = Addressing { endpoint: Some(bad.into()), ..Addressing::default() };
            assert!(at(about(), given).is_err(), "{bad}");
        }
    }

    #[test]
    fn changes_that_only_the_home_region_takes_go_there() {
        let away = Addressing { home_region: Some("iad".into()), ..region("us-langley-1") };
        assert!(at(about(), away).unwrap().contains("us-ashburn-1"));
    }
}
