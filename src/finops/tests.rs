//! Estimates of whole plans, checked against figures worked out by hand.

mod aws;
mod azure;
mod judge;
mod oci;
mod properties;

use std::sync::OnceLock;

use pretty_assertions::assert_eq;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::book::embedded_rules;
use super::*;
use crate::catalog::Catalog;
use crate::plan::{CloudName, Estimate, OperationName, Plan, PriceStatus, Regions, StepEstimate, Unpriced};

pub(super) fn book() -> PriceBook {
    static BOOK: OnceLock<PriceBook> = OnceLock::new();
    BOOK.get_or_init(|| PriceBook::open(None).unwrap()).clone()
}

/// One step as JSON: `id cloud service operation` and its parameters.
pub(super) fn step(words: &str, params: Value) -> Value {
    let words: Vec<&str> = words.split(' ').collect();
    json!({"id": words[0], "cloud": words[1], "service": words[2], "operation": words[3], "params": params})
}

pub(super) fn estimate(region: Option<&str>, steps: Vec<Value>) -> Estimate {
    let plan = Plan::from_value(json!({"version": 1, "name": "test", "steps": steps})).unwrap();
    book().estimate(&plan, &Regions::everywhere(region))
}

/// The only step of a plan.
pub(super) fn one(region: &str, words: &str, params: Value) -> StepEstimate {
    estimate(Some(region), vec![step(words, params)]).steps.remove(0)
}

