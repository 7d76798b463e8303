//! How long the shipped rules take: reading and compiling them, a plan of ten steps, and plans of five hundred.
//!
//!     cargo bench --bench rules
//!
//! Each figure is the best of forty runs, as on a machine that does nothing else, with the median beside it. Without
//! `RUST_BACKTRACE`, which makes the engine's parser take a picture of the stack at every turn.
//! `benches/rules_beside_checkov.py` runs a scanner on one small file for comparison.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use provisioner::catalog::Catalog;
use provisioner::legislator::{Legislator, Surroundings, no_uses};
use provisioner::plan::{Plan, Regions};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let texts = texts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")))?;
    let catalog = Catalog::open(None)?;
    let figures = timed(40, || Legislator::from_texts(texts.clone()));
    let legislator = Legislator::from_texts(texts);
    if let Some(banner) = legislator.banners().first() {
        return Err(banner.clone().into());
    }
    row(&format!("load and compile {} rules", legislator.rules().len()), figures, 15.0)?;
    for (name, steps, flagged, bar) in [
        ("10 steps", 10, false, 2.0),
        ("500 steps, few findings", 500, false, 60.0),
        ("500 steps, every one flagged", 500, true, 200.0),
    ] {
        let plan = plan(steps, flagged)?;
        let with = Surroundings {
            facts: &[],
            estimate: None,
            environment: Some("prod"),
            regions: &Regions::everywhere(Some("eu-central-1")),
            inventory: &Value::Null,
            catalog: &catalog,
            now: Timestamp::UNIX_EPOCH,
            uses: no_uses(),
        };
        let findings = legislator.judge(&plan, &with).findings.len();
        let figures = timed(40, || legislator.judge(&plan, &with));
        row(&format!("{name} ({findings} findings)"), figures, bar)?;
    }
    Ok(())
}

fn row(name: &str, (best, median): (f64, f64), bar: f64) -> Outcome<()> {
    let verdict = if best <= bar { "holds" } else { "MISSED" };
    writeln!(stdout(), "{name:46} {best:8.2} ms   median {median:8.2} ms   bar {bar:4.0} ms  {verdict}")?;
    Ok(())
}

/// Best and median of several runs, in milliseconds.
fn timed<T>(runs: usize, mut work: impl FnMut() -> T) -> (f64, f64) {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let made = std::hint::black_box(work());
            let elapsed = start.elapsed().as_secs_f64() * 1000.0;
            drop(made);
            elapsed
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

fn texts(root: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
                texts.insert(name, std::fs::read_to_string(path)?);
            }
        }
    }
    Ok(texts)
}

/// A plan over three clouds in which the same ten steps come again and again under other names.
fn plan(steps: usize, flagged: bool) -> Outcome<Plan> {
    let tags = json!([{"Key": "owner", "Value": "web"}, {"Key": "environment", "Value": "prod"},
        {"Key": "sensitivity", "Value": "internal"}, {"Key": "cost-center", "Value": "9001"}]);
    let labels =
        json!({"owner": "web", "environment": "prod", "sensitivity": "internal", "cost-center": "9001"});
    let cidr = if flagged { "0.0.0.0/0" } else { "10.0.0.0/16" };
    let list = (0..steps).map(|i| {
        let (cloud, service, operation, params) = match i % 10 {
            0 => ("aws", "ec2", "AuthorizeSecurityGroupIngress", json!({"GroupId": format!("sg-{i}"),
                "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": cidr}]}]})),
            1 => ("aws", "ec2", "CreateVolume", json!({"AvailabilityZone": "eu-central-1a", "Size": 8, "VolumeType": "gp3",
                "Encrypted": !flagged, "TagSpecifications": [{"ResourceType": "volume", "Tags": tags}]})),
            2 => ("aws", "s3", "PutPublicAccessBlock", json!({"Bucket": format!("b{i}"), "PublicAccessBlockConfiguration":
                {"BlockPublicAcls": true, "IgnorePublicAcls": !flagged, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}})),
            3 => ("aws", "iam", "CreateRole", json!({"RoleName": format!("r{i}"), "Tags": tags, "AssumeRolePolicyDocument":
                json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"AWS": if flagged { "*" } else { "arn:aws:iam::1:role/x" }}}]}).to_string()})),
            4 => ("azure", "network", "NetworkSecurityGroups_CreateOrUpdate", json!({"resourceGroupName": "g",
                "networkSecurityGroupName": format!("n{i}"), "body": {"location": "switzerlandnorth", "tags": labels, "properties":
                {"securityRules": [{"name": "r", "properties": {"access": "Allow", "direction": "Inbound", "protocol": "Tcp",
                    "priority": 100, "destinationPortRange": "22", "sourceAddressPrefix": cidr}}]}}})),
            5 => ("azure", "storage", "StorageAccounts_Create", json!({"resourceGroupName": "g", "accountName": format!("a{i}"),
                "body": {"location": "switzerlandnorth", "tags": labels, "sku": {"name": "Standard_LRS"}, "properties":
                {"minimumTlsVersion": "TLS1_2", "publicNetworkAccess": "Disabled", "allowSharedKeyAccess": false,
                 "allowBlobPublicAccess": flagged}}})),
            6 => ("oci", "core.virtual_network", "CreateSecurityList", json!({"body": {"compartmentId": "c", "vcnId": "v",
                "displayName": format!("l{i}"), "freeformTags": labels, "ingressSecurityRules": [{"protocol": "6", "source": cidr,
                    "tcpOptions": {"destinationPortRange": {"min": 22, "max": 22}}}]}})),
            7 => ("oci", "object_storage.object_storage", "CreateBucket", json!({"namespaceName": "n", "body": {"compartmentId": "c",
                "name": format!("o{i}"), "freeformTags": labels, "versioning": "Enabled", "kmsKeyId": "k",
                "publicAccessType": if flagged { "ObjectRead" } else { "NoPublicAccess" }}})),
            8 => ("aws", "sns", "CreateTopic", json!({"Name": format!("t{i}"), "Tags": tags,
                "Attributes": if flagged { json!({}) } else { json!({"KmsMasterKeyId": "alias/aws/sns"}) }})),
            _ => ("aws", "efs", "CreateFileSystem", json!({"CreationToken": format!("f{i}"), "Encrypted": !flagged, "Tags": tags})),
        };
        let region = (cloud == "oci").then_some("eu-frankfurt-1");
        json!({"id": format!("s{i}"), "cloud": cloud, "service": service, "operation": operation, "region": region, "params": params})
    });
    let steps: Vec<Value> = list.collect();
    Ok(Plan::from_value(json!({"version": 1, "name": "speed", "steps": steps}))?)
}
