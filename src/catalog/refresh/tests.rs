//! A shelf with catalogs of one or two made-up services.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{Known, Origin, Package, Part, RefreshError, Shelf, compare, whole};
use crate::catalog::compile::botocore::service_from_models;
use crate::catalog::{Catalog, snapshot};
use crate::plan::CloudName;

const AWS: CloudName = CloudName::Aws;

/// A snapshot with these services; each has the operations and the shapes of the model.
fn snapshot_of(version: &str, services: &[(&str, Value)]) -> Vec<u8> {
    let services: Vec<_> = services
        .iter()
        .map(|(name, model)| {
            let mut model = model.clone();
            model["metadata"] =
                json!({"apiVersion": "1", "endpointPrefix": name, "protocol": "json", "jsonVersion": "1.0"});
            service_from_models(name, &model, None, None, None).unwrap()
        })
        .collect();
    snapshot::write(AWS, "botocore", version, &services, &json!({"partitions": []})).unwrap()
}

fn model(operations: &[&str], shapes: Value) -> Value {
    let operations: serde_json::Map<String, Value> = operations
        .iter()
        .map(|name| {
            let http = json!({"method": "POST", "requestUri": "/"});
            ((*name).to_owned(), json!({"name": name, "http": http, "input": {"shape": "In"}}))
        })
        .collect();
    json!({"operations": operations, "shapes": shapes})
}

fn simple(version: &str) -> Vec<u8> {
    snapshot_of(version, &[("alpha", model(&["Make"], json!({"In": {"type": "structure", "members": {}}})))])
}

fn parts(version: &str) -> Vec<(Part, Vec<u8>)> {
    let catalog = simple(version);
    let origin = Origin::of(&catalog, Timestamp::now(), "here".into(), Vec::new());
    vec![(Part::Origin, origin.bytes()), (Part::Catalog, catalog)]
}

/// The version that a program would use now; `None` for what came with the program.
fn used(data: &Path) -> Option<String> {
    let catalog = Catalog::open(Some(data)).unwrap();
    assert!(catalog.warnings().is_empty(), "{:?}", catalog.warnings());
    let status = catalog.status().into_iter().find(|status| status.cloud == AWS).unwrap();
    status.file.map(|_| status.version)
}

fn files(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("catalog")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_update_keeps_the_last_one_and_undo_goes_back_and_forth() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    assert!(matches!(locked.undo(AWS), Err(RefreshError::NothingToUndo(_))));
    locked.install(AWS, &parts("1"), true).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("1"));
    locked.install(AWS, &parts("2"), true).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("2"));
    assert_eq!(shelf.latest(), [AWS]);
    for version in ["1", "2", "1"] {
        locked.undo(AWS).unwrap();
        assert_eq!(used(dir.path()).as_deref(), Some(version));
        let origin = Origin::load(&shelf.current(AWS, Part::Origin)).unwrap();
        assert!(origin.describes(&simple(version)), "the origin is of another version");
    }
    assert_eq!(
        files(dir.path()),
        ["aws.catalog", "aws.catalog.before", "aws.origin", "aws.origin.before", "update.lock"]
    );
}

#[test]
fn the_way_back_from_the_first_update_leads_to_what_came_with_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    locked.install(AWS, &parts("1"), true).unwrap();
    locked.undo(AWS).unwrap();
    assert_eq!(used(dir.path()), None);
    locked.undo(AWS).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("1"));
    locked.reset(AWS).unwrap();
    assert_eq!(used(dir.path()), None);
    assert!(matches!(locked.reset(AWS), Err(RefreshError::NothingToUndo(_))));
    // After the next update the way back is to what was in use, and that came with the program.
    locked.install(AWS, &parts("2"), true).unwrap();
    locked.undo(AWS).unwrap();
    assert_eq!(used(dir.path()), None);
}

#[test]
fn a_damaged_catalog_is_not_kept_and_not_gone_back_to() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    locked.install(AWS, &parts("1"), true).unwrap();
    locked.install(AWS, &parts("2"), true).unwrap();
    fs::write(shelf.current(AWS, Part::Catalog), "damaged").unwrap();
    locked.install(AWS, &parts("3"), false).unwrap();
    locked.undo(AWS).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("1"));
    fs::write(shelf.before(AWS, Part::Catalog), "damaged").unwrap();
    let message = locked.undo(AWS).unwrap_err().to_string();
    assert!(message.contains("aws.catalog.before") && message.contains("--reset"), "{message}");
    assert_eq!(used(dir.path()).as_deref(), Some("1"));
}

#[test]
fn a_second_update_at_the_same_time_is_told_who_is_at_it() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    let message = shelf.lock().err().unwrap().to_string();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    drop(locked);
    assert!(shelf.lock().is_ok());
}

#[test]
fn drafts_of_ended_updates_are_swept_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    locked.install(AWS, &parts("1"), true).unwrap();
    fs::create_dir(shelf.packages()).unwrap();
    fs::write(shelf.packages().join("a-1.0-py3-none-any.whl"), "").unwrap();
    fs::write(shelf.packages().join("b-1.0-py3-none-any.whl.part-77"), "").unwrap();
    fs::write(dir.path().join("catalog/oci.catalog.new-77"), "").unwrap();
    fs::write(dir.path().join("catalog/aws.catalog.before.new-77"), "").unwrap();
    assert_eq!((locked.sweep(), locked.sweep()), (3, 0));
    assert_eq!(files(dir.path()), ["aws.catalog", "aws.origin", "packages", "update.lock"]);
    assert!(shelf.packages().join("a-1.0-py3-none-any.whl").exists());
}

