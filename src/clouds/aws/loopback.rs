//! The client against a server that gives prepared answers.

use std::sync::Mutex;
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Aws;
use crate::catalog::Catalog;
use crate::clouds::http::loopback::{Say, Server};
use crate::clouds::{Call, Cloud, CloudError, Waited};
use crate::plan::{CloudName, OperationName};

fn ok(body: &Value) -> Say {
    Say::Answer(200, "", body.to_string())
}

fn client(server: &Server) -> Aws {
    let mut aws = Aws::sandbox(Catalog::open(None).unwrap(), &server.url, None).unwrap();
    aws.pace = Some(Duration::from_millis(1));
    aws
}

fn call(service: &str, operation: &str, params: Value) -> Call {
    Call {
        operation: OperationName::new(CloudName::Aws, service, operation),
        region: None,
        account: None,
        params,
    }
}

fn throttled() -> Say {
    let body = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message></Error>\
                </Errors><RequestID>r-1</RequestID></Response>";
    Say::Answer(503, "retry-after: 0\r\n", body.into())
}

fn instances() -> Say {
    let body = "<RunInstancesResponse><requestId>r-2</requestId><instancesSet><item><instanceId>i-1\
                </instanceId></item></instancesSet></RunInstancesResponse>";
    Say::Answer(200, "", body.into())
}

#[tokio::test]
async fn a_call_is_signed_sent_and_its_answer_read() {
    let server = Server::saying(vec![Say::Answer(
        200,
        "x-amzn-requestid: r-7\r\n",
        json!({"TableNames": ["t"], "Unknown": 1}).to_string(),
    )])
    .await;
    let reply = client(&server).call(&call("dynamodb", "ListTables", json!({"Limit": 5}))).await.unwrap();
    assert_eq!((reply.output, reply.status), (json!({"TableNames": ["t"]}), 200));
    assert_eq!(reply.request_id.as_deref(), Some("r-7"));
    let seen = &server.seen()[0];
    assert_eq!(seen.header("x-amz-target"), Some("DynamoDB_20120810.ListTables"));
    assert_eq!(seen.body, r#"{"Limit":5}"#);
    let authorization = seen.header("authorization").unwrap();
    assert!(authorization.contains("/eu-central-1/dynamodb/aws4_request"), "{authorization}");
}

#[tokio::test]
async fn buckets_stand_in_the_path_where_hosts_have_no_names_below_them() {
    let server = Server::saying(vec![Say::Answer(200, "", String::new())]).await;
    client(&server).call(&call("s3", "HeadBucket", json!({"Bucket": "a-bucket"}))).await.unwrap();
    assert_eq!(server.seen()[0].target(), "HEAD /a-bucket HTTP/1.1");
}

#[tokio::test]
async fn a_good_status_without_an_answer_is_not_an_empty_answer() {
    let web_page = "<html><body>Log in to the network</body></html>";
    for (operation, body) in [
        (call("dynamodb", "ListTables", json!({})), ""),
        (call("dynamodb", "ListTables", json!({})), "[]"),
        (call("dynamodb", "ListTables", json!({})), "{\"TableNames\": ["),
        (call("s3", "ListBuckets", json!({})), ""),
        (call("s3", "ListBuckets", json!({})), web_page),
        (call("s3", "CopyObject", json!({"Bucket": "b", "Key": "k", "CopySource": "b/c"})), " "),
        (call("sqs", "ListQueues", json!({})), web_page),
        (call("iam", "ListUsers", json!({})), web_page),
        (call("iam", "ListUsers", json!({})), "<ListUsersResponse/>"),
        (call("ec2", "DescribeVpcs", json!({})), ""),
        (call("ec2", "DescribeVpcs", json!({})), web_page),
        (call("ec2", "DescribeVpcs", json!({})), "<Vpcs/>"),
        (call("lambda", "ListFunctions", json!({})), ""),
    ] {
        let server = Server::saying(vec![Say::Answer(200, "", body.into())]).await;
        let error = client(&server).call(&operation).await;
        assert!(
            matches!(error, Err(CloudError::Unreadable { .. })),
            "{} answered by {body:?}: {error:?}",
            operation.operation
        );
    }
}

#[tokio::test]
async fn an_error_behind_a_good_status_is_an_error() {
    let body = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>";
    let server = Server::saying(vec![Say::Answer(200, "", body.into())]).await;
    let copy = call("s3", "CopyObject", json!({"Bucket": "b", "Key": "k", "CopySource": "b/c"}));
    let error = client(&server).with_attempts(1).call(&copy).await.unwrap_err();
    assert!(matches!(&error, CloudError::Service { code, .. } if code == "NoSuchKey"), "{error:?}");
}

#[tokio::test]
async fn a_modelled_error_is_told_whole() {
    let body = json!({"__type": "com.amazonaws#ConditionalCheckFailedException", "message": "no",
        "Item": {"id": {"S": "a"}}});
    let server = Server::saying(vec![Say::Answer(400, "x-amzn-requestid: r\r\n", body.to_string())]).await;
    let put = call("dynamodb", "PutItem", json!({"TableName": "t", "Item": {"id": {"S": "a"}}}));
    let error = client(&server).call(&put).await.unwrap_err();
    let CloudError::Service { code, message, status, detail, request_id, retryable } = error else {
        panic!("{error:?}")
    };
    assert_eq!((code.as_str(), message.as_str(), status), ("ConditionalCheckFailedException", "no", 400));
    assert_eq!((detail["Item"]["id"]["S"].clone(), request_id.as_deref()), (json!("a"), Some("r")));
    assert!(!retryable);
}

#[tokio::test]
async fn a_throttled_call_is_sent_again_with_the_same_token() {
    let server = Server::saying(vec![throttled(), throttled(), instances()]).await;
    let run = call("ec2", "RunInstances", json!({"MinCount": 1, "MaxCount": 1}));
    let reply = client(&server).call(&run).await.unwrap();
    assert_eq!(reply.output["Instances"][0]["InstanceId"], "i-1");
    let tokens: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.body.split('&').find(|pair| pair.starts_with("ClientToken=")).unwrap().to_owned())
        .collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| *token == tokens[0] && token.len() > 20), "{tokens:?}");
}

