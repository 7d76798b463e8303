//! Tags: given when a thing is made, and changed and read by operations of their own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::fault::{Fault, Sort};
use super::super::kinds::{Kind, Role};
use super::super::members::{TagForm, is_scalar, tags_of};
use super::super::noun;
use super::super::work::{Work, text_of, texts_of};
use super::Acted;
use crate::sandbox::model::Resource;

type Tags = BTreeMap<String, String>;

/// The tags that a creating request gives.
pub(super) fn given(work: &Work<'_>, noun: &str) -> Tags {
    let mut tags = in_members(work);
    let specifications = work
        .params
        .iter()
        .filter(|(name, _)| name.starts_with("TagSpecification"))
        .filter_map(|(_, value)| value.as_array())
        .flatten();
    for specification in specifications {
        let kind = specification.get("ResourceType").and_then(Value::as_str).map(noun::squash);
        // `elastic-ip` and its like are called otherwise; what is made is then the only thing that is meant.
        let other = kind.as_ref().is_some_and(|kind| {
            *kind != noun::squash(noun) && work.kinds.iter().any(|k| noun::squash(&k.noun) == *kind)
        });
        if !other && let Some(list) = specification.get("Tags") {
            tags.extend(from_pairs(list, "Key", "Value"));
        }
    }
    tags
}

/// The tags in the members of the request.
fn in_members(work: &Work<'_>) -> Tags {
    let mut tags = Tags::new();
    for member in work.input() {
        let (Some(form), Some(value)) = (tags_of(work.service, member), work.params.get(&member.name)) else {
            continue;
        };
        match form {
            TagForm::Pairs(key, name) => tags.extend(from_pairs(value, &key, &name)),
            TagForm::Map => {
                let entries = value.as_object().into_iter().flatten();
                tags.extend(entries.filter_map(|(key, value)| Some((key.clone(), text_of(value)?))));
            }
        }
    }
    tags
}

fn from_pairs(list: &Value, key: &str, value: &str) -> Tags {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| {
            let value = item.get(value).and_then(text_of).unwrap_or_default();
            Some((item.get(key).and_then(text_of)?, value))
        })
        .collect()
}

/// Adds or takes away tags.
pub(in super::super) fn change_tags(work: &mut Work<'_>, role: Role) -> Result<Acted, Fault> {
    let keys = tagged(work)?;
    if keys.is_empty() {
        return Err(work.unsupported("it does not name what is tagged in a way that the sandbox reads"));
    }
    let given = in_members(work);
    let mut taken: Vec<String> = given.keys().cloned().collect();
    for member in work.input().iter().filter(|member| noun::squash(&member.name).contains("key")) {
        taken.extend(work.params.get(&member.name).map(texts_of).unwrap_or_default());
    }
    for key in &keys {
        let Some(mut thing) = work.ledger.get(key).cloned() else { continue };
        if role == Role::Untag {
            thing.tags.retain(|key, _| !taken.contains(key));
        } else {
            thing.tags.extend(given.clone());
        }
        thing.changed = work.now;
        work.ledger.put(thing);
    }
    Ok(Acted { keys, ..Acted::default() })
}

/// The tags of what the request names, in the members of the answer that hold tags.
pub(in super::super) fn read_tags(work: &Work<'_>) -> Result<Map<String, Value>, Fault> {
    let keys = tagged(work)?;
    let Some(output) = work.operation.output.map(|id| work.service.shape(id)) else { return Ok(Map::new()) };
    let mut out = Map::new();
    for member in output.members() {
        let Some(form) = tags_of(work.service, member) else { continue };
        let value = match (&form, keys.first().and_then(|key| work.ledger.get(key))) {
            (_, Some(thing)) => written(&thing.tags, &form),
            // Without a name all tags are meant, each with what it belongs to.
            (TagForm::Pairs(..), None) => all(work),
            (TagForm::Map, None) => return Err(work.unsupported("it does not name what is tagged")),
        };
        out.insert(member.name.clone(), value);
    }
    Ok(out)
}

/// Tags in the form of a member.
pub(in super::super) fn written(tags: &Tags, form: &TagForm) -> Value {
    match form {
        TagForm::Map => tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect(),
        TagForm::Pairs(key, value) => tags
            .iter()
            .map(|(k, v)| {
                let pair = [(key.clone(), Value::from(k.as_str())), (value.clone(), Value::from(v.as_str()))];
                Value::Object(Map::from_iter(pair))
            })
            .collect(),
    }
}

fn all(work: &Work<'_>) -> Value {
    let things = work.ledger.in_service(&work.service.name, work.home_ref());
    things
        .flat_map(|thing| thing.tags.iter().map(move |(key, value)| (thing, key, value)))
        .map(|(thing, key, value)| {
            serde_json::json!({
                "ResourceId": thing.id, "ResourceType": super::super::work::words(&thing.kind).replace(' ', "-"),
                "Key": key, "Value": value,
            })
        })
        .collect()
}

/// The things that a tagging request names, by any of their names.
fn tagged(work: &Work<'_>) -> Result<Vec<String>, Fault> {
    let mut keys = Vec::new();
    for member in work.input() {
        let squashed = noun::squash(&member.name);
        if !is_scalar(work.service, member.shape)
            || squashed.contains("tag")
            || squashed.contains("key") && squashed != "keyid"
        {
            continue;
        }
        let names = noun::is_bare(&member.name)
            || noun::about(&member.name).is_some()
            || work.kinds.owner(&member.name).is_some();
        if !names || work.params.get(&member.name).is_none() {
            continue;
        }
        for name in work.params.get(&member.name).map(texts_of).unwrap_or_default() {
            match find_any(work, &member.name, &name) {
                Some(thing) => keys.push(thing.key()),
                None => return Err(nothing_called(work, &member.name, &name)),
            }
        }
    }
    Ok(keys)
}

fn find_any<'w>(work: &'w Work<'_>, member: &str, name: &str) -> Option<&'w Resource> {
    let about = noun::about(member).map(noun::stem);
    let kind = work.kinds.owner(member).or_else(|| work.kinds.get(&about?));
    // Full names of log groups and their like may end with a star.
    let plain = name.strip_suffix(":*").unwrap_or(name);
    let all = work.ledger.in_service(&work.service.name, work.home_ref()).filter(|thing| !thing.is_gone());
    all.filter(|thing| kind.is_none_or(|kind| kind.name == thing.kind)).find(|thing| thing.answers_to(plain))
}

fn nothing_called(work: &Work<'_>, member: &str, name: &str) -> Fault {
    let prefix = name.split(['-', ':']).next().unwrap_or_default();
    let by_prefix = work.entry().ids.iter().find(|(_, id)| *id == prefix).map(|(kind, _)| kind.clone());
    let kind = work
        .kinds
        .owner(member)
        .or_else(|| by_prefix.and_then(|name| work.kinds.named(&name)))
        .cloned()
        .unwrap_or_else(|| Kind { noun: "Resource".into(), name: "Resource".into(), ..Kind::default() });
    work.fault(Sort::NotFound, &kind, format!("The resource '{name}' does not exist"))
}
