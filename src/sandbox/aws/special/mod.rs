//! Operations that work on the inside of what they are given, so that no shape could say what they do:
//! rules of security groups, items of tables.

mod items;
mod rules;

use serde_json::{Map, Value};

use super::fault::Fault;
use super::work::Work;

type Special = fn(&mut Work<'_>) -> Result<Map<String, Value>, Fault>;

/// The special operations, by service and name.
const SPECIAL: [(&str, &str, Special); 9] = [
    ("ec2", "AuthorizeSecurityGroupIngress", |work| rules::authorize(work, false)),
    ("ec2", "AuthorizeSecurityGroupEgress", |work| rules::authorize(work, true)),
    ("ec2", "RevokeSecurityGroupIngress", |work| rules::revoke(work, false)),
    ("ec2", "RevokeSecurityGroupEgress", |work| rules::revoke(work, true)),
    ("dynamodb", "PutItem", items::put),
    ("dynamodb", "GetItem", items::get),
    ("dynamodb", "DeleteItem", items::delete),
    ("dynamodb", "Scan", items::scan),
    ("dynamodb", "Query", items::query),
];

/// Carries out an operation if it is one of the special ones.
pub(super) fn perform(work: &mut Work<'_>) -> Option<Result<Map<String, Value>, Fault>> {
    let (service, operation) = (work.service.name.as_str(), work.operation.name.as_str());
    let (_, _, act) = SPECIAL.iter().find(|(s, o, _)| *s == service && *o == operation)?;
    Some(act(work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::CloudName;

    #[test]
    fn every_special_operation_exists() {
        let catalog = Catalog::open(None).unwrap();
        for (service, operation, _) in SPECIAL {
            let service = catalog.service(CloudName::Aws, service).unwrap();
            assert!(service.operation(operation).is_some(), "{operation}");
        }
    }
}
