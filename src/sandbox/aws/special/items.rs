//! Items of tables: the table's key schema says which attributes tell them apart.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::fault::Fault;
use super::super::kinds::Kind;
use super::super::work::{Work, text_of};
use crate::sandbox::model::{Parent, Phase, Resource, key_of};

/// Parameters with conditions and projections in a language that the sandbox does not read.
const EXPRESSIONS: [&str; 8] = [
    "ConditionExpression",
    "Expected",
    "ConditionalOperator",
    "FilterExpression",
    "ScanFilter",
    "QueryFilter",
    "ProjectionExpression",
    "IndexName",
];

type Output = Result<Map<String, Value>, Fault>;

/// Makes an item or replaces it.
pub(super) fn put(work: &mut Work<'_>) -> Output {
    let table = table(work)?;
    let item = work.params.get("Item").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = id(work, &table, &item)?;
    let thing = Resource {
        service: table.service.clone(),
        region: table.region.clone(),
        kind: "Item".into(),
        id,
        arn: None,
        names: BTreeMap::new(),
        parents: vec![Parent { member: "TableName".into(), key: table.key(), contains: true }],
        attributes: Map::from_iter([("Item".to_owned(), Value::Object(item))]),
        tags: BTreeMap::new(),
        phase: Phase::Ready,
        reads_left: 0,
        created: work.now,
        changed: work.now,
        token: None,
        inborn: true,
    };
    let old = work.ledger.get(&thing.key()).and_then(content);
    work.ledger.put(thing);
    Ok(old_if_wanted(work, old))
}

/// One item by its key.
pub(super) fn get(work: &mut Work<'_>) -> Output {
    let table = table(work)?;
    let found = by_key(work, &table)?.and_then(content);
    Ok(found.map(|item| ("Item".to_owned(), item)).into_iter().collect())
}

/// Takes an item away; no error when it is not there.
pub(super) fn delete(work: &mut Work<'_>) -> Output {
    let table = table(work)?;
    let found = by_key(work, &table)?.cloned();
    if let Some(found) = &found {
        work.ledger.remove(&found.key());
    }
    Ok(old_if_wanted(work, found.as_ref().and_then(content)))
}

/// All items.
pub(super) fn scan(work: &mut Work<'_>) -> Output {
    let table = table(work)?;
    Ok(listed(&items_of(work, &table)))
}

/// The items whose partition key is the one that is asked for.
pub(super) fn query(work: &mut Work<'_>) -> Output {
    let table = table(work)?;
    let condition = work.params.get("KeyConditionExpression").and_then(Value::as_str).unwrap_or_default();
    let (name, placeholder) =
        condition.split_once('=').map(|(a, b)| (a.trim(), b.trim())).unwrap_or_default();
    let part = |map: &str, key: &str| work.params.get(map).and_then(|map| map.get(key)).cloned();
    let name = part("ExpressionAttributeNames", name).and_then(|name| text_of(&name)).unwrap_or(name.into());
    let value = part("ExpressionAttributeValues", placeholder);
    let (Some(value), Some(partition)) = (value, key_names(&table).into_iter().next()) else {
        return Err(work.unsupported("only `partition key = :value` is read"));
    };
    if partition != name {
        return Err(work.unsupported("only `partition key = :value` is read"));
    }
    let mut found = items_of(work, &table);
    found.retain(|item| item.get(&name) == Some(&value));
    Ok(listed(&found))
}

fn content(item: &Resource) -> Option<Value> {
    item.attributes.get("Item").cloned()
}

fn listed(items: &[Value]) -> Map<String, Value> {
    Map::from_iter([
        ("Items".to_owned(), json!(items)),
        ("Count".to_owned(), json!(items.len())),
        ("ScannedCount".to_owned(), json!(items.len())),
    ])
}

fn items_of(work: &Work<'_>, table: &Resource) -> Vec<Value> {
    work.ledger.dependents(table).filter(|thing| thing.kind == "Item").filter_map(content).collect()
}

fn old_if_wanted(work: &Work<'_>, old: Option<Value>) -> Map<String, Value> {
    let wanted = work.params.get("ReturnValues").and_then(Value::as_str) == Some("ALL_OLD");
    old.filter(|_| wanted).map(|old| ("Attributes".to_owned(), old)).into_iter().collect()
}

fn table(work: &Work<'_>) -> Result<Resource, Fault> {
    if let Some(expression) = EXPRESSIONS.iter().find(|name| work.params.contains_key(**name)) {
        return Err(work.unsupported(&format!("with {expression}")));
    }
    let kind = work.kinds.named("Table").cloned().unwrap_or_else(Kind::default);
    let name = work.params.get("TableName").and_then(text_of).unwrap_or_default();
    work.find(&kind, &name).cloned().ok_or_else(|| work.not_found(&kind, &name))
}

/// The key attributes of a table, the partition key first.
fn key_names(table: &Resource) -> Vec<String> {
    let schema = table.attributes.get("KeySchema").and_then(Value::as_array);
    let mut names: Vec<(bool, String)> = schema
        .into_iter()
        .flatten()
        .filter_map(|key| Some((key.get("KeyType")? != "HASH", text_of(key.get("AttributeName")?)?)))
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}

fn id(work: &Work<'_>, table: &Resource, attributes: &Map<String, Value>) -> Result<String, Fault> {
    let mut parts = vec![table.id.clone()];
    for name in key_names(table) {
        let value = attributes.get(&name).ok_or_else(|| {
            Fault::invalid(
                work.service.protocol,
                format!("One or more parameter values were invalid: Missing the key {name} in the item"),
            )
        })?;
        parts.push(value.to_string());
    }
    Ok(key_of(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn by_key<'w>(work: &'w Work<'_>, table: &Resource) -> Result<Option<&'w Resource>, Fault> {
    let key = work.params.get("Key").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = id(work, table, &key)?;
    Ok(work.ledger.get(&key_of(&[&table.service, &table.region, "Item", &id])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::model::testing::resource;

    #[test]
    fn the_partition_key_comes_first() {
        let mut table = resource("Table", "orders");
        table.attributes.insert(
            "KeySchema".into(),
            json!([{"AttributeName": "n", "KeyType": "RANGE"}, {"AttributeName": "id", "KeyType": "HASH"}]),
        );
        assert_eq!(key_names(&table), ["id", "n"]);
    }
}