#[tokio::test]
async fn retries_can_be_switched_off() {
    let server = Server::saying(vec![throttled(), instances()]).await;
    let run = call("ec2", "RunInstances", json!({"MinCount": 1, "MaxCount": 1}));
    let error = client(&server).with_attempts(1).call(&run).await.unwrap_err();
    assert!(matches!(error, CloudError::Service { retryable: true, status: 503, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_unasked() {
    let server = Server::saying(vec![Say::Nothing, ok(&json!({"QueueUrl": "u"}))]).await;
    let send = call("sqs", "SendMessage", json!({"QueueUrl": "http://q/1", "MessageBody": "hello"}));
    let error = client(&server).call(&send).await.unwrap_err();
    assert!(matches!(error, CloudError::Transport { never_sent: false, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_read_whose_answer_was_lost_is_asked_again() {
    let server = Server::saying(vec![Say::Nothing, ok(&json!({"TableNames": []}))]).await;
    client(&server).call(&call("dynamodb", "ListTables", json!({}))).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_refused_connection_is_told_as_never_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let aws = Aws::sandbox(Catalog::open(None).unwrap(), &url, None).unwrap().with_attempts(1);
    let error = aws.call(&call("sqs", "CreateQueue", json!({"QueueName": "q"}))).await.unwrap_err();
    assert!(matches!(error, CloudError::Transport { never_sent: true, .. }), "{error:?}");
}

#[tokio::test]
async fn a_wrong_clock_is_learnt_from_the_answer_that_complains() {
    let body = json!({"__type": "InvalidSignatureException", "message": "Signature not yet current"});
    let complaint = Say::Answer(400, "date: Tue, 01 Jan 2030 10:00:00 GMT\r\n", body.to_string());
    let list = || ok(&json!({"TableNames": []}));
    let server = Server::saying(vec![complaint, list(), list()]).await;
    let aws = client(&server);
    aws.call(&call("dynamodb", "ListTables", json!({}))).await.unwrap();
    aws.call(&call("dynamodb", "ListTables", json!({}))).await.unwrap();
    let dates: Vec<String> =
        server.seen().iter().map(|seen| seen.header("x-amz-date").unwrap()[..8].to_owned()).collect();
    assert_ne!(dates[0], "20300101");
    assert_eq!(dates[1..], ["20300101", "20300101"]);
}

#[tokio::test]
async fn a_bucket_that_is_elsewhere_is_asked_there_and_remembered() {
    let elsewhere = Say::Answer(301, "x-amz-bucket-region: us-west-2\r\n", String::new());
    let found = || Say::Answer(200, "", "<ListBucketResult><Name>b</Name></ListBucketResult>".into());
    let server = Server::saying(vec![elsewhere, found(), found()]).await;
    let aws = client(&server);
    let list = call("s3", "ListObjectsV2", json!({"Bucket": "b"}));
    assert_eq!(aws.call(&list).await.unwrap().output["Name"], "b");
    aws.call(&list).await.unwrap();
    let regions: Vec<bool> = server
        .seen()
        .iter()
        .map(|seen| seen.header("authorization").unwrap().contains("/us-west-2/s3/"))
        .collect();
    assert_eq!(regions, [false, true, true]);
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_told_all_at_once_and_nothing_is_sent() {
    let server = Server::saying(vec![]).await;
    let create = call("dynamodb", "CreateTable", json!({"TableNam": "t", "KeySchema": "id"}));
    let error = client(&server).call(&create).await.unwrap_err();
    let CloudError::Invalid { problems, .. } = error else { panic!("{error:?}") };
    let all = problems.join("\n");
    assert!(all.contains("`TableNam`; did you mean `TableName`?"), "{all}");
    assert!(all.contains("$.KeySchema: expected a list"), "{all}");
    assert!(all.contains("`TableName` is required"), "{all}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn keys_that_are_over_are_named_as_such_with_the_fix() {
    let body = json!({"__type": "ExpiredTokenException", "message": "The security token is expired"});
    let server = Server::saying(vec![Say::Answer(400, "", body.to_string())]).await;
    let error = client(&server).call(&call("dynamodb", "ListTables", json!({}))).await.unwrap_err();
    let CloudError::Credentials { message, fix } = error else { panic!("{error:?}") };
    assert!(message.contains("over") && fix.contains("aws sso login"), "{message} / {fix}");
}

#[tokio::test]
async fn a_table_is_awaited_until_it_is_active_and_the_waiting_is_told() {
    let table = |status: &str| ok(&json!({"Table": {"TableName": "t", "TableStatus": status}}));
    let server = Server::saying(vec![table("CREATING"), table("ACTIVE")]).await;
    let create = call("dynamodb", "CreateTable", json!({"TableName": "t"}));
    let told = Mutex::new(Vec::new());
    let say = |line: String| told.lock().unwrap().push(line);
    let waited = client(&server).wait(&create, &json!({}), &say).await.unwrap();
    assert_eq!(waited, Waited::ready("TableExists"));
    let told = told.into_inner().unwrap();
    assert!(told.len() == 2 && told[1].starts_with("TableExists (ask 2 of"), "{told:?}");
}

#[tokio::test]
async fn waiting_ends_when_the_time_is_over_or_the_thing_has_failed() {
    let table = || ok(&json!({"Table": {"TableName": "t", "TableStatus": "CREATING"}}));
    let server = Server::saying((0..100).map(|_| table()).collect()).await;
    let create = call("dynamodb", "CreateTable", json!({"TableName": "t"}));
    let waited = client(&server).wait(&create, &json!({}), &|_| {}).await.unwrap();
    assert_eq!(waited, Waited::TimedOut { waiter: "TableExists".into() });

    let body = "<DescribeNatGatewaysResponse><natGatewaySet><item><natGatewayId>nat-1</natGatewayId>\
                <state>failed</state><failureMessage>no address</failureMessage></item></natGatewaySet>\
                </DescribeNatGatewaysResponse>";
    let server = Server::saying(vec![Say::Answer(200, "", body.into())]).await;
    let create = call("ec2", "CreateNatGateway", json!({"SubnetId": "s"}));
    let made = json!({"NatGateway": {"NatGatewayId": "nat-1"}});
    let waited = client(&server).wait(&create, &made, &|_| {}).await.unwrap();
    assert!(matches!(&waited, Waited::Failed { reason, .. } if reason.contains("no address")), "{waited:?}");
}

#[tokio::test]
async fn all_pages_come_as_one_answer() {
    let page = |names: [&str; 2], last: Option<&str>| {
        let mut body = json!({"TableNames": names});
        if let Some(last) = last {
            body["LastEvaluatedTableName"] = last.into();
        }
        ok(&body)
    };
    let pages = vec![
        page(["aaa", "bbb"], Some("bbb")),
        page(["ccc", "ddd"], Some("ddd")),
        page(["eee", "fff"], None),
    ];
    let server = Server::saying(pages).await;
    let reply = client(&server).call_all(&call("dynamodb", "ListTables", json!({}))).await.unwrap();
    assert_eq!(reply.output["TableNames"], json!(["aaa", "bbb", "ccc", "ddd", "eee", "fff"]));
    let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(asked[1], r#"{"ExclusiveStartTableName":"bbb"}"#);
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_rehearsed_request_is_whole_and_not_sent() {
    let server = Server::saying(vec![]).await;
    let put = call("s3", "PutObject", json!({"Bucket": "b", "Key": "a//b", "Body": "aGVsbG8="}));
    let request = client(&server).dry_run(&put).await.unwrap();
    assert_eq!((request.method.as_str(), request.body.as_slice()), ("PUT", b"hello".as_slice()));
    assert_eq!(request.url, format!("{}/b/a//b", server.url));
    assert!(request.header("authorization").is_some_and(|value| value.contains("SignedHeaders=")));
    assert!(server.seen().is_empty());
}
