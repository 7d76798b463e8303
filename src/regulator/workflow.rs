//! From a past execution to a reusable plan: what was particular about it becomes an input.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::RegulatorError;
use super::history::plan_of;
use crate::plan::{ExecutionId, Plan, is_reference};
use crate::store::Store;
use crate::text::MASK;

/// The plan of an execution with inputs for names, sizes, regions, address ranges, and secrets. The values
/// of the execution are the defaults, but for secrets, which have none.
///
/// # Errors
///
/// The execution is unknown.
pub fn workflow(store: &Arc<dyn Store>, id: &ExecutionId) -> Result<Plan, RegulatorError> {
    Ok(with_inputs(plan_of(store, id)?))
}

fn with_inputs(mut plan: Plan) -> Plan {
    let mut inputs = Inputs { taken: plan.inputs.clone(), by_value: BTreeMap::new() };
    for step in &mut plan.steps {
        let about = format!("{} {}", step.service, step.operation);
        inputs.lift(&mut step.params, "", &about);
        if let Some(region) = step.region.as_mut().filter(|region| !is_reference(region)) {
            let input = inputs.input(Kind::Particular, "region", region, &about);
            *region = format!("${{{{ inputs.{input} }}}}");
        }
    }
    plan.inputs = inputs.taken;
    plan
}

struct Inputs {
    taken: Map<String, Value>,
    /// One value that stands in several places is one input.
    by_value: BTreeMap<String, String>,
}

impl Inputs {
    fn lift(&mut self, value: &mut Value, name: &str, about: &str) {
        match value {
            Value::Object(members) => {
                members.iter_mut().for_each(|(name, value)| self.lift(value, name, about))
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.lift(item, name, about)),
            Value::String(text) if !is_reference(text) => {
                if let Some(kind) = kind_of(name, text) {
                    let input = self.input(kind, name, text, about);
                    *text = format!("${{{{ inputs.{input} }}}}");
                }
            }
            _ => {}
        }
    }

    fn input(&mut self, kind: Kind, name: &str, text: &str, about: &str) -> String {
        if kind != Kind::Secret
            && let Some(known) = self.by_value.get(text)
        {
            return known.clone();
        }
        let wanted = snake(name);
        let mut free = wanted.clone();
        let mut number = 2;
        while self.taken.contains_key(&free) {
            free = format!("{wanted}_{number}");
            number += 1;
        }
        let description = format!("{name} of {about}");
        let input = match kind {
            Kind::Secret => json!({"type": "string", "description": format!("{description} (secret)")}),
            _ => json!({"type": "string", "default": text, "description": description}),
        };
        self.taken.insert(free.clone(), input);
        self.by_value.insert(text.to_owned(), free.clone());
        free
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    Particular,
}

fn kind_of(name: &str, text: &str) -> Option<Kind> {
    if text == MASK {
        return Some(Kind::Secret);
    }
    let lower = name.to_ascii_lowercase();
    let names = ["name", "identifier", "bucket", "prefix"];
    let sizes = ["instancetype", "class", "nodetype", "vmsize", "shape", "locationconstraint"];
    let by_name = names.iter().chain(&sizes).any(|ending| lower.ends_with(ending));
    (by_name || is_address_range(text)).then_some(Kind::Particular)
}

fn is_address_range(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, bits)| {
        address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
    })
}

/// `DBInstanceIdentifier` becomes `db_instance_identifier`.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before_lower = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let after_lower =
            at > 0 && chars.get(at - 1).is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if c.is_ascii_uppercase() && at > 0 && (before_lower || after_lower) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    if out.is_empty() { "value".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn lifted(params: Value) -> Plan {
        let plan = json!({"version": 1, "name": "n", "steps": [
            {"id": "a", "cloud": "aws", "service": "s3", "operation": "X", "region": "eu-west-1", "params": params},
            {"id": "b", "cloud": "aws", "service": "s3", "operation": "Y", "params": {"Bucket": "logs", "Of": "${{ steps.a.output.Id }}"}},
        ]});
        with_inputs(Plan::from_value(plan).unwrap())
    }

    #[test]
    fn names_sizes_and_ranges_become_inputs_and_one_value_is_one_input() {
        let plan = lifted(
            json!({"Bucket": "logs", "CidrBlock": "10.0.0.0/16", "InstanceType": "t3.micro", "ACL": "private"}),
        );
        let inputs: Vec<&String> = plan.inputs.keys().collect();
        assert_eq!(inputs, ["bucket", "cidr_block", "instance_type", "region"]);
        assert_eq!(plan.steps[1].params["Bucket"], "${{ inputs.bucket }}");
        assert_eq!(plan.steps[0].params["ACL"], "private");
        assert_eq!(plan.steps[1].params["Of"], "${{ steps.a.output.Id }}");
    }

    #[test]
    fn the_workflow_with_its_defaults_is_the_plan_again() {
        let plan = lifted(json!({"Bucket": "logs", "CidrBlock": "10.0.0.0/16"}));
        let again = plan.with_inputs(&Map::new()).unwrap();
        assert_eq!(again.steps[0].region.as_deref(), Some("eu-west-1"));
        assert_eq!(again.steps[0].params, json!({"Bucket": "logs", "CidrBlock": "10.0.0.0/16"}));
    }

    #[test]
    fn a_secret_becomes_an_input_that_must_be_given() {
        let plan = lifted(json!({"MasterUserPassword": MASK}));
        assert!(plan.with_inputs(&Map::new()).is_err());
        assert_eq!(snake("DBInstanceIdentifier"), "db_instance_identifier");
    }
}
