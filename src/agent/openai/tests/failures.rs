//! Everything that goes wrong with models: each failure is told in three lines and loses nothing.

use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::json;

use super::server::{Piece, Script, call_events, delta, text_events, wire};
use super::setting::{board, bucket_plan, listen, planner, turn};

/// Events without the end of the reference.
fn unfinished(events: &[serde_json::Value]) -> Vec<u8> {
    let mut bytes = wire(events);
    bytes.truncate(bytes.len() - "data: [DONE]\n\n".len());
    bytes
}

fn half_an_answer() -> Vec<u8> {
    unfinished(&[
        delta(json!({"content": "There are two buckets: "}), None),
        delta(json!({"content": "logs and"}), None),
    ])
}

#[tokio::test]
async fn a_stream_that_is_cut_keeps_what_came() {
    for script in [
        Script::raw(half_an_answer()).then(Piece::Break),
        Script::raw(half_an_answer()),
        Script::raw(half_an_answer()).then(Piece::Bytes(b"data: {\"choices\": [{\"del".to_vec())),
    ] {
        let out = turn("list", vec![script]).await;
        assert!(out.problem().what.contains("broke off"), "{:?}", out.problem());
        assert_eq!(out.streamed(), "There are two buckets: logs and");
    }
}

#[tokio::test]
async fn silence_ends_a_turn_and_keeps_what_came() {
    let script = Script::raw(half_an_answer()).then(Piece::Silence(Duration::from_secs(20)));
    let out = turn("list", vec![script]).await;
    assert!(out.problem().why.contains("nothing for 1 seconds"), "{:?}", out.problem());
    assert_eq!(out.streamed(), "There are two buckets: logs and");
    for script in [
        Script::raw("").then(Piece::Silence(Duration::from_secs(20))),
        Script::text("too late").after(Duration::from_secs(20)),
    ] {
        let out = turn("list", vec![script]).await;
        assert!(out.problem().what.contains("fell silent"), "{:?}", out.problem());
    }
}

#[tokio::test]
async fn garbage_is_shown_in_part_and_never_guessed_at() {
    for (script, part) in [
        (Script::raw("data: {not json at all\n\n"), "{not json"),
        (Script::raw("hello, I am no model\n"), "hello, I am no model"),
        (Script::raw(vec![0xff, 0xfe, 0x00, 0x1b, b'[', b'2', b'J']), "cannot be read"),
        (Script::raw("data: \"text\"\n\n"), "cannot be read"),
        (Script::raw(""), "nothing at all"),
        (Script::of(200, "text/html", vec![Piece::Bytes(b"<html>".to_vec())]), "web page"),
        (Script::of(200, "application/json", vec![Piece::Bytes(b"nonsense".to_vec())]), "nonsense"),
    ] {
        let out = turn("list", vec![script.clone()]).await;
        let problem = out.problem();
        let words = format!("{} {}", problem.what, problem.why);
        assert!(words.contains(part) && !words.contains('\u{1b}'), "{script:?}: {problem:?}");
    }
}

#[tokio::test]
async fn half_a_call_is_never_made() {
    // Cut off by the network.
    let mut events = call_events(&[("aws_search", json!({"query": "create a bucket please"}))]);
    events.truncate(3);
    let out = turn("list", vec![Script::raw(unfinished(&events)).then(Piece::Break)]).await;
    assert!(out.problem().what.contains("broke off"), "{:?}", out.problem());
    assert!(out.looked_up().is_empty());
    // Cut off by the model's own limit.
    events.push(delta(json!({}), Some("length")));
    let out = turn("list", vec![Script::events(&events)]).await;
    assert!(out.problem().why.contains("limit"), "{:?}", out.problem());
    assert!(out.looked_up().is_empty());
}

#[tokio::test]
async fn arguments_that_are_no_json_go_back_to_the_model() {
    let out = turn(
        "list",
        vec![
            Script::calls(&[("aws_search", json!("{\"query\": \"buck"))]),
            Script::calls(&[("propose_plan", json!("{\"name\": "))]),
            Script::calls(&[("propose_plan", bucket_plan())]),
        ],
    )
    .await;
    assert!(out.answer().plan.is_some());
    assert!(out.messages(1)[3].1.contains("not JSON"), "{:?}", out.messages(1));
    assert!(out.messages(2)[5].1.contains("not JSON"), "{:?}", out.messages(2));
    let sent = out.server.asked()[1].body["messages"][2]["tool_calls"][0]["function"]["arguments"].clone();
    assert_eq!(sent, "{}", "a server that reads past arguments would refuse the rest");
}

#[tokio::test]
async fn an_empty_answer_is_a_failure() {
    let silent = [delta(json!({"role": "assistant", "content": ""}), None), delta(json!({}), Some("stop"))];
    let thoughts = [delta(json!({"reasoning_content": "hm"}), None), delta(json!({}), Some("stop"))];
    for events in [silent, thoughts] {
        let out = turn("list", vec![Script::events(&events)]).await;
        assert!(out.problem().what.contains("said nothing"), "{:?}", out.problem());
    }
}

#[tokio::test]
async fn a_refused_key_is_said_without_the_key() {
    for status in [401, 403] {
        let out =
            turn("list", vec![Script::error(status, "Incorrect API key provided: key-of-the-test")]).await;
        let problem = out.problem();
        assert!(problem.what.contains("refused the key") && problem.fix.contains("THE_KEY"), "{problem:?}");
        assert!(!problem.why.contains("key-of-the-test"), "{problem:?}");
        assert_eq!(out.server.asked().len(), 1, "a wrong key does not get better");
    }
}

