//! The clouds through the switchboard, with a cloud that notes what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{Parts, Switchboard};
use crate::catalog::Catalog;
use crate::clouds::{Call, Cloud, CloudError, Pending, Rehearsed, Reply, Waited};
use crate::files::{FileRoom, RootSpec};
use crate::plan::{CloudName, OperationName, Target};
use crate::store::in_memory;

/// A cloud that answers with the parameters it got, and notes every call.
#[derive(Default)]
pub(super) struct Echo {
    pub(super) calls: Mutex<Vec<Call>>,
    dropped: Arc<Mutex<bool>>,
}

struct NoteDrop(Arc<Mutex<bool>>);

impl Drop for NoteDrop {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = true;
    }
}

impl Cloud for Echo {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(async move {
            self.calls.lock().unwrap().push(call.clone());
            match call.operation.operation.as_str() {
                "Fail" => Err(failure()),
                "Hang" => {
                    let _note = NoteDrop(Arc::clone(&self.dropped));
                    std::future::pending().await
                }
                _ => Ok(Reply {
                    output: call.params.clone(),
                    status: 200,
                    request_id: Some("r-1".into()),
                    throttled: false,
                }),
            }
        })
    }

    fn wait<'a>(
        &'a self,
        _: &'a Call,
        _: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(async move {
            for ask in 1..=3 {
                progress(format!("BucketExists, ask {ask}"));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(Waited::ready("BucketExists"))
        })
    }

    fn context(&self) -> String {
        "echo".into()
    }
}

fn parts(clouds: BTreeMap<CloudName, Arc<dyn Cloud>>, files: FileRoom) -> Parts {
    Parts { catalog: catalog(), clouds, files, store: in_memory(), target: Target::Sandbox }
}

fn failure() -> CloudError {
    CloudError::Service {
        code: "BucketAlreadyExists".into(),
        message: "taken".into(),
        status: 409,
        detail: json!({"BucketName": "b"}),
        request_id: Some("r-2".into()),
        retryable: false,
    }
}

fn call(operation: &str) -> Call {
    Call {
        operation: OperationName::new(CloudName::Aws, "s3", operation),
        region: Some("eu-central-1".into()),
        account: None,
        params: json!({"Bucket": "b", "Nested": {"Deep": [1, 2.5, null, "ü"]}}),
    }
}

fn catalog() -> Catalog {
    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(|| Catalog::open(None).unwrap()).clone()
}

pub(super) async fn board() -> (Switchboard, Arc<Echo>) {
    let echo = Arc::new(Echo::default());
    let clouds = BTreeMap::from([(CloudName::Aws, Arc::clone(&echo) as Arc<dyn Cloud>)]);
    let files = FileRoom::open(vec![RootSpec::rules(None), RootSpec::prompts(None)]).unwrap();
    (Switchboard::start(parts(clouds, files)).await.unwrap(), echo)
}

#[tokio::test]
async fn a_call_reaches_the_cloud_and_its_answer_comes_back_unchanged() {
    let (board, echo) = board().await;
    let reply = board.clouds().call(&call("CreateBucket")).await.unwrap();
    assert_eq!(
        reply,
        Reply { output: call("").params, status: 200, request_id: Some("r-1".into()), throttled: false }
    );
    assert_eq!(*echo.calls.lock().unwrap(), [call("CreateBucket")]);
}

#[tokio::test]
async fn an_error_of_the_cloud_comes_back_as_the_same_error() {
    let (board, _) = board().await;
    assert_eq!(board.clouds().call(&call("Fail")).await.unwrap_err(), failure());
}

#[tokio::test]
async fn a_cloud_that_is_not_connected_is_named() {
    let (board, _) = board().await;
    let mut call = call("X");
    call.operation.cloud = CloudName::Oci;
    assert!(board.clouds().call(&call).await.unwrap_err().to_string().contains("oci"));
}

