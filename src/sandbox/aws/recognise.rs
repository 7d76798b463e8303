//! Which service and which operation a request means.
//!
//! The service is named by the signature; services that share a name in signatures, and requests without a
//! signature, are told apart by the target header, by action and version, by the host, or by the path.

use std::sync::Arc;

use super::routes::{self, Labels};
use crate::catalog::Catalog;
use crate::catalog::shapes::{Protocol, Service};
use crate::plan::CloudName;
use crate::sandbox::http::{Request, pairs};

/// What a request means.
pub(super) struct Recognised {
    pub(super) service: Arc<Service>,
    /// The operation's name.
    pub(super) operation: String,
    pub(super) labels: Labels,
}

/// The region and the service's name in the signature of a request.
pub(super) fn scope(request: &Request) -> Option<(String, String)> {
    let header = request.header("authorization").and_then(|text| text.split_once("Credential="));
    let credential = match header {
        Some((_, rest)) => rest.split(',').next().unwrap_or_default().to_owned(),
        None => request.query("X-Amz-Credential")?.to_owned(),
    };
    let parts: Vec<&str> = credential.trim().split('/').collect();
    match parts.as_slice() {
        [.., region, name, _] if parts.len() >= 5 => Some(((*region).to_owned(), (*name).to_owned())),
        _ => None,
    }
}

/// The service and the operation; the service alone where no operation fits, nothing where nothing does.
pub(super) fn recognise(catalog: &Catalog, request: &Request) -> Result<Recognised, Option<Arc<Service>>> {
    let name = scope(request).map(|(_, name)| name);
    let candidates = candidates(catalog, request, name.as_deref());
    let mut first = None;
    for service in candidates {
        if let Some((operation, labels)) = operation(&service, request) {
            return Ok(Recognised { service, operation, labels });
        }
        first.get_or_insert(service);
    }
    Err(first)
}

/// The services that could be meant, likeliest first.
fn candidates(catalog: &Catalog, request: &Request, signing: Option<&str>) -> Vec<Arc<Service>> {
    let action = action(request);
    let mut names: Vec<(u8, &str)> = catalog
        .services(CloudName::Aws)
        .filter_map(|entry| {
            let by_name = match signing {
                Some(signing) => entry.signing_name == signing || entry.name == signing,
                None => {
                    let has = action.as_ref().is_some_and(|(_, name)| {
                        entry.operations.iter().any(|operation| operation.name == *name)
                    });
                    has || (action.is_none() && entry.name == "s3")
                }
            };
            by_name.then(|| (u8::from(Some(entry.name.as_str()) != signing), entry.name.as_str()))
        })
        .collect();
    names.sort_unstable();
    names.iter().filter_map(|(_, name)| catalog.service(CloudName::Aws, name).ok()).collect()
}

/// What stands before and after the last point of the target header, or version and action of a form.
fn action(request: &Request) -> Option<(String, String)> {
    if let Some(target) = request.header("x-amz-target") {
        let (prefix, name) = target.rsplit_once('.').unwrap_or(("", target));
        return Some((prefix.to_owned(), name.to_owned()));
    }
    let form = || {
        let text = std::str::from_utf8(&request.body).ok()?;
        let all = pairs(text);
        let find = |wanted: &str| all.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.clone());
        Some((find("Version").unwrap_or_default(), find("Action")?))
    };
    match request.query("Action") {
        Some(action) => Some((request.query("Version").unwrap_or_default().to_owned(), action.to_owned())),
        None if request.method == "POST" => form(),
        None => None,
    }
}

fn operation(service: &Service, request: &Request) -> Option<(String, Labels)> {
    match service.protocol {
        Protocol::Json10 | Protocol::Json11 => {
            let (prefix, name) = action(request)?;
            let fits = service.traits.target_prefix.as_deref() == Some(prefix.as_str());
            (fits && service.operation(&name).is_some()).then(|| (name, Labels::new()))
        }
        Protocol::Query | Protocol::Ec2 => {
            let (version, name) = action(request)?;
            let fits = version.is_empty() || version == service.api_version;
            (fits && service.operation(&name).is_some()).then(|| (name, Labels::new()))
        }
        Protocol::RestJson | Protocol::RestXml => {
            let path = in_path(service, request);
            routes::find(service, request, &path).map(|(found, labels)| (found.name.clone(), labels))
        }
        Protocol::RpcV2Cbor => {
            let name = request.path.rsplit_once("/operation/")?.1;
            service.operation(name).map(|found| (found.name.clone(), Labels::new()))
        }
        Protocol::Oci | Protocol::Arm => None,
    }
}

