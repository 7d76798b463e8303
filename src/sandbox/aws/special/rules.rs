//! Rules of security groups: one thing per rule, shown in the group as permissions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::fault::Fault;
use super::super::kinds::Kind;
use super::super::work::{ACCOUNT, Work, text_of, texts_of};
use crate::sandbox::model::{Parent, Phase, Resource};
use crate::sandbox::template::hex;

/// Members of a permission that hold what it opens to, the member inside, and the member of a rule for it.
const TARGETS: [(&str, &str, &str); 4] = [
    ("IpRanges", "CidrIp", "CidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId", "ReferencedGroupInfo"),
];

type Output = Result<Map<String, Value>, Fault>;

/// Adds the rules that the request names; none of them may be there.
pub(super) fn authorize(work: &mut Work<'_>, egress: bool) -> Output {
    let group = group(work)?;
    let wanted = wanted(work, egress)?;
    let there = rules_of(work, &group);
    if wanted.iter().any(|rule| there.iter().any(|old| same(&old.attributes, rule))) {
        let message = "The specified rule already exists in the security group";
        return Err(Fault::new(400, "InvalidPermission.Duplicate", message));
    }
    let mut made = Vec::new();
    for mut attributes in wanted {
        let id = format!("sgr-{}", hex(17));
        attributes.insert("GroupOwnerId".into(), ACCOUNT.into());
        let rule = Resource {
            service: group.service.clone(),
            region: group.region.clone(),
            kind: "SecurityGroupRule".into(),
            id: id.clone(),
            arn: None,
            names: BTreeMap::from([("SecurityGroupRuleId".to_owned(), id)]),
            parents: vec![Parent { member: "GroupId".into(), key: group.key(), contains: true }],
            attributes,
            tags: BTreeMap::new(),
            phase: Phase::Ready,
            reads_left: 0,
            created: work.now,
            changed: work.now,
            token: None,
            inborn: true,
        };
        made.push(shown(&rule, &group));
        work.ledger.put(rule);
    }
    show_in_group(work, group);
    Ok(Map::from_iter([("Return".to_owned(), true.into()), ("SecurityGroupRules".to_owned(), made.into())]))
}

/// Takes away the rules that the request names; all of them must be there.
pub(super) fn revoke(work: &mut Work<'_>, egress: bool) -> Output {
    let group = group(work)?;
    let there = rules_of(work, &group);
    let missing = || {
        let message = "The specified rule does not exist in this security group";
        Fault::new(400, "InvalidPermission.NotFound", message)
    };
    let ids = work.params.get("SecurityGroupRuleIds").map(texts_of).unwrap_or_default();
    let mut doomed = Vec::new();
    for id in &ids {
        doomed.push(there.iter().find(|rule| rule.id == *id).ok_or_else(missing)?.key());
    }
    if ids.is_empty() {
        for rule in wanted(work, egress)? {
            doomed.push(there.iter().find(|old| same(&old.attributes, &rule)).ok_or_else(missing)?.key());
        }
    }
    for key in doomed {
        work.ledger.remove(&key);
    }
    show_in_group(work, group);
    Ok(Map::from_iter([("Return".to_owned(), Value::Bool(true))]))
}

fn group(work: &Work<'_>) -> Result<Resource, Fault> {
    let kind = work.kinds.named("SecurityGroup").cloned().unwrap_or_else(Kind::default);
    let name = ["GroupId", "GroupName"].iter().find_map(|name| work.params.get(*name).and_then(text_of));
    let name = name.ok_or_else(|| Fault::missing(work.service.protocol, "GroupId"))?;
    work.find(&kind, &name).cloned().ok_or_else(|| work.not_found(&kind, &name))
}

fn rules_of(work: &Work<'_>, group: &Resource) -> Vec<Resource> {
    work.ledger.dependents(group).filter(|other| other.kind == "SecurityGroupRule").cloned().collect()
}

