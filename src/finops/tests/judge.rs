//! Unit prices against figures that another estimator printed, read independently of the table.

use super::super::book::{embedded_rules, embedded_table};

/// Key, region, and dollars as printed (rounded there to about three digits).
const PRINTED: [(&str, &str, &str); 30] = [
    ("azure.disk.e4.lrs", "westeurope", "2.4"),
    ("azure.disk.s10.lrs", "westeurope", "5.89"),
    ("azure.disk.s20.lrs", "westeurope", "21.76"),
    ("azure.vm.basic_a2.linux", "eastus", "0.079"),
    ("azure.vm.standard_a2_v2.linux", "eastus", "0.0903"),
    ("azure.vm.standard_b1s.linux", "eastus", "0.0104"),
    ("azure.vm.standard_d2_v2.linux", "eastus", "0.146"),
    ("azure.vm.standard_d2s_v3.linux", "westeurope", "0.12"),
    ("azure.vm.standard_f2.linux", "eastus", "0.099"),
    ("azure.vm.standard_f2.linux", "westeurope", "0.114"),
    ("cloudwatch.alarm_month.standard", "us-east-1", "0.1"),
    ("cloudwatch.logs.ingest_gb", "us-east-1", "0.5"),
    ("ec2.instance.c4.large.linux", "eu-west-1", "0.113"),
    ("ec2.instance.m5.large.linux", "us-east-1", "0.096"),
    ("ec2.instance.m5.xlarge.linux", "us-east-1", "0.192"),
    ("ec2.instance.r3.xlarge.linux", "us-east-1", "0.333"),
    ("ec2.instance.t2.medium.linux", "us-east-1", "0.0464"),
    ("ec2.instance.t3.large.linux", "eu-west-1", "0.0912"),
    ("ec2.instance.t3.medium.linux", "us-east-1", "0.0416"),
    ("ec2.instance.t3a.large.linux", "eu-west-1", "0.0816"),
    ("efs.standard.gb_month", "us-east-1", "0.3"),
    ("eks.cluster_hour", "us-east-1", "0.1"),
    ("elasticache.node.cache.m6g.12xlarge.redis", "us-east-1", "3.557"),
    ("kinesis.shard_hour", "us-east-1", "0.015"),
    ("kms.key_month", "us-east-1", "1"),
    ("nat_gateway.hour", "us-east-1", "0.045"),
    ("opensearch.instance.c4.2xlarge.search", "us-east-1", "0.587"),
    ("public_ipv4.idle_hour", "us-east-1", "0.005"),
    ("vpc_endpoint.interface_hour", "us-east-1", "0.01"),
    ("vpn.connection_hour", "us-east-1", "0.05"),
];

#[test]
fn the_table_agrees_with_prices_that_another_estimator_printed() {
    let table = embedded_table();
    for (key, region, printed) in PRINTED {
        let price =
            table.price(key, Some(region)).unwrap_or_else(|| panic!("{key} in {region} has no price"));
        let printed: rust_decimal::Decimal = printed.parse().unwrap();
        let off = (price.usd - printed).abs() / printed;
        assert!(off < "0.005".parse().unwrap(), "{key} in {region}: {} and not {printed}", price.usd);
    }
}

#[test]
fn every_source_has_a_name_a_date_and_a_place() {
    let table = embedded_table();
    assert!(table.sources().len() >= 13);
    for source in table.sources() {
        assert!(!source.name.is_empty() && !source.from.is_empty(), "{source:?}");
        assert!(source.date.year() >= 2024, "{source:?}");
    }
}

/// Keys for which no source gave a price. A step that needs one says so.
const HOLES: [&str; 2] = ["azure.lb.standard.hour", "ssm.advanced_parameter_month"];

#[test]
fn every_key_that_the_rules_spell_out_has_a_price_or_is_a_known_hole() {
    let table = embedded_table();
    let rules = embedded_rules();
    let mut missing: Vec<&str> =
        rules.iter().flat_map(|rules| rules.keys()).filter(|key| !table.knows(key)).collect();
    missing.sort_unstable();
    missing.dedup();
    assert_eq!(missing, HOLES);
}
