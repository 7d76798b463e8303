//! What an answer of a read shows: the resources in it, by the members that their deletion would need.

use serde_json::{Map, Value};

use super::draft::{Draft, Scene};
use super::thing::{ENDS, owner, requires, singular, verb_and_noun};
use super::{Existence, Graph, GraphError};
use crate::catalog::access::classify;
use crate::catalog::shapes::{Operation, Service, ShapeKind};
use crate::catalog::{Catalog, mask};
use crate::plan::{AccessClass, OperationName, Target};

/// Resources that one answer teaches at most.
const MOST_SEEN: usize = 1000;
/// How deep lists of resources are looked for.
const DEPTH: usize = 4;

/// Words with which clouds still show what is gone.
const GONE: [&str; 6] = ["terminated", "terminating", "deleted", "deleting", "shutting-down", "released"];

/// A read as it was asked.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// The operation.
    pub operation: &'a OperationName,
    /// The region, if one was named.
    pub region: Option<&'a str>,
    /// The account, if one was named.
    pub account: Option<&'a str>,
    /// The parameters.
    pub params: &'a Value,
    /// The answer.
    pub output: &'a Value,
}

impl Graph {
    /// Learns which resources an answer shows; how many there were. What it does not show stays as
    /// it was: an answer may be one page of many.
    ///
    /// # Errors
    ///
    /// The graph cannot be read or kept.
    pub fn observe(&self, target: Target, catalog: &Catalog, look: &Look<'_>) -> Result<usize, GraphError> {
        let Ok(found) = catalog.operation(look.operation) else { return Ok(0) };
        let (service, operation) = (found.service(), found.operation());
        if classify(service, operation).class != AccessClass::Read {
            return Ok(0);
        }
        let params = mask(service, operation.input, look.params);
        let output = mask(service, operation.output, look.output);
        let scene = Scene {
            cloud: look.operation.cloud,
            service: &look.operation.service,
            region: look.region,
            account: look.account,
            at: jiff::Timestamp::now(),
        };
        self.change(target, |draft| Ok(draft.observe(&scene, service, operation, &params, &output).len()))
    }
}

impl Draft {
    /// Takes the resources of an answer in; their keys.
    pub(super) fn observe(
        &mut self,
        scene: &Scene<'_>,
        service: &Service,
        operation: &Operation,
        params: &Value,
        output: &Value,
    ) -> Vec<String> {
        let (_, noun) = verb_and_noun(&operation.name);
        let Some(wanted) = named_by(service, &operation.name, &noun) else { return Vec::new() };
        let mut items = Vec::new();
        shown(output, params, &noun, &wanted, DEPTH, &mut items);
        if items.is_empty() {
            // The answer is about one thing, which the parameters name.
            let whole = identity_in(&Value::Null, params, &noun, &wanted, false);
            items.extend(whole.map(|identity| (identity, Value::Null)));
        }
        let creation = ["Create", "Run", "Launch", "Allocate"].iter().find_map(|verb| {
            service
                .operation(&format!("{verb}{noun}"))
                .or_else(|| service.operation(&format!("{verb}{noun}s")))
        });
        // Items of one answer are of one kind. An answer about a setting shows that the thing is there.
        let kind = items
            .first()
            .and_then(|(identity, item)| owner(service, &Value::Object(identity.clone()), item, identity));
        let kind = kind.unwrap_or_else(|| noun.clone());
        let mut keys = Vec::new();
        for (identity, item) in items.into_iter().take(MOST_SEEN) {
            let item = if kind == noun { item } else { Value::Null };
            let state = if is_gone(&item) { Existence::Deleted } else { Existence::Exists };
            let key = self.seen(scene, &kind, &identity, &item, state);
            self.tie(&key, |member| creation.is_some_and(|made| requires(service, made, member)));
            keys.push(key);
        }
        keys
    }
}

/// A member by which a resource is named, and whether it takes a list of names.
struct Named {
    name: String,
    list: bool,
}

