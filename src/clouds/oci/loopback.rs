//! The client against a server that gives prepared answers.

use std::sync::Mutex;
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::Oci;
use super::config::{Auth, Config, KeySource, Secret};
use super::identity::Identity;
use super::key::tests::PKCS8;
use crate::catalog::Catalog;
use crate::clouds::http::loopback::{Say, Server};
use crate::clouds::{Call, Cloud, CloudError, Waited};
use crate::plan::{CloudName, OperationName};

const NETWORK: &str = "core.virtual_network";
const COMPUTE: &str = "core.compute";
const BALANCER: &str = "load_balancer.load_balancer";

fn client(server: &Server) -> Oci {
    let mut oci = Oci::sandbox(Catalog::open(None).unwrap(), &server.url, None).unwrap();
    (oci.pace, oci.patience) = (Some(Duration::from_millis(1)), Some(Duration::from_millis(300)));
    oci
}

/// A client that signs as the settings say, at the server's address.
fn signing(server: &Server, auth: Auth) -> Oci {
    let config = Config {
        profile: "test".into(),
        auth,
        region: Some("eu-frankfurt-1".into()),
        endpoint: Some(server.url.clone()),
    };
    let mut oci = Oci::new(Catalog::open(None).unwrap(), Identity::with(config), None, None).unwrap();
    oci.pace = Some(Duration::from_millis(1));
    oci
}

fn api_key() -> Auth {
    let key = super::PrivateKey::from_pem(PKCS8, None).unwrap();
    Auth::ApiKey {
        user: "ocid1.user.oc1..u".into(),
        tenancy: "ocid1.tenancy.oc1..t".into(),
        fingerprint: key.fingerprint(),
        key: KeySource::Text(Secret(PKCS8.into())),
        passphrase: None,
    }
}

fn call(service: &str, operation: &str, params: Value) -> Call {
    Call {
        operation: OperationName::new(CloudName::Oci, service, operation),
        region: None,
        account: None,
        params,
    }
}

fn ok(body: &Value) -> Say {
    Say::Answer(200, "", body.to_string())
}

fn refused(status: u16, code: &str) -> Say {
    Say::Answer(status, "opc-request-id: r-9\r\n", json!({"code": code, "message": "no"}).to_string())
}

fn create_vcn() -> Call {
    call(NETWORK, "CreateVcn", json!({"body": {"compartmentId": "c", "cidrBlock": "10.0.0.0/16"}}))
}

fn get_vcn() -> Call {
    call(NETWORK, "GetVcn", json!({"vcnId": "v"}))
}

