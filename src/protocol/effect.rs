//! What a step does, in one sign and one word.

use serde_json::Value;

use crate::plan::{AccessClass, Plan, Step, StepFacts};

/// What a step does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepEffect {
    /// Makes something new.
    Create,
    /// Changes something that is there.
    Change,
    /// Makes again what another step of the plan deletes.
    Replace,
    /// Takes something away.
    Delete,
    /// Looks only.
    Read,
}

impl StepEffect {
    /// The sign before the step.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            StepEffect::Create => "+",
            StepEffect::Change => "~",
            StepEffect::Replace => "-/+",
            StepEffect::Delete => "-",
            StepEffect::Read => "=",
        }
    }

    /// The word beside the sign.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepEffect::Create => "create",
            StepEffect::Change => "change",
            StepEffect::Replace => "replace",
            StepEffect::Delete => "delete",
            StepEffect::Read => "read",
        }
    }
}

/// Verbs that begin the names of operations that make something new, over all clouds.
const CREATING: [&str; 12] = [
    "Create",
    "Run",
    "Launch",
    "Allocate",
    "Register",
    "Provision",
    "Import",
    "Copy",
    "Restore",
    "Request",
    "Publish",
    "Begin",
];

/// The effect of every step, in the order of the plan as written.
///
/// A step that nobody classified is never called a read. A creation is a replacement when the
/// same plan deletes a resource of the same kind with a parameter in common.
#[must_use]
pub fn effects(plan: &Plan, facts: &[StepFacts]) -> Vec<StepEffect> {
    plan.steps
        .iter()
        .map(|step| match own_effect(step, facts) {
            StepEffect::Create if is_replacement(step, plan, facts) => StepEffect::Replace,
            effect => effect,
        })
        .collect()
}

fn own_effect(step: &Step, facts: &[StepFacts]) -> StepEffect {
    let class = facts.iter().find(|fact| fact.step == step.id).map(|fact| fact.access.class);
    match class {
        Some(AccessClass::Read | AccessClass::Secret) => StepEffect::Read,
        Some(AccessClass::Delete) => StepEffect::Delete,
        _ if CREATING.contains(&verb_and_noun(&step.operation).0) => StepEffect::Create,
        _ => StepEffect::Change,
    }
}

fn is_replacement(step: &Step, plan: &Plan, facts: &[StepFacts]) -> bool {
    let (_, noun) = verb_and_noun(&step.operation);
    plan.steps.iter().any(|other| {
        own_effect(other, facts) == StepEffect::Delete
            && (other.cloud, &other.service) == (step.cloud, &step.service)
            && verb_and_noun(&other.operation).1 == noun
            && shares_a_text(&step.params, &other.params)
    })
}

fn shares_a_text(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
    one.iter().any(|(name, value)| value.is_string() && other.get(name) == Some(value))
}

/// `CreateBucket` → (`Create`, `Bucket`); `VirtualMachines_CreateOrUpdate` → (`Create`, the group).
fn verb_and_noun(operation: &str) -> (&str, &str) {
    let (group, method) = operation.split_once('_').map_or((None, operation), |(g, m)| (Some(g), m));
    let end = method.char_indices().skip(1).find(|(_, c)| c.is_uppercase()).map_or(method.len(), |(i, _)| i);
    let (verb, noun) = method.split_at(end);
    (verb, group.unwrap_or(noun))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Access;
    use serde_json::json;

    fn plan(steps: &[(&str, &str, Value)]) -> Plan {
        let steps: Vec<Value> = steps
            .iter()
            .map(|(id, operation, params)| {
                json!({"id": id, "cloud": "aws", "service": "s3", "operation": operation, "params": params})
            })
            .collect();
        Plan::from_value(json!({"version": 1, "name": "x", "steps": steps})).unwrap()
    }

    fn facts(classes: &[(&str, AccessClass)]) -> Vec<StepFacts> {
        classes
            .iter()
            .map(|(step, class)| StepFacts {
                step: (*step).into(),
                access: Access { class: *class, irreversible: false, source: "test".into() },
                undo: None,
            })
            .collect()
    }

    #[test]
    fn creations_and_changes_are_told_apart_by_the_verb() {
        let plan = plan(&[("a", "CreateBucket", json!({})), ("b", "PutBucketTagging", json!({}))]);
        let facts = facts(&[("a", AccessClass::Write), ("b", AccessClass::Write)]);
        assert_eq!(effects(&plan, &facts), [StepEffect::Create, StepEffect::Change]);
    }

    #[test]
    fn a_step_without_facts_is_not_called_a_read() {
        let plan = plan(&[("a", "GetBucketAcl", json!({}))]);
        assert_eq!(effects(&plan, &[]), [StepEffect::Change]);
        assert_eq!(effects(&plan, &facts(&[("a", AccessClass::Read)])), [StepEffect::Read]);
    }

    #[test]
    fn deleting_and_making_the_same_thing_again_is_a_replacement() {
        let plan = plan(&[
            ("old", "DeleteBucket", json!({"Bucket": "logs"})),
            ("new", "CreateBucket", json!({"Bucket": "logs"})),
            ("other", "CreateBucket", json!({"Bucket": "web"})),
        ]);
        let facts = facts(&[
            ("old", AccessClass::Delete),
            ("new", AccessClass::Write),
            ("other", AccessClass::Write),
        ]);
        assert_eq!(effects(&plan, &facts), [StepEffect::Delete, StepEffect::Replace, StepEffect::Create]);
    }

    #[test]
    fn grouped_names_speak_of_their_group() {
        assert_eq!(verb_and_noun("VirtualMachines_CreateOrUpdate"), ("Create", "VirtualMachines"));
        assert_eq!(verb_and_noun("RunInstances"), ("Run", "Instances"));
    }
}
