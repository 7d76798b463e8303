//! Changing things.

use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::kinds::{Kind, Role};
use super::super::noun;
use super::super::work::{Work, get_any_case, text_of};
use super::{Acted, create, select};
use crate::sandbox::model::Phase;
use crate::sandbox::template::Names;

/// Changes the attributes that the parameters give.
pub(in super::super) fn update(work: &mut Work<'_>, kind: &Kind) -> Result<Acted, Fault> {
    let keys = existing(work, kind)?;
    let mut given = create::attributes(work, work.params);
    given.retain(|name, _| !kind.own().any(|own| own == name));
    // One attribute by its name, instead of a map with one entry.
    if let (Some(name), Some(value)) = (
        get_any_case(&given, "AttributeName").and_then(text_of),
        get_any_case(&given, "AttributeValue").cloned(),
    ) {
        given.retain(|member, _| !noun::squash(member).starts_with("attribute"));
        given.insert("Attributes".into(), Value::Object(Map::from_iter([(name, value)])));
    }
    for key in &keys {
        let Some(mut thing) = work.ledger.get(key).cloned() else { continue };
        given.retain(|name, _| !thing.names.contains_key(name));
        thing.attributes = create::laid_over(std::mem::take(&mut thing.attributes), given.clone());
        thing.changed = work.now;
        work.ledger.put(thing);
    }
    Ok(Acted { keys, ..Acted::default() })
}

/// Sets what an operation sets by being called.
pub(in super::super) fn set(
    work: &mut Work<'_>,
    kind: &Kind,
    attributes: &Map<String, Value>,
) -> Result<Acted, Fault> {
    let keys = existing(work, kind)?;
    for key in &keys {
        let Some(mut thing) = work.ledger.get(key).cloned() else { continue };
        let filled = Names::default().fill_map(attributes);
        thing.attributes = create::laid_over(std::mem::take(&mut thing.attributes), filled);
        thing.changed = work.now;
        work.ledger.put(thing);
    }
    Ok(Acted { keys, ..Acted::default() })
}

/// Starts, stops, or restarts.
pub(in super::super) fn move_phase(work: &mut Work<'_>, kind: &Kind, role: Role) -> Result<Acted, Fault> {
    let keys = existing(work, kind)?;
    for key in &keys {
        let Some(mut thing) = work.ledger.get(key).cloned() else { continue };
        thing.phase = match (role, thing.phase.settled()) {
            (Role::Start, Phase::Stopped) => Phase::Coming,
            (Role::Stop, Phase::Ready) => Phase::Stopping,
            (_, phase) => phase,
        };
        thing.reads_left = work.pending_reads;
        thing.changed = work.now;
        work.ledger.put(thing);
    }
    Ok(Acted { keys, ..Acted::default() })
}

/// What the parameters name, which must exist.
fn existing(work: &Work<'_>, kind: &Kind) -> Result<Vec<String>, Fault> {
    let selection = select(work, kind, false)?;
    if let Some(name) = selection.missing {
        return Err(work.not_found(kind, &name));
    }
    if !selection.named {
        return Err(work.unsupported("it does not say which one in a way that the sandbox reads"));
    }
    Ok(selection.keys)
}