#[tokio::test]
async fn a_call_is_signed_sent_and_its_answer_read() {
    let server = Server::saying(vec![Say::Answer(
        200,
        "opc-request-id: r-7\r\netag: e-1\r\n",
        json!({"id": "ocid1.vcn.oc1..v", "lifecycleState": "AVAILABLE"}).to_string(),
    )])
    .await;
    let reply = signing(&server, api_key()).call(&create_vcn()).await.unwrap();
    assert_eq!(reply.output["id"], "ocid1.vcn.oc1..v");
    assert_eq!((reply.output["etag"].as_str(), reply.request_id.as_deref()), (Some("e-1"), Some("r-7")));
    let seen = &server.seen()[0];
    assert_eq!(seen.target(), "POST /20160918/vcns HTTP/1.1");
    assert_eq!(seen.body, r#"{"compartmentId":"c","cidrBlock":"10.0.0.0/16"}"#);
    let authorization = seen.header("authorization").unwrap();
    assert!(authorization.contains("keyId=\"ocid1.tenancy.oc1..t/ocid1.user.oc1..u/"), "{authorization}");
    assert!(seen.header("opc-retry-token").is_some_and(|token| token.len() > 20));
    assert!(seen.header("opc-request-id").is_some_and(|id| id.len() == 32));
    assert_eq!(seen.header("host"), server.url.strip_prefix("http://"));
}

#[tokio::test]
async fn a_busy_thing_is_asked_again_with_the_same_token_and_a_new_request_id() {
    let busy = || refused(409, "IncorrectState");
    let server = Server::saying(vec![busy(), refused(429, "TooManyRequests"), ok(&json!({"id": "v"}))]).await;
    client(&server).call(&create_vcn()).await.unwrap();
    let seen = server.seen();
    let all = |name: &str| seen.iter().map(|one| one.header(name).unwrap().to_owned()).collect::<Vec<_>>();
    let (tokens, ids) = (all("opc-retry-token"), all("opc-request-id"));
    assert!(tokens.len() == 3 && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_token_that_was_given_is_kept() {
    let server = Server::saying(vec![ok(&json!({"id": "v"}))]).await;
    let mut create = create_vcn();
    create.params["opc-retry-token"] = "mine".into();
    client(&server).call(&create).await.unwrap();
    assert_eq!(server.seen()[0].header("opc-retry-token"), Some("mine"));
}

#[tokio::test]
async fn a_clear_no_is_told_whole_and_not_asked_again() {
    let server = Server::saying(vec![refused(404, "NotAuthorizedOrNotFound")]).await;
    let error = client(&server).call(&get_vcn()).await.unwrap_err();
    let CloudError::Service { code, status, request_id, retryable, .. } = error else { panic!("{error:?}") };
    assert_eq!((code.as_str(), status, retryable), ("NotAuthorizedOrNotFound", 404, false));
    assert_eq!(request_id.as_deref(), Some("r-9"));
}

#[tokio::test]
async fn what_was_deleted_by_a_lost_attempt_is_deleted() {
    let server = Server::saying(vec![Say::Nothing, refused(404, "NotAuthorizedOrNotFound")]).await;
    let delete = call(NETWORK, "DeleteVcn", json!({"vcnId": "v"}));
    assert_eq!(client(&server).call(&delete).await.unwrap().status, 404);
    let server = Server::saying(vec![refused(404, "NotAuthorizedOrNotFound")]).await;
    assert!(client(&server).call(&delete).await.is_err());
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_unasked() {
    let server = Server::saying(vec![Say::Nothing, ok(&json!({}))]).await;
    // It takes no token.
    let publish = call(
        "ons.notification_data_plane",
        "PublishMessage",
        json!({"topicId": "t", "body": {"title": "a", "body": "b"}}),
    );
    let error = client(&server).call(&publish).await.unwrap_err();
    assert!(matches!(error, CloudError::Transport { never_sent: false, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_refused_session_is_read_anew_once_and_then_told_with_its_fix() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "first").unwrap();
    let auth = || Auth::SecurityToken {
        token: token.clone(),
        key: KeySource::Text(Secret(PKCS8.into())),
        passphrase: None,
    };
    let server = Server::saying(vec![
        ok(&json!({"id": "v"})),
        refused(401, "NotAuthenticated"),
        ok(&json!({"id": "v"})),
    ])
    .await;
    let oci = signing(&server, auth());
    oci.call(&get_vcn()).await.unwrap();
    std::fs::write(&token, "second").unwrap();
    oci.call(&get_vcn()).await.unwrap();
    let used: Vec<bool> = server
        .seen()
        .iter()
        .map(|seen| seen.header("authorization").unwrap().contains("ST$second"))
        .collect();
    assert_eq!(used, [false, false, true]);

    let server =
        Server::saying(vec![refused(401, "NotAuthenticated"), refused(401, "NotAuthenticated")]).await;
    let error = signing(&server, auth()).call(&get_vcn()).await.unwrap_err();
    let CloudError::Credentials { fix, .. } = error else { panic!("{error:?}") };
    assert!(fix.contains("oci session refresh --profile test"), "{fix}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_api_key_that_is_refused_is_not_tried_again() {
    let server = Server::saying(vec![refused(401, "NotAuthenticated")]).await;
    let error = signing(&server, api_key()).call(&get_vcn()).await.unwrap_err();
    assert!(
        matches!(&error, CloudError::Credentials { fix, .. } if fix.contains("fingerprint")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_clock_is_learnt_from_the_answer_that_complains() {
    let body = json!({"code": "NotAuthenticated", "message": "the date is off"}).to_string();
    let complaint = Say::Answer(401, "date: Tue, 01 Jan 2030 10:00:00 GMT\r\n", body);
    let server = Server::saying(vec![complaint, ok(&json!({"id": "v"}))]).await;
    signing(&server, api_key()).call(&get_vcn()).await.unwrap();
    let dates: Vec<bool> =
        server.seen().iter().map(|seen| seen.header("date").unwrap().contains("2030")).collect();
    assert_eq!(dates, [false, true]);
}

#[tokio::test]
async fn a_fingerprint_of_another_key_is_told_before_anything_is_sent() {
    let server = Server::saying(vec![]).await;
    let Auth::ApiKey { user, tenancy, key, passphrase, .. } = api_key() else { panic!() };
    let fingerprint = "00:".repeat(15) + "00";
    let auth = Auth::ApiKey { user, tenancy, fingerprint, key, passphrase };
    let error = signing(&server, auth).call(&get_vcn()).await.unwrap_err();
    assert!(error.to_string().contains("belongs to another key"), "{error}");
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_told_all_at_once_and_nothing_is_sent() {
    let server = Server::saying(vec![]).await;
    let create = call(NETWORK, "CreateSubnet", json!({"body": {"vcnid": "v", "cidrBlock": 1}}));
    let error = client(&server).call(&create).await.unwrap_err();
    let CloudError::Invalid { problems, .. } = error else { panic!("{error:?}") };
    let all = problems.join("\n");
    assert!(all.contains("did you mean `vcnId`") && all.contains("$.body.cidrBlock"), "{all}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn all_pages_come_as_one_answer() {
    let page = |names: [&str; 2], next: &'static str| {
        let items: Vec<Value> = names.iter().map(|name| json!({"id": name})).collect();
        Say::Answer(200, next, Value::Array(items).to_string())
    };
    let server = Server::saying(vec![page(["a", "b"], "opc-next-page: p2\r\n"), page(["c", "d"], "")]).await;
    let list = call(NETWORK, "ListVcns", json!({"compartmentId": "c"}));
    let reply = client(&server).call_all(&list).await.unwrap();
    assert_eq!(reply.output, json!({"body": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]}));
    assert_eq!(server.seen()[1].target(), "GET /20160918/vcns?compartmentId=c&page=p2 HTTP/1.1");
}

#[tokio::test]
async fn pages_of_objects_follow_the_answer_itself() {
    let page = |name: &str, next: Option<&str>| {
        let mut body = json!({"objects": [{"name": name}]});
        if let Some(next) = next {
            body["nextStartWith"] = next.into();
        }
        ok(&body)
    };
    let server = Server::saying(vec![page("a", Some("b")), page("b", None)]).await;
    let list = call(
        "object_storage.object_storage",
        "ListObjects",
        json!({"namespaceName": "n", "bucketName": "b"}),
    );
    let reply = client(&server).call_all(&list).await.unwrap();
    assert_eq!(reply.output, json!({"objects": [{"name": "a"}, {"name": "b"}]}));
    assert_eq!(server.seen()[1].target(), "GET /n/n/b/b/o?start=b HTTP/1.1");
}

#[tokio::test]
async fn an_instance_is_awaited_until_it_runs_and_the_waiting_is_told() {
    let instance = |state: &str| ok(&json!({"id": "i", "lifecycleState": state}));
    let server = Server::saying(vec![instance("PROVISIONING"), instance("RUNNING")]).await;
    let told = Mutex::new(Vec::new());
    let say = |line: String| told.lock().unwrap().push(line);
    let launch = call(COMPUTE, "LaunchInstance", json!({"body": {}}));
    let waited = client(&server).wait(&launch, &json!({"id": "i"}), &say).await.unwrap();
    assert_eq!(waited, Waited::ready("GetInstance lifecycleState"));
    assert_eq!(told.into_inner().unwrap(), ["GetInstance lifecycleState: PROVISIONING"]);
    assert_eq!(server.seen()[0].target(), "GET /20160918/instances/i HTTP/1.1");
}

#[tokio::test]
async fn what_is_taken_away_is_awaited_until_it_is_gone() {
    let server = Server::saying(vec![
        ok(&json!({"id": "v", "lifecycleState": "TERMINATING"})),
        refused(404, "NotAuthorizedOrNotFound"),
    ])
    .await;
    let delete = call(NETWORK, "DeleteVcn", json!({"vcnId": "v"}));
    let waited = client(&server).wait(&delete, &json!({}), &|_| {}).await.unwrap();
    assert!(matches!(waited, Waited::Ready { .. }), "{waited:?}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn work_requests_of_a_client_without_any_are_asked_of_their_own_service() {
    let server = Server::saying(vec![ok(&json!({"id": "w", "status": "SUCCEEDED"}))]).await;
    let terminate = call(COMPUTE, "TerminateInstance", json!({"instanceId": "i"}));
    let begun = json!({"opc-work-request-id": "w"});
    let waited = client(&server).wait(&terminate, &begun, &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::ready("GetWorkRequest status"));
    assert_eq!(server.seen()[0].target(), "GET /20160918/workRequests/w HTTP/1.1");
}

#[tokio::test]
async fn a_work_request_that_fails_says_why() {
    let work = |state: &str| ok(&json!({"id": "w", "lifecycleState": state, "message": "m"}));
    let server = Server::saying(vec![work("IN_PROGRESS"), work("FAILED")]).await;
    let create = call(BALANCER, "CreateLoadBalancer", json!({"body": {}}));
    let begun = json!({"opc-work-request-id": "w"});
    let waited = client(&server).wait(&create, &begun, &|_| {}).await.unwrap();
    assert!(matches!(&waited, Waited::Failed { reason, .. } if reason.contains("FAILED")), "{waited:?}");
    assert!(
        server.seen()[0].target().contains("/loadBalancerWorkRequests/w"),
        "{}",
        server.seen()[0].target()
    );
}

#[tokio::test]
async fn waiting_ends_when_the_time_is_over_and_where_there_is_nothing_to_wait_for() {
    let instance = || ok(&json!({"id": "i", "lifecycleState": "PROVISIONING"}));
    let server = Server::saying((0..1000).map(|_| instance()).collect()).await;
    let launch = call(COMPUTE, "LaunchInstance", json!({"body": {}}));
    let waited = client(&server).wait(&launch, &json!({"id": "i"}), &|_| {}).await.unwrap();
    assert!(matches!(waited, Waited::TimedOut { .. }), "{waited:?}");
    let list = call(NETWORK, "ListVcns", json!({"compartmentId": "c"}));
    let waited = client(&server).wait(&list, &json!({"body": []}), &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::NothingToWaitFor);
}

#[tokio::test]
async fn a_rehearsed_request_is_whole_and_not_sent() {
    let server = Server::saying(vec![]).await;
    let put = call(
        "object_storage.object_storage",
        "PutObject",
        json!({"namespaceName": "n", "bucketName": "b", "objectName": "a/b", "body": "aGVsbG8=",
               "opc-meta-": {"owner": "me"}}),
    );
    let request = client(&server).dry_run(&put).await.unwrap();
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("PUT", b"hello".as_slice()));
    assert_eq!(request.url, format!("{}/n/n/b/b/o/a%2Fb", server.url));
    assert_eq!(request.header("opc-meta-owner"), Some("me"));
    assert_eq!(request.header("x-content-sha256"), None);
    assert!(request.header("authorization").is_some());
    assert!(server.seen().is_empty());
}
