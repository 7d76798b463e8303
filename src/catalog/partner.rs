//! Which operation takes another one back, and which one looks up what it made.
//!
//! Nothing is listed by service: the partner is the operation of the same noun with the opposite
//! verb, and it counts only if every member that it requires can be found by name in the
//! parameters or the answer of the first. A partner that would need a guess is no partner.

use serde_json::{Map, Value};

use super::place::{Place, find_in_output, find_in_params, find_name_in_body};
use super::shapes::{Member, Operation, Service, ShapeKind};
use crate::plan::CloudName;

/// Verbs and what takes them back.
const OPPOSITES: [(&str, &[&str]); 24] = [
    ("CreateOrUpdate", &["Delete"]),
    ("Create", &["Delete"]),
    ("Run", &["Terminate"]),
    ("Launch", &["Terminate"]),
    ("Put", &["Delete", "Remove"]),
    ("Attach", &["Detach"]),
    ("Associate", &["Disassociate"]),
    ("Add", &["Remove", "Delete"]),
    ("Authorize", &["Revoke"]),
    ("Grant", &["Revoke"]),
    ("Allocate", &["Release"]),
    ("Enable", &["Disable"]),
    ("Register", &["Deregister"]),
    ("Subscribe", &["Unsubscribe"]),
    ("Tag", &["Untag"]),
    ("Lock", &["Unlock"]),
    ("Start", &["Stop"]),
    ("Stop", &["Start"]),
    ("Import", &["Delete"]),
    ("Publish", &["Delete"]),
    ("Request", &["Cancel", "Delete"]),
    ("Provision", &["Deprovision", "Release"]),
    ("Upload", &["Delete"]),
    ("Copy", &["Delete"]),
];

/// Verbs after which doing the same once more changes nothing.
const REPEATABLE: [&str; 30] = [
    "Put",
    "Set",
    "Update",
    "Modify",
    "Tag",
    "Untag",
    "Attach",
    "Detach",
    "Associate",
    "Disassociate",
    "Enable",
    "Disable",
    "Delete",
    "Remove",
    "Terminate",
    "Release",
    "Revoke",
    "Deregister",
    "Stop",
    "CreateOrUpdate",
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "Query",
    "Scan",
    "Authorize",
    "Replace",
    "Unsubscribe",
];

/// An operation that belongs to another one, and where its parameters come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The operation, of the same service.
    pub operation: String,
    members: Vec<(String, Source)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Params(Place),
    Output(Place),
    /// The partner must be told not to leave a copy behind.
    Yes,
}

impl Partner {
    /// The parameters of the partner for one step.
    ///
    /// # Errors
    ///
    /// The member that is required and was not in the step's parameters or answer.
    pub fn params(&self, params: &Value, output: &Value) -> Result<Value, String> {
        let mut out = Map::new();
        for (name, source) in &self.members {
            let value = match source {
                Source::Params(place) => place.read(params),
                Source::Output(place) => place.read(output),
                Source::Yes => Some(Value::Bool(true)),
            };
            out.insert(name.clone(), value.ok_or_else(|| name.clone())?);
        }
        Ok(Value::Object(out))
    }
}

/// The operation that takes this one back, given which optional parameters the step has.
#[must_use]
pub fn undo(service: &Service, operation: &Operation, params: &Value) -> Option<Partner> {
    let (group, name) = split_group(&operation.name);
    let (verb, noun) = verb_of(name);
    let (_, opposites) = OPPOSITES.iter().find(|(from, _)| *from == verb)?;
    opposites.iter().find_map(|opposite| {
        let partner = service.operation(&format!("{group}{opposite}{}", other_direction(noun)))?;
        let members = undo_members(service, operation, partner, noun, params)?;
        Some(Partner { operation: partner.name.clone(), members })
    })
}

/// The operation that looks up by name what this one makes, if the parameters name it.
#[must_use]
pub fn read(service: &Service, operation: &Operation, params: &Value) -> Option<Partner> {
    let (group, name) = split_group(&operation.name);
    let (_, noun) = verb_of(name);
    let nouns = [noun.to_owned(), format!("{noun}s"), format!("{noun}Url")];
    let named = |verb: &str| nouns.clone().map(|noun| format!("{group}{verb}{noun}"));
    let streams = |name: &String| service.operation(name).is_some_and(|found| answers_bytes(service, found));
    // Content is not fetched to see whether it is there, where a look at its head does.
    let (bytes, shown): (Vec<String>, Vec<String>) = named("Get").into_iter().partition(streams);
    let names = shown.into_iter().chain(named("Head")).chain(bytes).chain(named("Describe"));
    // Azure has no noun: its groups read with a bare `Get`.
    names.chain([format!("{group}Get")]).filter(|_| !noun.is_empty() || !group.is_empty()).find_map(|name| {
        let partner = service.operation(&name)?;
        let members = read_members(service, operation, partner, noun, params)?;
        Some(Partner { operation: partner.name.clone(), members })
    })
}