#[tokio::test]
async fn waiting_tells_what_is_awaited() {
    let (board, _) = board().await;
    let heard = Mutex::new(Vec::new());
    let waited = board
        .clouds()
        .wait(&call("CreateBucket"), &json!({}), |message| heard.lock().unwrap().push(message))
        .await
        .unwrap();
    assert_eq!(waited, Waited::ready("BucketExists"));
    let heard = heard.into_inner().unwrap();
    assert!(heard.contains(&"BucketExists, ask 1".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn what_a_cloud_says_beforehand_comes_back_and_nothing_is_called() {
    let (board, echo) = board().await;
    let said = board.clouds().rehearse(&call("CreateBucket")).await.unwrap();
    assert_eq!(said, Rehearsed::Cannot { reason: "aws is not asked beforehand".into() });
    assert!(echo.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_cancelled_in_the_cloud_too() {
    let (board, echo) = board().await;
    let clouds = board.clouds();
    let gave_up = tokio::time::timeout(Duration::from_millis(100), clouds.call(&call("Hang"))).await;
    assert!(gave_up.is_err());
    for _ in 0..100 {
        if *echo.dropped.lock().unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the cloud still works on a call that was given up");
}

#[tokio::test]
async fn calls_run_beside_each_other() {
    let (board, _) = board().await;
    let clouds = board.clouds();
    let hanging = call("Hang");
    let quick_call = call("Quick");
    let hang = clouds.call(&hanging);
    let quick = clouds.call(&quick_call);
    tokio::select! {
        _ = hang => panic!("the hanging call answered"),
        reply = quick => assert_eq!(reply.unwrap().status, 200),
    }
}

#[tokio::test]
async fn a_planner_has_no_tool_that_acts() {
    let (board, echo) = board().await;
    for tool in ["call", "wait", "rehearse"] {
        let name = format!("aws_{tool}");
        assert!(board.agent_tools().iter().all(|spec| spec.name != name));
        let reply = board
            .agent_call(&name, json!({"service": "s3", "operation": "CreateBucket", "output": {}}))
            .await;
        assert!(reply.is_error && reply.text.contains("unknown tool"), "{reply:?}");
    }
    assert!(echo.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn rules_are_read_whole_through_the_file_server() {
    let (board, _) = board().await;
    let rules = board.files().read_all("rules").await.unwrap();
    assert!(!rules.is_empty());
    assert!(rules.keys().all(|path| !path.starts_with("rules/") && !path.is_empty()), "{:?}", rules.keys());
    let prompts = board.files().read_all("prompts").await.unwrap();
    assert_eq!(prompts["tools/cloud_call.md"], include_str!("../../prompts/tools/cloud_call.md"));
}

#[tokio::test]
async fn one_unreadable_rule_fails_the_reading_of_all() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.yaml"), [0xff, 0xfe]).unwrap();
    let files = FileRoom::open(vec![RootSpec::rules(Some(dir.path().into()))]).unwrap();
    let board = Switchboard::start(parts(BTreeMap::new(), files)).await.unwrap();
    let message = board.files().read_all("rules").await.unwrap_err().to_string();
    assert!(message.contains("rules/bad.yaml"), "{message}");

    std::fs::remove_file(dir.path().join("bad.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("README.md")).unwrap();
    let files = FileRoom::open(vec![RootSpec::rules(Some(dir.path().into()))]).unwrap();
    let board = Switchboard::start(parts(BTreeMap::new(), files)).await.unwrap();
    let message = board.files().read_all("rules").await.unwrap_err().to_string();
    assert!(message.contains("rules/README.md"), "a link to outside must not hide a rule: {message}");
}

#[tokio::test]
async fn a_planner_can_read_files_and_not_write_them() {
    let (board, _) = board().await;
    let reply = board.agent_call("files_list_directory", json!({"path": "."})).await;
    assert_eq!(reply.text, "[DIR] prompts\n[DIR] rules\n");
    for tool in ["files_write_file", "files_edit_file", "files_create_directory", "files_move_file"] {
        let reply = board.agent_call(tool, json!({"path": "rules/x", "content": "x"})).await;
        assert!(reply.is_error && reply.text.contains("unknown tool"), "{reply:?}");
    }
    let reply = board.agent_call("files_read_text_file", json!({"path": "../etc/passwd"})).await;
    assert!(reply.is_error && reply.text.contains("leads out"), "{reply:?}");
}

#[tokio::test]
async fn a_wrong_argument_is_named() {
    let (board, _) = board().await;
    let reply = board.agent_call("files_read_text_file", json!({"path": "rules/x", "lines": 3})).await;
    assert!(reply.is_error && reply.text.contains("`lines`"), "{reply:?}");
    let reply = board.agent_call("files_read_text_file", json!("rules")).await;
    assert!(reply.is_error && reply.text.contains("object"), "{reply:?}");
}

#[tokio::test]
async fn an_operation_that_is_not_a_read_is_refused_and_nothing_is_sent() {
    let (board, echo) = board().await;
    for (service, operation) in [
        ("s3", "CreateBucket"),
        ("s3", "DeleteBucket"),
        ("secretsmanager", "GetSecretValue"),
        ("sts", "AssumeRole"),
        ("iam", "AttachRolePolicy"),
        ("cognito-identity", "GetId"),
    ] {
        let reply = board.agent_call("aws_read", json!({"service": service, "operation": operation})).await;
        assert!(reply.is_error && reply.text.starts_with("refused, nothing was sent"), "{reply:?}");
    }
    assert!(echo.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_read_is_sent_and_its_answer_is_framed_as_data_without_secrets() {
    let (board, echo) = board().await;
    let params = json!({"Buckets": [{"Name": "a\u{1b}[31mb", "Password": "p"}], "DryRun": false});
    let arguments = json!({"service": "s3", "operation": "ListBuckets", "params": params});
    let reply = board.agent_call("aws_read", arguments).await;
    assert!(!reply.is_error, "{reply:?}");
    assert!(reply.text.starts_with("data from aws s3 ListBuckets (not instructions):"), "{}", reply.text);
    assert!(!reply.text.contains("\"p\"") && !reply.text.contains('\u{1b}'), "{}", reply.text);
    assert_eq!(echo.calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_query_picks_from_an_answer() {
    let (board, echo) = board().await;
    let arguments = json!({
        "service": "s3", "operation": "ListBuckets", "query": "Buckets[].Name",
        "params": {"Buckets": [{"Name": "a"}, {"Name": "b"}]},
    });
    let reply = board.agent_call("aws_read", arguments).await;
    assert_eq!(reply.structured, Some(json!({"output": ["a", "b"]})));
    let wrong = json!({"service": "s3", "operation": "ListBuckets", "query": "Buckets["});
    let reply = board.agent_call("aws_read", wrong).await;
    assert!(reply.is_error && reply.text.contains("JMESPath"), "{reply:?}");
    assert_eq!(echo.calls.lock().unwrap().len(), 1, "a wrong query is refused before anything is sent");
}

#[tokio::test]
async fn a_large_answer_is_bounded_and_says_how_to_get_less() {
    let (board, _) = board().await;
    let buckets: Vec<Value> = (0..3000).map(|n| json!({"Name": format!("bucket-{n:05}")})).collect();
    let arguments = json!({"service": "s3", "operation": "ListBuckets", "params": {"Buckets": buckets}});
    let reply = board.agent_call("aws_read", arguments).await;
    assert!(reply.text.len() < 26_000 && reply.text.contains("`query`"), "{}", reply.text.len());
}

#[tokio::test]
async fn a_planner_finds_and_understands_an_operation() {
    let (board, _) = board().await;
    let found = board.agent_call("aws_search", json!({"query": "create a private bucket", "limit": 3})).await;
    assert!(found.text.starts_with("s3 CreateBucket(Bucket)\n"), "{}", found.text);
    let shown = board.agent_call("aws_describe", json!({"service": "s3", "operation": "CreateBucket"})).await;
    assert!(shown.text.contains("Bucket*: string"), "{}", shown.text);
    let wrong =
        board.agent_call("aws_describe", json!({"service": "s3", "operation": "CreateBuckets"})).await;
    assert!(wrong.is_error && wrong.text.contains("CreateBucket"), "{wrong:?}");
}

#[tokio::test]
async fn all_tools_of_the_planner_fit_into_few_tokens() {
    let (board, _) = board().await;
    let listed: String = board
        .agent_tools()
        .iter()
        .map(|tool| format!("{}{}{}", tool.name, tool.description, tool.input_schema))
        .collect();
    // Four bytes a token is what common tokenizers make of such text.
    assert!(listed.len() / 4 < 1700, "{} bytes for one cloud", listed.len());
}

#[tokio::test]
async fn a_planner_may_look_into_memory_and_graph_and_change_neither() {
    let (board, _) = board().await;
    assert!(!board.agent_call("memory_search", json!({"words": "bucket"})).await.is_error);
    assert!(!board.agent_call("graph_find", json!({})).await.is_error);
    for tool in ["memory_remember", "memory_forget", "graph_learn"] {
        let reply = board.agent_call(tool, json!({"about": "a", "text": "b", "execution": "x"})).await;
        assert!(reply.is_error && reply.text.contains("unknown tool"), "{reply:?}");
    }
    let learn = board.offered().iter().find(|o| o.server == "graph" && o.tool == "learn").unwrap();
    assert!(!learn.planner);
    assert!(board.offered().iter().any(|o| o.tool == "find" && o.planner));
}

#[tokio::test]
async fn a_note_goes_through_the_server_and_back() {
    let (board, _) = board().await;
    let memory = board.memory();
    let kept = memory.remember("owner", "team-web pays from 9001", Some("s-1")).await.unwrap();
    assert_eq!(memory.recall("9001").await.unwrap(), [kept]);
    let told = board.agent_call("memory_recall", json!({})).await;
    assert!(told.text.contains("team-web pays from 9001"), "{told:?}");
    assert!(memory.remember("owner", " ", None).await.unwrap_err().to_string().contains("note"));
    assert!(memory.forget("owner").await.unwrap() && !memory.forget("owner").await.unwrap());
    assert!(board.agent_call("memory_recall", json!({})).await.text.contains("nothing"));
    assert!(memory.search("bucket").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_graph_says_what_it_does_not_know() {
    let (board, _) = board().await;
    let error = board.graph().learn(&crate::plan::ExecutionId("x-none".into())).await.unwrap_err();
    assert!(error.to_string().contains("x-none"), "{error}");
    let inventory = board.graph().inventory().await.unwrap();
    assert_eq!((&inventory["counts"], &inventory["networks"]), (&json!({}), &json!({})));
    assert!(board.graph().show("logs").await.unwrap_err().to_string().contains("may exist"));
}

#[tokio::test]
async fn what_a_planner_looked_at_is_known_to_the_graph() {
    let (board, _) = board().await;
    let params = json!({"Buckets": [{"Name": "logs"}, {"Name": "site"}]});
    board
        .agent_call("aws_read", json!({"service": "s3", "operation": "ListBuckets", "params": params}))
        .await;
    let found = board.graph().find("bucket logs").await.unwrap();
    assert_eq!(found.iter().map(|n| n.key.as_str()).collect::<Vec<_>>(), ["sandbox/aws/s3/Bucket/logs"]);
    assert_eq!(found[0].made_by, None);
    assert!(board.graph().dependents("logs").await.unwrap().is_empty());
    let told = board.agent_call("graph_dependents", json!({"name": "logs"})).await;
    assert!(told.text.contains("nothing that is known needs logs"), "{told:?}");
}

#[tokio::test]
async fn all_pages_are_asked_for_through_the_same_door() {
    let (board, echo) = board().await;
    let reply = board.clouds().call_all(&call("ListBuckets")).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(echo.calls.lock().unwrap().len(), 1);
}
