//! Classes of the Resource Manager's operations: the method of the request counts first, then words.

use super::reviewed::reviewed;
use super::words::split_words;
use crate::catalog::shapes::{Operation, Service, ShapeId, ShapeKind};
use crate::plan::{Access, AccessClass};

/// First words of POST operations that only look. `Test` and `Resolve` are none: they start fail-overs and mend.
const LOOKS: [&str; 8] = ["List", "Get", "Check", "Validate", "Summarize", "Calculate", "What", "Query"];
/// First words that take away, whatever the method.
const TAKES_AWAY: [&str; 3] = ["Delete", "Purge", "Remove"];
/// Words of methods that hand out what opens a door.
const OPENS_DOORS: [&[&str]; 18] = [
    &["Keys"],
    &["Key"],
    &["Secrets"],
    &["Secret"],
    &["Credentials"],
    &["Credential"],
    &["Connection", "Strings"],
    &["Connection", "String"],
    &["Passwords"],
    &["Password"],
    &["Tokens"],
    &["Token"],
    &["Sas"],
    &["SAS"],
    &["Callback", "Url"],
    &["Access", "Sas"],
    &["Kubeconfig"],
    &["Sso", "Uri"],
];
/// First words of methods after which such words mean handing out, and not making or renewing.
const HANDS_OUT: [&str; 6] = ["List", "Get", "Generate", "Retrieve", "Export", "Create"];
/// Words of groups or methods that say who may do what.
const PERMISSIONS: [&[&str]; 14] = [
    &["Role", "Assignment"],
    &["Role", "Assignments"],
    &["Role", "Definition"],
    &["Role", "Definitions"],
    &["Role", "Management"],
    &["Role", "Eligibility"],
    &["Access", "Policy"],
    &["Access", "Policies"],
    &["Elevate", "Access"],
    &["Authorization", "Rule"],
    &["Authorization", "Rules"],
    &["Federated", "Identity"],
    &["Deny", "Assignments"],
    &["Global", "Administrator"],
];
/// Words that spend money for good.
const PAYS: [&str; 3] = ["Purchase", "Buy", "Exchange"];
/// Last words of groups of settings that one call sets up again.
const SET_UP_AGAIN: [&str; 16] = [
    "Rules",
    "Rule",
    "Policies",
    "Policy",
    "Assignments",
    "Assignment",
    "Settings",
    "Locks",
    "Routes",
    "Tags",
    "Links",
    "Peerings",
    "Associations",
    "Connections",
    "Configurations",
    "Exemptions",
];

/// The class of an operation and the ground on which it was given.
pub(super) fn classify(service: &Service, operation: &Operation) -> Access {
    let (group, method) = operation.name.rsplit_once('_').unwrap_or(("", &operation.name));
    let words = split_words(method);
    let first = words.first().copied().unwrap_or_default();
    let access = |class, source: String| Access {
        class,
        irreversible: match class {
            AccessClass::Spend => true,
            AccessClass::Delete => !split_words(group).last().is_some_and(|last| SET_UP_AGAIN.contains(last)),
            _ => false,
        },
        source,
    };
    match reviewed(service.cloud, &service.name, &operation.name) {
        Ok(Some(found)) => return access(found.class, format!("reviewed: {}", found.because)),
        Ok(None) => {}
        Err(message) => {
            return access(
                AccessClass::Write,
                format!("the reviewed list cannot be read ({message}): treated as write"),
            );
        }
    }
    let looks = matches!(operation.method.as_str(), "GET" | "HEAD");
    if operation.method == "DELETE" {
        return access(AccessClass::Delete, "the request is a DELETE".into());
    }
    if !looks && TAKES_AWAY.contains(&first) {
        return access(AccessClass::Delete, format!("the name says {first}"));
    }
    if let Some(word) = words.iter().find(|word| PAYS.contains(*word)).filter(|_| !looks) {
        return access(AccessClass::Spend, format!("the name says {word}"));
    }
    let only_looks = looks || operation.method == "POST" && LOOKS.contains(&first);
    if !only_looks
        && let Some(found) = has(&split_words(group), &PERMISSIONS).or_else(|| has(&words, &PERMISSIONS))
    {
        return access(AccessClass::Permission, format!("the name says {found}"));
    }
    if HANDS_OUT.contains(&first)
        && operation.method != "PUT"
        && let Some(found) = has(&words, &OPENS_DOORS)
    {
        return access(AccessClass::Secret, format!("the name says {first}{found}"));
    }
    if !only_looks {
        let source = match operation.method.as_str() {
            "POST" => format!("unknown: a POST that says {first} is treated as write"),
            method => format!("the request is a {method}"),
        };
        return access(AccessClass::Write, source);
    }
    if let Some(member) = secret_of_answer(service, operation) {
        return access(AccessClass::Secret, format!("the answer holds {member}"));
    }
    let source = if looks {
        format!("the request is a {}", operation.method)
    } else {
        format!("the name says {first}")
    };
    access(AccessClass::Read, source)
}

