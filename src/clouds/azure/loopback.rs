//! The client against a tiny server that gives prepared answers and remembers what it was asked.

use std::sync::Mutex;
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::Azure;
use super::going::KEPT;
use super::testing::catalog;
use crate::clouds::http::loopback::{Say, Server};
use crate::clouds::{Call, Cloud, CloudError, EXISTED, Reply, Waited};
use crate::plan::{CloudName, OperationName};

fn say(status: u16, headers: &'static str, body: Value) -> Say {
    Say::Answer(status, headers, if body.is_null() { String::new() } else { body.to_string() })
}

fn client(server: &Server) -> Azure {
    let mut azure = Azure::sandbox(catalog(), &server.url).unwrap();
    azure.pace = Some(Duration::from_millis(1));
    azure
}

fn targets(server: &Server) -> Vec<String> {
    server.seen().iter().map(|seen| seen.target().to_owned()).collect()
}

fn call(operation: &str) -> Call {
    let mut params = json!({"resourceGroupName": "web", "vmName": "one"});
    match operation {
        "VirtualMachines_List" | "ResourceGroups_CreateOrUpdate" | "ResourceGroups_CheckExistence" => {
            params = json!({"resourceGroupName": "web"});
        }
        "Providers_Register" => params = json!({"resourceProviderNamespace": "Microsoft.Web"}),
        _ => {}
    }
    if operation.ends_with("CreateOrUpdate") {
        params["body"] = json!({"location": "westeurope"});
    }
    Call {
        operation: OperationName::new(CloudName::Azure, "resource", operation),
        region: None,
        account: None,
        params,
    }
}

const PUT: &str = "VirtualMachines_CreateOrUpdate";

fn creating() -> Value {
    json!({"id": "/vm", "properties": {"provisioningState": "Creating"}})
}

fn created() -> Value {
    json!({"id": "/vm", "properties": {"provisioningState": "Succeeded"}})
}

async fn begin(server: &Server, operation: &str) -> (Azure, Call, Reply) {
    let (azure, call) = (client(server), call(operation));
    let reply = azure.call(&call).await.unwrap();
    (azure, call, reply)
}

