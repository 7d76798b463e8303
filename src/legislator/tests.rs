//! The shipped rules and books, judged by plans.

use std::collections::BTreeMap;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{Legislator, Surroundings};
use crate::catalog::Catalog;
use crate::plan::{Decision, Knowledge, Plan, Verdict};

/// The shipped rules folder, by path below it.
pub(super) fn shipped() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut texts = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                texts.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

pub(super) fn catalog() -> Catalog {
    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(|| Catalog::open(None).unwrap()).clone()
}

pub(super) fn legislator() -> Legislator {
    let legislator = Legislator::from_texts(shipped());
    assert_eq!(legislator.banners(), Vec::<String>::new());
    legislator
}

pub(super) fn plan(steps: Value) -> Plan {
    Plan::from_value(json!({"version": 1, "name": "p", "steps": steps})).unwrap()
}

fn judged(legislator: &Legislator, steps: Value) -> Verdict {
    let catalog = catalog();
    let with = Surroundings {
        facts: &[],
        estimate: None,
        environment: None,
        default_region: Some("eu-central-1"),
        inventory: &Value::Null,
        catalog: &catalog,
    };
    legislator.judge(&plan(steps), &with)
}

fn told(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|f| format!("{} {} {}", f.rule, f.decision.as_str(), f.path)).collect()
}

fn private_bucket() -> Value {
    json!([
        {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params":
            {"Bucket": "demo-logs", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}},
        {"id": "block", "cloud": "aws", "service": "s3", "operation": "PutPublicAccessBlock", "after": ["bucket"], "params":
            {"Bucket": "demo-logs", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "IgnorePublicAcls": true,
             "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}},
        {"id": "encryption", "cloud": "aws", "service": "s3", "operation": "PutBucketEncryption", "after": ["bucket"], "params":
            {"Bucket": "demo-logs", "ServerSideEncryptionConfiguration": {"Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}},
        {"id": "tags", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging", "after": ["bucket"], "params":
            {"Bucket": "demo-logs", "Tagging": {"TagSet": [
                {"Key": "owner", "Value": "team-web"}, {"Key": "environment", "Value": "dev"},
                {"Key": "sensitivity", "Value": "internal"}, {"Key": "cost-center", "Value": "9001"}]}}},
    ])
}

#[test]
fn a_private_encrypted_tagged_bucket_passes_without_a_word() {
    let verdict = judged(&legislator(), private_bucket());
    assert_eq!(told(&verdict), Vec::<String>::new());
    assert_eq!(verdict.decision, Decision::Allow);
}

#[test]
fn what_is_missing_from_the_bucket_is_found() {
    let mut steps = private_bucket();
    steps.as_array_mut().unwrap().retain(|step| step["id"] == "bucket");
    let verdict = judged(&legislator(), steps);
    assert_eq!(told(&verdict), ["FIN-TAG-01 deny $.Tags", "SEC-AWS-S3-04 warn $.Bucket"]);
    assert_eq!(verdict.findings[0].message, "Tags missing: owner, environment, sensitivity, cost-center");
}

#[test]
fn a_read_is_never_a_finding() {
    let verdict = judged(
        &legislator(),
        json!([
            {"id": "a", "cloud": "aws", "service": "ec2", "operation": "DescribeVpcs", "region": "us-west-2"},
            {"id": "b", "cloud": "azure", "service": "compute", "operation": "VirtualMachines_Get", "region": "eastus"},
            {"id": "c", "cloud": "oci", "service": "core.compute", "operation": "ListInstances", "region": "x"},
        ]),
    );
    assert_eq!(verdict.findings, []);
}

#[test]
fn a_value_from_an_earlier_step_is_neither_good_nor_bad() {
    let verdict = judged(
        &legislator(),
        json!([
            {"id": "group", "cloud": "aws", "service": "ec2", "operation": "DescribeVpcs"},
            {"id": "open", "cloud": "aws", "service": "ec2", "operation": "AuthorizeSecurityGroupIngress", "params": {
                "GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                    "IpRanges": [{"CidrIp": "${{ steps.group.output.Vpcs[0].CidrBlock }}"}]}]}},
        ]),
    );
    assert_eq!(told(&verdict), ["SEC-AWS-NET-01 warn $.IpPermissions[0].IpRanges[0].CidrIp"]);
    assert_eq!(verdict.findings[0].state, Knowledge::Unknown);
}
