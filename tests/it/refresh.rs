//! `catalog update` with made-up packages: from a folder, from an index on loopback, and back.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::made_up::{azure, botocore, oci};
use crate::program::{code, json as json_in, json_of, provisioner, run};

/// Packages of all three clouds, each with a service that nobody has heard of.
fn wheels(folder: &Path) {
    botocore(folder, "1.0.0", &["plain"]);
    botocore(folder, "2.0.0", &["fresh", "plain"]);
    oci(folder, "9.9.9", &["fresh"]);
    azure(folder, "fresh", "1.0.0");
}

fn update(home: &Path, from: &Path, more: &[&str], expected: i32) -> Value {
    let mut args = vec!["--json", "catalog", "update", "--from", from.to_str().unwrap()];
    args.extend(more);
    json_of(home, &args, expected)
}

/// State by cloud.
fn states(answer: &Value) -> BTreeMap<&str, &str> {
    let clouds = answer["clouds"].as_array().unwrap().iter();
    clouds.map(|cloud| (cloud["cloud"].as_str().unwrap(), cloud["state"].as_str().unwrap())).collect()
}

fn of<'a>(answer: &'a Value, list: &str, cloud: &str) -> &'a Value {
    answer[list].as_array().unwrap().iter().find(|one| one["cloud"] == cloud).unwrap()
}