/// The members by which the resources of a noun are named: those that their deletion requires.
fn named_by(service: &Service, operation: &str, noun: &str) -> Option<Vec<Named>> {
    let group = operation.rsplit_once('_').map(|(group, _)| group);
    let end = ENDS.iter().find_map(|verb| match group {
        Some(group) => service.operation(&format!("{group}_{verb}")),
        None => service
            .operation(&format!("{verb}{noun}"))
            .or_else(|| service.operation(&format!("{verb}{noun}s"))),
    })?;
    let members = end.input.map_or(&[][..], |id| service.shape(id).members());
    let named = |required: bool| -> Vec<Named> {
        members
            .iter()
            .filter(|member| member.required == required && !member.idempotency_token)
            .filter(|member| required || ["Id", "Arn", "Identifier"].iter().any(|e| member.name.ends_with(e)))
            .map(|member| Named {
                name: member.name.clone(),
                list: matches!(service.shape(member.shape).kind, ShapeKind::List { .. }),
            })
            .collect()
    };
    let wanted = Some(named(true)).filter(|wanted| !wanted.is_empty()).unwrap_or_else(|| named(false));
    // Of members that are all optional one is enough, and two may contradict each other.
    let wanted =
        if members.iter().any(|m| m.required) { wanted } else { wanted.into_iter().take(1).collect() };
    (!wanted.is_empty()).then_some(wanted)
}

/// All items of lists that have a name of their own, each with its identity.
fn shown(
    value: &Value,
    params: &Value,
    noun: &str,
    wanted: &[Named],
    depth: usize,
    out: &mut Vec<(Map<String, Value>, Value)>,
) {
    let Some(members) = value.as_object() else { return };
    for (name, inner) in members {
        match inner {
            Value::Array(items) => {
                for item in items {
                    let named = match item {
                        Value::String(_) => {
                            let alone = Value::Object(Map::from_iter([(singular(name), item.clone())]));
                            identity_in(&alone, params, noun, wanted, true)
                        }
                        _ => identity_in(item, params, noun, wanted, true),
                    };
                    match named {
                        Some(identity) if item.is_string() => out.push((identity, Value::Null)),
                        Some(identity) => out.push((identity, item.clone())),
                        None if depth > 0 => shown(item, params, noun, wanted, depth - 1, out),
                        None => {}
                    }
                }
            }
            // `GetFunction` shows one thing, one level down.
            Value::Object(_) if depth > 0 => match identity_in(inner, params, noun, wanted, true) {
                Some(identity) => out.push((identity, inner.clone())),
                None => shown(inner, params, noun, wanted, depth - 1, out),
            },
            _ => {}
        }
    }
}

/// The identity of an item: from its own members, and where those do not say, from what was asked.
fn identity_in(
    item: &Value,
    params: &Value,
    noun: &str,
    wanted: &[Named],
    own: bool,
) -> Option<Map<String, Value>> {
    let mut identity = Map::new();
    let mut from_item = false;
    for Named { name, list } in wanted {
        let mine = own_member(item, name, noun);
        from_item |= mine.is_some();
        let value = mine.or_else(|| params.get(name).filter(|v| v.is_string() || v.is_array()).cloned())?;
        let value = if *list && !value.is_array() { Value::Array(vec![value]) } else { value };
        identity.insert(name.clone(), value);
    }
    (from_item || !own).then_some(identity)
}

/// `InstanceIds` of an instance is its `InstanceId`, `Bucket` of a bucket its `Name`.
fn own_member(item: &Value, wanted: &str, noun: &str) -> Option<Value> {
    let wanted = wanted.to_ascii_lowercase();
    let one = wanted.strip_suffix('s').unwrap_or(&wanted);
    let noun = noun.to_ascii_lowercase();
    let short = match one.strip_prefix(noun.as_str()) {
        Some("" | "name") => "name",
        Some("id" | "identifier") => "id",
        Some("arn") => "arn",
        _ => one,
    };
    let members = item.as_object()?;
    let texts = || members.iter().filter(|(_, value)| value.is_string());
    let called = |name: &str| texts().find(|(key, _)| key.eq_ignore_ascii_case(name));
    called(&wanted).or_else(|| called(one)).or_else(|| called(short)).map(|(_, value)| value.clone())
}

/// Clouds show what is gone for a while, and say so.
fn is_gone(item: &Value) -> bool {
    let Some(members) = item.as_object() else { return false };
    members.iter().any(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        let state = lower.ends_with("state") || lower.ends_with("status");
        let word = value.as_str().or_else(|| value.get("Name")?.as_str());
        state && word.is_some_and(|word| GONE.iter().any(|gone| word.eq_ignore_ascii_case(gone)))
    })
}