/// Whether the answer is content and not a description.
fn answers_bytes(service: &Service, operation: &Operation) -> bool {
    let Some(output) = operation.output.map(|id| service.shape(id)) else { return false };
    let payload = output.traits.payload.as_deref().and_then(|name| output.member(name));
    payload.is_some_and(|member| matches!(service.shape(member.shape).kind, ShapeKind::Blob))
}

/// Whether doing the operation once more, with the same parameters, changes nothing.
#[must_use]
pub fn repeatable(operation: &Operation) -> bool {
    let (_, name) = split_group(&operation.name);
    let (verb, _) = verb_of(name);
    operation.traits.readonly || operation.traits.idempotent || REPEATABLE.contains(&verb)
}

/// Operations that give back what is there when they are asked to make it again under the same name, by
/// the word of their documentation; their models do not say it.
const MADE_ONCE: [(&str, &str); 6] = [
    ("ecs", "CreateCluster"),
    ("ec2", "CreateTags"),
    ("elbv2", "CreateLoadBalancer"),
    ("elbv2", "CreateTargetGroup"),
    ("sns", "CreateTopic"),
    ("sqs", "CreateQueue"),
];

/// Whether making it again with the same parameters gives back what was made.
#[must_use]
pub fn made_once(service: &Service, operation: &Operation) -> bool {
    service.cloud == CloudName::Aws && MADE_ONCE.contains(&(service.name.as_str(), operation.name.as_str()))
}

/// Verbs after which something is gone.
const GONE: [&str; 10] = [
    "Delete",
    "Remove",
    "Terminate",
    "Release",
    "Revoke",
    "Deregister",
    "Detach",
    "Disassociate",
    "Untag",
    "Unsubscribe",
];

/// Whether something is gone when the operation was carried out.
#[must_use]
pub fn takes_away(operation: &Operation) -> bool {
    let (_, name) = split_group(&operation.name);
    GONE.contains(&verb_of(name).0)
}

/// Whether the operation makes a thing or changes the one that is there, and its answer alone says which.
#[must_use]
pub fn tells_news(operation: &Operation) -> bool {
    let news = operation.traits.arm.as_deref().is_some_and(|arm| arm.success.contains(&201));
    operation.method == "PUT" && news
}

/// The members that the SDKs fill with a fresh token when they are absent.
pub fn token_members<'a>(service: &'a Service, operation: &Operation) -> impl Iterator<Item = &'a str> {
    input(service, operation)
        .iter()
        .filter(|member| member.idempotency_token)
        .map(|member| member.name.as_str())
}

/// `Group_` and the rest; operations of most clouds have no group.
fn split_group(name: &str) -> (&str, &str) {
    name.rfind('_').map_or(("", name), |at| name.split_at(at + 1))
}

/// The first word and the rest: `CreateBucket` is `Create` and `Bucket`.
pub(super) fn verb_of(name: &str) -> (&str, &str) {
    if let Some(noun) = name.strip_prefix("CreateOrUpdate") {
        return ("CreateOrUpdate", noun);
    }
    let end =
        name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(name.len(), |(at, _)| at);
    name.split_at(end)
}

/// `RoleToInstanceProfile` becomes `RoleFromInstanceProfile`; other nouns stay.
fn other_direction(noun: &str) -> String {
    let ends_word = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    match noun.split_once("To") {
        Some((left, right)) if !left.is_empty() && ends_word(right) => format!("{left}From{right}"),
        _ => noun.to_owned(),
    }
}

fn input<'a>(service: &'a Service, operation: &Operation) -> &'a [Member] {
    operation.input.map_or(&[], |id| service.shape(id).members())
}

/// Members that say how to do it, and not what it is done to.
fn is_aside(member: &Member) -> bool {
    member.idempotency_token || matches!(member.name.as_str(), "DryRun" | "dryRun" | "MFA")
}

