//! Operations whose names and models mislead, by hand; one file per cloud under `assets/access`.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::plan::{AccessClass, CloudName};

/// Operations of one class, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    class: AccessClass,
    because: String,
    operations: BTreeMap<String, Vec<String>>,
}

/// A reviewed class and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reviewed {
    pub(super) class: AccessClass,
    pub(super) because: String,
}

type Table = HashMap<(String, String), Reviewed>;

/// What the reviewed list of a cloud says of an operation.
///
/// # Errors
///
/// The list itself cannot be read; then nothing may be called a read.
pub(super) fn reviewed(cloud: CloudName, service: &str, operation: &str) -> Result<Option<Reviewed>, String> {
    static AWS: OnceLock<Result<Table, String>> = OnceLock::new();
    static AZURE: OnceLock<Result<Table, String>> = OnceLock::new();
    static OCI: OnceLock<Result<Table, String>> = OnceLock::new();
    let table = match cloud {
        CloudName::Aws => AWS.get_or_init(|| parse(include_str!("../../../assets/access/aws.yaml"))),
        CloudName::Azure => AZURE.get_or_init(|| parse(include_str!("../../../assets/access/azure.yaml"))),
        CloudName::Oci => OCI.get_or_init(|| parse(include_str!("../../../assets/access/oci.yaml"))),
    };
    let table = table.as_ref().map_err(Clone::clone)?;
    Ok(table.get(&(service.to_owned(), operation.to_owned())).cloned())
}

fn parse(text: &str) -> Result<Table, String> {
    let groups: Vec<Group> = yaml_serde::from_str(text).map_err(|e| e.to_string())?;
    let mut table = Table::new();
    for group in groups {
        for (service, operations) in group.operations {
            for operation in operations {
                let reviewed = Reviewed { class: group.class, because: group.because.clone() };
                if table.insert((service.clone(), operation.clone()), reviewed).is_some() {
                    return Err(format!("{service} {operation} is listed twice"));
                }
            }
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_aws_is_read_and_names_no_read() {
        let table = parse(include_str!("../../../assets/access/aws.yaml")).unwrap();
        assert!(table.len() > 200);
        assert!(table.values().all(|r| r.class != AccessClass::Read && !r.because.is_empty()));
    }

    #[test]
    fn the_list_of_oci_names_operations_that_exist_and_no_read() {
        let table = parse(include_str!("../../../assets/access/oci.yaml")).unwrap();
        let catalog = crate::catalog::Catalog::open(None).unwrap();
        let entries: HashMap<&str, &crate::catalog::ServiceEntry> =
            catalog.services(CloudName::Oci).map(|entry| (entry.name.as_str(), entry)).collect();
        for ((service, operation), reviewed) in &table {
            let entry = entries.get(service.as_str());
            let known = entry.is_some_and(|entry| entry.operations.iter().any(|o| o.name == *operation));
            assert!(known, "{service} {operation}");
            assert!(reviewed.class != AccessClass::Read && !reviewed.because.is_empty());
        }
        assert!(table.len() > 100);
    }

    #[test]
    fn an_operation_in_two_groups_is_a_mistake() {
        let text = "- {class: write, because: a, operations: {s: [O]}}\n- {class: secret, because: b, operations: {s: [O]}}\n";
        assert_eq!(parse(text).unwrap_err(), "s O is listed twice");
    }
}
