//! Making things.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::super::fault::{Fault, Sort};
use super::super::kinds::{Kind, Role};
use super::super::members::{is_aside, tags_of};
use super::super::noun;
use super::super::show;
use super::super::work::{ACCOUNT, Work, get_any_case, text_of};
use super::{Acted, refer, tags};
use crate::catalog::shapes::ShapeKind;
use crate::sandbox::model::{Parent, Phase, Resource, Token, key_of};
use crate::sandbox::template::{Names, hex};
use crate::text::is_secret_name;

/// Things that one call makes at most.
const MOST: u64 = 100;

/// Makes what a creating operation makes, or gives what the same request made before.
pub(in super::super) fn create(work: &mut Work<'_>, kind: &Kind, role: Role) -> Result<Acted, Fault> {
    let token = token(work);
    if let Some(keys) = repeated(work, &token)? {
        return Ok(Acted { keys, ..Acted::default() });
    }
    let mut parents = refer::containers(work, kind)?;
    refer::references(work, kind, &mut parents)?;
    let mut acted = Acted::default();
    for _ in 0..count(work) {
        let made = one(work, kind, role, &parents, &token)?;
        acted.keys.push(made.key);
        acted.once.extend(made.once);
    }
    // The same order as when the request is repeated.
    acted.keys.sort();
    Ok(acted)
}

struct Made {
    key: String,
    once: Map<String, Value>,
}

fn one(
    work: &mut Work<'_>,
    kind: &Kind,
    role: Role,
    parents: &[Parent],
    token: &Token,
) -> Result<Made, Fault> {
    let mut thing = blank(work, kind, work.params, parents);
    thing.token = Some(token.clone());
    let key = thing.key();
    if let Some(existing) = taken(work, kind, &thing) {
        match role {
            Role::Put => {
                thing.created = existing.created;
                if let Some(list) = work.entry().appends.get(&kind.name) {
                    append(&mut thing, &existing, list);
                }
            }
            _ => {
                same_again(work, kind, &existing, token)?;
                return Ok(Made { key: existing.key(), once: Map::new() });
            }
        }
    }
    keep_body(work, &mut thing);
    thing.tags = tags::given(work, &kind.noun);
    let names = names_of(work, &thing);
    let once = work.entry().once.get(&kind.name).map(|once| names.fill_map(once)).unwrap_or_default();
    if show::has_word(work, kind, Phase::Coming) {
        thing.phase = Phase::Coming;
        thing.reads_left = work.pending_reads;
    }
    work.ledger.put(thing.clone());
    inborn(work, kind, &thing);
    Ok(Made { key, once })
}

/// Lets a thing of this name exist that the cloud offers to everyone, if there is one.
pub(in super::super) fn publish(work: &mut Work<'_>, kind: &Kind, name: &str) -> bool {
    let Some(attributes) = work.entry().public.get(&kind.name).and_then(|all| all.get(name)) else {
        return false;
    };
    let mut params = attributes.clone();
    if let Some(member) = kind.given.first() {
        params.insert(member.clone(), Value::from(name));
    }
    let mut thing = blank(work, kind, &params, &[]);
    thing.inborn = true;
    work.ledger.put(thing);
    true
}

/// A list that grows with every put.
fn append(thing: &mut Resource, existing: &Resource, list: &str) {
    let old = existing.attributes.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Array(new)) = thing.attributes.get_mut(list) {
        *new = old.into_iter().chain(new.drain(..)).collect();
    }
}

/// What comes into being with a thing and goes with it.
fn inborn(work: &mut Work<'_>, kind: &Kind, thing: &Resource) {
    let Some(list) = work.entry().inborn.get(&kind.name) else { return };
    let names = names_of(work, thing);
    for (name, attributes) in list {
        let Some(inner) = work.kinds.named(name) else { continue };
        let mut params = names.fill_map(attributes);
        for (member, value) in &thing.names {
            params.entry(member.clone()).or_insert_with(|| Value::from(value.as_str()));
        }
        let member = inner.inside.first().map_or_else(String::new, |(member, _)| member.clone());
        let parent = Parent { member, key: thing.key(), contains: true };
        let mut child = blank(work, inner, &params, &[parent]);
        child.inborn = true;
        if work.ledger.get(&child.key()).is_none() {
            work.ledger.put(child.clone());
            inborn(work, inner, &child);
        }
    }
}

