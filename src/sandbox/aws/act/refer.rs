//! What parameters refer to.

use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::kinds::Kind;
use super::super::members::is_scalar;
use super::super::noun;
use super::super::work::{Work, text_of, texts_of};
use crate::sandbox::model::Parent;

/// References are looked for this deep.
const DEEPEST: usize = 4;

/// The containers of a new thing; a container that does not exist is an error.
pub(super) fn containers(work: &Work<'_>, kind: &Kind) -> Result<Vec<Parent>, Fault> {
    let mut parents = Vec::new();
    for (member, key) in &kind.inside {
        let Some(container) = work.kinds.get(key) else { continue };
        let Some(name) = work.params.get(member).and_then(text_of) else { continue };
        match work.find(container, &name) {
            Some(found) => {
                parents.push(Parent { member: member.clone(), key: found.key(), contains: true });
            }
            None if work.is_outside(&name) => {}
            None => return Err(work.not_found(container, &name)),
        }
    }
    Ok(parents)
}

/// Everything else that the parameters name. What they name by a parameter of its own must exist.
pub(super) fn references(work: &Work<'_>, kind: &Kind, parents: &mut Vec<Parent>) -> Result<(), Fault> {
    for member in work.input() {
        let Some(value) = work.params.get(&member.name) else { continue };
        if kind.inside.iter().any(|(inside, _)| *inside == member.name)
            || !is_scalar(work.service, member.shape)
            || member.traits.sensitive
        {
            continue;
        }
        let Some(owner) = work.kinds.owner(&member.name).filter(|owner| owner.key != kind.key) else {
            continue;
        };
        for name in texts_of(value) {
            let open = work.entry().open.contains(&owner.name) || work.is_outside(&name);
            if work.find(owner, &name).is_none() && !open {
                return Err(work.not_found(owner, &name));
            }
        }
    }
    walk(work, work.params, 0, parents);
    Ok(())
}

fn walk(work: &Work<'_>, values: &Map<String, Value>, depth: usize, parents: &mut Vec<Parent>) {
    for (member, value) in values {
        note(work, member, value, depth, parents);
    }
}

fn note(work: &Work<'_>, member: &str, value: &Value, depth: usize, parents: &mut Vec<Parent>) {
    match value {
        _ if depth > DEEPEST => {}
        Value::Array(items) => items.iter().for_each(|item| note(work, member, item, depth + 1, parents)),
        Value::Object(members) => walk(work, members, depth + 1, parents),
        Value::String(name) => {
            let found = referred(work, member, name);
            if let Some(key) = found.filter(|key| !parents.iter().any(|parent| parent.key == *key)) {
                parents.push(Parent { member: member.to_owned(), key, contains: false });
            }
        }
        _ => {}
    }
}

/// The thing that a text names: by a parameter that says the kind, or by a name that the cloud gave.
fn referred(work: &Work<'_>, member: &str, name: &str) -> Option<String> {
    if let Some(owner) = work.kinds.owner(member) {
        return work.find(owner, name).map(|found| found.key());
    }
    noun::about(member)?;
    work.ledger
        .in_service(&work.service.name, &work.home())
        .filter(|thing| !thing.is_gone())
        .find(|thing| {
            let generated = work.kinds.named(&thing.kind).is_some_and(|kind| {
                kind.generated.iter().any(|own| thing.names.get(own).is_some_and(|n| n == name))
            });
            generated || thing.arn.as_deref() == Some(name)
        })
        .map(|thing| thing.key())
}
