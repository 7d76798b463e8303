//! However the bytes of a stream are cut, the answer is the same.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::json;
use std::sync::OnceLock;

use super::server::{Piece, Script, Server, call_events, delta, text_events, wire};
use super::setting::turn;
use crate::agent::openai::assemble::Completion;
use crate::agent::openai::endpoint::Endpoint;
use crate::agent::openai::exchange::{Coming, Connection};

/// Text with characters of every length, an escape sequence, and a call with quotes and umlauts.
fn stream() -> Vec<u8> {
    let mut events = text_events("Grüße aus 東京 👩‍💻 \u{1b}[31mrot\u{1b}[0m – fertig");
    events.retain(|e| e["choices"][0]["finish_reason"].is_null());
    events.insert(2, delta(json!({"reasoning_content": "überlegt"}), None));
    events.extend(call_events(&[
        ("aws_search", json!({"query": "größe \"x\" \\ 東京"})),
        ("aws_describe", json!({"service": "s3", "operation": "CreateBucket"})),
    ]));
    wire(&events)
}

async fn hear(pieces: Vec<Vec<u8>>) -> (Completion, String) {
    let mut script = Script::raw("");
    for piece in pieces {
        script = script.then(Piece::Bytes(piece));
    }
    let server = Server::start(vec![script]).await;
    let connection = Connection::new(Endpoint::new(Some(&server.base)).unwrap(), None, 5).unwrap();
    let mut heard = String::new();
    let hear = |coming: Coming<'_>| match coming {
        Coming::Text(text) => heard.push_str(text),
        Coming::Call(name) => heard.push_str(&format!(" <{name}>")),
    };
    let done = connection.exchange(&json!({}), hear).await.unwrap();
    (done, heard)
}

#[tokio::test]
async fn every_byte_alone_gives_the_same_answer() {
    let bytes = stream();
    let whole = hear(vec![bytes.clone()]).await;
    assert_eq!(whole.1, "Grüße aus 東京 👩‍💻 rot – fertig <aws_search> <aws_describe>");
    assert_eq!(whole.0.calls.len(), 2);
    assert_eq!(whole.0.calls[0].arguments, json!({"query": "größe \"x\" \\ 東京"}).to_string());
    for size in [1, 2, 3, 5] {
        let cut = hear(bytes.chunks(size).map(<[u8]>::to_vec).collect()).await;
        assert_eq!(cut, whole);
    }
}

#[tokio::test]
async fn line_ends_of_every_kind_are_ends() {
    let whole = hear(vec![stream()]).await;
    for end in ["\r\n", "\r"] {
        let text = String::from_utf8(stream()).unwrap().replace('\n', end);
        assert_eq!(hear(vec![text.into_bytes()]).await, whole, "{end:?}");
    }
}

#[tokio::test]
async fn a_journey_in_pieces_of_three_bytes_ends_in_the_plan() {
    let out = turn(
        "make a bucket",
        vec![
            Script::calls(&[("aws_search", json!({"query": "create bucket"}))]).cut(3),
            Script::calls(&[("propose_plan", super::setting::bucket_plan())]).cut(3),
        ],
    )
    .await;
    assert!(out.answer().plan.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_of_the_bytes_gives_the_same_answer(cuts in proptest::collection::vec(0usize..6000, 0..12)) {
        static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
        static WHOLE: OnceLock<(Completion, String)> = OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
        });
        let bytes = stream();
        let whole = WHOLE.get_or_init(|| runtime.block_on(hear(vec![stream()])));
        let mut places: Vec<usize> = cuts.iter().map(|c| c % bytes.len()).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|w| bytes[w[0]..w[1]].to_vec()).filter(|p| !p.is_empty()).collect();
        prop_assert_eq!(&runtime.block_on(hear(pieces)), whole);
    }
}