/// A thing with its names and attributes, not yet kept.
fn blank(work: &Work<'_>, kind: &Kind, params: &Map<String, Value>, parents: &[Parent]) -> Resource {
    let mut thing = Resource {
        service: work.service.name.clone(),
        region: work.home(),
        kind: kind.name.clone(),
        id: String::new(),
        arn: None,
        names: BTreeMap::new(),
        parents: parents.to_vec(),
        attributes: attributes(work, params),
        tags: BTreeMap::new(),
        phase: Phase::Ready,
        reads_left: 0,
        created: work.now,
        changed: work.now,
        token: None,
        inborn: false,
    };
    for member in &kind.given {
        if let Some(name) = params.get(member).and_then(text_of) {
            thing.names.insert(member.clone(), name);
        }
    }
    for (member, value) in params {
        let named = noun::about(member).is_some_and(|about| noun::stem(about) == noun::stem(&kind.noun));
        let is_name = noun::squash(member).ends_with("name");
        if (named && is_name || noun::squash(member) == "name")
            && let Some(name) = text_of(value)
        {
            thing.names.insert(member.clone(), name);
        }
    }
    name_it(work, kind, &mut thing);
    let containers: Vec<String> = thing
        .parents
        .iter()
        .filter(|parent| parent.contains)
        .filter_map(|parent| work.ledger.get(&parent.key).map(|found| found.id.clone()))
        .collect();
    thing.id = match kind.generated.first().and_then(|member| thing.names.get(member)) {
        Some(id) => id.clone(),
        None => {
            let own = kind.given.iter().filter_map(|member| thing.names.get(member).cloned());
            let outside = kind.inside.iter().filter_map(|(member, _)| {
                let known = thing.parents.iter().any(|parent| parent.member == *member);
                if known { None } else { params.get(member).and_then(text_of) }
            });
            let parts: Vec<String> = containers.into_iter().chain(outside).chain(own).collect();
            key_of(&parts.iter().map(String::as_str).collect::<Vec<_>>())
        }
    };
    let names = names_of(work, &thing);
    let defaults =
        work.entry().attributes.get(&kind.name).map(|known| names.fill_map(known)).unwrap_or_default();
    thing.attributes = laid_over(defaults, std::mem::take(&mut thing.attributes));
    thing
}

/// Names that the cloud gives: the full name, and what tells it apart.
fn name_it(work: &Work<'_>, kind: &Kind, thing: &mut Resource) {
    let entry = work.entry();
    let mut names = names_of(work, thing);
    let mut generated = kind.generated.clone();
    // A name that may be given and was not is made up.
    if generated.is_empty() && !kind.given.iter().any(|member| thing.names.contains_key(member)) {
        generated.clone_from(&kind.given);
    }
    // The full name is often made from the others.
    generated.sort_by_key(|member| noun::squash(member).ends_with("arn"));
    for member in &generated {
        let is_arn = noun::squash(member).ends_with("arn");
        let value = match entry.ids.get(member).or_else(|| entry.ids.get(&kind.name)) {
            Some(template) if template.contains('{') => names.fill(template),
            Some(prefix) => format!("{prefix}-{}", hex(17)),
            None if is_arn => continue,
            None if noun::squash(member).ends_with("url") => {
                names.fill(&format!("{}/{ACCOUNT}/{{name}}", work.endpoint))
            }
            None if work.service.protocol == crate::catalog::shapes::Protocol::Ec2 => {
                format!("{}-{}", work_words(&kind.noun), hex(17))
            }
            None => hex(12),
        };
        if names.get("id").is_none_or(str::is_empty) {
            names.set("id", value.clone());
        }
        names.set(member, value.clone());
        thing.names.insert(member.clone(), value);
    }
    if names.get("id").is_none_or(str::is_empty) {
        // What has neither a name nor an id is told apart by its full name alone.
        let id = names.get("name").filter(|name| !name.is_empty()).map_or_else(|| hex(12), str::to_owned);
        names.set("id", id);
    }
    let template = entry.arns.get(&kind.name).cloned().unwrap_or_else(|| {
        let signing = &work.service.traits.signing_name;
        format!("arn:{{partition}}:{signing}:{{region}}:{{account}}:{}/{{id}}", work_words(&kind.noun))
    });
    let arn = names.fill(&template);
    for member in generated.iter().filter(|member| noun::squash(member).ends_with("arn")) {
        thing.names.insert(member.clone(), arn.clone());
    }
    if !kind.is_setting() && !kind.is_link() {
        thing.arn = Some(arn);
    }
}

