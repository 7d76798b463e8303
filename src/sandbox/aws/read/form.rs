//! Form-encoded bodies of the query protocol and its EC2 dialect.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::field::Field;
use super::scalar;
use crate::catalog::shapes::{Protocol, Service, ShapeId, ShapeKind};
use crate::sandbox::http::{Request, pairs};

/// Items of one list or map that are read at most.
const MOST_ITEMS: usize = 10_000;

type Pairs = BTreeMap<String, String>;

/// The parameters of a form; those of a query string count too.
pub(super) fn params(
    service: &Service,
    input: ShapeId,
    request: &Request,
) -> Result<Map<String, Value>, String> {
    let body = std::str::from_utf8(&request.body).map_err(|_| "the body is no UTF-8".to_owned())?;
    let mut all: Pairs = request.query.iter().cloned().collect();
    all.extend(pairs(body));
    structure(&all, "", service, input)
}

/// Whether anything stands under a prefix.
fn has(pairs: &Pairs, prefix: &str) -> bool {
    let inside = format!("{prefix}.");
    pairs.contains_key(prefix)
        || pairs.range(inside.clone()..).next().is_some_and(|(key, _)| key.starts_with(&inside))
}

fn structure(
    pairs: &Pairs,
    prefix: &str,
    service: &Service,
    shape: ShapeId,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for member in service.shape(shape).members() {
        let field = Field::new(service, member);
        let name = field.form_name();
        let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        if let Some(value) = read(pairs, &path, field)? {
            out.insert(member.name.clone(), value);
        }
    }
    Ok(out)
}

fn read(pairs: &Pairs, path: &str, field: Field<'_>) -> Result<Option<Value>, String> {
    match field.kind() {
        ShapeKind::Structure { .. } => {
            if !has(pairs, path) {
                return Ok(None);
            }
            Ok(Some(Value::Object(structure(pairs, path, field.service, field.member.shape)?)))
        }
        ShapeKind::List { .. } => list(pairs, path, field),
        ShapeKind::Map { .. } => map(pairs, path, field),
        _ => pairs.get(path).map(|text| scalar::from_text(text, field)).transpose(),
    }
}

fn list(pairs: &Pairs, path: &str, field: Field<'_>) -> Result<Option<Value>, String> {
    let Some(item) = field.item() else { return Ok(None) };
    let name = item.member.wire_name.as_deref();
    let ec2 = field.service.protocol == Protocol::Ec2;
    let prefix = match (ec2, field.flattened(), name) {
        (true, ..) | (false, true, None) => path.to_owned(),
        (false, true, Some(name)) => match path.rsplit_once('.') {
            Some((front, _)) => format!("{front}.{name}"),
            None => name.to_owned(),
        },
        (false, false, name) => format!("{path}.{}", name.unwrap_or("member")),
    };
    let mut items = Vec::new();
    for number in numbers(pairs, &prefix) {
        if let Some(value) = read(pairs, &format!("{prefix}.{number}"), item)? {
            items.push(value);
        }
    }
    // An empty list is written as an empty text.
    let said = !items.is_empty() || pairs.get(path).is_some_and(String::is_empty);
    Ok(said.then_some(Value::Array(items)))
}

fn map(pairs: &Pairs, path: &str, field: Field<'_>) -> Result<Option<Value>, String> {
    let Some((key, inner)) = field.entry() else { return Ok(None) };
    let prefix = if field.flattened() { path.to_owned() } else { format!("{path}.entry") };
    let mut entries = Map::new();
    for number in numbers(pairs, &prefix) {
        let Some(name) = pairs.get(&format!("{prefix}.{number}.{}", key.wire_or("key"))) else { continue };
        let at = format!("{prefix}.{number}.{}", inner.wire_or("value"));
        if let Some(value) = read(pairs, &at, inner)? {
            entries.insert(name.clone(), value);
        }
    }
    Ok((!entries.is_empty()).then_some(Value::Object(entries)))
}

/// The numbers under a prefix, in order.
fn numbers(pairs: &Pairs, prefix: &str) -> Vec<u32> {
    let inside = format!("{prefix}.");
    let mut found: Vec<u32> = pairs
        .range(inside.clone()..)
        .take_while(|(key, _)| key.starts_with(&inside))
        .filter_map(|(key, _)| key.get(inside.len()..)?.split('.').next()?.parse().ok())
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST_ITEMS);
    found
}