#[tokio::test]
async fn a_call_goes_to_its_subscription_with_a_token_and_its_answer_is_read() {
    let group = json!({"id": "/g", "properties": {"provisioningState": "Succeeded"}});
    let server = Server::saying(vec![say(201, "x-ms-request-id: r-7\r\n", group.clone())]).await;
    let reply = client(&server).call(&call("ResourceGroups_CreateOrUpdate")).await.unwrap();
    assert_eq!((reply.output, reply.status, reply.request_id.as_deref()), (group, 201, Some("r-7")));
    let seen = &server.seen()[0];
    assert_eq!(
        seen.target(),
        "PUT /subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/web?api-version=2026-01-01 HTTP/1.1"
    );
    assert_eq!(seen.header("authorization"), Some("Bearer sandbox"));
    assert!(seen.header("x-ms-client-request-id").is_some_and(|id| id.len() == 36));
    assert_eq!(seen.body, r#"{"location":"westeurope"}"#);
}

#[tokio::test]
async fn what_was_there_before_is_told_from_what_was_made() {
    let group = || json!({"id": "/g"});
    let server = Server::saying(vec![say(201, "", group()), say(200, "", group())]).await;
    let azure = client(&server);
    for existed in [Value::Null, json!(true)] {
        let reply = azure.call(&call("ResourceGroups_CreateOrUpdate")).await.unwrap();
        assert_eq!(reply.output[EXISTED], existed);
    }
}

#[tokio::test]
async fn a_step_may_name_its_own_subscription() {
    let server = Server::saying(vec![say(200, "", created())]).await;
    let call = Call { account: Some("other".into()), ..call("VirtualMachines_Get") };
    client(&server).call(&call).await.unwrap();
    assert!(targets(&server)[0].starts_with("GET /subscriptions/other/"), "{:?}", targets(&server));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_told_all_at_once_and_nothing_is_sent() {
    let server = Server::saying(vec![]).await;
    let mut wrong = call("VirtualMachines_Get");
    wrong.params = json!({"vmNam": "one"});
    let error = client(&server).call(&wrong).await.unwrap_err();
    let CloudError::Invalid { problems, .. } = error else { panic!("{error:?}") };
    let all = problems.join("\n");
    assert!(
        all.contains("`vmNam`; did you mean `vmName`?") && all.contains("`resourceGroupName` is required"),
        "{all}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_busy_resource_manager_is_asked_again_when_it_says() {
    let busy =
        || say(429, "retry-after: 0\r\n", json!({"error": {"code": "TooManyRequests", "message": "slow"}}));
    let server = Server::saying(vec![busy(), busy(), say(200, "", json!({}))]).await;
    client(&server).call(&call("VirtualMachines_Restart")).await.unwrap();
    let ids: Vec<String> =
        server.seen().iter().map(|seen| seen.header("x-ms-client-request-id").unwrap().to_owned()).collect();
    assert!(ids.len() == 3 && ids[0] == ids[2], "{ids:?}");

    let server = Server::saying(vec![busy()]).await;
    let error = client(&server).with_attempts(1).call(&call(PUT)).await.unwrap_err();
    assert!(matches!(error, CloudError::Service { status: 429, retryable: true, .. }), "{error:?}");
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_unasked() {
    let server = Server::saying(vec![Say::Nothing, say(200, "", json!({}))]).await;
    let error = client(&server).call(&call("VirtualMachines_Restart")).await.unwrap_err();
    assert!(matches!(error, CloudError::Transport { never_sent: false, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);

    let server = Server::saying(vec![Say::Nothing, say(503, "", json!({})), say(200, "", created())]).await;
    client(&server).call(&call(PUT)).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_told_with_the_fix() {
    let body = json!({"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expiry is past"}});
    let server = Server::saying(vec![say(401, "", body)]).await;
    let error = client(&server).call(&call(PUT)).await.unwrap_err();
    let CloudError::Credentials { message, fix } = error else { panic!("{error:?}") };
    assert!(message.contains("ExpiredAuthenticationToken") && fix.contains("az login"), "{message} / {fix}");
}

#[tokio::test]
async fn a_refusal_says_which_action_no_role_allows() {
    let message = "The client 'a' with object id 'b' does not have authorization to perform action \
                   'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/s'.";
    let body = json!({"error": {"code": "AuthorizationFailed", "message": message}});
    let server = Server::saying(vec![say(403, "", body)]).await;
    let error = client(&server).call(&call(PUT)).await.unwrap_err().to_string();
    assert!(error.contains("no role allows the action `Microsoft.Compute/virtualMachines/write`"), "{error}");
}

#[tokio::test]
async fn a_refusal_without_words_is_told_with_the_action_that_the_request_needs() {
    let error = json!({"error": {"code": "Forbidden", "message": "You may not."}});
    let server = Server::saying(vec![say(403, "", error.clone()), say(403, "", error)]).await;
    let error = client(&server).call(&call("VirtualMachines_Restart")).await.unwrap_err().to_string();
    assert!(error.contains("`Microsoft.Compute/virtualMachines/restart/action`"), "{error}");
    assert!(error.contains("/virtualMachines/one`"), "{error}");
}

#[tokio::test]
async fn the_next_request_waits_where_few_are_left() {
    let headers = "x-ms-ratelimit-remaining-subscription-reads: 0\r\n";
    let server = Server::saying(vec![say(200, headers, created()), say(200, "", created())]).await;
    let azure = client(&server);
    azure.call(&call("VirtualMachines_Get")).await.unwrap();
    assert!(azure.pacing.pause("GET") > Duration::from_millis(500), "reads wait");
    assert_eq!(azure.pacing.pause("PUT"), Duration::ZERO, "writes do not");
    azure.call(&call("VirtualMachines_Get")).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_not_registered_is_not_registered_behind_anybodys_back() {
    let message = "The subscription is not registered to use namespace 'Microsoft.Compute'.";
    let body = json!({"error": {"code": "MissingSubscriptionRegistration", "message": message}});
    let server = Server::saying(vec![say(409, "", body)]).await;
    let error = client(&server).call(&call(PUT)).await.unwrap_err();
    let CloudError::Service { code, detail, retryable, .. } = error else { panic!("{error:?}") };
    assert_eq!((code.as_str(), retryable), ("MissingSubscriptionRegistration", false));
    assert_eq!(detail["proposed_step"]["operation"], "Providers_Register");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_operation_is_asked_until_it_is_over_and_its_result_is_fetched() {
    let server = Server::saying(vec![
        say(201, "azure-asyncoperation: @/operations/1?t=1\r\nretry-after: 15\r\n", creating()),
        say(200, "", json!({"status": "InProgress"})),
        say(200, "", json!({"status": "Succeeded"})),
        say(200, "", created()),
    ])
    .await;
    let (azure, call, reply) = begin(&server, PUT).await;
    assert_eq!(reply.output["id"], "/vm");
    let told = Mutex::new(Vec::new());
    let waited = azure.wait(&call, &reply.output, &|line| told.lock().unwrap().push(line)).await.unwrap();
    assert_eq!(waited, Waited::Ready { waiter: PUT.into(), output: Some(created()) });
    let targets = targets(&server);
    assert_eq!(targets[1..3], ["GET /operations/1?t=1 HTTP/1.1", "GET /operations/1?t=1 HTTP/1.1"]);
    assert!(targets[3].contains("/virtualMachines/one?"), "{targets:?}");
    assert!(told.lock().unwrap()[1].contains("is InProgress (ask 2)"), "{told:?}");
}

#[tokio::test]
async fn a_post_that_goes_on_answers_in_the_end_what_it_came_to() {
    let said = || json!({"value": [{"code": "ok", "message": "42"}]});
    let both = "azure-asyncoperation: @/operations/1\r\nlocation: @/results/1\r\n";
    let done = || say(200, "", json!({"status": "Succeeded"}));
    for (headers, later, targets_after) in [
        // By its own operation, whose result stands at the location.
        (both, vec![done(), say(200, "", said())], &["/operations/1", "/results/1"][..]),
        // By the location alone, whose last answer is the result.
        (
            "location: @/results/1\r\n",
            vec![say(202, "retry-after: 1\r\n", Value::Null), say(200, "", said())],
            &["/results/1", "/results/1"],
        ),
    ] {
        let mut all = vec![say(202, headers, Value::Null)];
        all.extend(later);
        let server = Server::saying(all).await;
        let (azure, call, reply) = begin(&server, "VirtualMachines_RunCommand").await;
        assert!(reply.output.get("value").is_none(), "{}", reply.output);
        let waited = azure.wait(&call, &reply.output, &|_| {}).await.unwrap();
        let Waited::Ready { output: Some(output), .. } = waited else { panic!("{waited:?}") };
        assert_eq!(output, said(), "what is kept for asking on is gone with it");
        let asked: Vec<String> = targets_after.iter().map(|path| format!("GET {path} HTTP/1.1")).collect();
        assert_eq!(targets(&server)[1..], asked);
    }
}

#[tokio::test]
async fn what_answers_nothing_has_no_result() {
    let both = "azure-asyncoperation: @/operations/1\r\nlocation: @/results/1\r\n";
    let server = Server::saying(vec![
        say(202, both, Value::Null),
        say(200, "", json!({"status": "Succeeded"})),
        say(200, "", json!({"left": "over"})),
    ])
    .await;
    let (azure, call, reply) = begin(&server, "VirtualMachines_Restart").await;
    let waited = azure.wait(&call, &reply.output, &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::ready("VirtualMachines_Restart"));
}

#[tokio::test]
async fn waiting_is_taken_up_again_from_what_was_kept() {
    let server = Server::saying(vec![
        say(202, "location: @/results/1\r\n", Value::Null),
        say(202, "location: @/results/2\r\n", Value::Null),
        say(204, "", Value::Null),
    ])
    .await;
    let (_, call, reply) = begin(&server, "VirtualMachines_Delete").await;
    // As the journal keeps it, and for a client that never sent the request.
    let kept: Value = serde_json::from_str(&reply.output.to_string()).unwrap();
    let waited = client(&server).wait(&call, &kept, &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::ready("VirtualMachines_Delete"));
    assert_eq!(targets(&server)[1..], ["GET /results/1 HTTP/1.1", "GET /results/2 HTTP/1.1"]);
}

#[tokio::test]
async fn a_thing_without_an_address_is_asked_itself() {
    let server =
        Server::saying(vec![say(201, "", creating()), say(200, "", creating()), say(200, "", created())])
            .await;
    let (azure, call, reply) = begin(&server, PUT).await;
    assert_eq!(
        azure.wait(&call, &reply.output, &|_| {}).await.unwrap(),
        Waited::Ready { waiter: PUT.into(), output: Some(created()) }
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_thing_that_was_found_and_not_made_is_awaited_as_well() {
    let server = Server::saying(vec![say(200, "", created())]).await;
    let waited = client(&server).wait(&call(PUT), &creating(), &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::Ready { waiter: PUT.into(), output: Some(created()) });
    assert_eq!(server.seen().len(), 1);
    let failed = json!({"properties": {"provisioningState": "Failed"}});
    let waited = client(&server).wait(&call(PUT), &failed, &|_| {}).await.unwrap();
    assert!(matches!(waited, Waited::Failed { .. }), "{waited:?}");
}

#[tokio::test]
async fn a_bad_end_is_told_with_its_reason() {
    let end = json!({"status": "Failed", "error": {"code": "AllocationFailed", "message": "no room"}});
    let server = Server::saying(vec![
        say(201, "azure-asyncoperation: @/operations/1\r\n", creating()),
        say(200, "", end),
    ])
    .await;
    let (azure, call, reply) = begin(&server, PUT).await;
    let waited = azure.wait(&call, &reply.output, &|_| {}).await.unwrap();
    assert!(
        matches!(&waited, Waited::Failed { reason, .. } if reason.contains("AllocationFailed: no room")),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_token_is_never_taken_to_another_host() {
    let server = Server::saying(vec![say(202, "location: https://example.org/steal\r\n", Value::Null)]).await;
    let (azure, call, reply) = begin(&server, "VirtualMachines_Delete").await;
    let error = azure.wait(&call, &reply.output, &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("leads to example.org"), "{error}");

    let page = json!({"value": [1], "nextLink": "https://example.org/steal"});
    let server = Server::saying(vec![say(200, "", page)]).await;
    let error = client(&server).call_all(&self::call("VirtualMachines_List")).await.unwrap_err();
    assert!(error.to_string().contains("leads to example.org"), "a part is not taken for the whole: {error}");
}

#[tokio::test]
async fn an_address_of_four_thousand_characters_is_asked() {
    let long: String = "x".repeat(4000);
    let headers: &'static str = format!("azure-asyncoperation: @/operations/1?t={long}\r\n").leak();
    let server =
        Server::saying(vec![say(202, headers, Value::Null), say(200, "", json!({"status": "Succeeded"}))])
            .await;
    let (azure, call, reply) = begin(&server, "VirtualMachines_Delete").await;
    azure.wait(&call, &reply.output, &|_| {}).await.unwrap();
    assert!(targets(&server)[1].contains(&long));
}

#[tokio::test]
async fn an_address_that_is_forgotten_leaves_the_thing_to_ask() {
    let gone = || say(404, "", json!({"error": {"code": "OperationNotFound", "message": "over long ago"}}));
    let server = Server::saying(vec![gone(), say(200, "", created()), say(200, "", created())]).await;
    let going = json!({"method": "PUT", "url": format!("{}/vm", server.url), "status": 201,
        "azure-asyncoperation": format!("{}/operations/1", server.url)});
    let waited = client(&server).wait(&call(PUT), &json!({KEPT: going}), &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::Ready { waiter: PUT.into(), output: Some(created()) });

    let server = Server::saying(vec![gone(), gone()]).await;
    let going = json!({"method": "DELETE", "url": format!("{}/vm", server.url), "status": 202,
        "location": format!("{}/results/1", server.url)});
    let delete = call("VirtualMachines_Delete");
    let waited = client(&server).wait(&delete, &json!({KEPT: going}), &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::ready("VirtualMachines_Delete"));
}

#[tokio::test]
async fn a_registration_is_awaited_where_its_state_stands() {
    let state = |state: &str| say(200, "", json!({"registrationState": state}));
    let server = Server::saying(vec![state("Registering"), state("Registering"), state("Registered")]).await;
    let (azure, call, reply) = begin(&server, "Providers_Register").await;
    azure.wait(&call, &reply.output, &|_| {}).await.unwrap();
    let targets = targets(&server);
    assert!(targets[0].starts_with("POST") && targets[0].contains("/register?"), "{targets:?}");
    assert!(targets[2].starts_with("GET") && targets[2].contains("/providers/Microsoft.Web?"), "{targets:?}");
}

#[tokio::test]
async fn all_pages_come_as_one_answer_and_a_link_that_repeats_ends_them() {
    let page = |items: &[u32], next: Value| say(200, "", json!({"value": items, "nextLink": next}));
    let server = Server::saying(vec![
        page(&[1, 2], json!("@@/next?api-version=2020-01-01&$skiptoken=a")),
        page(&[3], json!("@@/next?$skiptoken=b")),
        page(&[4], Value::Null),
    ])
    .await;
    let reply = client(&server).call_all(&call("VirtualMachines_List")).await.unwrap();
    assert_eq!(reply.output["value"], json!([1, 2, 3, 4]));
    assert_eq!(targets(&server)[1], "GET /next?api-version=2026-01-01&$skiptoken=a HTTP/1.1");

    let again = || page(&[1], json!("@@/next?$skiptoken=a"));
    let server = Server::saying(vec![again(), again()]).await;
    let reply = client(&server).call_all(&call("VirtualMachines_List")).await.unwrap();
    assert_eq!(reply.output["value"], json!([1, 1]));
}

#[tokio::test]
async fn a_question_about_existence_has_an_answer_either_way() {
    let server = Server::saying(vec![say(404, "", Value::Null), say(204, "", Value::Null)]).await;
    let azure = client(&server);
    for exists in [false, true] {
        let reply = azure.call(&call("ResourceGroups_CheckExistence")).await.unwrap();
        assert_eq!(reply.output, json!({"exists": exists}));
    }
}

#[tokio::test]
async fn a_dry_run_is_whole_and_asks_for_nothing() {
    let server = Server::saying(vec![]).await;
    let request = client(&server).dry_run(&call(PUT)).await.unwrap();
    assert_eq!(request.method, "PUT");
    assert!(request.url.starts_with(&server.url), "{}", request.url);
    assert_eq!(request.header("authorization"), Some("Bearer (from the sandbox)"));
    assert!(server.seen().is_empty());
}
