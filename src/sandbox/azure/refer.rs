//! References: a body that names another thing by its id needs it to be there, and holds it.

use serde_json::{Map, Value};

use super::address::Address;
use super::fault::Fault;
use super::work::{Work, key_at};
use crate::sandbox::model::Parent;

/// The ids that a body names, with the members that name them.
pub(super) fn named(body: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in body.iter().filter(|(name, _)| *name != "id") {
        walk(name, value, &mut found);
    }
    found
}

fn walk(member: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match inner {
                    Value::String(id) if name == "id" && is_id(id) => {
                        found.push((member.to_owned(), id.clone()));
                    }
                    inner => walk(name, inner, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(member, item, found)),
        _ => {}
    }
}

fn is_id(text: &str) -> bool {
    text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"))
}

/// What a body refers to; everything that lies in a resource group must be there.
pub(super) fn check(work: &Work<'_>, body: &Map<String, Value>) -> Result<Vec<Parent>, Fault> {
    let own = work.address.key();
    let mut parents = Vec::new();
    for (member, id) in named(body) {
        let address = Address::of(&id);
        if address.group().is_none() || Address::is_within(&address.key(), &own) {
            continue;
        }
        match target(work, &address) {
            Some(key) => parents.push(Parent { member, key, contains: false }),
            None => {
                return Err(Fault::new(
                    400,
                    "InvalidResourceReference",
                    format!(
                        "Resource {id} referenced by resource {} was not found. Please make sure that the referenced \
                         resource exists, and that both resources are in the same region.",
                        work.address.id()
                    ),
                ));
            }
        }
    }
    Ok(parents)
}

/// The thing that an address names: itself, or the one whose body has a part of that name.
fn target(work: &Work<'_>, address: &Address) -> Option<String> {
    if work.at(address).is_some() {
        return Some(key_at(address));
    }
    let around = address.container()?;
    let thing = work.at(&around)?;
    let list = address.kind.rsplit('/').next()?;
    let properties = thing.attributes.get("properties")?.as_object()?;
    let (_, items) = properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(list))?;
    let has =
        |item: &Value| item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(address.name()));
    items.as_array()?.iter().any(has).then(|| thing.key())
}

/// Nothing may go that something else still needs, where its type says so.
pub(super) fn check_unused(work: &Work<'_>, id: &str) -> Result<(), Fault> {
    let going = work.within(id);
    for key in &going {
        let Some(thing) = work.ledger.get(key) else { continue };
        let shown = thing.arn.clone().unwrap_or_default();
        let Some((status, code)) = &work.known.of(&Address::of(&shown).kind).in_use else { continue };
        let holder = work.ledger.all().find(|other| {
            other.parents.iter().any(|parent| !parent.contains && parent.key == *key)
                && !Address::is_within(&other.id, id)
        });
        if let Some(holder) = holder {
            let by = holder.arn.as_deref().unwrap_or_default();
            let message = format!("{shown} is in use by {by} and cannot be deleted.");
            return Err(Fault::new(*status, code, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn ids_are_found_at_any_depth_and_the_things_own_is_none() {
        let body = json!({"id": "/subscriptions/s/a", "properties": {
            "subnet": {"id": "/subscriptions/s/b"}, "list": [{"x": {"id": "/SUBSCRIPTIONS/s/c"}}],
            "principal": {"id": "1-2"}}});
        assert_eq!(
            named(body.as_object().unwrap()),
            [
                ("subnet".to_owned(), "/subscriptions/s/b".to_owned()),
                ("x".to_owned(), "/SUBSCRIPTIONS/s/c".to_owned())
            ]
        );
    }
}