#[test]
fn a_new_service_of_each_cloud_is_found_described_and_called_after_an_update_of_all_three() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = home.path();
    wheels(from.path());
    let answer = update(home, from.path(), &["--package", "azure-mgmt-fresh"], 0);
    assert_eq!(
        states(&answer),
        BTreeMap::from([("aws", "updated"), ("azure", "updated"), ("oci", "updated")])
    );
    assert_eq!(of(&answer, "clouds", "aws")["after"]["version"], "2.0.0");
    for (cloud, service, operation, params, request) in [
        ("aws", "fresh", "MakeThing", r#"{"Name": "x"}"#, "Made.MakeThing"),
        ("oci", "fresh.things", "GetThing", r#"{"thingId": "x"}"#, "/20260101/things/x"),
        ("azure", "fresh", "Things_Get", r#"{"thingName": "x"}"#, "/providers/Microsoft.fresh/things/x"),
    ] {
        let found = json_of(home, &["--json", "catalog", "search", "fresh thing", "--cloud", cloud], 0);
        assert_eq!(
            (&found["hits"][0]["service"], &found["hits"][0]["operation"]),
            (&json!(service), &json!(operation))
        );
        let shown = json_of(home, &["--json", "catalog", "show", cloud, service, operation], 0);
        assert!(shown.to_string().contains(operation), "{shown}");
        let region = if cloud == "oci" { "eu-frankfurt-1" } else { "eu-central-1" };
        let args = [
            "call",
            cloud,
            service,
            operation,
            "--params",
            params,
            "--region",
            region,
            "--dry-run",
            "--json",
        ];
        let args: Vec<&str> = if cloud == "azure" {
            args.iter().filter(|a| !["--region", region].contains(a)).copied().collect()
        } else {
            args.to_vec()
        };
        let called = json_of(home, &args, 0);
        assert!(called.to_string().contains(request), "{called}");
    }
}

#[test]
fn what_changed_is_told_and_taken_back_and_told_again() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = home.path();
    wheels(from.path());
    update(home, from.path(), &["--cloud", "aws", "--version", "1.0"], 0);
    let answer = update(home, from.path(), &["--cloud", "aws"], 0);
    let aws = of(&answer, "clouds", "aws");
    assert_eq!((&aws["before"]["version"], &aws["after"]["version"]), (&json!("1.0.0"), &json!("2.0.0")));
    assert_eq!(
        aws["changes"],
        json!({
            "new_services": [{"service": "fresh", "operations": 1}], "removed_services": [],
            "new_operations": [], "removed_operations": [],
            "changed_operations": [{
                "service": "plain", "operation": "MakeThing",
                "new": ["Zone"], "removed": [], "newly_required": [], "retyped": [],
            }],
        })
    );
    assert_eq!(aws["packages"][0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(states(&update(home, from.path(), &["--cloud", "aws"], 0))["aws"], "unchanged");

    let status = json_of(home, &["--json", "catalog", "status"], 0);
    let aws = of(&status, "catalogs", "aws");
    assert_eq!((&aws["version"], &aws["before"]["version"]), (&json!("2.0.0"), &json!("1.0.0")));
    assert_eq!(aws["origin"]["packages"][0]["name"], "botocore");
    assert!(aws["installed"].is_string() && aws["embedded"] == false && aws["services"] == 2);
    assert!(of(&status, "catalogs", "oci")["embedded"] == true);

    for version in ["1.0.0", "2.0.0"] {
        json_of(home, &["--json", "catalog", "update", "--undo"], 0);
        let status = json_of(home, &["--json", "catalog", "status"], 0);
        assert_eq!(of(&status, "catalogs", "aws")["version"], version);
    }
    json_of(home, &["--json", "catalog", "update", "--reset"], 0);
    let status = json_of(home, &["--json", "catalog", "status"], 0);
    assert!(of(&status, "catalogs", "aws")["embedded"] == true);

    let text = run(home, &["catalog", "update", "--cloud", "aws", "--from", from.path().to_str().unwrap()]);
    let text = String::from_utf8(text.stdout).unwrap();
    let line = "  removed services: 424: ";
    assert!(text.contains(line) && text.contains("and 416 more") && text.contains("--undo"), "{text}");
}

#[test]
fn a_package_that_cannot_be_read_leaves_its_cloud_and_not_the_others() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    wheels(from.path());
    std::fs::write(from.path().join("oci-10.0-py3-none-any.whl"), "no zip").unwrap();
    let answer = update(home.path(), from.path(), &["--package", "azure-mgmt-fresh"], 4);
    assert_eq!(
        states(&answer),
        BTreeMap::from([("aws", "updated"), ("azure", "updated"), ("oci", "failed")])
    );
    let error = of(&answer, "clouds", "oci")["error"].as_str().unwrap();
    assert!(error.contains("oci-10.0-py3-none-any.whl"), "{error}");
    assert!(code(&run(home.path(), &["catalog", "show", "oci", "core.compute", "LaunchInstance"])) == 0);
}

#[test]
fn a_service_that_is_not_understood_stays_as_it_was_and_the_others_are_new() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = home.path();
    botocore(from.path(), "1.0.0", &["plain"]);
    update(home, from.path(), &["--cloud", "aws"], 0);
    botocore(from.path(), "3.0.0", &["fresh", "plain"]);
    let answer = update(home, from.path(), &["--cloud", "aws"], 4);
    let aws = of(&answer, "clouds", "aws");
    assert_eq!(aws["changes"]["new_services"], json!([{"service": "fresh", "operations": 1}]));
    assert_eq!((&aws["changes"]["removed_services"], &aws["state"]), (&json!([]), &json!("updated")));
    assert_eq!((&aws["unread"][0]["part"], &aws["unread"][0]["kept"]), (&json!("plain"), &json!(true)));
    assert!(aws["notes"][0].as_str().unwrap().contains("smoke-signals"), "{}", aws["notes"]);
    json_of(home, &["--json", "catalog", "show", "aws", "plain", "MakeThing"], 0);
    // A snapshot for others has no such gaps.
    let to = home.join("x.catalog");
    let args = [
        "catalog",
        "update",
        "--cloud",
        "aws",
        "--from",
        from.path().to_str().unwrap(),
        "--output",
        to.to_str().unwrap(),
    ];
    let output = run(home, &args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(code(&output) == 2 && error.contains("smoke-signals") && !to.exists(), "{error}");
}

#[test]
fn wrong_words_are_answered_with_what_to_say() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    wheels(from.path());
    let folder = from.path().to_str().unwrap();
    std::fs::write(from.path().join("model.bin"), "").unwrap();
    let file = from.path().join("model.bin");
    let (empty, gone) = (tempfile::tempdir().unwrap(), from.path().join("gone"));
    for (args, hint) in [
        (vec!["--from", folder, "--version", "1.0"], "--cloud aws"),
        (vec!["--from", folder, "--cloud", "aws", "--version", "3.0"], "the newest there is 2.0.0"),
        (vec!["--from", folder, "--cloud", "azure"], "--package NAME"),
        (vec!["--from", folder, "--version", "numpy==1.0"], "--package numpy"),
        (vec!["--from", file.to_str().unwrap()], "say --cloud"),
        (vec!["--from", gone.to_str().unwrap()], "does not exist"),
        (vec!["--from", empty.path().to_str().unwrap()], "give a folder of wheels"),
        (vec!["--undo"], "no update to take back"),
        (vec!["--index", "http://packages.example.com/simple/"], "allow_http"),
    ] {
        let output = run(home.path(), &[vec!["catalog", "update"], args.clone()].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(code(&output) == 2 && error.contains(hint), "{args:?} {}\n{error}", code(&output));
    }
}

#[test]
fn two_updates_at_once_are_one_too_many() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    wheels(from.path());
    let folder = home.path().join("data/catalog");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::File::create(folder.join("update.lock")).unwrap();
    (&lock).write_all(b"process 4711 since long ago").unwrap();
    lock.lock().unwrap();
    let args = ["catalog", "update", "--from", from.path().to_str().unwrap()];
    let output = run(home.path(), &args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(code(&output) == 1 && error.contains("process 4711"), "{error}");
    drop(lock);
    assert_eq!(code(&run(home.path(), &args)), 4);
}

/// An index of the packages in a folder. A file whose name is spoilt has another hash than the page says.
struct Index {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Index {
    fn of(folder: &Path, spoilt: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/simple/", listener.local_addr().unwrap());
        let (asked, folder) = (Arc::new(Mutex::new(Vec::new())), folder.to_owned());
        let kept = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let path = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap_or_default().to_owned();
                kept.lock().unwrap().push(path.clone());
                let body = match path.strip_prefix("/files/") {
                    Some(file) => std::fs::read(folder.join(file)).ok(),
                    None => page(&folder, path.trim_matches('/').trim_start_matches("simple/"), spoilt),
                };
                let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
                let body = body.unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/vnd.pypi.simple.v1+json\r\n\
                     content-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Self { url, asked }
    }

    fn files(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter_map(|path| path.strip_prefix("/files/")).map(str::to_owned).collect()
    }
}

fn page(folder: &Path, package: &str, spoilt: &str) -> Option<Vec<u8>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with(&format!("{}-", package.replace('-', "_"))) {
            let mut bytes = std::fs::read(folder.join(&name)).unwrap();
            let size = bytes.len();
            if name.contains(spoilt) {
                bytes.push(0);
            }
            let hash = hex::encode(Sha256::digest(&bytes));
            files.push(json!({"filename": name, "url": format!("/files/{name}"), "hashes": {"sha256": hash}, "size": size}));
        }
    }
    let page = json!({"meta": {"api-version": "1.0"}, "name": package, "files": files});
    (!files.is_empty()).then(|| page.to_string().into_bytes())
}

/// Settings that take one package of Azure beside those that the program knows.
fn settings(home: &Path, index: &str) {
    std::fs::create_dir_all(home.join("config")).unwrap();
    let text = format!("catalog:\n  index: {index}\n  azure_packages: [azure-mgmt-fresh]\n");
    std::fs::write(home.join("config/settings.yaml"), text).unwrap();
}

#[test]
fn the_newest_packages_of_an_index_are_taken_and_fetched_once() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = home.path();
    wheels(from.path());
    azure(from.path(), "dns", "0.1.0");
    let index = Index::of(from.path(), "nothing");
    settings(home, &index.url);
    // Older than what came with the program: 2.0.0 is not older than 1.43.11, and azure-mgmt-dns 0.1.0 is.
    let answer = json_of(home, &["--json", "catalog", "update"], 0);
    assert_eq!(
        states(&answer),
        BTreeMap::from([("aws", "updated"), ("azure", "updated"), ("oci", "updated")])
    );
    let azure = of(&answer, "clouds", "azure");
    let notes = azure["notes"].to_string();
    assert!(notes.contains("older than what is in use") && notes.contains("azure-mgmt-dns 0.1.0"), "{notes}");
    assert!(
        notes.contains("kept from the catalog in use") && notes.contains("azure-mgmt-compute"),
        "{notes}"
    );
    assert_eq!(azure["changes"]["new_services"], json!([{"service": "fresh", "operations": 1}]));
    assert_eq!(azure["changes"]["removed_services"], json!([]));
    let fetched = index.files();
    assert!(fetched.iter().any(|file| file.contains("botocore-2.0.0")), "{fetched:?}");
    assert!(!fetched.iter().any(|file| file.contains("botocore-1.0.0")), "{fetched:?}");
    let again = json_of(home, &["--json", "catalog", "update"], 0);
    assert_eq!(
        states(&again),
        BTreeMap::from([("aws", "unchanged"), ("azure", "unchanged"), ("oci", "unchanged")])
    );
    assert_eq!(index.files().len(), fetched.len(), "a package was fetched twice");

    botocore(from.path(), "2.1.0", &["plain"]);
    let status = json_of(home, &["--json", "catalog", "status"], 0);
    assert_eq!(of(&status, "catalogs", "aws")["newer"], json!([]));
    let status = json_of(home, &["--json", "catalog", "status", "--check"], 0);
    let newer = &of(&status, "catalogs", "aws")["newer"][0];
    assert_eq!((&newer["package"], &newer["known"]), (&json!("botocore"), &json!("2.1.0")));
    let old = json_of(home, &["--json", "catalog", "update", "--cloud", "aws", "--version", "1.0.0"], 0);
    assert_eq!(of(&old, "clouds", "aws")["after"]["version"], "1.0.0");
    let cached: Vec<_> = std::fs::read_dir(home.join("data/catalog/packages")).unwrap().collect();
    assert_eq!(cached.len(), 3, "packages that are not needed any more stay: {cached:?}");
}