pub(super) fn amount(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

#[test]
fn a_private_bucket_costs_what_is_used_and_its_settings_are_free() {
    let estimate = estimate(
        Some("eu-central-1"),
        vec![
            step("bucket aws s3 CreateBucket", json!({"Bucket": "b"})),
            step("block aws s3 PutPublicAccessBlock", json!({"Bucket": "b"})),
            step("lock aws s3 PutBucketEncryption", json!({"Bucket": "b"})),
            step("tags aws s3 PutBucketTagging", json!({"Bucket": "b"})),
        ],
    );
    assert_eq!((estimate.monthly, estimate.unpriced), (Decimal::ZERO, 0));
    let statuses: Vec<PriceStatus> = estimate.steps.iter().map(|s| s.status).collect();
    assert_eq!(statuses, [PriceStatus::UsageOnly, PriceStatus::Free, PriceStatus::Free, PriceStatus::Free]);
    let prices: Vec<_> = estimate.steps[0].usage.iter().map(|l| (l.unit.as_str(), l.unit_price)).collect();
    // AWS price maps of 2025-10-22: 0.0245 a GB, 0.0054 for 1,000 PUT, 0.00043 for 1,000 GET requests.
    assert_eq!(
        prices[..3],
        [("GB-month", amount("0.0245")), ("request", amount("0.0000054")), ("request", amount("0.00000043"))]
    );
    assert!(
        estimate.assumptions.iter().any(|a| a.contains("Use is not included")),
        "{:?}",
        estimate.assumptions
    );
}

#[test]
fn instances_cost_their_hours_and_the_root_volume_that_is_assumed() {
    let estimate = estimate(
        Some("eu-central-1"),
        vec![step(
            "web aws ec2 RunInstances",
            json!({"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 3, "MaxCount": 3}),
        )],
    );
    let web = &estimate.steps[0];
    assert_eq!(web.status, PriceStatus::Priced);
    // 3 × 730 × 0.012 + 3 × 8 × 0.0952
    assert_eq!(web.components[0].monthly, amount("26.28").unwrap());
    assert_eq!(web.components[1].monthly, amount("2.2848").unwrap());
    assert_eq!(estimate.monthly, amount("28.5648").unwrap());
    assert!(estimate.assumptions.iter().any(|a| a.contains("8 GiB of gp3")), "{:?}", estimate.assumptions);
    assert!(estimate.assumptions.iter().any(|a| a.contains("730 hours")));
}

#[test]
fn mapped_volumes_replace_the_assumed_one() {
    let web = one(
        "eu-central-1",
        "web aws ec2 RunInstances",
        json!({"InstanceType": "m5.large", "MinCount": 1, "MaxCount": 2, "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 100, "Iops": 4000}},
            {"DeviceName": "/dev/sdb", "NoDevice": ""}]}),
    );
    // 2 × (730 × 0.115 + 100 × 0.0952 + 1,000 × 0.006)
    assert_eq!(web.monthly, amount("198.94"));
    assert_eq!(web.components.len(), 3);
}

#[test]
fn a_driver_that_another_step_decides_is_named() {
    let estimate = estimate(
        Some("us-east-1"),
        vec![
            step("look aws ec2 DescribeVolumes", json!({})),
            step(
                "web aws ec2 CreateVolume",
                json!({"Size": "${{ steps.look.output.Volumes[0].Size }}", "VolumeType": "gp3"}),
            ),
        ],
    );
    assert_eq!(estimate.steps[0].status, PriceStatus::Free);
    let web = &estimate.steps[1];
    assert_eq!(web.status, PriceStatus::NotPriced);
    assert_eq!(web.reason, Some(Unpriced::UnknownParameter { name: "Size".into() }));
    assert_eq!(web.monthly, None);
}

#[test]
fn an_operation_without_a_rule_and_a_type_without_a_price_stay_unknown() {
    let estimate = estimate(
        Some("eu-central-1"),
        vec![
            step("a aws ec2 PurchaseReservedInstancesOffering", json!({})),
            step("b aws ec2 RunInstances", json!({"InstanceType": "z99.huge", "MinCount": 1, "MaxCount": 1})),
            step("c aws ec2 CreateNatGateway", json!({"SubnetId": "s"})),
        ],
    );
    assert_eq!(estimate.steps[0].reason, Some(Unpriced::NoRule));
    assert_eq!(estimate.steps[1].status, PriceStatus::Partly);
    assert_eq!(
        estimate.steps[1].reason,
        Some(Unpriced::NoPrice { key: "ec2.instance.z99.huge.linux in eu-central-1".into() })
    );
    // The NAT gateway, 730 × 0.052, and the root volume that is known.
    assert_eq!(estimate.monthly, amount("38.7216").unwrap());
    assert_eq!(estimate.unpriced, 2);
}

#[test]
fn without_a_region_only_prices_that_hold_everywhere_are_known() {
    let steps = vec![
        step("nat aws ec2 CreateNatGateway", json!({"SubnetId": "s"})),
        step("zone aws route53 CreateHostedZone", json!({"Name": "example.com", "CallerReference": "1"})),
    ];
    let estimate = estimate(None, steps);
    assert_eq!(estimate.steps[0].reason, Some(Unpriced::UnknownParameter { name: "region".into() }));
    assert_eq!(estimate.steps[1].monthly, amount("0.5"));
}

#[test]
fn ending_something_of_known_size_gives_money_back() {
    let estimate = estimate(
        Some("us-east-1"),
        vec![
            step("nat aws ec2 DeleteNatGateway", json!({"NatGatewayId": "nat-1"})),
            step("vm aws ec2 TerminateInstances", json!({"InstanceIds": ["i-1"]})),
        ],
    );
    assert_eq!(estimate.monthly, amount("-32.85").unwrap());
    assert_eq!(estimate.steps[1].status, PriceStatus::NotPriced);
    assert_eq!(estimate.unpriced, 1);
}

#[test]
fn own_files_win_and_a_broken_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(PriceBook::open(Some(&folder.path().join("not there"))).is_ok());
    let table = compile_prices(
        "key,region,unit,usd,date,source\nnat_gateway.hour,us-east-1,hour,0.03,2026-02-01,contract\n",
        "source,from\ncontract,our contract\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("prices.table"), table).unwrap();
    let own = PriceBook::open(Some(folder.path())).unwrap();
    let plan = Plan::from_value(json!({"version": 1, "name": "t", "steps": [
        step("nat aws ec2 CreateNatGateway", json!({"SubnetId": "s"}))]}))
    .unwrap();
    assert_eq!(own.estimate(&plan, &Regions::everywhere(Some("us-east-1"))).monthly, amount("21.9").unwrap());
    assert!(own.status().to_string().contains("contract 2026-02-01"), "{}", own.status());
    std::fs::write(folder.path().join("aws.yaml"), "cloud: aws\n").unwrap();
    let message = PriceBook::open(Some(folder.path())).unwrap_err().to_string();
    assert!(message.contains("aws.yaml"), "{message}");
}

#[test]
fn the_status_names_sources_and_dates() {
    let status = book().status();
    assert_eq!(status.problem, None);
    assert!(status.prices > 100_000, "{status}");
    assert!(status.to_string().contains("karpenter-aws 2026-07-20"), "{status}");
}

#[test]
fn every_operation_that_the_rules_name_is_in_the_catalog() {
    let catalog = Catalog::open(None).unwrap();
    let known: Vec<CloudName> = catalog.clouds().collect();
    let mut wrong = Vec::new();
    for rules in embedded_rules().iter().filter(|rules| known.contains(&rules.cloud)) {
        for name in rules.named() {
            let (service, operation) = name.split_once(':').unwrap();
            if let Err(error) = catalog.operation(&OperationName::new(rules.cloud, service, operation)) {
                wrong.push(format!("{name}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
