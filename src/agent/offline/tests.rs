//! What people say, and what the planner makes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::words::{Language, language, tokens};
use super::{Offline, Workflows};
use crate::agent::{Answer, Heard, Planner, Turn};
use crate::catalog::{Catalog, check};
use crate::clouds::{Call, Cloud, CloudError, Pending, Reply, Waited};
use crate::files::{FileRoom, RootSpec};
use crate::mcp::{Parts, Switchboard};
use crate::plan::{CloudName, Plan, Target};
use crate::protocol::{Entry, Role};
use crate::store::in_memory;

/// A cloud in which one bucket exists.
struct OneBucket;

impl Cloud for OneBucket {
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        Box::pin(async move {
            if call.params["Bucket"] == "there" {
                return Ok(Reply { output: json!({}), status: 200, request_id: None, throttled: false });
            }
            Err(CloudError::Service {
                code: "404".into(),
                message: "Not Found".into(),
                status: 404,
                detail: Value::Null,
                request_id: None,
                retryable: false,
            })
        })
    }

    fn wait<'a>(
        &'a self,
        _: &'a Call,
        _: &'a Value,
        _: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>> {
        Box::pin(async { Ok(Waited::NothingToWaitFor) })
    }

    fn context(&self) -> String {
        "one bucket".into()
    }
}

fn catalog() -> Catalog {
    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(|| Catalog::open(None).unwrap()).clone()
}

fn planner() -> Offline {
    Offline::new(catalog(), Workflows::open(None))
}

async fn board() -> Switchboard {
    let clouds = BTreeMap::from([(CloudName::Aws, Arc::new(OneBucket) as Arc<dyn Cloud>)]);
    let files = FileRoom::open(vec![RootSpec::rules(None)]).unwrap();
    let parts = Parts { catalog: catalog(), clouds, files, store: in_memory(), target: Target::Sandbox };
    Switchboard::start(parts).await.unwrap()
}

async fn turn(history: &[Entry], words: &str) -> Answer {
    let board = board().await;
    let heard = Mutex::new(Vec::new());
    let hear = |what: Heard| heard.lock().unwrap().push(what);
    let turn = Turn {
        words,
        history,
        board: &board,
        target: Target::Sandbox,
        region: "eu-central-1",
        constraints: "",
        hear: &hear,
    };
    planner().turn(turn).await.unwrap()
}