/// `FlowLog` is `flow-log`.
fn work_words(noun: &str) -> String {
    super::super::work::words(noun).replace(' ', "-")
}

/// What templates may name.
pub(super) fn names_of(work: &Work<'_>, thing: &Resource) -> Names {
    let mut names = Names::default();
    for (name, value) in &thing.attributes {
        if let Some(text) = text_of(value) {
            names.set(name, text);
        }
    }
    for (member, value) in &thing.names {
        names.set(member, value.clone());
        if names.get("name").is_none() || noun::squash(member).ends_with("name") {
            names.set("name", value.clone());
        }
    }
    let entry = work.entry();
    for (member, template) in entry.ids.iter().filter(|(_, template)| template.contains('{')) {
        if names.get(member).is_none() {
            names.set(member, Names::default().fill(template));
        }
    }
    let path = thing.attributes.get("Path").and_then(Value::as_str).unwrap_or("/").to_owned();
    names.set("path", path);
    names.set("id", thing.id.clone());
    names.set("arn", thing.arn.clone().unwrap_or_default());
    names.set("account", ACCOUNT);
    names.set("partition", partition(work.region));
    names.set("region", work.region);
    names.set("endpoint", work.endpoint);
    names
}

fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("eusc") => "aws-eusc",
        Some("us") if region.starts_with("us-gov") => "aws-us-gov",
        _ => "aws",
    }
}

