//! Which waiter of the model follows a call, and what it has to be asked with.
//!
//! The models name waiters after the thing and its state (`BucketExists`, `InstanceRunning`), and
//! operations after the verb and the thing. The two are brought together by the thing; the state must
//! be one that the verb leads to.

use serde_json::{Map, Value};

use super::exceptions;
use crate::catalog::shapes::{Location, Operation, Service, Shape, ShapeKind, Waiter};

/// Verbs, and the states they lead to, the one that means "usable" first.
const LEADS_TO: [(&[&str], &[&str]); 7] = [
    (
        &[
            "Create",
            "Restore",
            "Register",
            "Import",
            "Copy",
            "Allocate",
            "Request",
            "Put",
            "Deploy",
            "Provision",
        ],
        &[
            "Available",
            "Active",
            "Ready",
            "InService",
            "Validated",
            "Issued",
            "Completed",
            "Complete",
            "Created",
            "Deployed",
            "Stable",
            "Succeeded",
            "Exists",
        ],
    ),
    (
        &["Run", "Start", "Launch", "Reboot"],
        &[
            "Running",
            "Started",
            "Online",
            "Available",
            "Active",
            "InService",
            "Completed",
            "Complete",
            "Succeeded",
            "Created",
        ],
    ),
    (
        &["Delete", "Terminate", "Release", "Deregister", "Remove"],
        &["Deleted", "Terminated", "NotExists", "Deregistered", "Inactive"],
    ),
    (&["Stop"], &["Stopped", "Offline"]),
    (&["Attach"], &["InUse", "Attached", "InService", "Exists"]),
    (&["Detach"], &["Available", "Detached"]),
    (&["Update", "Modify", "Change"], &["Updated", "Changed", "Available", "Active", "Stable", "InService"]),
];

/// The waiter that follows a call: its name, itself, and what it asks with.
pub(super) fn following<'a>(
    service: &'a Service,
    operation: &Operation,
    params: &Value,
    output: &Value,
) -> Option<(&'a str, &'a Waiter, Value)> {
    if exceptions::not_awaited(service, operation) {
        return None;
    }
    let end = operation.name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase())?.0;
    let (verb, thing) = operation.name.split_at(end);
    let (_, states) = LEADS_TO.iter().find(|(verbs, _)| verbs.contains(&verb))?;
    names(verb, thing, states).iter().find_map(|wanted| {
        let (name, waiter) = service.waiters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        let asked = service.operation(&waiter.operation)?;
        let with = asked_with(service, operation, asked, params, output)?;
        Some((name.as_str(), waiter, with))
    })
}

/// Names under which the model may have the waiter, the best first.
fn names(verb: &str, thing: &str, states: &[&str]) -> Vec<String> {
    let mut things = forms(thing);
    things.push(format!("{thing}s"));
    // `StackCreateComplete` says more than `StackExists`.
    let mut names: Vec<String> = things.iter().map(|thing| format!("{thing}{verb}Complete")).collect();
    for state in states {
        for version in ["V2", ""] {
            names.extend(things.iter().map(|thing| format!("{thing}{state}{version}")));
            // What changes a part, `FunctionCode`, updates the whole, `Function`.
            if let ("Updated", Some(at)) = (*state, thing.rfind(|c: char| c.is_ascii_uppercase())) {
                names.push(format!("{}{state}{version}", &thing[..at]));
            }
        }
    }
    names
}

/// A thing in the plural and the singular: `Instances`, `Instance`.
fn forms(thing: &str) -> Vec<String> {
    let mut forms = vec![thing.to_owned()];
    if let Some(stem) = thing.strip_suffix("ies") {
        forms.push(format!("{stem}y"));
    }
    forms.extend(thing.strip_suffix('s').map(str::to_owned));
    forms
}