fn run(words: &str) -> Answer {
    runtime().block_on(turn(&[], words))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn said(role: Role, text: &str) -> Entry {
    Entry::Said { role, at: Timestamp::UNIX_EPOCH, text: text.into() }
}

/// A conversation: what the person says, one after the other; the last answer.
fn talk(words: &[&str]) -> Answer {
    let mut history = Vec::new();
    let mut last = Answer::default();
    for word in words {
        last = runtime().block_on(turn(&history, word));
        history.push(said(Role::Person, word));
        history.push(said(Role::Agent, &last.text));
    }
    last
}

fn operations(answer: &Answer) -> Vec<String> {
    let plan = answer.plan.as_ref().unwrap_or_else(|| panic!("no plan: {}", answer.text));
    plan.steps.iter().map(|step| format!("{} {}", step.service, step.operation)).collect()
}

const TAGS: &str = "owner team-web, environment dev, sensitivity internal, cost center 9001";

const COMPARTMENT: &str = "ocid1.compartment.oc1..aaaateam";

#[test]
fn an_oci_bucket_is_planned_in_its_compartment_and_region() {
    let answer = run(&format!("create an OCI bucket called demo-logs in Zurich in {COMPARTMENT}, {TAGS}"));
    assert_eq!(
        operations(&answer),
        ["object_storage.object_storage GetNamespace", "object_storage.object_storage CreateBucket"]
    );
    let plan = answer.plan.unwrap();
    assert_eq!(check(&catalog(), &plan), [] as [String; 0]);
    let bucket = &plan.steps[1];
    assert_eq!((bucket.cloud, bucket.region.as_deref()), (CloudName::Oci, Some("eu-zurich-1")));
    assert_eq!(bucket.params["body"]["compartmentId"], COMPARTMENT);
    assert_eq!(bucket.params["body"]["freeformTags"]["owner"], "team-web");
}

#[test]
fn an_oci_network_and_machine_are_planned_as_the_catalog_wants_them() {
    let answer = run(&format!("create an OCI network called web in {COMPARTMENT} with 10.3.0.0/16, {TAGS}"));
    let plan = answer.plan.unwrap();
    assert_eq!(check(&catalog(), &plan), [] as [String; 0]);
    assert_eq!(plan.steps.len(), 5);
    assert_eq!(plan.steps[4].params["body"]["cidrBlock"], "10.3.10.0/24");
    let subnet = "ocid1.subnet.oc1.eu-frankfurt-1.aaaaprivate";
    let answer = run(&format!("create an OCI VM called web-1 in {COMPARTMENT} in {subnet}, {TAGS}"));
    let plan = answer.plan.unwrap();
    assert_eq!(check(&catalog(), &plan), [] as [String; 0]);
    assert_eq!(plan.steps[2].params["body"]["createVnicDetails"]["assignPublicIp"], false);
}

#[test]
fn the_compartment_of_an_oci_bucket_is_asked_for() {
    let answer = run(&format!("create an OCI bucket called demo-logs, {TAGS}"));
    assert!(answer.plan.is_none() && answer.text.contains("compartment"), "{}", answer.text);
}

#[test]
fn the_bucket_of_the_main_job_is_planned_whole() {
    let answer = run(&format!("create a private, encrypted S3 bucket called demo-logs in Frankfurt, {TAGS}"));
    assert_eq!(
        operations(&answer),
        ["s3 CreateBucket", "s3 PutPublicAccessBlock", "s3 PutBucketEncryption", "s3 PutBucketTagging"]
    );
    let plan = answer.plan.unwrap();
    assert!(plan.steps.iter().all(|step| step.region.as_deref() == Some("eu-central-1")));
    assert_eq!(
        plan.steps[0].params,
        json!({"Bucket": "demo-logs", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}})
    );
    assert_eq!(
        plan.steps[3].params["Tagging"]["TagSet"],
        json!([
            {"Key": "owner", "Value": "team-web"},
            {"Key": "environment", "Value": "dev"},
            {"Key": "sensitivity", "Value": "internal"},
            {"Key": "cost-center", "Value": "9001"},
        ])
    );
}

