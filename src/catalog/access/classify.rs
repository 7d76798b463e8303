//! One operation, one class.

use super::azure;
use super::reviewed::reviewed;
use super::verb::{Verb, verb_of};
use super::words::split_words;
use crate::catalog::shapes::{Operation, Protocol, Service, ShapeId, ShapeKind};
use crate::plan::{Access, AccessClass, CloudName};
use crate::text::is_secret_name;

/// How far into an answer a secret is its point: `Credentials.SecretAccessKey` is, a password
/// deep inside the description of a database is not.
const POINT_OF_ANSWER: usize = 2;

/// Words that, after a verb that acts, change who may do what.
const PERMISSION_WORDS: &[&[&str]] = &[
    &["Permission"],
    &["Permissions"],
    &["Grant"],
    &["Grants"],
    &["Access", "Key"],
    &["Login", "Profile"],
    &["Resource", "Policy"],
    &["Bucket", "Acl"],
    &["Object", "Acl"],
];

/// Words of things that are set up again by one call once they are deleted.
const SET_UP_AGAIN: &[&str] = &[
    "Policy",
    "Permission",
    "Permissions",
    "Association",
    "Attachment",
    "Rule",
    "Rules",
    "Configuration",
    "Alias",
    "Route",
    "Block",
    "Subscription",
    "Grant",
];

/// The class of an operation with the ground on which it was given. Never fails: what nothing
/// speaks for is [`AccessClass::Write`].
#[must_use]
pub fn classify(service: &Service, operation: &Operation) -> Access {
    if service.cloud == CloudName::Azure {
        return azure::classify(service, operation);
    }
    let name = &operation.name;
    let (verb, word) = verb_of(name);
    let access =
        |class, source: String| Access { class, irreversible: is_irreversible(class, verb, name), source };
    match reviewed(service.cloud, &service.name, name) {
        Ok(Some(found)) => return access(found.class, format!("reviewed: {}", found.because)),
        Ok(None) => {}
        Err(message) => {
            return access(
                AccessClass::Write,
                format!("the reviewed list cannot be read ({message}): treated as write"),
            );
        }
    }
    match verb {
        Verb::TakesAway => return access(AccessClass::Delete, format!("the name says {word}")),
        Verb::Pays => return access(AccessClass::Spend, format!("the name says {word}")),
        _ => {}
    }
    if verb != Verb::Reads {
        if let Some(words) = permission_words(name) {
            return access(AccessClass::Permission, format!("the name says {words}"));
        }
        let looks = operation.traits.readonly || only_looks(service, operation);
        if !looks || matches!(verb, Verb::Acts | Verb::Detaches) {
            let source = match verb {
                Verb::Unknown => "unknown: treated as write".to_owned(),
                _ => format!("the name says {word}"),
            };
            return access(AccessClass::Write, source);
        }
    }
    if let Some(member) = secret_of_answer(service, operation) {
        return access(AccessClass::Secret, format!("the answer holds {member}"));
    }
    let source = if operation.traits.readonly {
        "the model's trait readonly".to_owned()
    } else if verb != Verb::Reads {
        format!("the method is {}", operation.method)
    } else {
        format!("the name says {word}")
    };
    access(AccessClass::Read, source)
}

/// Whether the method says that nothing changes. AWS has its own word for it, and methods that say little.
fn only_looks(service: &Service, operation: &Operation) -> bool {
    service.protocol == Protocol::Oci && matches!(operation.method.as_str(), "GET" | "HEAD")
}

fn permission_words(name: &str) -> Option<String> {
    let words = split_words(name);
    PERMISSION_WORDS
        .iter()
        .find(|wanted| words.windows(wanted.len()).any(|window| window == **wanted))
        .map(|wanted| wanted.concat())
}

fn is_irreversible(class: AccessClass, verb: Verb, name: &str) -> bool {
    match class {
        AccessClass::Spend => true,
        AccessClass::Delete => {
            verb == Verb::TakesAway
                && !split_words(name).last().is_some_and(|last| SET_UP_AGAIN.contains(last))
        }
        _ => false,
    }
}

/// The first member of an answer that is a secret at its point, as a path.
fn secret_of_answer(service: &Service, operation: &Operation) -> Option<String> {
    find_secret(service, operation.output?, 1)
}

fn find_secret(service: &Service, shape: ShapeId, depth: usize) -> Option<String> {
    match &service.shape(shape).kind {
        ShapeKind::Structure { members } => {
            members.iter().find_map(|member| match service.shape(member.shape).kind {
                ShapeKind::String | ShapeKind::Blob => {
                    is_secret_name(&member.name).then(|| member.name.clone())
                }
                _ if depth < POINT_OF_ANSWER => find_secret(service, member.shape, depth + 1)
                    .map(|inner| format!("{}.{inner}", member.name)),
                _ => None,
            })
        }
        ShapeKind::List { member } if depth <= POINT_OF_ANSWER => {
            find_secret_item(service, member.shape, depth)
        }
        _ => None,
    }
}

