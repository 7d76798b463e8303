//! The embedded clouds as a client sees them, without a socket.

use std::sync::{Arc, LazyLock, Mutex};

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::face::Face;
use super::http::{Answer, Request, pairs};
use super::log::RequestLog;
use super::model::Ledger;
use super::server::answer;
use super::{Sandbox, SandboxOptions};
use crate::catalog::Catalog;
use crate::store::{Store, in_memory};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::open(None).unwrap());

struct Cloud(Mutex<Face>);

impl Cloud {
    fn new() -> Self {
        Self::on(in_memory(), 0)
    }

    fn on(store: Arc<dyn Store>, pending_reads: u32) -> Self {
        let ledger = Ledger::open(store.clone()).unwrap();
        let log = RequestLog::open(store).unwrap();
        let options = SandboxOptions { pending_reads };
        Self(Mutex::new(
            Face::new(CATALOG.clone(), ledger, log, "http://127.0.0.1:1".into(), options).unwrap(),
        ))
    }

    fn send(&self, service: &str, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let credential =
            format!("AWS4-HMAC-SHA256 Credential=AK/20260101/eu-central-1/{service}/aws4_request");
        let mut all = vec![("authorization".to_owned(), credential)];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: pairs(query),
            headers: all,
            body: body.to_vec(),
        };
        answer(&self.0, request)
    }

    fn ec2(&self, form: &str) -> (u16, String) {
        let body = format!("{form}&Version=2016-11-15");
        let answer = self.send("ec2", "POST", "/", &[], body.as_bytes());
        (answer.status, String::from_utf8(answer.body).unwrap())
    }

    fn json(&self, service: &str, target: &str, body: Value) -> (u16, Value) {
        let answer =
            self.send(service, "POST", "/", &[("x-amz-target", target)], body.to_string().as_bytes());
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn changes(&self) -> Vec<String> {
        let face = self.0.lock().unwrap();
        face.log
            .all()
            .into_iter()
            .filter(|request| request.changed)
            .map(|request| request.operation)
            .collect()
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

#[test]
fn what_was_created_is_read_listed_and_gone_after_it_was_deleted() {
    let cloud = Cloud::new();
    let (status, made) = cloud.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16");
    assert_eq!(status, 200, "{made}");
    let id = between(&made, "<vpcId>", "<").to_owned();
    assert!(cloud.ec2(&format!("Action=DescribeVpcs&VpcId.1={id}")).1.contains("<state>available</state>"));
    assert!(cloud.ec2("Action=DescribeVpcs").1.contains(&id));
    assert_eq!(cloud.ec2(&format!("Action=DeleteVpc&VpcId={id}")).0, 200);
    let (status, gone) = cloud.ec2(&format!("Action=DescribeVpcs&VpcId.1={id}"));
    assert_eq!((status, between(&gone, "<Code>", "<")), (400, "InvalidVpcID.NotFound"));
    assert_eq!(cloud.changes(), ["CreateVpc", "DeleteVpc"], "reads and errors change nothing");
}

#[test]
fn what_something_needs_cannot_go_first() {
    let cloud = Cloud::new();
    let vpc = between(&cloud.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16").1, "<vpcId>", "<").to_owned();
    let subnet = cloud.ec2(&format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.1.0/24")).1;
    let (status, refused) = cloud.ec2(&format!("Action=DeleteVpc&VpcId={vpc}"));
    assert_eq!((status, between(&refused, "<Code>", "<")), (400, "DependencyViolation"));
    let subnet = between(&subnet, "<subnetId>", "<");
    assert_eq!(cloud.ec2(&format!("Action=DeleteSubnet&SubnetId={subnet}")).0, 200);
    assert_eq!(cloud.ec2(&format!("Action=DeleteVpc&VpcId={vpc}")).0, 200);
}

#[test]
fn a_new_thing_is_pending_for_as_many_reads_as_were_asked_for() {
    let cloud = Cloud::on(in_memory(), 2);
    let made = cloud.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16").1;
    assert_eq!(between(&made, "<state>", "<"), "pending");
    let states: Vec<String> =
        (0..4).map(|_| between(&cloud.ec2("Action=DescribeVpcs").1, "<state>", "<").to_owned()).collect();
    assert_eq!(states, ["pending", "pending", "available", "available"]);
}

#[test]
fn a_repeated_token_gives_the_same_thing_also_after_a_new_start() {
    let store = in_memory();
    let run = "Action=RunInstances&ImageId=ami-1&MinCount=1&MaxCount=1&ClientToken=t";
    let first = Cloud::on(store.clone(), 0).ec2(run).1;
    let cloud = Cloud::on(store, 0);
    let second = cloud.ec2(run).1;
    assert_eq!(between(&first, "<instanceId>", "<"), between(&second, "<instanceId>", "<"));
    assert_eq!(cloud.ec2("Action=DescribeInstances").1.matches("<instanceId>").count(), 1);
    let (status, other) = cloud.ec2(&format!("{run}&InstanceType=t3.large"));
    assert_eq!((status, between(&other, "<Code>", "<")), (400, "IdempotentParameterMismatch"));
}

#[test]
fn an_operation_that_is_not_understood_changes_nothing_and_says_so() {
    let cloud = Cloud::new();
    let (status, refused) =
        cloud.json("kms", "TrentService.Encrypt", json!({"KeyId": "k", "Plaintext": "eA=="}));
    assert_eq!(status, 501);
    assert_eq!(refused["__type"], "SandboxNotSupported");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("kms Encrypt") && message.contains("nothing was changed"), "{message}");
    assert_eq!(cloud.changes(), Vec::<String>::new());
}

#[test]
fn a_request_that_does_not_fit_its_shape_gets_the_error_of_its_protocol() {
    let cloud = Cloud::new();
    let (status, refused) = cloud.json("dynamodb", "DynamoDB_20120810.DescribeTable", json!({}));
    assert_eq!((status, refused["__type"].as_str()), (400, Some("ValidationException")));
    let (status, refused) =
        cloud.json("dynamodb", "DynamoDB_20120810.DescribeTable", json!({"TableName": []}));
    assert_eq!((status, refused["__type"].as_str()), (400, Some("SerializationException")));
    let (status, refused) = cloud.ec2("Action=CreateSubnet&CidrBlock=10.0.1.0/24");
    assert_eq!((status, between(&refused, "<Code>", "<")), (400, "MissingParameter"));
    let broken = cloud.send("s3", "PUT", "/b?encryption", &[], b"<a><b></a>");
    assert_eq!(broken.status, 400);
    assert!(String::from_utf8(broken.body).unwrap().contains("MalformedXML"));
}

#[test]
fn a_setting_of_a_bucket_is_there_until_it_is_taken_away() {
    let cloud = Cloud::new();
    assert_eq!(cloud.send("s3", "PUT", "/b", &[], b"").status, 200);
    assert_eq!(cloud.send("s3", "PUT", "/b", &[], b"").status, 409);
    let text = |answer: Answer| String::from_utf8(answer.body).unwrap();
    assert!(text(cloud.send("s3", "GET", "/b?encryption", &[], b"")).contains("AES256"));
    let tagging = b"<Tagging><TagSet><Tag><Key>a</Key><Value>&lt;b&gt;</Value></Tag></TagSet></Tagging>";
    assert_eq!(cloud.send("s3", "PUT", "/b?tagging", &[], tagging).status, 200);
    assert!(text(cloud.send("s3", "GET", "/b?tagging", &[], b"")).contains("<Value>&lt;b&gt;</Value>"));
    assert_eq!(cloud.send("s3", "DELETE", "/b?tagging", &[], b"").status, 204);
    assert!(text(cloud.send("s3", "GET", "/b?tagging", &[], b"")).contains("<Code>NoSuchTagSet</Code>"));
}

#[test]
fn secrets_are_neither_kept_nor_shown() {
    let cloud = Cloud::new();
    let form = "Action=CreateDBInstance&Version=2014-10-31&DBInstanceIdentifier=d&Engine=postgres&DBInstanceClass=c\
                &MasterUserPassword=hunter2hunter2";
    assert_eq!(cloud.send("rds", "POST", "/", &[], form.as_bytes()).status, 200);
    let secret = json!({"Name": "n", "SecretString": "hunter3", "ClientRequestToken": "t"});
    assert_eq!(cloud.json("secretsmanager", "secretsmanager.CreateSecret", secret).0, 200);
    let read = cloud.json("secretsmanager", "secretsmanager.GetSecretValue", json!({"SecretId": "n"})).1;
    assert_eq!(read["SecretString"], "hunter3");
    for what in ["resources", "requests"] {
        let shown = cloud.send("s3", "GET", &format!("/_sandbox/{what}"), &[], b"");
        let shown = String::from_utf8(shown.body).unwrap();
        assert!(!shown.contains("hunter"), "{shown}");
    }
}

#[test]
fn things_that_only_a_full_name_tells_apart_are_two_things() {
    let cloud = Cloud::new();
    let request =
        || cloud.json("acm", "CertificateManager.RequestCertificate", json!({"DomainName": "example.org"}));
    let (first, second) = (request().1, request().1);
    assert!(first["CertificateArn"].is_string() && second["CertificateArn"].is_string(), "{first} {second}");
    assert_ne!(first["CertificateArn"], second["CertificateArn"]);
    let listed = cloud.json("acm", "CertificateManager.ListCertificates", json!({})).1;
    assert_eq!(listed["CertificateSummaryList"].as_array().unwrap().len(), 2);
}

#[test]
fn what_the_cloud_offers_to_everyone_is_there_from_the_start() {
    let cloud = Cloud::new();
    let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let (status, found) = cloud.json("ssm", "AmazonSSM.GetParameter", json!({"Name": name}));
    assert_eq!(status, 200, "{found}");
    assert!(found["Parameter"]["Value"].as_str().unwrap().starts_with("ami-"), "{found}");
    assert_eq!(cloud.changes(), Vec::<String>::new());
}

#[test]
fn regions_are_worlds_of_their_own_but_buckets_are_everywhere() {
    let cloud = Cloud::new();
    cloud.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16");
    cloud.send("s3", "PUT", "/b", &[], b"");
    let elsewhere = |service: &str, method: &str, url: &str, body: &str| {
        let credential = format!("x Credential=AK/20260101/us-west-2/{service}/aws4_request");
        let request = Request {
            method: method.into(),
            path: url.into(),
            headers: vec![("authorization".into(), credential)],
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        String::from_utf8(answer(&cloud.0, request).body).unwrap()
    };
    let vpcs = elsewhere("ec2", "POST", "/", "Action=DescribeVpcs&Version=2016-11-15");
    assert!(!vpcs.contains("<vpcId>"), "{vpcs}");
    assert!(elsewhere("s3", "GET", "/", "").contains("<Name>b</Name>"));
}

#[test]
fn the_server_stops_when_it_is_dropped() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(CATALOG.clone(), in_memory(), None).await.unwrap();
        let address = sandbox.endpoint().trim_start_matches("http://").to_owned();
        let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
        assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
        let taken = Sandbox::start(CATALOG.clone(), in_memory(), Some(port)).await.err().unwrap();
        assert!(taken.to_string().contains("choose another port"), "{taken}");
        drop(sandbox);
        let mut stopped = false;
        for _ in 0..100 {
            stopped = tokio::net::TcpStream::connect(&address).await.is_err();
            if stopped {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(stopped);
    });
}

/// Whether an answer can be read by what its header says it is.
fn is_well_formed(answer: &Answer) -> bool {
    let kind = answer.headers.iter().find(|(name, _)| name == "content-type").map(|(_, kind)| kind.as_str());
    match kind {
        _ if answer.body.is_empty() => true,
        Some(kind) if kind.contains("json") => serde_json::from_slice::<Value>(&answer.body).is_ok(),
        Some(kind) if kind.contains("xml") => {
            let Ok(text) = std::str::from_utf8(&answer.body) else { return false };
            let mut reader = quick_xml::Reader::from_str(text);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                }
            }
        }
        kind => kind.is_some(),
    }
}

/// An operation of one of the services that are spoken to most, or of any.
fn operations() -> impl Strategy<Value = (String, String)> {
    let services =
        ["s3", "ec2", "iam", "sts", "dynamodb", "rds", "lambda", "sqs", "sns", "logs", "kms", "route53"];
    let all: Vec<(String, String)> = services
        .iter()
        .flat_map(|name| {
            let service = CATALOG.service(crate::plan::CloudName::Aws, name).unwrap();
            let names: Vec<String> = service.operations.iter().map(|o| o.name.clone()).collect();
            names.into_iter().map(move |operation| ((*name).to_owned(), operation))
        })
        .collect();
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn arbitrary_bytes_never_panic_and_always_get_a_well_formed_answer(
        service in "(s3|ec2|iam|dynamodb|lambda|sqs|nonsense|)",
        method in "(GET|PUT|POST|DELETE|HEAD|PATCH)",
        url in "/[a-z0-9/%?=&{}._-]{0,40}",
        target in "([A-Za-z_0-9.]{0,30}|AmazonSQS.CreateQueue|DynamoDB_20120810.CreateTable)",
        encoding in "(aws-chunked|gzip|)",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        static SHARED: LazyLock<Cloud> = LazyLock::new(Cloud::new);
        let headers = [("x-amz-target", target.as_str()), ("content-encoding", encoding.as_str())];
        let answer = SHARED.send(&service, &method, &url, &headers, &body);
        prop_assert!((200..600).contains(&answer.status));
        prop_assert!(is_well_formed(&answer), "{answer:?}");
    }

    #[test]
    fn every_operation_answers_whatever_its_parameters(
        (service, operation) in operations(),
        names in proptest::collection::vec("(Name|Id|VpcId|TableName|QueueName|RoleName|Tags|Filter.1.Name|MaxResults|Item|Key)", 0..5),
        value in "[a-z0-9<&\"{}-]{0,12}",
    ) {
        static SHARED: LazyLock<Cloud> = LazyLock::new(Cloud::new);
        let shapes = CATALOG.service(crate::plan::CloudName::Aws, &service).unwrap();
        let found = shapes.operation(&operation).unwrap();
        let prefix = shapes.traits.target_prefix.clone().unwrap_or_default();
        let target = format!("{prefix}.{operation}");
        let members: serde_json::Map<String, Value> =
            names.iter().map(|name| (name.clone(), Value::from(value.as_str()))).collect();
        let form: Vec<String> = names.iter().map(|name| format!("{name}={value}")).collect();
        let form = format!("Action={operation}&Version={}&{}", shapes.api_version, form.join("&"));
        let url = found.uri.replace(['{', '}', '+'], "");
        let json = Value::Object(members).to_string();
        let json_spoken = shapes.traits.target_prefix.is_some() || shapes.name == "lambda";
        let body = if json_spoken { json } else { form };
        let answer = SHARED.send(&service, &found.method, &url, &[("x-amz-target", target.as_str())], body.as_bytes());
        prop_assert!((200..600).contains(&answer.status) && answer.status != 500, "{answer:?}");
        prop_assert!(is_well_formed(&answer), "{answer:?}");
    }
}
