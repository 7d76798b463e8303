//! An index on loopback, asked the way `catalog update` asks.

use std::path::Path;
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::json;

use super::testing::{Reply, Server, hash};
use super::{Gathered, Heard, Index, IndexOptions, PackagesError, Wanted, gather, newest};

const OLD: &str = "oci-2.9.0-py3-none-any.whl";
const NEW: &str = "oci-2.10.0-py3-none-any.whl";

fn index(address: &str) -> Index {
    let options = IndexOptions { address: format!("{address}/simple"), ..IndexOptions::default() };
    Index::new(&options).unwrap().with_pause(Duration::from_millis(1))
}

fn wanted(name: &str) -> Wanted {
    Wanted { name: name.into(), version: None, source: true, at_least: None }
}

fn page(files: &[(&str, &str)]) -> Vec<Reply> {
    let links: String = files
        .iter()
        .map(|(file, hash)| format!("<a href=\"/files/{file}#sha256={hash}\">{file}</a><br>"))
        .collect();
    vec![Reply::html(format!("<!DOCTYPE html><html><body>{links}</body></html>"))]
}

async fn gathered(index: &Index, names: &[&str], folder: &Path) -> Result<Gathered, PackagesError> {
    let wanted: Vec<Wanted> = names.iter().map(|name| wanted(name)).collect();
    gather(index, &wanted, folder, &|_| {}).await
}

/// What is in the folder.
fn lying(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_newest_version_is_fetched_and_not_a_second_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[
        (
            "/simple/oci/",
            page(&[(OLD, &hash(b"old")), (NEW, &hash(b"new")), ("oci-3.0b1-py3-none-any.whl", "")]),
        ),
        (&format!("/files/{NEW}"), vec![Reply::file(b"new")]),
    ])
    .await;
    let index = index(&server.url);
    let heard = std::sync::Mutex::new(Vec::new());
    let listen = |what: Heard<'_>| heard.lock().unwrap().push(format!("{what:?}"));
    let first = gather(&index, &[wanted("oci"), wanted("gone")], dir.path(), &listen).await.unwrap();
    assert_eq!((first.got.len(), first.absent), (1, vec!["gone".to_owned()]));
    assert_eq!(first.got[0].file.version.to_string(), "2.10.0");
    assert_eq!(std::fs::read(&first.got[0].path).unwrap(), b"new");
    assert!(heard.lock().unwrap().contains(&"Bytes(3)".to_owned()), "{heard:?}");
    let asked = server.asked().len();
    assert_eq!(gathered(&index, &["oci"], dir.path()).await.unwrap().got, first.got);
    assert_eq!(server.asked().len(), asked + 1, "the file was fetched again");
    std::fs::write(&first.got[0].path, "changed").unwrap();
    gathered(&index, &["oci"], dir.path()).await.unwrap();
    assert_eq!(std::fs::read(&first.got[0].path).unwrap(), b"new");
}

#[tokio::test]
async fn the_newest_versions_are_known_without_fetching_a_file() {
    let json = json!({"meta": {"api-version": "1.1"}, "files": [
        {"filename": NEW, "url": "x", "hashes": {}}, {"filename": OLD, "url": "x", "hashes": {}},
    ]});
    let server = Server::with(&[("/simple/oci/", vec![Reply::json(&json)])]).await;
    let known = newest(&index(&server.url), &[wanted("oci"), wanted("gone")]).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [("oci".to_owned(), "2.10.0".to_owned())]);
    assert!(server.asked().iter().all(|head| head.contains("vnd.pypi.simple.v1+json")));
}