/// The rules that a request names, one for each target.
fn wanted(work: &Work<'_>, egress: bool) -> Result<Vec<Map<String, Value>>, Fault> {
    let mut permissions: Vec<Value> =
        work.params.get("IpPermissions").and_then(Value::as_array).cloned().unwrap_or_default();
    // The older way: one permission in parameters of its own.
    if let Some(cidr) = work.params.get("CidrIp") {
        let mut one: Map<String, Value> = ["IpProtocol", "FromPort", "ToPort"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), work.params.get(*name)?.clone())))
            .collect();
        one.insert("IpRanges".into(), json!([{"CidrIp": cidr}]));
        permissions.push(Value::Object(one));
    }
    let mut rules = Vec::new();
    for permission in &permissions {
        let all = permission.get("IpProtocol").and_then(Value::as_str) == Some("-1");
        let port = |name: &str| match permission.get(name) {
            Some(port) if !all => port.clone(),
            _ => json!(-1),
        };
        for (list, member, name) in TARGETS {
            for target in permission.get(list).and_then(Value::as_array).into_iter().flatten() {
                let Some(value) = target.get(member) else { continue };
                let mut rule = Map::new();
                rule.insert("IsEgress".into(), egress.into());
                rule.insert(
                    "IpProtocol".into(),
                    permission.get("IpProtocol").cloned().unwrap_or("-1".into()),
                );
                rule.insert("FromPort".into(), port("FromPort"));
                rule.insert("ToPort".into(), port("ToPort"));
                let value =
                    if name == "ReferencedGroupInfo" { json!({"GroupId": value}) } else { value.clone() };
                rule.insert(name.into(), value);
                if let Some(description) = target.get("Description") {
                    rule.insert("Description".into(), description.clone());
                }
                rules.push(rule);
            }
        }
    }
    if rules.is_empty() {
        return Err(Fault::missing(work.service.protocol, "IpPermissions"));
    }
    Ok(rules)
}

/// Rules are the same whatever is said about them.
fn same(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let named = ["IsEgress", "IpProtocol", "FromPort", "ToPort"];
    let targets = TARGETS.iter().map(|(_, _, name)| *name);
    named.into_iter().chain(targets).all(|name| a.get(name) == b.get(name))
}

fn shown(rule: &Resource, group: &Resource) -> Value {
    let mut out = rule.attributes.clone();
    out.insert("SecurityGroupRuleId".into(), rule.id.as_str().into());
    out.insert("GroupId".into(), group.id.as_str().into());
    Value::Object(out)
}

/// The group shows its rules as permissions, those of one protocol and one range of ports together.
fn show_in_group(work: &mut Work<'_>, mut group: Resource) {
    let rules = rules_of(work, &group);
    for (egress, member) in [(false, "IpPermissions"), (true, "IpPermissionsEgress")] {
        let permissions =
            permissions(rules.iter().filter(|rule| rule.attributes.get("IsEgress") == Some(&json!(egress))));
        group.attributes.insert(member.into(), permissions);
    }
    group.changed = work.now;
    work.ledger.put(group);
}

fn permissions<'a>(rules: impl Iterator<Item = &'a Resource>) -> Value {
    let mut together: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for rule in rules {
        let get = |name: &str| rule.attributes.get(name).cloned().unwrap_or_default();
        let key = format!("{} {} {}", get("IpProtocol"), get("FromPort"), get("ToPort"));
        let permission = together.entry(key).or_insert_with(|| {
            let mut new = Map::from_iter([("IpProtocol".to_owned(), get("IpProtocol"))]);
            if get("FromPort") != json!(-1) {
                new.insert("FromPort".into(), get("FromPort"));
                new.insert("ToPort".into(), get("ToPort"));
            }
            for (list, _, _) in TARGETS {
                new.insert(list.into(), json!([]));
            }
            new
        });
        for (list, member, name) in TARGETS {
            let Some(value) = rule.attributes.get(name) else { continue };
            let value = value.get("GroupId").unwrap_or(value).clone();
            let mut target = Map::from_iter([(member.to_owned(), value)]);
            if name == "ReferencedGroupInfo" {
                target.insert("UserId".into(), ACCOUNT.into());
            }
            if let Some(description) = rule.attributes.get("Description") {
                target.insert("Description".into(), description.clone());
            }
            if let Some(Value::Array(items)) = permission.get_mut(list) {
                items.push(Value::Object(target));
            }
        }
    }
    together.into_values().map(Value::Object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_said_about_a_rule_makes_no_other_rule() {
        let a = rule(
            json!({"IsEgress": false, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIpv4": "0.0.0.0/0"}),
        );
        let mut b = a.clone();
        b.insert("Description".into(), json!("all"));
        assert!(same(&a, &b));
        b.insert("CidrIpv4".into(), json!("10.0.0.0/8"));
        assert!(!same(&a, &b));
    }
}