#[test]
fn the_notice_names_the_versions_of_the_catalogs_that_come_with_the_program() {
    let notice = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/NOTICE")).unwrap();
    for status in provisioner::catalog::Catalog::open(None).unwrap().status() {
        let azure = status.source == "azure-mgmt";
        // Each of many packages has its version in the catalog.
        let named = if azure {
            "packages azure-mgmt-*".to_owned()
        } else {
            format!("{} {}", status.source, status.version)
        };
        assert!(notice.contains(&named), "NOTICE does not name {named}");
    }
}

#[test]
fn a_package_with_a_wrong_hash_changes_nothing() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = home.path();
    wheels(from.path());
    let good = Index::of(from.path(), "nothing");
    json_of(home, &["--json", "catalog", "update", "--cloud", "aws", "--index", &good.url], 0);
    let before = std::fs::read(home.join("data/catalog/aws.catalog")).unwrap();
    botocore(from.path(), "2.5.0", &["other"]);
    let wanted = ["catalog", "update", "--cloud", "aws", "--index", &good.url, "--version", "7.0"];
    assert_eq!(code(&run(home, &wanted)), 2);
    let bad = Index::of(from.path(), "botocore-2.5.0");
    let output = run(home, &["--json", "catalog", "update", "--cloud", "aws", "--index", &bad.url]);
    assert_eq!(code(&output), 1);
    let error = json_in(&output)["clouds"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("botocore-2.5.0-py3-none-any.whl was not taken"), "{error}");
    assert_eq!(std::fs::read(home.join("data/catalog/aws.catalog")).unwrap(), before);
    let cached: Vec<_> = std::fs::read_dir(home.join("data/catalog/packages")).unwrap().flatten().collect();
    assert_eq!(cached.len(), 1, "{cached:?}");
}

