//! What is different between two plans, value by value.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::Plan;
use crate::text::mask_named;

/// One line per difference: steps that came or went, and values that changed.
pub(crate) fn changes(before: &Plan, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &before.steps {
        if after.step(&step.id).is_none() {
            lines.push(format!("step {} is gone", step.id));
        }
    }
    for step in &after.steps {
        let Some(old) = before.step(&step.id) else {
            lines.push(format!("step {} is new", step.id));
            continue;
        };
        let (old, new) = (leaves_of(old), leaves_of(step));
        for (path, value) in &new {
            match old.get(path) {
                Some(was) if was == value => {}
                Some(was) => lines.push(format!("{}{path}: {was} → {value}", step.id)),
                None => lines.push(format!("{}{path}: {value} is new", step.id)),
            }
        }
        for (path, was) in old.iter().filter(|(path, _)| !new.contains_key(*path)) {
            lines.push(format!("{}{path}: {was} is gone", step.id));
        }
    }
    lines
}

fn leaves_of(step: &crate::plan::Step) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    // A step always has a JSON form; should it ever not, it has no leaves to compare.
    let value = serde_json::to_value(step).unwrap_or_default();
    collect("", &mask_named(&value), &mut leaves);
    leaves
}

fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                collect(&format!("{path}.{name}"), value, leaves);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                collect(&format!("{path}[{index}]"), value, leaves);
            }
        }
        leaf => {
            leaves.insert(path.to_owned(), leaf.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(steps: Value) -> Plan {
        Plan::from_value(json!({"version": 1, "name": "x", "steps": steps})).unwrap()
    }

    fn step(id: &str, params: Value) -> Value {
        json!({"id": id, "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": params})
    }

    #[test]
    fn only_what_differs_is_named() {
        let before =
            plan(json!([step("a", json!({"ACL": "public-read", "Bucket": "b"})), step("b", json!({}))]));
        let after = plan(json!([step("a", json!({"ACL": "private", "Bucket": "b"})), step("c", json!({}))]));
        assert_eq!(
            changes(&before, &after),
            ["step b is gone", "a.params.ACL: \"public-read\" → \"private\"", "step c is new"]
        );
        assert!(changes(&before, &before).is_empty());
    }
}
