//! The main job without the screen: words, plan, verdict, cost, approval, execution, record.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{BUCKET, code, json_of, provisioner, run};

fn states(outcome: &Value) -> Vec<&str> {
    outcome["execution"]["steps"].as_object().unwrap().values().map(|s| s.as_str().unwrap()).collect()
}

fn plan_file(home: &Path, steps: &Value) -> PathBuf {
    let path = home.join("plan.json");
    let plan = json!({"version": 1, "name": "a test", "steps": steps});
    fs::write(&path, plan.to_string()).unwrap();
    path
}

fn bucket_steps(name: &str) -> Value {
    let tags = json!([
        {"Key": "owner", "Value": "team-web"}, {"Key": "environment", "Value": "dev"},
        {"Key": "sensitivity", "Value": "internal"}, {"Key": "cost-center", "Value": "9001"},
    ]);
    let step = |id: &str, operation: &str, params: Value| {
        json!({"id": id, "cloud": "aws", "service": "s3", "operation": operation, "region": "eu-central-1",
               "params": params, "after": if id == "bucket" { json!([]) } else { json!(["bucket"]) }})
    };
    json!([
        step(
            "bucket",
            "CreateBucket",
            json!({
            "Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}})
        ),
        step(
            "access",
            "PutPublicAccessBlock",
            json!({
            "Bucket": name, "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "IgnorePublicAcls": true,
                "BlockPublicPolicy": true, "RestrictPublicBuckets": true}})
        ),
        step(
            "encryption",
            "PutBucketEncryption",
            json!({
            "Bucket": name, "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}})
        ),
        step("tags", "PutBucketTagging", json!({"Bucket": name, "Tagging": {"TagSet": tags}})),
    ])
}

fn buckets(home: &Path) -> Vec<String> {
    let answer = json_of(home, &["call", "aws", "s3", "ListBuckets", "--all", "--json"], 0);
    let buckets = answer["Buckets"].as_array().cloned().unwrap_or_default();
    buckets.iter().map(|b| b["Name"].as_str().unwrap().to_owned()).collect()
}

/// The requests that the sandbox of this home has ever got, as it tells them itself.
fn arrived(home: &Path) -> Vec<Value> {
    let mut sandbox = provisioner(home)
        .args(["sandbox", "serve", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let endpoint: Value = serde_json::from_str(&line).unwrap();
    let address = endpoint["endpoint"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "GET /_sandbox/requests HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    let body = &answer[answer.find("\r\n\r\n").unwrap() + 4..];
    let found: Value = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {answer}"));
    found.as_array().or_else(|| found["requests"].as_array()).unwrap().clone()
}

#[test]
fn words_become_a_bucket_with_a_whole_paper_trail() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let outcome = json_of(home, &["ask", BUCKET, "--approve", "allowed", "--json"], 0);
    assert_eq!(outcome["status"], "done");
    assert!(outcome["plan"]["steps"].as_array().unwrap().len() >= 4, "{}", outcome["plan"]);
    assert_eq!(outcome["verdict"]["decision"], "allow", "{}", outcome["verdict"]);
    for paper in ["verdict", "estimate", "approval"] {
        assert_eq!(outcome[paper]["plan"], outcome["digest"], "the {paper} is of this plan");
    }
    assert_eq!(outcome["approval"]["by"]["kind"], "flag");
    assert!(states(&outcome).iter().all(|state| *state == "succeeded"), "{:?}", states(&outcome));
    assert_eq!(buckets(home), ["demo-logs"]);
    let listed = json_of(home, &["call", "aws", "s3", "ListBuckets", "--json"], 0);
    assert_eq!(listed["outputs"]["call"]["Buckets"][0]["Name"], "demo-logs", "{listed}");

    let id = outcome["execution"]["id"].as_str().unwrap();
    let history = json_of(home, &["history", "list", "--json"], 0);
    assert!(history.as_array().unwrap().iter().any(|x| x["id"] == id && x["status"] == "succeeded"));
    let detail = json_of(home, &["history", "show", id, "--json"], 0);
    assert_eq!(detail["records"].as_array().unwrap().len(), 2, "allowed and done");
    let sessions = json_of(home, &["sessions", "list", "--json"], 0);
    assert!(sessions.as_array().unwrap().iter().any(|s| s["id"] == outcome["session"]), "{sessions}");
    assert!(json_of(home, &["audit", "verify", "--json"], 0)["records"].as_u64().unwrap() >= 2);
}

#[test]
fn one_changed_byte_in_the_audit_chain_is_named() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    json_of(home, &["ask", BUCKET, "--approve", "allowed", "--json"], 0);
    let log = fs::read_dir(home.join("data/store/logs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_stem().is_some_and(|stem| stem == "audit"))
        .unwrap();
    let whole = fs::read(&log).unwrap();
    let at = whole.windows(8).position(|w| w == b"team-web").unwrap();
    let mut changed = whole.clone();
    changed[at] = b'T';
    fs::write(&log, changed).unwrap();
    let answer = json_of(home, &["audit", "verify", "--json"], 1);
    assert_eq!(answer["bad_record"], 1, "{answer}");
    fs::write(&log, whole).unwrap();
    json_of(home, &["audit", "verify", "--json"], 0);
}

#[test]
fn a_plan_with_a_forbidden_step_is_refused_and_nothing_is_sent() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut steps = bucket_steps("open-data");
    steps.as_array_mut().unwrap().push(json!({
        "id": "ssh", "cloud": "aws", "service": "ec2", "operation": "AuthorizeSecurityGroupIngress",
        "region": "eu-central-1",
        "params": {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                   "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
    }));
    let file = plan_file(home, &steps);
    let file = file.to_str().unwrap();
    let outcome = json_of(home, &["plan", "apply", file, "--approve", "warned", "--json"], 3);
    assert_eq!(outcome["verdict"]["decision"], "deny");
    assert_eq!(outcome["execution"], Value::Null);
    assert_eq!(arrived(home), Vec::<Value>::new(), "the sandbox's own log says that nothing was sent");
    assert!(buckets(home).is_empty(), "no step of a refused plan runs");
    assert_eq!(arrived(home).len(), 1, "the log would have told it");
    let records = json_of(home, &["audit", "export", "--json"], 0);
    assert!(records.as_array().unwrap().iter().any(|r| r["body"]["kind"] == "refused"), "{records}");
}

#[test]
fn an_edited_plan_is_refused_with_the_old_digest() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = plan_file(home, &bucket_steps("first-name"));
    let file = file.to_str().unwrap();
    let checked = json_of(home, &["plan", "check", file, "--json"], 0);
    let digest = checked["digest"].as_str().unwrap();
    plan_file(home, &bucket_steps("other-name"));
    let args = ["plan", "apply", file, "--approve", "allowed", "--digest", digest, "--json"];
    let outcome = json_of(home, &args, 3);
    assert!(outcome["problems"][0]["why"].as_str().unwrap().contains("changed"), "{outcome}");
    assert!(buckets(home).is_empty());
    plan_file(home, &bucket_steps("first-name"));
    json_of(home, &args, 0);
    assert_eq!(buckets(home), ["first-name"]);
}

#[test]
fn a_plan_that_nobody_approved_does_not_run() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let outcome = json_of(home, &["ask", BUCKET, "--json"], 3);
    assert_eq!(outcome["status"], "refused");
    assert!(buckets(home).is_empty());
    let planned = json_of(home, &["ask", BUCKET, "--plan-only", "--json"], 0);
    assert_eq!(planned["status"], "planned");
    assert!(buckets(home).is_empty());
}

#[test]
fn a_run_that_was_killed_is_taken_up_and_nothing_is_doubled() {
    for fault in ["kill-before-send", "kill-after-send", "kill-after-result"] {
        for step in ["bucket", "access", "tags"] {
            let home = tempfile::tempdir().unwrap();
            let home = home.path();
            let file = plan_file(home, &bucket_steps("kept"));
            let inject = format!("{step}:{fault}");
            let args = ["plan", "apply", file.to_str().unwrap(), "--approve", "allowed", "--inject", &inject];
            let killed = run(home, &args);
            assert_eq!(killed.status.code(), None, "{inject}: the program dies by a signal");
            json_of(home, &["history", "resume", "--json"], 0);
            assert_eq!(buckets(home), ["kept"], "{inject}");
            let history = json_of(home, &["history", "list", "--json"], 0);
            assert_eq!(history[0]["status"], "succeeded", "{inject}: {history}");
            assert_eq!(history[0]["succeeded"], 4, "{inject}");
            json_of(home, &["audit", "verify", "--json"], 0);
            let nothing_left = json_of(home, &["history", "resume", "--json"], 0);
            assert_eq!(nothing_left, json!([]), "{inject}");
        }
    }
}

#[test]
fn what_a_plan_made_can_be_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = plan_file(home, &bucket_steps("for-a-while"));
    let file = file.to_str().unwrap();
    json_of(home, &["plan", "apply", file, "--approve", "allowed", "--json"], 0);
    assert_eq!(code(&run(home, &["plan", "undo", file])), 3, "nobody approved it");
    assert_eq!(buckets(home), ["for-a-while"]);
    json_of(home, &["plan", "undo", file, "--approve", "allowed", "--json"], 0);
    assert!(buckets(home).is_empty());
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut first =
        provisioner(home).arg("--plain").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // The first line comes when the session is open.
    let mut byte = [0];
    first.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
    let second = run(home, &["history", "list"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(code(&second), 1, "{said}");
    assert!(said.contains(&format!("process {}", first.id())), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(code(&run(home, &["history", "list"])), 0, "after a kill nobody has to unlock anything");
}

#[test]
fn nonsense_is_answered_and_kept() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let outcome = json_of(home, &["ask", "colourless green ideas sleep furiously", "--json"], 0);
    assert_eq!(outcome["plan"], Value::Null);
    assert!(!outcome["answer"].as_str().unwrap().is_empty());
    let id = outcome["session"].as_str().unwrap();
    let session = json_of(home, &["sessions", "show", id, "--json"], 0);
    assert!(session.to_string().contains("colourless green ideas"), "{session}");
}

#[test]
fn bad_input_is_named_with_its_place() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let said = |args: &[&str], expected: i32| {
        let output = run(home, args);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), expected, "{args:?}: {text}");
        text
    };
    assert!(said(&["call", "aws", "s3", "CreateBuckets"], 2).contains("CreateBucket"));
    assert!(said(&["call", "aws", "s3", "ListBuckets", "--params", "{"], 2).contains("--params"));
    assert!(said(&["plan", "check", "/no/such/plan.yaml"], 2).contains("/no/such/plan.yaml"));
    assert!(said(&["history", "show", "x-none"], 2).contains("x-none"));
    assert!(said(&["sessions", "show", "s-none"], 2).contains("s-none"));
    fs::create_dir_all(home.join("config")).unwrap();
    fs::write(home.join("config/settings.yaml"), "tagret: live\n").unwrap();
    assert!(said(&["history", "list"], 2).contains("tagret"));
}

#[test]
fn a_rehearsal_says_what_azure_itself_says_beforehand() {
    let home = tempfile::tempdir().unwrap();
    let azure = |id: &str, service: &str, operation: &str, params: Value| json!({"id": id, "cloud": "azure", "service": service, "operation": operation, "params": params});
    let tags = json!({"owner": "ops", "environment": "test", "sensitivity": "internal", "cost-center": "1"});
    let network = json!({"location": "germanywestcentral", "tags": tags, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    let group = json!({"resourceGroupName": "web", "body": {"location": "germanywestcentral",
        "tags": tags}});
    let net = |body: Value| json!({"resourceGroupName": "web", "virtualNetworkName": "net", "body": body});
    let mut later = network.clone();
    later["tags"]["owner"] = json!("web");
    let mut steps = json!([
        azure("group", "resource", "ResourceGroups_CreateOrUpdate", group),
        azure("net", "network", "VirtualNetworks_CreateOrUpdate", net(network)),
        azure("again", "network", "VirtualNetworks_CreateOrUpdate", net(later)),
        azure(
            "gone",
            "network",
            "VirtualNetworks_Delete",
            json!({"resourceGroupName": "web", "virtualNetworkName": "net"})
        ),
    ]);
    for (at, before) in [(1, "group"), (2, "net"), (3, "again")] {
        steps[at]["after"] = json!([before]);
    }
    let file = plan_file(home.path(), &steps);
    let outcome = json_of(home.path(), &["plan", "rehearse", file.to_str().unwrap(), "--json"], 0);
    let said = |step: &str| {
        let all = outcome["rehearsed"].as_array().unwrap();
        all.iter().find(|one| one["step"] == step).cloned().unwrap_or_else(|| panic!("{step}: {outcome}"))
    };
    assert_eq!(said("group")["changes"][0]["change"], "create");
    assert_eq!(said("net")["changes"][0]["change"], "create");
    let again = said("again");
    assert_eq!(again["changes"][0]["change"], "modify", "{again}");
    assert_eq!(again["changes"][0]["properties"][0]["path"], "tags.owner");
    assert_eq!(said("gone")["said"], "cannot");
}

#[test]
fn a_rehearsal_runs_the_whole_plan_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let file = plan_file(home.path(), &bucket_steps("rehearsed"));
    let outcome = json_of(home.path(), &["plan", "rehearse", file.to_str().unwrap(), "--json"], 0);
    assert_eq!(states(&outcome), ["succeeded"; 4]);
    assert!(buckets(home.path()).is_empty());
    let history = json_of(home.path(), &["history", "list", "--json"], 0);
    assert_eq!(history, json!([]), "a rehearsal is no execution");
}

#[test]
fn a_past_run_is_replayed_under_a_new_name() {
    let home = tempfile::tempdir().unwrap();
    let file = plan_file(home.path(), &bucket_steps("first-one"));
    let first =
        json_of(home.path(), &["plan", "apply", file.to_str().unwrap(), "--approve", "warned", "--json"], 0);
    let id = first["execution"]["id"].as_str().unwrap();
    let workflow = json_of(home.path(), &["history", "workflow", id, "--json"], 0);
    let inputs = workflow["inputs"].as_object().unwrap();
    let (name, _) = inputs.iter().find(|(_, input)| input["default"] == "first-one").unwrap();
    let renamed = format!("{name}=second-one");
    let words = ["history", "replay", id, "--input", &renamed, "--approve", "warned", "--json"];
    let second = json_of(home.path(), &words, 0);
    assert_eq!(states(&second), ["succeeded"; 4]);
    assert_ne!(second["execution"]["id"], first["execution"]["id"]);
    assert_eq!(buckets(home.path()), ["first-one", "second-one"]);
}

#[test]
fn a_verdict_is_written_for_pipelines() {
    let home = tempfile::tempdir().unwrap();
    let mut steps = bucket_steps("for-pipelines");
    steps[0]["params"]["ACL"] = json!("public-read");
    let file = plan_file(home.path(), &steps);
    let said = |format: &str| {
        let done = run(home.path(), &["plan", "check", file.to_str().unwrap(), "--format", format]);
        assert_eq!(code(&done), 3, "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let sarif: Value = serde_json::from_str(&said("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["level"] == "error" && result["ruleId"] == "SEC-AWS-S3-01"));
    assert!(said("junit").contains("<failure type=\"SEC-AWS-S3-01\""));
}

#[test]
fn a_plan_is_judged_and_priced_in_the_region_that_its_requests_go_to() {
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join("aws-config");
    fs::write(&profile, "[default]\nregion = eu-west-1\n").unwrap();
    let mut step = json!({"id": "net", "cloud": "aws", "service": "ec2", "operation": "CreateVpc",
        "params": {"CidrBlock": "10.0.0.0/16"}, "purpose": "a network"});
    let regions = |step: &Value, profile: &str| {
        let file = plan_file(home.path(), &json!([step]));
        let done = provisioner(home.path())
            .args(["--target", "live", "plan", "check", file.to_str().unwrap(), "--json"])
            .env("AWS_CONFIG_FILE", profile)
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
            .output()
            .unwrap();
        let checked: Value = serde_json::from_slice(&done.stdout).unwrap();
        let findings = checked["verdict"]["findings"].as_array().unwrap().clone();
        let about = findings.into_iter().filter(|finding| finding["rule"] == "FIN-REG-01");
        about.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_profile = regions(&step, profile.to_str().unwrap());
    assert!(of_profile[0].contains("eu-west-1"), "{of_profile:?}");
    let nowhere = regions(&step, "/dev/null");
    assert!(nowhere[0].contains("Neither the step nor the settings"), "{nowhere:?}");
    step["region"] = json!("eu-central-1");
    assert!(regions(&step, profile.to_str().unwrap()).is_empty());
}