/// Items of a list stand at the depth of the list; a list of lists holds no secret by name.
fn find_secret_item(service: &Service, shape: ShapeId, depth: usize) -> Option<String> {
    match service.shape(shape).kind {
        ShapeKind::Structure { .. } => find_secret(service, shape, depth),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::compile::botocore::service_from_models;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn service(name: &str, operations: &[(&str, bool)]) -> Service {
        let operations: serde_json::Map<_, _> = operations
            .iter()
            .map(|(operation, readonly)| {
                let model = json!({
                    "name": operation, "http": {"method": "POST", "requestUri": "/"},
                    "output": {"shape": format!("{operation}Answer")}, "readonly": readonly,
                });
                ((*operation).to_owned(), model)
            })
            .collect();
        let mut shapes = serde_json::Map::new();
        for operation in operations.keys() {
            let members = match operation.as_str() {
                "GetThing" => json!({"Credentials": {"shape": "Credentials"}}),
                "DescribeThings" => json!({"Things": {"shape": "Things"}}),
                "ListKeys" => json!({"Keys": {"shape": "Keys"}}),
                _ => json!({"NextToken": {"shape": "Text"}}),
            };
            shapes.insert(format!("{operation}Answer"), json!({"type": "structure", "members": members}));
        }
        shapes.extend(
            json!({
                "Text": {"type": "string"},
                "Credentials": {"type": "structure", "members": {"SecretAccessKey": {"shape": "Text"}}},
                "Keys": {"type": "list", "member": {"shape": "Credentials"}},
                "Things": {"type": "list", "member": {"shape": "Thing"}},
                "Thing": {"type": "structure", "members": {
                    "Pending": {"shape": "Pending"}, "MasterUserSecret": {"shape": "Pending"},
                }},
                "Pending": {"type": "structure", "members": {"MasterUserPassword": {"shape": "Text"}}},
            })
            .as_object()
            .unwrap()
            .clone(),
        );
        let model = json!({
            "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": name, "protocol": "json", "jsonVersion": "1.1",
                "serviceFullName": name, "serviceId": name, "signatureVersion": "v4", "targetPrefix": name},
            "operations": operations, "shapes": shapes,
        });
        service_from_models(name, &model, None, None, None).unwrap()
    }

    fn class_in(name: &str, operation: &str, readonly: bool) -> Access {
        let service = service(name, &[(operation, readonly)]);
        classify(&service, service.operation(operation).unwrap())
    }

    fn class(operation: &str, readonly: bool) -> AccessClass {
        class_in("things", operation, readonly).class
    }

    #[test]
    fn a_verb_that_reads_is_a_read_and_everything_unknown_is_a_write() {
        assert_eq!(class("DescribeWidgets", false), AccessClass::Read);
        assert_eq!(class("FrobnicateWidget", false), AccessClass::Write);
        assert_eq!(class_in("things", "FrobnicateWidget", false).source, "unknown: treated as write");
    }

    #[test]
    fn the_trait_of_the_model_counts_only_when_the_name_does_not_speak_against_it() {
        assert_eq!(class("CalculateRoute", true), AccessClass::Read);
        assert_eq!(class("StartRevocation", true), AccessClass::Write);
        assert_eq!(class("DeleteWidget", true), AccessClass::Delete);
    }

    #[test]
    fn a_secret_at_the_point_of_the_answer_makes_a_read_secret() {
        assert_eq!(class("GetThing", true), AccessClass::Secret);
        assert_eq!(class("ListKeys", false), AccessClass::Secret);
        assert_eq!(
            class("DescribeThings", false),
            AccessClass::Read,
            "a secret deep inside is not its point"
        );
        assert_eq!(
            class_in("things", "GetThing", false).source,
            "the answer holds Credentials.SecretAccessKey"
        );
    }

    #[test]
    fn the_reviewed_list_wins_over_name_and_model() {
        for (service, operation, wanted) in [
            ("secretsmanager", "GetSecretValue", AccessClass::Secret),
            ("ssm", "GetParameter", AccessClass::Secret),
            ("sts", "AssumeRole", AccessClass::Secret),
            ("ec2", "GetPasswordData", AccessClass::Secret),
            ("cognito-identity", "GetId", AccessClass::Write),
            ("s3", "PutBucketPolicy", AccessClass::Permission),
            ("iam", "AttachRolePolicy", AccessClass::Permission),
            ("kms", "ScheduleKeyDeletion", AccessClass::Delete),
            ("savingsplans", "CreateSavingsPlan", AccessClass::Spend),
        ] {
            let access = class_in(service, operation, true);
            assert_eq!(access.class, wanted, "{service} {operation}");
            assert!(access.source.starts_with("reviewed: "), "{}", access.source);
        }
    }

    #[test]
    fn reads_that_return_secrets_are_secret_in_every_cloud() {
        use crate::plan::CloudName::{Aws, Azure, Oci};
        let catalog = crate::catalog::Catalog::open(None).unwrap();
        for (cloud, service, operations) in [
            (Aws, "secretsmanager", &["GetSecretValue", "BatchGetSecretValue"][..]),
            (Aws, "ec2", &["GetPasswordData"]),
            (Aws, "ssm", &["GetParameter", "GetParameters", "GetParametersByPath"]),
            (Aws, "sts", &["AssumeRole"]),
            (Aws, "eks-auth", &["AssumeRoleForPodIdentity"]),
            (Aws, "ecr", &["GetAuthorizationToken"]),
            (Aws, "kms", &["Decrypt", "GenerateDataKey"]),
            (Aws, "lightsail", &["GetBucketAccessKeys", "GetInstanceAccessDetails"]),
            (Azure, "storage", &["StorageAccounts_ListKeys"]),
            (Azure, "cosmosdb", &["DatabaseAccounts_ListKeys"]),
            (Azure, "containerregistry", &["Registries_ListCredentials"]),
            (Azure, "containerservice", &["ManagedClusters_ListClusterAdminCredentials"]),
            (Azure, "redis", &["Redis_ListKeys"]),
            (Azure, "servicebus", &["Namespaces_ListKeys"]),
            (Azure, "batch", &["BatchAccount_GetKeys"]),
            (Azure, "search", &["AdminKeys_Get"]),
            (Azure, "compute", &["Disks_GrantAccess"]),
            (Azure, "cognitiveservices", &["Accounts_ListKeys"]),
            (Azure, "web", &["WebApps_ListPublishingCredentials"]),
            (Azure, "apimanagement", &["NamedValue_ListValue"]),
            (Oci, "secrets.secrets", &["GetSecretBundle", "GetSecretBundleByName"]),
            (Oci, "core.compute", &["GetWindowsInstanceInitialCredentials"]),
            (Oci, "key_management.kms_crypto", &["Decrypt"]),
            (Oci, "database.database", &["GenerateAutonomousDatabaseWallet"]),
            (Oci, "container_engine.container_engine", &["CreateKubeconfig"]),
        ] {
            for operation in operations {
                let name = crate::plan::OperationName::new(cloud, service, *operation);
                let found = catalog.operation(&name).unwrap();
                let access = classify(found.service(), found.operation());
                assert_eq!(access.class, AccessClass::Secret, "{name}: {}", access.source);
            }
        }
    }

    #[test]
    fn operations_of_oci_are_classed_by_list_verb_and_method() {
        let catalog = crate::catalog::Catalog::open(None).unwrap();
        for (service, operation, wanted) in [
            ("core.compute", "LaunchInstance", AccessClass::Write),
            ("core.compute", "TerminateInstance", AccessClass::Delete),
            ("core.compute", "ListInstances", AccessClass::Read),
            ("core.compute", "InstanceAction", AccessClass::Write),
            ("identity.identity", "AssembleEffectiveTagSet", AccessClass::Read),
            ("identity.identity", "CreatePolicy", AccessClass::Permission),
            ("resource_search.resource_search", "SearchResources", AccessClass::Read),
            ("nosql.nosql", "Query", AccessClass::Write),
            ("ons.notification_data_plane", "GetUnsubscription", AccessClass::Write),
            ("secrets.secrets", "GetSecretBundle", AccessClass::Secret),
            ("key_management.kms_management", "ScheduleKeyDeletion", AccessClass::Delete),
        ] {
            let name = crate::plan::OperationName::new(crate::plan::CloudName::Oci, service, operation);
            let found = catalog.operation(&name).unwrap();
            let access = classify(found.service(), found.operation());
            assert_eq!(access.class, wanted, "{name}: {}", access.source);
        }
    }

    #[test]
    fn no_operation_of_oci_that_changes_by_its_method_is_a_read_but_for_searches() {
        let catalog = crate::catalog::Catalog::open(None).unwrap();
        let mut posts = 0;
        for entry in catalog.services(crate::plan::CloudName::Oci) {
            let service = catalog.service(crate::plan::CloudName::Oci, &entry.name).unwrap();
            for operation in &service.operations {
                if classify(&service, operation).class != AccessClass::Read {
                    continue;
                }
                assert!(
                    matches!(operation.method.as_str(), "GET" | "HEAD" | "POST"),
                    "{} {}",
                    service.name,
                    operation.name
                );
                posts += usize::from(operation.method == "POST");
            }
        }
        // Searches, queries and estimates; every other POST is a write.
        assert!((60..=120).contains(&posts), "{posts}");
    }

    #[test]
    fn what_changes_permissions_and_what_pays_is_named() {
        assert_eq!(class("CreateAccessKey", false), AccessClass::Permission);
        assert_eq!(class("PutResourcePolicy", false), AccessClass::Permission);
        assert_eq!(class("PurchaseReservedThings", false), AccessClass::Spend);
        assert!(class_in("things", "PurchaseReservedThings", false).irreversible);
    }

    #[test]
    fn deleting_data_cannot_be_taken_back_and_deleting_a_setting_can() {
        assert!(class_in("s3", "DeleteBucket", false).irreversible);
        assert!(class_in("ec2", "TerminateInstances", false).irreversible);
        let policy = class_in("things", "DeleteBucketPolicy", false);
        assert_eq!((policy.class, policy.irreversible), (AccessClass::Delete, false));
        assert_eq!(class("UntagResource", false), AccessClass::Write);
    }
}
