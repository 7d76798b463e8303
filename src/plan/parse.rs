//! Reading plans from JSON and YAML, and giving inputs their values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::validate::{PlanError, PlanProblem, validate};
use super::{Digest, Input, Order, Scope, Step, resolve};

/// A DAG of operations that is judged, priced, approved, and run as one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this format; 1.
    pub version: u32,
    /// What the plan is for, in a few words.
    pub name: String,
    /// What must be filled in before the plan can run; empty for a plan that is ready.
    #[serde(default, skip_serializing_if = "Map::is_empty", with = "inputs_in_order")]
    pub inputs: Map<String, Value>,
    /// The operations.
    pub steps: Vec<Step>,
}

mod inputs_in_order {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Map, Value};

    pub(super) fn serialize<S: Serializer>(inputs: &Map<String, Value>, s: S) -> Result<S::Ok, S::Error> {
        inputs.serialize(s)
    }

    /// Checks that every entry is an [`Input`](super::Input) but keeps the order of the text.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Map<String, Value>, D::Error> {
        let inputs = Map::<String, Value>::deserialize(d)?;
        for (name, value) in &inputs {
            serde_json::from_value::<super::Input>(value.clone())
                .map_err(|e| serde::de::Error::custom(format!("input `{name}`: {e}")))?;
        }
        Ok(inputs)
    }
}

impl Plan {
    /// Reads a plan from JSON or YAML and checks everything that can be checked without a
    /// catalog: ids, order, references, inputs.
    ///
    /// # Errors
    ///
    /// All problems of the plan, each with its place.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Plan = if text.trim_start().starts_with('{') {
            serde_json::from_str(text)
                .map_err(|e| PlanError::one(format!("line {}, column {}", e.line(), e.column()), e))?
        } else {
            yaml_serde::from_str(text).map_err(|e| {
                let place = e.location().map_or_else(
                    || "the plan".to_owned(),
                    |at| format!("line {}, column {}", at.line(), at.column()),
                );
                PlanError::one(place, e)
            })?
        };
        plan.checked()
    }

    /// Reads a plan from a JSON value and checks it as [`Plan::parse`] does.
    ///
    /// # Errors
    ///
    /// All problems of the plan, each with its place.
    pub fn from_value(value: Value) -> Result<Self, PlanError> {
        let plan: Plan = serde_json::from_value(value).map_err(|e| PlanError::one("the plan", e))?;
        plan.checked()
    }

    fn checked(self) -> Result<Self, PlanError> {
        let problems = validate(&self);
        if problems.is_empty() { Ok(self) } else { Err(PlanError { problems }) }
    }

    /// The inputs, typed, in the order of the text.
    #[must_use]
    pub fn declared_inputs(&self) -> Vec<(String, Input)> {
        self.inputs
            .iter()
            .filter_map(|(name, value)| {
                serde_json::from_value(value.clone()).ok().map(|input| (name.clone(), input))
            })
            .collect()
    }

    /// A plan without inputs: every `inputs.<name>` replaced by the given value or its default.
    /// References to steps stay.
    ///
    /// # Errors
    ///
    /// Unknown inputs, inputs without a value, values of a wrong type.
    pub fn with_inputs(&self, given: &Map<String, Value>) -> Result<Self, PlanError> {
        let declared: BTreeMap<String, Input> = self.declared_inputs().into_iter().collect();
        let mut problems = Vec::new();
        for name in given.keys().filter(|name| !declared.contains_key(*name)) {
            let known: Vec<&str> = declared.keys().map(String::as_str).collect();
            problems.push(PlanProblem::new(
                format!("inputs.{name}"),
                format!("the plan has no such input; it has: {}", known.join(", ")),
            ));
        }
        let mut values = Map::new();
        for (name, input) in &declared {
            let place = format!("inputs.{name}");
            let Some(value) = given.get(name).or(input.default.as_ref()) else {
                problems.push(PlanProblem::new(place, format!("needs a value: {}", input.description)));
                continue;
            };
            if !input.kind.admits(value) {
                problems.push(PlanProblem::new(
                    place,
                    format!("must be of type {}, found {value}", input.kind.as_str()),
                ));
            } else if !input.allowed.is_empty() && !input.allowed.contains(value) {
                let allowed = Value::Array(input.allowed.clone());
                problems.push(PlanProblem::new(place, format!("must be one of {allowed}, found {value}")));
            } else {
                values.insert(name.clone(), value.clone());
            }
        }
        if !problems.is_empty() {
            return Err(PlanError { problems });
        }
        self.fill(values)
    }

    fn fill(&self, values: Map<String, Value>) -> Result<Self, PlanError> {
        let scope = Scope::new().with_inputs(values);
        let mut plan = self.clone();
        plan.inputs = Map::new();
        let mut problems = Vec::new();
        for (index, step) in plan.steps.iter_mut().enumerate() {
            match super::reference::resolve_inputs(&step.params, &scope) {
                Ok(params) => step.params = params,
                Err(errors) => problems.extend(errors.into_iter().map(|(path, error)| {
                    PlanProblem::new(format!("steps[{index}].params{}", &path[1..]), error.to_string())
                })),
            }
            for (field, text) in [("region", &mut step.region), ("account", &mut step.account)] {
                let Some(value) = text.as_ref() else { continue };
                match resolve(&Value::String(value.clone()), &scope) {
                    Ok(Value::String(value)) => *text = Some(value),
                    Ok(other) => problems.push(PlanProblem::new(
                        format!("steps[{index}].{field}"),
                        format!("must be text, found {other}"),
                    )),
                    Err(errors) => problems.extend(errors.into_iter().map(|(_, error)| {
                        PlanProblem::new(format!("steps[{index}].{field}"), error.to_string())
                    })),
                }
            }
            if let Ok(Value::String(purpose)) = resolve(&Value::String(step.purpose.clone()), &scope) {
                step.purpose = purpose;
            }
        }
        if let Ok(Value::String(name)) = resolve(&Value::String(plan.name.clone()), &scope) {
            plan.name = name;
        }
        if problems.is_empty() { Ok(plan) } else { Err(PlanError { problems }) }
    }

    /// The identity of the plan: SHA-256 over its canonical JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // A plan holds only strings, numbers, and JSON values, so canonical JSON cannot fail;
        // if it ever did, the digest of nothing would match no approval.
        Digest::of(self).unwrap_or_else(|_| Digest::of_bytes(b""))
    }

    /// The order of the steps.
    ///
    /// # Errors
    ///
    /// The steps of a cycle. A plan from [`Plan::parse`] has none.
    pub fn order(&self) -> Result<Order, Vec<String>> {
        Order::of(self)
    }

    /// The step with this id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    const NETWORK: &str = r#"