/// The parameters of the operation that a waiter asks: what it requires, or else the member that
/// names the thing, found by name in what the call was given and what it answered.
fn asked_with(
    service: &Service,
    operation: &Operation,
    asked: &Operation,
    params: &Value,
    output: &Value,
) -> Option<Value> {
    let input = service.shape(asked.input?);
    let mut with = Map::new();
    for member in input.members().iter().filter(|member| member.required) {
        let value = named(&member.name, service.shape(member.shape), params, output)?;
        with.insert(member.name.clone(), value);
    }
    let names_something = |name: &str| {
        ["Ids", "Id", "Arns", "Arn", "Names", "Name", "Identifier", "Identifiers"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    if with.is_empty() {
        // Of several members that would do, one that names what the call made.
        let (name, value) =
            input.members().iter().filter(|member| names_something(&member.name)).find_map(|member| {
                let value = named(&member.name, service.shape(member.shape), params, output)?;
                Some((member.name.clone(), value))
            })?;
        with.insert(name, value);
    }
    // Where the thing is: the `cluster` of a service, under the name that the call had for it.
    let own = operation.input.map(|id| service.shape(id));
    for member in input.members().iter().filter(|member| member.location == Location::Body) {
        let same = own.and_then(|own| own.member(&member.name)).is_some();
        if let Some(value @ Value::String(_)) = params.get(&member.name).filter(|_| same) {
            with.entry(member.name.clone()).or_insert_with(|| value.clone());
        }
    }
    Some(Value::Object(with))
}

/// The value for a member: under its own name, or, for a list, all values under its singular name.
fn named(name: &str, shape: &Shape, params: &Value, output: &Value) -> Option<Value> {
    if matches!(shape.kind, ShapeKind::List { .. }) {
        let mut found = Vec::new();
        if let Some(list @ Value::Array(_)) = params.get(name) {
            return Some(list.clone());
        }
        for singular in forms(name).iter().skip(1).chain(std::iter::once(&lower_first(name))) {
            gather(output, singular, 0, &mut found);
            if found.is_empty() {
                gather(params, singular, 0, &mut found);
            }
            if !found.is_empty() {
                break;
            }
        }
        // `services` are asked for by `serviceName`, `clusters` by `clusterName`.
        if found.is_empty()
            && let Some(singular) = forms(name).get(1)
        {
            for ending in ["Arn", "Name", "Id", "arn", "name"] {
                gather(output, &format!("{singular}{ending}"), 0, &mut found);
                if !found.is_empty() {
                    break;
                }
            }
        }
        found.dedup();
        return (!found.is_empty()).then_some(Value::Array(found));
    }
    let own = params.get(name).filter(|value| value.is_string() || value.is_number()).cloned();
    own.or_else(|| {
        let mut found = Vec::new();
        gather(output, name, 0, &mut found);
        found.into_iter().next()
    })
    .or_else(|| {
        // A member that is called `Id` or `name` on its own.
        let plain = params
            .as_object()?
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(name) && value.is_string());
        plain.map(|(_, value)| value.clone())
    })
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// All texts under a name, at any depth, nearest first.
fn gather(value: &Value, name: &str, depth: usize, found: &mut Vec<Value>) {
    if depth > 8 {
        return;
    }
    match value {
        Value::Object(members) => {
            let own = members.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && value.is_string());
            found.extend(own.map(|(_, value)| value.clone()));
            if own.is_none() {
                members.values().for_each(|inner| gather(inner, name, depth + 1, found));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, name, depth + 1, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::{CloudName, OperationName};
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn waiter(service: &str, operation: &str, params: Value, output: Value) -> Option<(String, Value)> {
        let catalog = Catalog::open(None).unwrap();
        let found = catalog.operation(&OperationName::new(CloudName::Aws, service, operation)).unwrap();
        following(found.service(), found.operation(), &params, &output)
            .map(|(name, _, with)| (name.to_owned(), with))
    }

    #[test]
    fn what_was_made_is_awaited_by_its_name() {
        let none = || json!({});
        for (service, operation, params, output, expected, with) in [
            ("s3", "CreateBucket", json!({"Bucket": "b"}), none(), "BucketExists", json!({"Bucket": "b"})),
            ("s3", "DeleteBucket", json!({"Bucket": "b"}), none(), "BucketNotExists", json!({"Bucket": "b"})),
            (
                "ec2",
                "RunInstances",
                none(),
                json!({"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}),
                "InstanceRunning",
                json!({"InstanceIds": ["i-1", "i-2"]}),
            ),
            (
                "ec2",
                "TerminateInstances",
                json!({"InstanceIds": ["i-1"]}),
                none(),
                "InstanceTerminated",
                json!({"InstanceIds": ["i-1"]}),
            ),
            (
                "ec2",
                "CreateVpc",
                none(),
                json!({"Vpc": {"VpcId": "vpc-1"}}),
                "VpcAvailable",
                json!({"VpcIds": ["vpc-1"]}),
            ),
            (
                "dynamodb",
                "CreateTable",
                json!({"TableName": "t"}),
                none(),
                "TableExists",
                json!({"TableName": "t"}),
            ),
            (
                "rds",
                "CreateDBInstance",
                json!({"DBInstanceIdentifier": "d"}),
                none(),
                "DBInstanceAvailable",
                json!({"DBInstanceIdentifier": "d"}),
            ),
            ("iam", "CreateRole", json!({"RoleName": "r"}), none(), "RoleExists", json!({"RoleName": "r"})),
            ("eks", "CreateCluster", json!({"name": "c"}), none(), "ClusterActive", json!({"name": "c"})),
            (
                "cloudformation",
                "CreateStack",
                json!({"StackName": "s"}),
                json!({"StackId": "arn"}),
                "StackCreateComplete",
                json!({"StackName": "s"}),
            ),
            (
                "ecs",
                "CreateService",
                json!({"cluster": "c", "serviceName": "web"}),
                json!({"service": {"serviceArn": "arn:web", "serviceName": "web"}}),
                "ServicesStable",
                json!({"services": ["arn:web"], "cluster": "c"}),
            ),
            (
                "ec2",
                "AttachVolume",
                json!({"VolumeId": "vol-1", "InstanceId": "i-1"}),
                json!({"VolumeId": "vol-1", "State": "attaching"}),
                "VolumeInUse",
                json!({"VolumeIds": ["vol-1"]}),
            ),
            (
                "lambda",
                "UpdateFunctionCode",
                json!({"FunctionName": "f"}),
                none(),
                "FunctionUpdatedV2",
                json!({"FunctionName": "f"}),
            ),
            (
                "route53",
                "ChangeResourceRecordSets",
                json!({"HostedZoneId": "z"}),
                json!({"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING"}}),
                "ResourceRecordSetsChanged",
                json!({"Id": "/change/C1"}),
            ),
        ] {
            let found = waiter(service, operation, params, output);
            assert_eq!(found, Some((expected.to_owned(), with)), "{service} {operation}");
        }
    }

    #[test]
    fn where_the_model_knows_no_waiter_there_is_nothing_to_wait_for() {
        assert_eq!(waiter("s3", "PutBucketTagging", json!({"Bucket": "b"}), json!({})), None);
        assert_eq!(waiter("sqs", "CreateQueue", json!({"QueueName": "q"}), json!({})), None);
        assert_eq!(waiter("ec2", "DescribeVpcs", json!({}), json!({})), None);
        assert_eq!(waiter("ec2", "ModifyVolume", json!({"VolumeId": "vol-1"}), json!({})), None);
    }

    #[test]
    fn a_waiter_that_cannot_be_asked_for_just_this_is_not_asked_for_everything() {
        assert_eq!(waiter("ec2", "RunInstances", json!({}), json!({})), None);
    }
}