/// Words of a request, each with the tags that it needs, and what it must become.
const CREATES: &[(&str, &str, &str)] = &[
    (
        "create an Azure resource group called shop in Frankfurt",
        "resource ResourceGroups_CreateOrUpdate",
        "germanywestcentral",
    ),
    ("Lege eine Azure-Ressourcengruppe namens laden an", "resource ResourceGroups_CreateOrUpdate", "laden"),
    (
        "create an azure network called net1 with 10.7.0.0/16 in resource group shop",
        "network VirtualNetworks_CreateOrUpdate",
        "10.7.0.0/24",
    ),
    (
        "create an azure storage account called shop4711 in resource group shop",
        "storage StorageAccounts_Create",
        "shop4711",
    ),
    (
        "launch an azure vm called one in resource group shop, network net1, with the key ssh-ed25519 \
         AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000",
        "compute VirtualMachines_CreateOrUpdate",
        "net1",
    ),
    ("make me a bucket named assets-1 in Ireland", "s3 CreateBucket", "assets-1"),
    ("I need an S3 bucket \"site-data\" in London", "s3 CreateBucket", "site-data"),
    ("please provision object storage called blobs", "s3 CreateBucket", "blobs"),
    ("set up a versioned bucket called keep-all", "s3 CreateBucket", "keep-all"),
    ("Leg mir bitte einen Bucket namens logs-dev in Frankfurt an", "s3 CreateBucket", "logs-dev"),
    ("Erstelle einen privaten S3-Bucket namens archiv in der Schweiz", "s3 CreateBucket", "archiv"),
    ("Ich brauche einen verschlüsselten Bucket mit dem Namen berichte", "s3 CreateBucket", "berichte"),
    ("create a vpc called core with 10.20.0.0/16", "ec2 CreateVpc", "10.20.0.0/16"),
    ("build a network named edge", "ec2 CreateVpc", "edge"),
    ("Baue ein Netzwerk namens kern", "ec2 CreateVpc", "kern"),
    ("launch a vm called web-1 in subnet-0abc1234", "ec2 RunInstances", "subnet-0abc1234"),
    ("create a t3.small instance named api in subnet-0abc1234 with 20 GB", "ec2 RunInstances", "t3.small"),
    ("Ich möchte eine virtuelle Maschine namens bau in subnet-0abc1234", "ec2 RunInstances", "bau"),
    ("create a postgres database called orders", "rds CreateDBInstance", "orders"),
    ("I want a mysql database named shop with 50 GB, highly available", "rds CreateDBInstance", "mysql"),
    ("Lege eine Datenbank namens kunden an", "rds CreateDBInstance", "kunden"),
    ("add a role called runner for lambda", "iam CreateRole", "lambda"),
    ("Erstelle eine Rolle namens bote für ec2", "iam CreateRole", "ec2"),
    ("create a queue called jobs", "sqs CreateQueue", "jobs"),
    ("make an SQS queue named mails in Paris", "sqs CreateQueue", "mails"),
    ("Erstelle eine Warteschlange namens post", "sqs CreateQueue", "post"),
    ("create a topic called alerts for ops@example.com", "sns CreateTopic", "ops@example.com"),
    ("Richte ein Thema namens alarm ein", "sns CreateTopic", "alarm"),
    ("create a dynamodb table called users with key user_id", "dynamodb CreateTable", "user_id"),
    ("Erstelle eine Tabelle namens kunden", "dynamodb CreateTable", "kunden"),
    ("create a log group called app with 14 days", "logs CreateLogGroup", "14"),
    ("Lege eine Protokollgruppe namens web mit 60 Tagen an", "logs CreateLogGroup", "60"),
    ("create a kms key called data", "kms CreateKey", "alias/data"),
    ("create a security group called web in vpc-0123abcd", "ec2 CreateSecurityGroup", "vpc-0123abcd"),
    ("Erstelle eine Sicherheitsgruppe namens db in vpc-0123abcd", "ec2 CreateSecurityGroup", "vpc-0123abcd"),
    ("create a container registry called team/app", "ecr CreateRepository", "team/app"),
    ("deploy an ecr repository named api", "ecr CreateRepository", "api"),
    ("create a lambda function called hello with 256 mb in node", "lambda CreateFunction", "nodejs22.x"),
    ("Erstelle eine Lambda-Funktion namens gruss", "lambda CreateFunction", "gruss-function"),
    ("create a secret called db-login", "secretsmanager CreateSecret", "db-login"),
    ("Lege ein Geheimnis namens zugang an", "secretsmanager CreateSecret", "zugang"),
    (
        "create a static website called docs-site in Ireland",
        "cloudfront CreateDistributionWithTags",
        "docs-site.s3.eu-west-1",
    ),
    ("Erstelle eine statische Webseite namens doku-7", "s3 PutBucketPolicy", "doku-7/*"),
    ("create a budget called web of 200 usd for ops@example.com", "budgets CreateBudget", "200.00"),
];

#[test]
fn wishes_become_plans_with_what_was_said_in_them() {
    for (words, operation, value) in CREATES {
        let answer = run(&format!("{words}, {TAGS}"));
        let plan = answer.plan.as_ref().unwrap_or_else(|| panic!("{words}: {}", answer.text));
        assert!(operations(&answer).iter().any(|o| o == operation), "{words}: {:?}", operations(&answer));
        let params = serde_json::to_string(&plan.steps).unwrap();
        assert!(params.contains(value), "{words}: `{value}` is lost: {params}");
        assert!(params.contains("team-web") && params.contains("9001"), "{words}: {params}");
    }
}

#[test]
fn every_plan_fits_the_catalog() {
    for (words, ..) in CREATES {
        let plan = run(&format!("{words}, {TAGS}")).plan.unwrap();
        assert_eq!(check(&catalog(), &plan), Vec::<String>::new(), "{words}");
    }
}

