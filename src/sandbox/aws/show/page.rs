//! Pages of lists, as the catalog's paginators say.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::kinds::Kind;
use super::super::noun;
use super::super::work::{Work, get_any_case, text_of};
use crate::catalog::shapes::ShapeKind;
use crate::sandbox::model::Resource;

/// One page of a list.
pub(super) struct Page {
    pub(super) things: Vec<Resource>,
    /// Members of the answer that say how to go on.
    pub(super) more: Map<String, Value>,
}

/// What a thing is listed by.
pub(super) fn label(kind: &Kind, thing: &Resource) -> String {
    let given = kind.given.first().and_then(|member| thing.names.get(member));
    given.unwrap_or(&thing.id).clone()
}

/// The things of a kind that the prefixes let through, one page of them, with folders where a delimiter is given.
pub(super) fn page(work: &Work<'_>, kind: &Kind, mut things: Vec<Resource>) -> Page {
    things.sort_by_cached_key(|thing| label(kind, thing));
    let mut prefix = String::new();
    for (name, value) in work.params {
        let (Some(front), Some(text)) =
            (noun::squash(name).strip_suffix("prefix").map(str::to_owned), text_of(value))
        else {
            continue;
        };
        let other = things.first().and_then(|thing| get_any_case(&thing.attributes, &front)).is_some();
        things.retain(|thing| match get_any_case(&thing.attributes, &front).and_then(text_of) {
            Some(attribute) if other && !front.is_empty() => attribute.starts_with(&text),
            _ => label(kind, thing).starts_with(&text),
        });
        prefix = text;
    }
    let mut more = Map::new();
    let paginator = work.service.paginators.get(&work.operation.name);
    let after = paginator
        .and_then(|p| p.input_tokens.first())
        .and_then(|token| work.params.get(token))
        .or_else(|| work.params.get("StartAfter"))
        .and_then(text_of);
    if let Some(after) = after {
        things.retain(|thing| label(kind, thing) > after);
    }
    fold(work, kind, &mut things, &prefix, &mut more);
    let limit = paginator
        .and_then(|p| p.limit_key.as_ref())
        .and_then(|key| work.params.get(key))
        .and_then(|value| text_of(value)?.parse::<usize>().ok())
        .filter(|limit| *limit > 0);
    let cut = limit.is_some_and(|limit| things.len() > limit);
    if let (Some(limit), true) = (limit, cut) {
        things.truncate(limit);
    }
    if let Some(paginator) = paginator {
        let simple = |path: &String| path.split(" || ").next().unwrap_or_default().to_owned();
        if let (true, Some(last), Some(token)) = (cut, things.last(), paginator.output_tokens.first()) {
            more.insert(simple(token), Value::from(label(kind, last)));
        }
        if let Some(flag) = &paginator.more_results {
            more.insert(flag.clone(), Value::Bool(cut));
        }
    }
    Page { things, more }
}

/// With a delimiter, names that go on after it count once, as a folder.
fn fold(
    work: &Work<'_>,
    kind: &Kind,
    things: &mut Vec<Resource>,
    prefix: &str,
    more: &mut Map<String, Value>,
) {
    let delimiter = work.params.get("Delimiter").and_then(text_of).filter(|d| !d.is_empty());
    let member = work
        .operation
        .output
        .and_then(|id| work.service.shape(id).member("CommonPrefixes"))
        .filter(|member| matches!(work.service.shape(member.shape).kind, ShapeKind::List { .. }));
    let (Some(delimiter), Some(member)) = (delimiter, member) else { return };
    let mut folders = BTreeSet::new();
    things.retain(|thing| {
        let label = label(kind, thing);
        let rest = label.get(prefix.len()..).unwrap_or_default();
        match rest.find(&delimiter) {
            Some(at) => {
                let end = prefix.len() + at + delimiter.len();
                folders.insert(label.get(..end).unwrap_or_default().to_owned());
                false
            }
            None => true,
        }
    });
    let folders: Vec<Value> = folders.into_iter().map(|folder| json!({"Prefix": folder})).collect();
    more.insert(member.name.clone(), Value::Array(folders));
}