#[test]
fn progress_is_told_in_lines_without_a_terminal_and_not_at_all_beside_json() {
    let (home, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    wheels(from.path());
    let with = |more: &[&str]| -> String {
        let mut command: Command = provisioner(home.path());
        command.args(["catalog", "update", "--cloud", "aws", "--from"]).arg(from.path()).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(with(&[]), "aws: compiling botocore 2.0.0\n");
    assert_eq!(with(&["--json"]), "");
}

#[test]
fn types_that_no_package_covers_come_from_the_live_list_and_are_used_like_all_others() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let update = json_of(home, &["catalog", "update", "--live", "--json"], 0);
    assert_eq!(update["live"]["generic"], 2, "{update}");
    assert!(update["live"]["from"].as_str().unwrap().starts_with("sandbox"), "{update}");
    let status = json_of(home, &["catalog", "status", "--json"], 0);
    let azure = status["catalogs"].as_array().unwrap().iter().find(|one| one["cloud"] == "azure").unwrap();
    assert_eq!((&azure["live"]["generic"], &azure["embedded"]), (&json!(2), &json!(true)));
    let found =
        json_of(home, &["catalog", "search", "create contoso boxes", "--cloud", "azure", "--json"], 0);
    assert_eq!(found["hits"][0]["service"], "live.Contoso.Things", "{found}");
    let tags = json!({"owner": "ops", "environment": "test", "sensitivity": "internal", "cost-center": "1"});
    let body = json!({"location": "germanywestcentral", "tags": tags, "properties": {"size": 3}});
    let group = json!({"resourceGroupName": "web", "body": {"location": "germanywestcentral", "tags": tags}});
    let named = json!({"resourceGroupName": "web", "boxesName": "one"});
    let mut made = named.clone();
    made["body"] = body;
    for (service, operation, params) in [
        ("resource", "ResourceGroups_CreateOrUpdate", &group),
        ("live.Contoso.Things", "Boxes_CreateOrUpdate", &made),
    ] {
        let params = params.to_string();
        json_of(
            home,
            &["call", "azure", service, operation, "--params", &params, "--approve", "warned", "--json"],
            0,
        );
    }
    let named = named.to_string();
    let call = ["call", "azure", "live.Contoso.Things", "Boxes_Get", "--params", &named, "--json"];
    let read = json_of(home, &call, 0);
    assert_eq!(read["outputs"]["call"]["properties"]["size"], 3, "{read}");
    json_of(home, &["catalog", "update", "--live", "--reset", "--json"], 0);
    let gone = run(home, &["catalog", "show", "azure", "live.Contoso.Things"]);
    assert_eq!(code(&gone), 2);
    let wrong = run(home, &["catalog", "update", "--live", "--cloud", "aws"]);
    assert_eq!(code(&wrong), 2);
}