const READS: &[(&str, &str)] = &[
    ("list azure resource groups", "resource ResourceGroups_List"),
    ("show my azure vms", "compute VirtualMachines_ListAll"),
    ("list my buckets", "s3 ListBuckets"),
    ("show me all buckets", "s3 ListBuckets"),
    ("which vpcs do I have in Ireland?", "ec2 DescribeVpcs"),
    ("what instances are there", "ec2 DescribeInstances"),
    ("list roles", "iam ListRoles"),
    ("show my tables", "dynamodb ListTables"),
    ("list lambda functions", "lambda ListFunctions"),
    ("what databases do I have", "rds DescribeDBInstances"),
    ("list the queues", "sqs ListQueues"),
    ("list log groups", "logs DescribeLogGroups"),
    ("list secrets", "secretsmanager ListSecrets"),
    ("describe bucket demo-logs", "s3 HeadBucket"),
    ("show the table called users", "dynamodb DescribeTable"),
    ("describe instance i-0123456789abcdef0", "ec2 DescribeInstances"),
    ("Zeig mir die VPCs in Frankfurt", "ec2 DescribeVpcs"),
    ("Welche Buckets habe ich?", "s3 ListBuckets"),
    ("Liste alle Rollen", "iam ListRoles"),
    ("Zeige alle Instanzen", "ec2 DescribeInstances"),
    ("zeig meine Warteschlangen", "sqs ListQueues"),
    ("Beschreibe die Tabelle namens kunden", "dynamodb DescribeTable"),
    ("aws ec2 DescribeRegions", "ec2 DescribeRegions"),
    ("aws s3 ListObjectsV2 {\"Bucket\": \"b\"}", "s3 ListObjectsV2"),
];

#[test]
fn questions_become_reads() {
    for (words, operation) in READS {
        let answer = run(words);
        assert_eq!(operations(&answer), [*operation], "{words}");
        assert_eq!(check(&catalog(), answer.plan.as_ref().unwrap()), Vec::<String>::new(), "{words}");
    }
}

#[test]
fn deletions_name_what_they_delete() {
    for (words, operation, name) in [
        ("delete the bucket there", "s3 DeleteBucket", ""),
        ("delete the bucket called there", "s3 DeleteBucket", "there"),
        ("terminate instance i-0123456789abcdef0", "ec2 TerminateInstances", "i-0123456789abcdef0"),
        ("remove the log group named app", "logs DeleteLogGroup", "app"),
        ("Lösche das VPC vpc-0123abcd", "ec2 DeleteVpc", "vpc-0123abcd"),
    ] {
        let answer = run(words);
        if name.is_empty() {
            assert!(answer.plan.is_none(), "{words}: a word that is no name deletes nothing");
            continue;
        }
        let gone = answer.text.contains("nothing to delete") || answer.text.contains("nichts zu löschen");
        if !gone {
            assert_eq!(operations(&answer), [operation], "{words}");
            assert!(serde_json::to_string(&answer.plan).unwrap().contains(name), "{words}");
        }
    }
}

#[test]
fn what_the_cloud_says_is_not_there_is_not_deleted() {
    let answer = run("delete the bucket called missing-one");
    assert!(answer.plan.is_none() && answer.text.contains("nothing to delete"), "{}", answer.text);
    let answer = run("delete the bucket called there");
    assert_eq!(operations(&answer), ["s3 DeleteBucket"]);
}

#[test]
fn what_is_missing_is_asked_for_in_one_question_and_the_answer_completes_the_request() {
    let answer = run("create a bucket in Frankfurt");
    assert!(answer.plan.is_none());
    for word in ["name", "owner", "environment", "sensitivity", "cost center"] {
        assert!(answer.text.contains(word), "{}", answer.text);
    }
    let answer = talk(&["create a bucket in Ireland", &format!("call it demo-logs, {TAGS}")]);
    let plan = answer.plan.unwrap();
    assert_eq!(plan.steps[0].params["Bucket"], "demo-logs");
    assert_eq!(plan.steps[0].region.as_deref(), Some("eu-west-1"));
}

#[test]
fn a_bare_answer_is_the_first_thing_that_was_asked_for() {
    let answer = talk(&[&format!("create a bucket, {TAGS}"), "demo-logs"]);
    assert_eq!(answer.plan.unwrap().steps[0].params["Bucket"], "demo-logs");
}