#[tokio::test]
async fn a_busy_model_is_asked_again_after_the_time_it_names() {
    let busy = Script::error(429, "slow down").with_header("retry-after", "1");
    let begun = std::time::Instant::now();
    let out = turn("list", vec![busy, Script::text("two buckets")]).await;
    assert_eq!(out.answer().text, "two buckets");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let notices = out.notices();
    assert!(notices.len() == 1 && notices[0].contains("429") && notices[0].contains("in 1 s"), "{notices:?}");
}

#[tokio::test]
async fn a_model_that_stays_busy_is_left_alone() {
    let busy = || Script::error(429, "slow down");
    let out = turn("list", vec![busy(), busy(), busy(), Script::text("too late")]).await;
    assert!(out.problem().what.contains("too often"), "{:?}", out.problem());
    assert_eq!(out.server.asked().len(), 3);
    let out = turn("list", vec![busy().with_header("retry-after", "3600"), Script::text("too late")]).await;
    assert!(out.problem().fix.contains("3600 s"), "{:?}", out.problem());
    assert_eq!(out.server.asked().len(), 1);
    let out = turn("list", vec![Script::error(429, "insufficient_quota"), Script::text("too late")]).await;
    assert!(out.problem().what.contains("quota"), "{:?}", out.problem());
    // Not every 429 is written as the reference writes it.
    let plain = Script::of(429, "text/plain", vec![Piece::Bytes(b"busy".to_vec())]);
    let out = turn("list", vec![plain, Script::text("yes")]).await;
    assert_eq!(out.answer().text, "yes");
}

#[tokio::test]
async fn a_failing_endpoint_is_asked_again_and_then_told() {
    let down = |text: &str| Script::of(500, "text/html", vec![Piece::Bytes(text.as_bytes().to_vec())]);
    let out = turn("list", vec![down("<html>"), Script::text("yes")]).await;
    assert_eq!(out.answer().text, "yes");
    let out = turn("list", vec![down("a"), down("b"), down("c")]).await;
    assert!(out.problem().why.contains("status 500"), "{:?}", out.problem());
    let plain = Script::of(503, "text/plain", vec![Piece::Bytes(b"loading the model".to_vec())]);
    let out = turn("list", vec![plain.clone(), plain.clone(), plain]).await;
    assert!(out.problem().why.contains("loading the model"), "{:?}", out.problem());
}

#[tokio::test]
async fn a_refused_connection_names_the_address() {
    let board = board(None).await;
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let base = format!("http://127.0.0.1:{port}/v1");
    let (result, heard) = listen(&planner(&base, 32_000), &board, "list", &[]).await;
    let problem = result.unwrap_err();
    assert!(problem.why.contains(&base) && problem.why.contains("refused"), "{problem:?}");
    assert!(problem.fix.contains("base_url"), "{problem:?}");
    assert!(heard.is_empty(), "{heard:?}");
}

#[tokio::test]
async fn a_wrong_address_a_wrong_model_and_a_move_are_told_apart() {
    let out = turn("list", vec![Script::error(404, "model `scripted` not found")]).await;
    assert!(out.problem().what.contains("no model scripted"), "{:?}", out.problem());
    let moved = Script::of(308, "text/plain", vec![]).with_header("location", "https://elsewhere/v1");
    let out = turn("list", vec![moved]).await;
    assert!(out.problem().why.contains("https://elsewhere/v1"), "{:?}", out.problem());
    let out = turn("list", vec![Script::error(400, "maximum context length is 4096 tokens")]).await;
    assert!(out.problem().fix.contains("context_tokens"), "{:?}", out.problem());
}

#[tokio::test]
async fn a_failure_reported_in_the_stream_keeps_what_came() {
    let events = [
        delta(json!({"content": "So far"}), None),
        json!({"error": {"message": "GPU\u{1b}[2J lost", "code": 502}}),
    ];
    let out = turn("list", vec![Script::events(&events)]).await;
    assert!(out.problem().why.contains("GPU lost"), "{:?}", out.problem());
    assert_eq!(out.streamed(), "So far");
}

#[tokio::test]
async fn a_filter_is_told() {
    let events = [delta(json!({"content": "I"}), None), delta(json!({}), Some("content_filter"))];
    let out = turn("list", vec![Script::events(&events)]).await;
    assert!(out.problem().why.contains("filter"), "{:?}", out.problem());
}

#[tokio::test]
async fn an_answer_at_the_limit_of_output_is_kept_and_said() {
    let mut events = text_events("a long answer");
    events.retain(|e| e["choices"][0]["finish_reason"].is_null());
    events.push(delta(json!({}), Some("length")));
    let out = turn("list", vec![Script::events(&events)]).await;
    assert_eq!(out.answer().text, "a long answer");
    assert!(out.notices()[0].contains("limit"), "{:?}", out.notices());
}

#[tokio::test]
async fn an_endpoint_that_cannot_count_is_asked_without_counting() {
    let refusal = Script::error(400, "Unrecognized request argument supplied: stream_options");
    let out = turn("list", vec![refusal, Script::text("yes")]).await;
    assert_eq!(out.answer().text, "yes");
    assert!(out.server.asked()[1].body.get("stream_options").is_none());
}

#[tokio::test]
async fn a_connection_that_breaks_before_an_answer_is_tried_again() {
    let out = turn("list", vec![Script::hang_up(), Script::text("yes")]).await;
    assert_eq!(out.answer().text, "yes");
    let out = turn("list", vec![Script::hang_up(), Script::hang_up(), Script::hang_up()]).await;
    assert!(out.problem().what.contains("connection"), "{:?}", out.problem());
}