/// The path with the bucket in it, where the host names the bucket.
fn in_path(service: &Service, request: &Request) -> String {
    let takes_bucket = service.operations.iter().any(|operation| operation.uri.starts_with("/{Bucket}"));
    match request.header("host").and_then(bucket_of_host).filter(|_| takes_bucket) {
        Some(bucket) => format!("/{bucket}{}", request.path),
        None => request.path.clone(),
    }
}

/// `bucket.s3.eu-central-1.amazonaws.com` and `bucket.localhost:4566` name a bucket.
fn bucket_of_host(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    let bucket = [".s3.", ".s3-"].iter().find_map(|mark| host.find(mark).and_then(|at| host.get(..at)));
    bucket.or_else(|| host.strip_suffix(".localhost")).filter(|bucket| !bucket.is_empty() && *bucket != "s3")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn signed(service: &str, region: &str) -> Vec<(String, String)> {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential=AK/20260101/{region}/{service}/aws4_request, SignedHeaders=host"
        );
        vec![("authorization".into(), value), ("host".into(), "127.0.0.1:4566".into())]
    }

    fn meant(request: &Request) -> Option<(String, String)> {
        let catalog = Catalog::open(None).unwrap();
        let found = recognise(&catalog, request).ok()?;
        Some((found.service.name.clone(), found.operation))
    }

    fn names(service: &str, operation: &str) -> Option<(String, String)> {
        Some((service.to_owned(), operation.to_owned()))
    }

    #[test]
    fn the_signature_names_the_service() {
        let mut request = Request { method: "POST".into(), path: "/".into(), ..Request::default() };
        request.headers = signed("ec2", "eu-central-1");
        request.body = b"Action=DescribeVpcs&Version=2016-11-15".to_vec();
        assert_eq!(meant(&request), names("ec2", "DescribeVpcs"));
        assert_eq!(scope(&request), Some(("eu-central-1".into(), "ec2".into())));
        request.headers = signed("rds", "eu-central-1");
        request.body = b"Action=DescribeDBInstances&Version=2014-10-31".to_vec();
        assert_eq!(meant(&request), names("rds", "DescribeDBInstances"));
        request.headers = signed("elasticloadbalancing", "eu-central-1");
        request.body = b"Action=DescribeLoadBalancers&Version=2015-12-01".to_vec();
        assert_eq!(meant(&request), names("elbv2", "DescribeLoadBalancers"));
    }

    #[test]
    fn a_request_without_a_signature_is_known_by_its_target() {
        let mut request = Request { method: "POST".into(), path: "/".into(), ..Request::default() };
        request.headers = vec![("x-amz-target".into(), "DynamoDB_20120810.ListTables".into())];
        assert_eq!(meant(&request), names("dynamodb", "ListTables"));
    }

    #[test]
    fn the_host_can_name_the_bucket() {
        let mut request = Request { method: "GET".into(), path: "/k".into(), ..Request::default() };
        request.headers = signed("s3", "us-east-1");
        request.headers[1].1 = "demo.s3.eu-central-1.amazonaws.com".into();
        let catalog = Catalog::open(None).unwrap();
        let found = recognise(&catalog, &request).ok().unwrap();
        assert_eq!(found.operation, "GetObject");
        assert_eq!(found.labels, [("Bucket".into(), "demo".into()), ("Key".into(), "k".into())]);
    }

    #[test]
    fn what_fits_nothing_is_not_recognised() {
        let mut request = Request { method: "POST".into(), path: "/".into(), ..Request::default() };
        request.headers = signed("ec2", "eu-central-1");
        request.body = b"Action=Nonsense".to_vec();
        let catalog = Catalog::open(None).unwrap();
        let service = recognise(&catalog, &request).err().flatten().unwrap();
        assert_eq!(service.name, "ec2");
        request.headers = signed("nonsense", "eu-central-1");
        assert!(recognise(&catalog, &request).err().unwrap().is_none());
    }
}
