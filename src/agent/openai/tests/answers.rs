//! The look at a model for `doctor`.

use serde_json::json;

use super::server::{Piece, Script, Server};
use super::setting::planner;

fn list(names: &[&str]) -> Script {
    let data: Vec<_> = names.iter().map(|name| json!({"id": name})).collect();
    let body = json!({"object": "list", "data": data}).to_string();
    Script::of(200, "application/json", vec![Piece::Bytes(body.into_bytes())])
}

#[tokio::test]
async fn a_model_in_the_list_is_there() {
    let server = Server::start(vec![list(&["other", "scripted"])]).await;
    let line = planner(&server.base, 8_000).check().await.unwrap();
    assert!(line.contains("scripted is there") && line.contains(&server.base), "{line}");
    let asked = server.asked();
    assert_eq!(
        (asked[0].path.as_str(), asked[0].key.as_deref()),
        ("/v1/models", Some("Bearer key-of-the-test"))
    );
}

#[tokio::test]
async fn a_model_that_is_not_in_the_list_gets_the_nearest_names() {
    let server = Server::start(vec![list(&["gpt", "scripted-2", "llama"])]).await;
    let problem = planner(&server.base, 8_000).check().await.unwrap_err();
    assert!(problem.why.contains("nearest: scripted-2"), "{problem:?}");
}

#[tokio::test]
async fn an_endpoint_without_a_list_is_asked_for_one_token() {
    for nothing in [Script::error(404, "no such path"), list(&[])] {
        let server = Server::start(vec![nothing, Script::text("yes")]).await;
        let line = planner(&server.base, 8_000).check().await.unwrap();
        assert!(line.contains("scripted answers"), "{line}");
        assert_eq!(server.asked()[1].body["max_tokens"], 1);
    }
}

#[tokio::test]
async fn a_wrong_key_and_nobody_at_all_are_problems() {
    let server = Server::start(vec![Script::error(401, "no")]).await;
    let problem = planner(&server.base, 8_000).check().await.unwrap_err();
    assert!(problem.what.contains("refused the key"), "{problem:?}");
    let problem = planner("http://127.0.0.1:1/v1", 8_000).check().await.unwrap_err();
    assert!(problem.what.contains("cannot be reached"), "{problem:?}");
}