fn has(words: &[&str], wanted: &[&[&str]]) -> Option<String> {
    wanted
        .iter()
        .find(|wanted| words.windows(wanted.len()).any(|window| window == **wanted))
        .map(|found| found.concat())
}

/// The first secret on top of an answer, or of the items of its list.
fn secret_of_answer(service: &Service, operation: &Operation) -> Option<String> {
    let output = operation.output?;
    on_top(service, output).or_else(|| {
        let items = &operation.traits.arm.as_ref()?.pages.as_ref()?.items;
        let list = service.shape(output).member(items)?;
        let ShapeKind::List { member } = &service.shape(list.shape).kind else { return None };
        on_top(service, member.shape)
    })
}

fn on_top(service: &Service, shape: ShapeId) -> Option<String> {
    let mut members = service.shape(shape).members().iter();
    members.find(|m| m.traits.sensitive && !m.traits.write_only).map(|m| m.name.clone())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};

    #[test]
    fn operations_have_the_class_that_a_person_would_give_them() {
        let catalog = Catalog::open(None).unwrap();
        for (service, operation, wanted) in [
            ("compute", "VirtualMachines_Get", AccessClass::Read),
            ("compute", "VirtualMachines_CreateOrUpdate", AccessClass::Write),
            ("compute", "VirtualMachines_PowerOff", AccessClass::Write),
            ("compute", "VirtualMachines_Delete", AccessClass::Delete),
            ("compute", "Disks_GrantAccess", AccessClass::Secret),
            ("storage", "StorageAccounts_ListKeys", AccessClass::Secret),
            ("storage", "StorageAccounts_RegenerateKey", AccessClass::Write),
            ("storage", "StorageAccounts_CheckNameAvailability", AccessClass::Read),
            ("search", "AdminKeys_Get", AccessClass::Secret),
            ("authorization", "RoleAssignments_Create", AccessClass::Permission),
            ("authorization", "RoleAssignments_ListForScope", AccessClass::Read),
            ("authorization", "RoleAssignments_Delete", AccessClass::Delete),
            ("keyvault", "Vaults_UpdateAccessPolicy", AccessClass::Permission),
            ("keyvault", "Vaults_PurgeDeleted", AccessClass::Delete),
            ("containerservice", "ManagedClusters_ListClusterAdminCredentials", AccessClass::Secret),
            ("resourcegraph", "Resources", AccessClass::Read),
        ] {
            let found = catalog.operation(&OperationName::new(CloudName::Azure, service, operation)).unwrap();
            let access = super::super::classify(found.service(), found.operation());
            assert_eq!(access.class, wanted, "{service} {operation}: {}", access.source);
        }
    }

    #[test]
    fn deleting_data_cannot_be_taken_back_and_deleting_a_rule_can() {
        let catalog = Catalog::open(None).unwrap();
        let irreversible = |service: &str, operation: &str| {
            let found = catalog.operation(&OperationName::new(CloudName::Azure, service, operation)).unwrap();
            classify(found.service(), found.operation()).irreversible
        };
        assert!(irreversible("resource", "ResourceGroups_Delete"));
        assert!(irreversible("keyvault", "Vaults_PurgeDeleted"));
        assert!(!irreversible("network", "SecurityRules_Delete"));
    }

    #[test]
    fn nothing_but_a_look_is_called_a_read() {
        let catalog = Catalog::open(None).unwrap();
        for entry in catalog.services(CloudName::Azure) {
            let service = catalog.service(CloudName::Azure, &entry.name).unwrap();
            for operation in &service.operations {
                let access = classify(&service, operation);
                let method = operation.method.as_str();
                if access.class == AccessClass::Read && !access.source.starts_with("reviewed") {
                    assert!(matches!(method, "GET" | "HEAD" | "POST"), "{} {}", service.name, operation.name);
                }
                assert!(method != "DELETE" || access.class == AccessClass::Delete, "{}", operation.name);
            }
        }
    }
}
