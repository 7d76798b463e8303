//! What holds for every estimate.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::book::embedded_rules;
use super::estimate;
use crate::plan::{Estimate, PriceStatus};

/// Every operation that a rule names, as the words of a step without its id.
fn operations() -> Vec<String> {
    let rules = embedded_rules();
    let names = rules.iter().flat_map(|rules| {
        rules.named().map(|name| format!("{} {}", rules.cloud, name.replacen(':', " ", 1)))
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.push("aws ec2 NobodyKnowsThis".into());
    names
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("${{ steps.first.output.Anything }}")),
        Just(json!("t3.micro")),
        Just(json!("gp3")),
        Just(json!("Standard_LRS")),
        Just(json!("VM.Standard.E4.Flex")),
        Just(json!("PAY_PER_REQUEST")),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        (-5_i64..5000).prop_map(|n| json!(n)),
        Just(json!(f64::MAX)),
        Just(json!("79228162514264337593543950335")),
    ]
}

fn params() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "InstanceType",
        "MaxCount",
        "Size",
        "VolumeType",
        "Iops",
        "Engine",
        "BillingMode",
        "AllocatedStorage",
        "location",
        "sku",
        "name",
        "properties",
        "diskSizeGB",
        "shape",
        "shapeConfig",
        "ocpus",
        "memoryInGBs",
        "sizeInGBs",
        "Type",
        "NumCacheNodes",
        "BlockDeviceMappings",
        "Ebs",
        "VolumeSize",
        "Subnets",
    ]);
    let tree = value().prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>()),
        ]
    });
    (tree.clone(), tree).prop_map(|(own, body)| {
        let mut params = if own.is_object() { own } else { json!({}) };
        params["body"] = body;
        params
    })
}

fn holds(estimate: &Estimate) -> Result<(), TestCaseError> {
    let sum: Decimal = estimate.steps.iter().filter_map(|step| step.monthly).sum();
    prop_assert_eq!(sum, estimate.monthly);
    let mut open = 0;
    for step in &estimate.steps {
        let parts: Decimal = step.components.iter().map(|c| c.monthly).sum();
        for part in &step.components {
            prop_assert_eq!((part.quantity * part.unit_price).normalize(), part.monthly.normalize());
            prop_assert!(!part.quantity.is_zero());
        }
        match step.status {
            PriceStatus::NotPriced => {
                prop_assert!(step.monthly.is_none() && step.components.is_empty() && step.reason.is_some());
            }
            PriceStatus::Partly => prop_assert!(step.reason.is_some() && !step.components.is_empty()),
            PriceStatus::Priced => prop_assert!(step.reason.is_none() && !step.components.is_empty()),
            PriceStatus::Free | PriceStatus::UsageOnly => {
                prop_assert!(step.reason.is_none() && step.components.is_empty());
            }
        }
        if step.status != PriceStatus::NotPriced {
            prop_assert_eq!(step.monthly, Some(parts));
        }
        open += usize::from(matches!(step.status, PriceStatus::NotPriced | PriceStatus::Partly));
    }
    prop_assert_eq!(open, estimate.unpriced);
    Ok(())
}

fn step(id: &str, words: &str, params: Value) -> Value {
    super::step(&format!("{id} {words}"), params)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_total_is_the_sum_of_the_parts_and_an_unknown_is_never_zero(
        words in prop::collection::vec((prop::sample::select(operations()), params()), 1..5),
        region in prop::option::of(prop::sample::select(vec!["us-east-1", "eu-central-1", "westeurope", "nowhere"])),
    ) {
        let mut steps = vec![step("first", "aws ec2 DescribeInstances", json!({}))];
        for (n, (words, params)) in words.into_iter().enumerate() {
            steps.push(step(&format!("s{n}"), &words, params));
        }
        holds(&estimate(region, steps))?;
    }
}

#[test]
fn estimates_survive_a_round_trip() {
    let before = estimate(
        Some("eu-central-1"),
        vec![
            step("a", "aws ec2 CreateNatGateway", json!({})),
            step("b", "aws ec2 NobodyKnowsThis", json!({})),
            step("c", "aws s3 CreateBucket", json!({"Bucket": "b"})),
        ],
    );
    let text = serde_json::to_string(&before).unwrap();
    let after: Estimate = serde_json::from_str(&text).unwrap();
    assert_eq!(after.monthly, before.monthly);
    assert_eq!(serde_json::to_string(&after).unwrap(), text);
}
