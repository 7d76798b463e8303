//! Taking things away.

use super::super::fault::{Fault, Sort};
use super::super::kinds::Kind;
use super::super::show;
use super::super::work::{Work, words};
use super::{Acted, create, select};
use crate::catalog::shapes::Protocol;
use crate::sandbox::model::{Phase, Resource};

/// Takes away what the parameters name, if nothing else needs it.
pub(in super::super) fn delete(work: &mut Work<'_>, kind: &Kind) -> Result<Acted, Fault> {
    let selection = select(work, kind, false)?;
    if !selection.named && (selection.keys.len() != 1 || kind.inside.is_empty()) {
        return Err(work.unsupported("it does not say which one in a way that the sandbox reads"));
    }
    if let Some(name) = selection.missing {
        let quiet = !kind.inside.is_empty() && work.service.protocol != Protocol::Ec2;
        let modelled =
            Fault::modelled(work.service, work.operation, Sort::NotFound, &kind.noun).is_some_and(|fault| {
                work.operation
                    .errors
                    .iter()
                    .any(|id| Some(&work.service.shape(*id).name) == fault.shape.as_ref())
            });
        if quiet && !modelled {
            return Ok(Acted::default());
        }
        return Err(work.not_found(kind, &name));
    }
    let things: Vec<Resource> =
        selection.keys.iter().filter_map(|key| work.ledger.get(key).cloned()).collect();
    let mut doomed = Vec::new();
    for thing in &things {
        doomed.extend(going_with(work, kind, thing, &things)?);
    }
    let mut acted = Acted::default();
    for key in doomed {
        take_contents(work, &key);
    }
    for mut thing in things {
        let lingers = work.entry().lingers.get(&kind.name);
        if lingers.is_some() || show::is_shown_when_gone(work, kind) {
            if let Some(attributes) = lingers {
                thing.attributes =
                    create::laid_over(std::mem::take(&mut thing.attributes), attributes.clone());
            }
            thing.phase = Phase::Going;
            thing.reads_left = work.pending_reads;
            thing.changed = work.now;
            acted.keys.push(thing.key());
            work.ledger.put(thing);
        } else {
            take_contents(work, &thing.key());
            thing.phase = Phase::Going;
            acted.removed.push(thing);
        }
    }
    Ok(acted)
}

/// Takes a thing away with everything that exists only inside it.
fn take_contents(work: &mut Work<'_>, key: &str) {
    let Some(thing) = work.ledger.get(key).cloned() else { return };
    let inner: Vec<String> = work
        .ledger
        .dependents(&thing)
        .filter(|other| other.parents.iter().any(|parent| parent.contains && parent.key == key))
        .map(Resource::key)
        .collect();
    work.ledger.remove(key);
    for key in inner {
        take_contents(work, &key);
    }
}

/// What goes together with a thing; an error if something still needs it.
fn going_with(
    work: &Work<'_>,
    kind: &Kind,
    thing: &Resource,
    together: &[Resource],
) -> Result<Vec<String>, Fault> {
    let dependents: Vec<&Resource> = work
        .ledger
        .dependents(thing)
        .filter(|other| !other.is_gone() && !together.iter().any(|also| also.key() == other.key()))
        .collect();
    let refusal = work.own_fault(Sort::InUse, kind, "");
    // Some services refuse as long as anything is inside; the others empty it themselves.
    let refuses_contents = refusal.as_ref().is_some_and(|fault| {
        ["DeleteConflict", "NotEmpty", "HasChildren"].iter().any(|word| fault.code.contains(word))
    });
    let cascades = work.entry().cascades.get(&kind.name);
    let key = thing.key();
    let mut going = Vec::new();
    for other in dependents {
        let other_kind = work.kinds.named(&other.kind);
        let contained = other.parents.iter().any(|parent| parent.contains && parent.key == key);
        let link = other_kind.is_some_and(Kind::is_link);
        let setting = other_kind.is_some_and(|kind| kind.is_setting() && !kind.is_link());
        let listed = cascades.is_some_and(|list| list.contains(&other.kind));
        if other.inborn || setting || listed || (contained && !link && !refuses_contents) {
            going.push(other.key());
        } else if let Some(fault) = &refusal {
            let message = format!(
                "The {} '{}' has dependencies and cannot be deleted: {} '{}'",
                words(&kind.noun),
                thing.id,
                words(&other.kind),
                other.id
            );
            return Err(Fault { message, ..fault.clone() });
        } else if contained || link {
            going.push(other.key());
        }
    }
    Ok(going)
}
