//! Copies from another region: they carry a signed request that the source's region will accept.

use crate::catalog::shapes::{Operation, Service};
use crate::clouds::aws::render::Given;

/// Operations that copy from another region when they are given a `SourceRegion`, which is no member
/// of the services' own.
const COPIES: [(&str, &str); 9] = [
    ("rds", "CopyDBClusterSnapshot"),
    ("rds", "CreateDBCluster"),
    ("rds", "CopyDBSnapshot"),
    ("rds", "CreateDBInstanceReadReplica"),
    ("rds", "StartDBInstanceAutomatedBackupsReplication"),
    ("neptune", "CopyDBClusterSnapshot"),
    ("neptune", "CreateDBCluster"),
    ("docdb", "CopyDBClusterSnapshot"),
    ("docdb", "CreateDBCluster"),
];

/// A signed request that goes into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Across {
    /// The region that will accept it.
    pub(crate) source: String,
    /// The parameter that carries it.
    pub(crate) member: &'static str,
    /// Whether it names the region that it comes from, which the request around it does not.
    pub(crate) names_destination: bool,
}

/// Whether an operation may carry a signed request.
pub(crate) fn may_cross(service: &Service, operation: &Operation) -> bool {
    let name = (service.name.as_str(), operation.name.as_str());
    name == ("ec2", "CopySnapshot") || COPIES.contains(&name)
}

/// The signed request that goes into a call to `region`, if it copies from another; the parameters
/// become those of the request around it.
pub(crate) fn across(
    service: &Service,
    operation: &Operation,
    params: &mut Given<'_>,
    region: &str,
) -> Option<Across> {
    if !may_cross(service, operation) {
        return None;
    }
    if service.name == "ec2" {
        if params.get("PresignedUrl").is_some() {
            return None;
        }
        let source = params.get("SourceRegion")?.as_str()?.to_owned();
        params.change().insert("DestinationRegion".into(), region.into());
        return Some(Across { source, member: "PresignedUrl", names_destination: false });
    }
    let source = params.change().shift_remove("SourceRegion")?.as_str()?.to_owned();
    if params.get("PreSignedUrl").is_some() {
        return None;
    }
    Some(Across { source, member: "PreSignedUrl", names_destination: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    fn crossing(service: &str, operation: &str, params: &Value) -> (Option<Across>, Value) {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Aws, service, operation)).unwrap();
        let mut params = Given::new(params.as_object().unwrap());
        let across = across(found.service(), found.operation(), &mut params, "eu-central-1");
        (across, Value::Object(params.whole().into_owned()))
    }

    #[test]
    fn a_copy_names_its_source_to_the_sdk_and_not_to_the_service() {
        let (found, params) =
            crossing("rds", "CopyDBSnapshot", &json!({"SourceRegion": "us-east-1", "KmsKeyId": "k"}));
        assert_eq!(found.map(|a| (a.source, a.member)), Some(("us-east-1".into(), "PreSignedUrl")));
        assert_eq!(params, json!({"KmsKeyId": "k"}));
    }

    #[test]
    fn a_copy_within_a_region_or_with_a_url_of_its_own_carries_nothing_new() {
        assert_eq!(crossing("rds", "CopyDBSnapshot", &json!({"KmsKeyId": "k"})).0, None);
        let own = json!({"SourceRegion": "us-east-1", "PreSignedUrl": "https://u"});
        assert_eq!(crossing("rds", "CopyDBSnapshot", &own).0, None);
        assert_eq!(crossing("ec2", "CopyImage", &json!({"SourceRegion": "us-east-1"})).0, None);
    }

    #[test]
    fn a_snapshot_always_carries_one() {
        let (found, params) = crossing("ec2", "CopySnapshot", &json!({"SourceRegion": "us-east-1"}));
        assert_eq!(found.map(|a| a.member), Some("PresignedUrl"));
        assert_eq!(params["DestinationRegion"], "eu-central-1");
    }
}
