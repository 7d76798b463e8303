use std::sync::LazyLock;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::covered::type_of;
use super::*;
use crate::catalog::access::classify;
use crate::catalog::partner;
use crate::catalog::{Strictness, validate};
use crate::plan::{AccessClass, OperationName};

static PACKAGES: LazyLock<Catalog> = LazyLock::new(|| Catalog::open(None).unwrap());

fn list() -> Value {
    let listed = |name: &str, versions: &[&str]| json!({"resourceType": name, "apiVersions": versions});
    json!({"value": [
        {"namespace": "Contoso.Things", "resourceTypes": [
            listed("boxes", &["2024-01-01", "2025-06-01-preview", "2025-01-01"]),
            listed("boxes/lids", &["2025-01-01"]),
            listed("operations", &["2025-01-01"]),
            listed("locations/boxStates", &["2025-01-01"]),
            listed("checkNameAvailability", &["2025-01-01"]),
            listed("bad name", &["2025-01-01"]),
            listed("versionless", &[]),
            {"resourceType": "labels", "apiVersions": ["1"], "capabilities": "SupportsExtension"},
        ]},
        {"namespace": "microsoft.network", "resourceTypes": [listed("VirtualNetworks", &["2025-01-01"])]},
        {"resourceTypes": []},
    ]})
}

fn made() -> (Catalog, LiveList) {
    let (bytes, about) = compile(&list(), &PACKAGES, "here", Timestamp::UNIX_EPOCH).unwrap();
    (Catalog::from_snapshot(bytes).unwrap(), about)
}

fn name(operation: &str) -> OperationName {
    OperationName::new(CloudName::Azure, "live.Contoso.Things", operation)
}

#[test]
fn only_what_no_package_covers_is_taken_and_what_is_not_understood_is_counted() {
    let (catalog, about) = made();
    let services: Vec<&str> = catalog.services(CloudName::Azure).map(|entry| entry.name.as_str()).collect();
    assert_eq!(services, ["live.Contoso.Things"], "virtual networks are covered, in whatever letters");
    assert_eq!((about.providers, about.types, about.generic, about.unread), (2, 4, 3, 3));
}

#[test]
fn a_type_has_the_operations_of_every_type() {
    let (catalog, _) = made();
    let put = catalog.operation(&name("Boxes_CreateOrUpdate")).unwrap();
    assert_eq!(
        put.operation().uri,
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Contoso.Things/boxes/{boxesName}"
    );
    assert_eq!(put.operation().traits.arm.as_ref().unwrap().api_version.as_deref(), Some("2025-01-01"));
    let lids = catalog.operation(&name("BoxesLids_Get")).unwrap();
    assert!(lids.operation().uri.ends_with("/boxes/{boxesName}/lids/{lidsName}"));
    let labels = catalog.operation(&name("Labels_Delete")).unwrap();
    assert_eq!(labels.operation().uri, "/{scope}/providers/Contoso.Things/labels/{labelsName}");
    for operation in ["Boxes_Update", "Boxes_List", "Boxes_ListByResourceGroup", "BoxesLids_List"] {
        assert!(catalog.operation(&name(operation)).is_ok(), "{operation}");
    }
}

#[test]
fn its_parameters_are_checked_and_its_access_and_its_way_back_are_known() {
    let (catalog, _) = made();
    let put = catalog.operation(&name("Boxes_CreateOrUpdate")).unwrap();
    let given = json!({"resourceGroupName": "g", "boxesName": "b", "api-version": "2024-01-01", "body": {"any": [1]}});
    let problems = |params: &Value| validate(put.service(), put.operation(), params, Strictness::Sending);
    assert_eq!(problems(&given), [] as [String; 0]);
    assert!(problems(&json!({"boxName": "b"})).join(" ").contains("boxesName"));
    let class = |operation: &str| {
        let found = catalog.operation(&name(operation)).unwrap();
        classify(found.service(), found.operation()).class
    };
    assert_eq!(class("Boxes_CreateOrUpdate"), AccessClass::Write);
    assert_eq!(class("Boxes_Update"), AccessClass::Write);
    assert_eq!(class("Boxes_Delete"), AccessClass::Delete);
    assert_eq!(class("Boxes_List"), AccessClass::Read);
    let back = partner::undo(put.service(), put.operation(), &given).unwrap();
    assert_eq!(back.operation, "Boxes_Delete");
}

#[test]
fn what_is_no_list_is_refused() {
    for wrong in [json!({}), json!({"value": 3}), json!([]), Value::Null] {
        assert_eq!(
            compile(&wrong, &PACKAGES, "here", Timestamp::UNIX_EPOCH).unwrap_err(),
            CatalogError::NoProviders
        );
    }
}

#[test]
fn it_is_merged_where_it_lies_beside_the_catalog_and_a_broken_one_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("catalog");
    std::fs::create_dir_all(&folder).unwrap();
    let count = |catalog: &Catalog| catalog.services(CloudName::Azure).count();
    let packages = count(&PACKAGES);
    let (bytes, about) = compile(&list(), &PACKAGES, "here", Timestamp::UNIX_EPOCH).unwrap();
    std::fs::write(folder.join(FILE), &bytes).unwrap();
    let open = || Catalog::open(Some(dir.path())).unwrap();
    let merged = open();
    assert_eq!((count(&merged), merged.live()), (packages + 1, Some(about)));
    assert_eq!(count(&merged.without_live()), packages);
    let hits = merged.search("create contoso boxes", Some(CloudName::Azure), 3);
    assert_eq!(hits[0].operation, name("Boxes_CreateOrUpdate"));
    assert!(hits[0].title.contains("generic"), "{}", hits[0].title);
    assert!(merged.service(CloudName::Azure, "compute").is_ok());
    let wrong = merged.service(CloudName::Azure, "live.Contoso.Thing").unwrap_err().to_string();
    assert!(wrong.contains("live.Contoso.Things"), "{wrong}");
    for broken in [&bytes[..bytes.len() - 9], b"x"] {
        std::fs::write(folder.join(FILE), broken).unwrap();
        let without = open();
        let whole = without.services(CloudName::Azure).filter(|entry| !entry.name.starts_with(PREFIX));
        assert_eq!(whole.count(), packages);
    }
    std::fs::write(folder.join(FILE), b"x").unwrap();
    assert!(open().warnings()[0].contains("azure.live"), "{:?}", open().warnings());
}

#[test]
fn a_type_is_read_from_an_address_that_ends_in_a_name() {
    let of = |uri: &str| type_of(uri);
    assert_eq!(of("/{scope}/providers/A.B/c/{d}?x=1"), Some("a.b/c".into()));
    assert_eq!(of("/s/providers/A.B/c/{d}/e/default"), Some("a.b/c/e".into()));
    for none in
        ["/s/providers/A.B/c", "/s/providers/A.B/{kind}/{name}", "/s/providers/A.B", "/subscriptions/{s}"]
    {
        assert_eq!(of(none), None, "{none}");
    }
}
