//! Endpoint rules: a rule set of the catalog with arbitrary parameters, or an arbitrary document as a rule set.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use provisioner::clouds::aws::endpoint::{Endpoints, RuleSet};
use provisioner::plan::CloudName;
use serde_json::{Map, Value, json};

fuzz_target!(|data: &[u8]| {
    static KNOWN: OnceLock<(Endpoints, Vec<Arc<RuleSet>>)> = OnceLock::new();
    let (endpoints, rule_sets) = KNOWN.get_or_init(|| {
        let catalog = answers::catalog();
        let endpoints = Endpoints::new(catalog).expect("partitions are there");
        let names = ["s3", "s3control", "dynamodb", "kinesis", "sts", "ec2"];
        let rule_sets = names
            .iter()
            .map(|name| {
                let service = catalog.service(CloudName::Aws, name).expect("the catalog has it");
                endpoints.rule_set(&service).expect("its rules are understood").expect("it has rules")
            })
            .collect();
        (endpoints, rule_sets)
    });
    let Some((&pick, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match rule_sets.get(usize::from(pick) % (rule_sets.len() + 1)) {
        Some(rules) => {
            // Each line is the value of the next parameter, in the order of the rule set.
            let mut lines = text.split('\n');
            let mut given = Map::new();
            for (name, declared) in rules.parameters() {
                let Some(line) = lines.next() else { break };
                let value = match declared["type"].as_str() {
                    Some(kind) if kind.eq_ignore_ascii_case("boolean") => json!(line.starts_with('t')),
                    Some("stringArray") => json!(line.split(',').collect::<Vec<_>>()),
                    _ => json!(line),
                };
                given.insert(name.clone(), value);
            }
            let _ = rules.resolve(&given, endpoints.partitions());
        }
        None => {
            let (rules, given) = text.split_once('\n').unwrap_or((&text, "{}"));
            if let Ok(rules) = RuleSet::read(rules) {
                let given = serde_json::from_str::<Value>(given).ok();
                let given = given.and_then(|v| v.as_object().cloned()).unwrap_or_default();
                let _ = rules.resolve(&given, endpoints.partitions());
            }
        }
    }
});