#[test]
fn a_german_conversation_stays_german() {
    let first = run("Leg mir bitte in Frankfurt einen Bucket für das Projekt Alpenblick an, Umgebung dev.");
    assert!(first.text.starts_with("Für den Plan brauche ich noch"), "{}", first.text);
    assert!(!first.text.contains("Umgebung"), "what was said is not asked again: {}", first.text);
    let answer = talk(&[
        "Leg mir bitte in Frankfurt einen Bucket namens alpenblick an, Umgebung dev.",
        "Owner ist Team Zürich, Kostenstelle 4711, interne Daten.",
    ]);
    assert!(answer.text.starts_with("Hier ist ein Plan"), "{}", answer.text);
    let tags = &answer.plan.unwrap().steps[3].params["Tagging"]["TagSet"];
    assert_eq!(tags[0]["Value"], "Team Zürich");
    assert_eq!((tags[2]["Value"].as_str(), tags[3]["Value"].as_str()), (Some("internal"), Some("4711")));
}

#[test]
fn a_correction_changes_the_open_plan() {
    let first = format!("create a bucket called demo-logs in Frankfurt, {TAGS}");
    let answer = talk(&[&first, "call it demo-logs-2 instead"]);
    assert_eq!(answer.plan.unwrap().steps[0].params["Bucket"], "demo-logs-2");
    let answer = talk(&[&first, "make it eu-west-1"]);
    assert_eq!(answer.plan.unwrap().steps[0].region.as_deref(), Some("eu-west-1"));
}

#[test]
fn in_the_oldest_region_a_bucket_has_no_location() {
    let plan = run(&format!("create a bucket called b-1 in Virginia, {TAGS}")).plan.unwrap();
    assert_eq!(plan.steps[0].params, json!({"Bucket": "b-1"}));
    assert_eq!(plan.steps.iter().filter(|s| s.operation == "CreateBucket").count(), 1);
}

#[test]
fn a_public_bucket_is_refused_in_words() {
    let answer = run(&format!("create a public bucket called open, {TAGS}"));
    assert!(answer.plan.is_none() && answer.text.contains("public bucket"), "{}", answer.text);
}

#[test]
fn nonsense_gets_an_honest_answer_and_no_plan() {
    for words in ["colourless green ideas sleep furiously", "asdf", "", "????", "was ist der sinn des lebens"]
    {
        let answer = run(words);
        assert!(answer.plan.is_none() && !answer.text.is_empty(), "{words}: {}", answer.text);
    }
    assert!(run("colourless green ideas").text.contains("offline planner"));
}

#[test]
fn what_no_workflow_knows_is_answered_with_the_nearest_operations() {
    let answer = run("create a sagemaker notebook");
    assert!(answer.plan.is_none());
    assert!(answer.text.contains("sagemaker"), "{}", answer.text);
}

#[test]
fn help_tells_what_can_be_done_in_both_languages() {
    assert!(run("help").text.contains("bucket"));
    assert!(run("hilfe").text.contains("Offline-Planer"));
}

#[test]
fn a_wrong_operation_name_is_answered_with_the_nearest() {
    let answer = run("aws s3 CreateBuckets");
    assert!(answer.plan.is_none() && answer.text.contains("CreateBucket"), "{}", answer.text);
    assert!(run("aws s3 CreateBucket [1]").text.contains("object"));
}

#[test]
fn the_language_is_that_of_the_words() {
    assert_eq!(language(&tokens("Zeig mir bitte die Buckets")), Language::German);
    assert_eq!(language(&tokens("show me the buckets")), Language::English);
    assert_eq!(language(&tokens("list vpcs in Zürich")), Language::English);
}

#[test]
fn the_same_words_give_the_same_plan() {
    let words = format!("create a vpc called core, {TAGS}");
    let plan = |words: &str| -> Plan { run(words).plan.unwrap() };
    assert_eq!(plan(&words).digest(), plan(&words).digest());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_words_make_it_panic(words in "\\PC{0,120}") {
        let all = tokens(&words);
        let workflows = Workflows::open(None);
        for workflow in workflows.all().values() {
            let given = BTreeMap::new();
            let _ = super::fill::fill(workflow, &all, &words, &given, "eu-central-1", language(&all));
        }
    }
}