version: 1
name: private network ${{ inputs.cidr }}
inputs:
  cidr: { type: string, default: 10.0.0.0/16, description: Address range }
  zone: { type: string, description: Zone }
steps:
  - id: vpc
    cloud: aws
    service: ec2
    operation: CreateVpc
    region: eu-central-1
    params: { CidrBlock: "${{ inputs.cidr }}" }
  - id: subnet
    cloud: aws
    service: ec2
    operation: CreateSubnet
    params: { VpcId: "${{ steps.vpc.output.Vpc.VpcId }}", Zone: "${{ inputs.zone }}-${{ steps.vpc.output.Vpc.VpcId }}" }
"#;

    #[test]
    fn inputs_are_filled_and_step_references_stay() {
        let plan = Plan::parse(NETWORK).unwrap();
        let given = json!({"zone": "a"});
        let filled = plan.with_inputs(given.as_object().unwrap()).unwrap();
        assert_eq!(filled.name, "private network 10.0.0.0/16");
        assert_eq!(filled.steps[0].params, json!({"CidrBlock": "10.0.0.0/16"}));
        assert_eq!(
            filled.steps[1].params,
            json!({"VpcId": "${{ steps.vpc.output.Vpc.VpcId }}", "Zone": "a-${{ steps.vpc.output.Vpc.VpcId }}"})
        );
        assert_eq!(filled.order().unwrap().sorted(), ["vpc", "subnet"]);
    }

    #[test]
    fn a_missing_and_an_unknown_input_are_both_named() {
        let plan = Plan::parse(NETWORK).unwrap();
        let given = json!({"zoned": "a"});
        let message = plan.with_inputs(given.as_object().unwrap()).unwrap_err().to_string();
        assert!(message.contains("inputs.zoned") && message.contains("inputs.zone:"), "{message}");
    }

    #[test]
    fn a_broken_yaml_plan_names_line_and_column() {
        let message = Plan::parse("version: 1\nname: x\nsteps:\n  - id: [").unwrap_err().to_string();
        assert!(message.contains("line "), "{message}");
    }

    #[test]
    fn json_and_yaml_of_one_plan_have_one_digest() {
        let plan = Plan::parse(NETWORK).unwrap();
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(Plan::parse(&json).unwrap().digest(), plan.digest());
    }

    #[test]
    fn any_edit_changes_the_digest() {
        let plan = Plan::parse(NETWORK).unwrap();
        let mut edited = plan.clone();
        edited.steps[0].params["CidrBlock"] = json!("10.1.0.0/16");
        assert_ne!(edited.digest(), plan.digest());
    }
}
