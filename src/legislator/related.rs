//! Which steps of a plan speak of the resource that another step makes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::{Plan, Step, StepId, is_reference, references};

/// For every step that others speak of: those others, in the order of the plan.
pub(super) fn followers(plan: &Plan) -> BTreeMap<StepId, Vec<StepId>> {
    let mut found: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
    let mut named: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        for name in names(step) {
            named.entry(name).or_default().push(index);
        }
    }
    let mut pairs = std::collections::BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        // A reference that cannot be read is refused elsewhere; here it relates nothing.
        for other in references(&step.params).unwrap_or_default().steps {
            if let Some(at) = plan.steps.iter().position(|s| s.id == other) {
                pairs.insert((at, index));
            }
        }
        for (cloud, arn) in arns(step) {
            let last = arn.rsplit([':', '/']).next().unwrap_or_default();
            for (_, at) in named.iter().filter(|(name, _)| name.cloud == cloud && name.value == last) {
                pairs.extend(at.iter().filter(|at| **at != index).map(|at| (*at, index)));
            }
        }
    }
    for steps in named.values().filter(|steps| steps.len() > 1) {
        for one in steps {
            pairs.extend(steps.iter().filter(|other| *other != one).map(|other| (*one, *other)));
        }
    }
    for (one, other) in pairs {
        found.entry(plan.steps[one].id.clone()).or_default().push(plan.steps[other].id.clone());
    }
    found
}

/// A name that a step gives to, or uses for, its resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a> {
    cloud: &'static str,
    service: &'a str,
    member: &'a str,
    value: &'a str,
}

/// Members that many resources share without being one.
const SHARED: [&str; 8] = [
    "resourceGroupName",
    "subscriptionId",
    "compartmentId",
    "namespaceName",
    "VpcId",
    "SubnetId",
    "ImageId",
    "Engine",
];

fn names(step: &Step) -> Vec<Name<'_>> {
    let Some(members) = step.params.as_object() else { return Vec::new() };
    members
        .iter()
        .filter(|(member, _)| !SHARED.contains(&member.as_str()) && is_name(member))
        .filter_map(|(member, value)| Some((member, value.as_str()?)))
        .map(|(member, value)| Name { cloud: step.cloud.as_str(), service: &step.service, member, value })
        .collect()
}

/// `Bucket`, `RoleName`, `logGroupName`, `DBInstanceIdentifier`, `KeyId`; not `ACL`.
fn is_name(member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    lower == "bucket" || ["name", "identifier", "id"].iter().any(|ending| lower.ends_with(ending))
}

/// The resource names that a step's lists and texts hold as ARNs.
fn arns(step: &Step) -> Vec<(&'static str, &str)> {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) if text.starts_with("arn:") && !is_reference(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| name.to_ascii_lowercase().contains("arn") || *name == "Resource")
                .for_each(|(_, value)| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&step.params, &mut found);
    found.into_iter().map(|arn| (step.cloud.as_str(), arn)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn plan(steps: Value) -> Plan {
        Plan::from_value(json!({"version": 1, "name": "p", "steps": steps})).unwrap()
    }

    #[test]
    fn equal_names_references_and_arns_relate_steps() {
        let plan = plan(json!([
            {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": {"Bucket": "b"}},
            {"id": "block", "cloud": "aws", "service": "s3", "operation": "PutPublicAccessBlock", "params": {"Bucket": "b"}},
            {"id": "arn", "cloud": "aws", "service": "resourcegroupstaggingapi", "operation": "TagResources",
             "params": {"ResourceARNList": ["arn:aws:s3:::b"]}},
            {"id": "other", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params": {"Bucket": "c"}},
            {"id": "reference", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging",
             "params": {"Bucket": "${{ steps.other.output.Name }}"}},
        ]));
        let followers = followers(&plan);
        assert_eq!(followers["bucket"], ["block", "arn"]);
        assert_eq!(followers["other"], ["reference"]);
    }

    #[test]
    fn sharing_a_network_or_a_group_relates_nothing() {
        let plan = plan(json!([
            {"id": "a", "cloud": "aws", "service": "ec2", "operation": "CreateSubnet", "params": {"VpcId": "v", "CidrBlock": "x"}},
            {"id": "b", "cloud": "aws", "service": "ec2", "operation": "CreateSubnet", "params": {"VpcId": "v", "CidrBlock": "x"}},
        ]));
        assert_eq!(followers(&plan), BTreeMap::new());
    }
}