#[tokio::test]
async fn a_file_with_a_wrong_hash_or_none_is_refused_by_name_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[
        ("/simple/oci/", page(&[(NEW, &hash(b"other"))])),
        ("/simple/botocore/", page(&[("botocore-1.0.tar.gz", "")])),
        (&format!("/files/{NEW}"), vec![Reply::file(b"new")]),
    ])
    .await;
    let message = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap_err().to_string();
    for part in [NEW, "not taken", &hash(b"new"), &hash(b"other")] {
        assert!(message.contains(part), "{message}");
    }
    let message = gathered(&index(&server.url), &["botocore"], dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("botocore-1.0.tar.gz") && message.contains("names no SHA-256"), "{message}");
    assert_eq!(lying(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_cut_download_is_tried_again_and_then_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (Reply::file(b"whole file"), Reply::file(b"whole file").cut_after(5));
    let files = page(&[(NEW, &hash(b"whole file"))]);
    let path = format!("/files/{NEW}");
    let server = Server::with(&[("/simple/oci/", files.clone()), (&path, vec![cut.clone(), whole])]).await;
    let taken = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap();
    assert_eq!(std::fs::read(&taken.got[0].path).unwrap(), b"whole file");
    std::fs::remove_file(&taken.got[0].path).unwrap();
    let server = Server::with(&[("/simple/oci/", files), (&path, vec![cut])]).await;
    let message = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap_err().to_string();
    assert!(message.contains(NEW) && message.contains("does not answer"), "{message}");
    assert_eq!(server.asked().len(), 4);
    assert_eq!(lying(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_shorter_than_the_index_says_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let listed = json!({"files": [{"filename": NEW, "url": "/files/x", "hashes": {"sha256": hash(b"half")}, "size": 8}]});
    let server = Server::with(&[
        ("/simple/oci/", vec![Reply::json(&listed)]),
        ("/files/x", vec![Reply::file(b"half")]),
    ])
    .await;
    let message = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("only 4 of its 8 bytes"), "{message}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_an_error_that_stays_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = format!("/files/{NEW}");
    let mut pages = vec![Reply::status(503)];
    pages.extend(page(&[(NEW, &hash(b"new"))]));
    let server = Server::with(&[("/simple/oci/", pages), (&path, vec![Reply::file(b"new")])]).await;
    assert_eq!(gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap().got.len(), 1);
    for (status, hint) in
        [(503, "--from FOLDER"), (500, "--index URL"), (401, "NAME:PASSWORD"), (403, "settings.yaml")]
    {
        let server = Server::with(&[("/simple/oci/", vec![Reply::status(status)])]).await;
        let message = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap_err().to_string();
        let parts = [&status.to_string(), hint, "oci", &server.url];
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert_eq!(server.asked().len(), if status >= 500 { 3 } else { 1 });
    }
}

#[tokio::test]
async fn a_page_that_is_no_index_is_an_error_and_a_closed_port_says_what_to_check() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[("/simple/oci/", vec![Reply::html("Please log in")])]).await;
    let message = gathered(&index(&server.url), &["oci"], dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("simple index"), "{message}");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let message = gathered(&index(&url), &["oci"], dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("HTTPS_PROXY") && message.contains("SSL_CERT_FILE"), "{message}");
}

#[tokio::test]
async fn the_password_goes_to_the_index_and_to_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let files = Server::with(&[("/x", vec![Reply::file(b"new")])]).await;
    let own = Server::with(&[
        (
            "/simple/oci/",
            vec![Reply::html(format!("<html><a href=\"/{NEW}#sha256={}\">x</a></html>", hash(b"new")))],
        ),
        (&format!("/{NEW}"), vec![Reply::moved(&format!("{}/x", files.url))]),
    ])
    .await;
    let with_login = own.url.replace("http://", "http://me:secret@");
    gathered(&index(&with_login), &["oci"], dir.path()).await.unwrap();
    assert_eq!(files.asked().len(), 1);
    assert!(own.asked().iter().all(|head| head.contains("authorization: Basic ")), "{:?}", own.asked());
    assert!(files.asked().iter().all(|head| !head.contains("authorization")), "{:?}", files.asked());
    let closed = Server::with(&[("/simple/oci/", vec![Reply::status(401)])]).await;
    let error =
        gathered(&index(&closed.url.replace("http://", "http://me:secret@")), &["oci"], dir.path()).await;
    assert!(!format!("{:?}", error.unwrap_err()).contains("secret"));
}

#[tokio::test]
async fn a_proxy_from_the_settings_carries_everything() {
    let dir = tempfile::tempdir().unwrap();
    let file = format!("http://index.invalid/files/{NEW}");
    let proxy = Server::with(&[
        ("http://index.invalid/simple/oci/", page(&[(NEW, &hash(b"new"))])),
        (&file, vec![Reply::file(b"new")]),
    ])
    .await;
    let options = IndexOptions {
        address: "http://index.invalid/simple/".into(),
        proxy: Some(proxy.url.clone()),
        allow_http: true,
    };
    let found = gathered(&Index::new(&options).unwrap(), &["oci"], dir.path()).await.unwrap();
    assert_eq!(found.got[0].file.file, NEW);
    assert_eq!(proxy.asked().len(), 2);
}

#[tokio::test]
async fn an_index_that_has_fallen_behind_is_not_followed_unless_the_version_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[
        ("/simple/oci/", page(&[(OLD, &hash(b"old")), (NEW, &hash(b"new"))])),
        (&format!("/files/{OLD}"), vec![Reply::file(b"old")]),
        (&format!("/files/{NEW}"), vec![Reply::file(b"new")]),
    ])
    .await;
    let with = |version: Option<&str>, least: &str| Wanted {
        version: version.map(|version| version.parse().unwrap()),
        at_least: Some(least.parse().unwrap()),
        ..wanted("oci")
    };
    for (version, least, got) in
        [(None, "2.10", Some("2.10.0")), (None, "2.10.1", None), (Some("2.9.0"), "2.10", Some("2.9.0"))]
    {
        let found = gather(&index(&server.url), &[with(version, least)], dir.path(), &|_| {}).await.unwrap();
        assert_eq!(found.got.first().map(|got| got.file.version.to_string()).as_deref(), got);
        assert_eq!(found.behind.len(), usize::from(got.is_none()));
        assert!(found.absent.is_empty());
    }
}