/// The parameters that are kept: no tags, no tokens, no bytes, no secrets that nobody gets back.
pub(super) fn attributes(work: &Work<'_>, params: &Map<String, Value>) -> Map<String, Value> {
    let entry = work.entry();
    let input = work.operation.input.map(|id| work.service.shape(id));
    params
        .iter()
        .filter(|(name, _)| {
            let Some(member) = input.and_then(|input| input.member(name)) else { return true };
            let shape = work.service.shape(member.shape);
            let kept = entry.keeps.iter().any(|keep| keep == *name);
            let secret = is_secret_name(name) && !kept;
            let streams = member.traits.streaming || shape.traits.streaming;
            !is_aside(member)
                && !secret
                && !streams
                && !entry.drops.contains(name)
                && !work.known.is_aside(&work.service.name, name)
                && tags_of(work.service, member).is_none()
                && !name.starts_with("TagSpecification")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Values laid over others; maps are merged.
pub(super) fn laid_over(mut under: Map<String, Value>, over: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                *old = laid_over(std::mem::take(old), new);
            }
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
    under
}

/// The thing that already has its names.
fn taken(work: &Work<'_>, kind: &Kind, thing: &Resource) -> Option<Resource> {
    if let Some(existing) = work.ledger.get(&thing.key()).filter(|existing| !existing.is_gone()) {
        return Some(existing.clone());
    }
    // A given name beside a generated one is unique among its neighbours.
    let given: Vec<&String> = kind.given.iter().filter_map(|member| thing.names.get(member)).collect();
    if given.is_empty() || kind.generated.is_empty() {
        return None;
    }
    work.ledger
        .of_kind(&work.service.name, &work.home(), &kind.name)
        .filter(|other| !other.is_gone())
        .find(|other| {
            let names: Vec<&String> = kind.given.iter().filter_map(|m| other.names.get(m)).collect();
            let near = |of: &Resource| {
                let mut keys: Vec<String> = of.parents.iter().map(|parent| parent.key.clone()).collect();
                keys.sort();
                keys
            };
            names == given && near(other) == near(thing)
        })
        .cloned()
}

/// A name that is taken is an error, unless the operation cannot say so or was called just like that before.
fn same_again(work: &Work<'_>, kind: &Kind, existing: &Resource, token: &Token) -> Result<(), Fault> {
    let message = format!("The {} '{}' already exists", super::super::work::words(&kind.noun), existing.id);
    let repeatable = work.entry().again.contains(&work.operation.name)
        && existing.token.as_ref().is_some_and(|old| old.digest == token.digest);
    if repeatable {
        return Ok(());
    }
    let ec2 = work.service.protocol == crate::catalog::shapes::Protocol::Ec2;
    match work.own_fault(Sort::Exists, kind, &message) {
        Some(fault) => Err(fault),
        None if ec2 => Err(work.fault(Sort::Exists, kind, message)),
        None if kind.is_link() || !existing.names.is_empty() => Ok(()),
        None => Err(work.fault(Sort::Exists, kind, message)),
    }
}

/// The token of the request, or none, with the digest of everything else.
fn token(work: &Work<'_>) -> Token {
    let mut value = String::new();
    let mut rest = work.params.clone();
    for member in work.input().iter().filter(|member| is_aside(member)) {
        if let Some(given) = rest.remove(&member.name)
            && (member.idempotency_token || noun::squash(&member.name).contains("token"))
        {
            value = text_of(&given).unwrap_or_default();
        }
    }
    let canonical = serde_json_canonicalizer::to_vec(&rest).unwrap_or_default();
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(canonical));
    Token { operation: work.operation.name.clone(), value, digest }
}

/// What the same request made before.
fn repeated(work: &Work<'_>, token: &Token) -> Result<Option<Vec<String>>, Fault> {
    if token.value.is_empty() {
        return Ok(None);
    }
    let before: Vec<&Resource> = work
        .ledger
        .in_service(&work.service.name, &work.home())
        .filter(|thing| {
            thing.token.as_ref().is_some_and(|t| t.operation == token.operation && t.value == token.value)
        })
        .collect();
    let Some(first) = before.first() else { return Ok(None) };
    if first.token.as_ref().is_some_and(|old| old.digest != token.digest) {
        return Err(Fault::new(
            400,
            "IdempotentParameterMismatch",
            "The token was used before with other parameters",
        ));
    }
    Ok(Some(before.iter().map(|thing| thing.key()).collect()))
}

/// How many things are asked for.
fn count(work: &Work<'_>) -> u64 {
    let given = get_any_case(work.params, "MaxCount").and_then(Value::as_u64);
    given.filter(|_| get_any_case(work.params, "MinCount").is_some()).unwrap_or(1).clamp(1, MOST)
}

/// The bytes that came as the body are kept apart, with what is known of them.
fn keep_body(work: &mut Work<'_>, thing: &mut Resource) {
    let Some(member) = work.input().iter().find(|member| {
        let shape = work.service.shape(member.shape);
        matches!(shape.kind, ShapeKind::Blob) && (member.traits.streaming || shape.traits.streaming)
    }) else {
        return;
    };
    let base64 = work.params.get(&member.name).and_then(Value::as_str).unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(base64).unwrap_or_default();
    let etag = format!("\"{}\"", hex::encode(Md5::digest(&bytes)));
    thing.attributes.insert("ETag".into(), etag.into());
    thing.attributes.insert("ContentLength".into(), json!(bytes.len()));
    thing.attributes.insert("Size".into(), json!(bytes.len()));
    work.ledger.put_body(&thing.key(), base64.to_owned());
}