#[test]
fn every_moment_of_an_installation_leaves_a_catalog_that_opens() {
    // An installation that cannot write at some point stands for one that was ended there.
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    locked.install(AWS, &parts("1"), true).unwrap();
    for blocked in [
        format!("aws.origin.new-{}", std::process::id()),
        format!("aws.catalog.new-{}", std::process::id()),
        format!("aws.origin.before.new-{}", std::process::id()),
        format!("aws.catalog.before.new-{}", std::process::id()),
        "aws.origin.before".into(),
        "aws.catalog.before".into(),
    ] {
        locked.sweep();
        for part in Part::ALL {
            let _ = fs::remove_file(shelf.before(AWS, part));
        }
        let path = dir.path().join("catalog").join(&blocked);
        fs::create_dir_all(path.join("inside")).unwrap();
        assert!(locked.install(AWS, &parts("2"), true).is_err(), "{blocked}");
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(used(dir.path()).as_deref(), Some("1"), "{blocked}");
    }
    locked.sweep();
    locked.install(AWS, &parts("2"), true).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("2"));
    locked.undo(AWS).unwrap();
    assert_eq!(used(dir.path()).as_deref(), Some("1"));
}

#[test]
fn what_changed_is_named() {
    let before = json!({
        "In": {"type": "structure", "required": ["Name"], "members": {
            "Name": {"shape": "S"}, "Size": {"shape": "S"}, "Old": {"shape": "S"}, "Filters": {"shape": "Filters"},
        }},
        "Filters": {"type": "list", "member": {"shape": "Filter"}},
        "Filter": {"type": "structure", "members": {"Key": {"shape": "S"}, "Inner": {"shape": "Filters"}}},
        "S": {"type": "string"},
    });
    let mut after = before.clone();
    after["In"] = json!({"type": "structure", "required": ["Name", "Size", "Zone"], "members": {
        "Name": {"shape": "S"}, "Size": {"shape": "N"}, "Zone": {"shape": "S"}, "Filters": {"shape": "Filters"},
    }});
    after["Filter"]["members"]["Mode"] = json!({"shape": "S"});
    after["N"] = json!({"type": "integer"});
    let same = || ("same", model(&["Make"], json!({"In": {"type": "structure", "members": {}}})));
    let old =
        [("alpha", model(&["Drop", "Make"], before.clone())), ("gone", model(&["A", "B"], before)), same()];
    let new = [("alpha", model(&["Make", "Start"], after.clone())), ("fresh", model(&["A"], after)), same()];
    let (old, new) = (snapshot_of("1", &old), snapshot_of("2", &new));
    let (old, new) = (Catalog::from_snapshot(old).unwrap(), Catalog::from_snapshot(new).unwrap());
    let changes = serde_json::to_value(compare(AWS, &old, &new).unwrap()).unwrap();
    assert_eq!(
        changes,
        json!({
            "new_services": [{"service": "fresh", "operations": 1}],
            "removed_services": [{"service": "gone", "operations": 2}],
            "new_operations": [{"service": "alpha", "operation": "Start"}],
            "removed_operations": [{"service": "alpha", "operation": "Drop"}],
            "changed_operations": [{
                "service": "alpha", "operation": "Make",
                "new": ["Zone", "Filters[].Mode"],
                "removed": ["Old"],
                "newly_required": ["Size", "Zone"],
                "retyped": ["Size"],
            }],
        })
    );
    assert!(compare(AWS, &old, &old).unwrap().is_empty());
}

#[test]
fn a_catalog_with_a_damaged_part_is_not_whole() {
    let bytes = simple("1");
    whole(AWS, &Catalog::from_snapshot(bytes.clone()).unwrap()).unwrap();
    assert!(whole(CloudName::Oci, &Catalog::from_snapshot(bytes.clone()).unwrap()).is_err());
    let mut flipped = bytes;
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    assert!(Catalog::from_snapshot(flipped).is_ok_and(|catalog| whole(AWS, &catalog).is_err()));
}

#[test]
fn versions_that_were_seen_are_remembered_and_a_damaged_note_is_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path());
    let locked = shelf.lock().unwrap();
    let mut known = Known::load(&shelf);
    known.see([("oci".to_owned(), "2.1".to_owned())]);
    known.save(&locked).unwrap();
    assert_eq!(Known::load(&shelf), known);
    assert_eq!(Known::load(&shelf).newest("oci").unwrap().0, "2.1");
    fs::write(dir.path().join("catalog/known.json"), "{").unwrap();
    assert_eq!(Known::load(&shelf), Known::default());
}

#[test]
fn an_origin_belongs_to_one_catalog() {
    let package = |name: &str| Package {
        name: name.into(),
        version: "1".into(),
        file: format!("{name}-1.tar.gz"),
        sha256: "00".into(),
    };
    let origin = Origin::of(b"one", Timestamp::now(), "here".into(), vec![package("b"), package("a")]);
    assert!(origin.describes(b"one") && !origin.describes(b"other"));
    assert_eq!(origin.packages[0].name, "a");
}