fn undo_members(
    service: &Service,
    operation: &Operation,
    partner: &Operation,
    noun: &str,
    params: &Value,
) -> Option<Vec<(String, Source)>> {
    let wanted: Vec<&Member> = input(service, partner).iter().filter(|member| !is_aside(member)).collect();
    let in_output = |member: &Member| find_in_output(service, operation, member, noun).map(Source::Output);
    let in_params = |member: &Member| find_in_params(service, operation, member, params).map(Source::Params);
    let mut members = Vec::new();
    for member in wanted.iter().filter(|member| member.required) {
        // The answer's value of the same name is the thing's own; the parameter may be a short form.
        // A member of another name (an ARN where a name is wanted) is only taken where nothing else is.
        let same_name = |source: &Source| matches!(source, Source::Output(p) if p.ends_in(&member.name));
        let source = in_output(member)
            .filter(same_name)
            .or_else(|| in_params(member))
            .or_else(|| in_output(member))?;
        members.push((member.name.clone(), source));
    }
    let optional = || wanted.iter().filter(|member| !member.required);
    if members.is_empty() {
        // One identifier from the answer is enough, and two may contradict each other.
        let made =
            optional().filter(|m| is_identifier(&m.name)).find_map(|m| Some((m.name.clone(), in_output(m)?)));
        members.extend(made);
    }
    if members.is_empty() || members.iter().all(|(_, source)| matches!(source, Source::Params(_))) {
        members.extend(optional().filter_map(|m| Some((m.name.clone(), in_params(m)?))));
    }
    if members.is_empty() {
        return None;
    }
    for member in wanted {
        let is_flag = matches!(service.shape(member.shape).kind, ShapeKind::Boolean);
        if is_flag && member.name.starts_with("SkipFinal") {
            members.push((member.name.clone(), Source::Yes));
        }
    }
    Some(members)
}

fn read_members(
    service: &Service,
    operation: &Operation,
    partner: &Operation,
    noun: &str,
    params: &Value,
) -> Option<Vec<(String, Source)>> {
    let mut members = Vec::new();
    let wanted = input(service, partner);
    for member in wanted.iter().filter(|member| member.required) {
        let place = find_in_params(service, operation, member, params)
            .or_else(|| find_name_in_body(service, operation, member, noun, params))?;
        members.push((member.name.clone(), Source::Params(place)));
    }
    if members.is_empty() {
        let named = wanted.iter().filter(|m| is_name_of(&m.name, noun));
        members.extend(named.filter_map(|member| {
            let place = find_in_params(service, operation, member, params)?;
            Some((member.name.clone(), Source::Params(place)))
        }));
    }
    (!members.is_empty()).then_some(members)
}

fn is_identifier(name: &str) -> bool {
    ["Id", "Arn", "ARN", "Identifier", "Url"].iter().any(|ending| name.ends_with(ending))
}

/// `DBInstanceIdentifier` names a `DBInstance`.
fn is_name_of(name: &str, noun: &str) -> bool {
    let (name, noun) = (name.to_ascii_lowercase(), noun.to_ascii_lowercase());
    name.strip_prefix(noun.trim_end_matches('s')).is_some_and(|rest| {
        matches!(rest, "" | "id" | "ids" | "name" | "names" | "identifier" | "arn" | "arns" | "s")
    })
}

/// What a look-up found, in the form of the answer of the operation that was looked for.
///
/// Nothing found is an empty list. A look-up that lists gives one answer for each candidate.
#[must_use]
pub fn adopt(service: &Service, operation: &Operation, looked_up: &str, found: &Value) -> Vec<Value> {
    let wanted = operation.output.map(|id| (id, service.shape(id)));
    let given = service.operation(looked_up).and_then(|o| o.output).map(|id| service.shape(id));
    let (Some((wanted_id, wanted)), Some(given)) = (wanted, given) else { return vec![found.clone()] };
    for member in given.members() {
        let value = found.get(&member.name);
        // The whole answer, one level deeper: `GetFunction` holds what `CreateFunction` answers.
        if member.shape == wanted_id {
            return value.into_iter().cloned().collect();
        }
        let ShapeKind::List { member: item } = &service.shape(member.shape).kind else { continue };
        if let Some(place) = wanted.members().iter().find(|w| w.shape == item.shape) {
            let items = value.and_then(Value::as_array).cloned().unwrap_or_default();
            let wrap = |item| Value::Object(Map::from_iter([(place.name.clone(), item)]));
            return items.into_iter().map(wrap).collect();
        }
    }
    vec![found.clone()]
}

#[cfg(test)]
#[path = "partner_tests.rs"]
mod tests;
