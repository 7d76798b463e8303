//! Finding what a request is about.

use super::super::fault::Fault;
use super::super::kinds::Kind;
use super::super::members::{is_aside, is_scalar};
use super::super::noun;
use super::super::work::{Work, text_of, texts_of};
use crate::sandbox::model::Resource;

/// What a request is about.
#[derive(Debug, Default)]
pub(in super::super) struct Selection {
    /// The keys of what was found, in the order of the request.
    pub(in super::super) keys: Vec<String>,
    /// Whether the request said which.
    pub(in super::super) named: bool,
    /// The first name that nothing answers to.
    pub(in super::super) missing: Option<String>,
}

/// What of a kind the parameters name; all of the kind in the named containers if they name none.
/// A container that does not exist is an error, a thing that does not exist is not yet one.
pub(in super::super) fn select(work: &Work<'_>, kind: &Kind, with_gone: bool) -> Result<Selection, Fault> {
    let containers = named_containers(work, kind)?;
    let mut candidates: Vec<&Resource> = work
        .ledger
        .of_kind(&work.service.name, &work.home(), &kind.name)
        .filter(|thing| with_gone || !thing.is_gone())
        .filter(|thing| {
            containers.iter().all(|container| match container {
                Container::Known(key) => thing.refers_to(key),
                Container::Outside(member, name) => {
                    thing.attributes.get(member).and_then(text_of).as_ref() == Some(name)
                }
            })
        })
        .collect();
    let mut selection = Selection::default();
    let mut by_name: Option<Vec<&Resource>> = None;
    for member in work.input() {
        let Some(value) = work.params.get(&member.name) else { continue };
        if is_aside(member)
            || work.known.is_aside(&work.service.name, &member.name)
            || !is_scalar(work.service, member.shape)
            || !names_own(work, kind, &member.name)
        {
            continue;
        }
        let wanted = texts_of(value);
        if wanted.is_empty() {
            continue;
        }
        selection.named = true;
        let mut found = Vec::new();
        for name in wanted {
            let fits: Vec<&Resource> =
                candidates.iter().filter(|thing| thing.answers_to(&name)).copied().collect();
            if fits.is_empty() {
                selection.missing.get_or_insert(name);
            }
            found.extend(fits);
        }
        // Two parameters that name it must both fit.
        by_name = Some(match by_name {
            Some(before) => {
                before.into_iter().filter(|thing| found.iter().any(|f| f.key() == thing.key())).collect()
            }
            None => found,
        });
    }
    if let Some(found) = by_name {
        candidates = found;
    }
    if kind.is_setting() && !containers.is_empty() {
        selection.named = true;
        if candidates.is_empty() {
            let first = kind.inside.first().and_then(|(member, _)| work.params.get(member));
            selection.missing = first.and_then(text_of);
        }
    }
    selection.keys = candidates.iter().map(|thing| thing.key()).collect();
    Ok(selection)
}

/// Whether a member names things of this kind.
fn names_own(work: &Work<'_>, kind: &Kind, member: &str) -> bool {
    let one = noun::singular(member);
    if kind.own().any(|own| own.eq_ignore_ascii_case(&one) || own.eq_ignore_ascii_case(member)) {
        return true;
    }
    if kind.inside.iter().any(|(inside, _)| inside == member) {
        return false;
    }
    let noun = noun::stem(&kind.noun);
    match noun::about(member) {
        Some(about) if noun::stem(about) == noun => true,
        Some(about) if kind.is_link() && noun.ends_with(&noun::stem(about)) => false,
        _ => {
            noun::stem(member) == noun
                || (noun::is_bare(member) && work.kinds.owner(member).is_none_or(|o| o.key == kind.key))
        }
    }
}

enum Container {
    Known(String),
    /// It exists without having been made here.
    Outside(String, String),
}

/// The containers, or other things that things of this kind refer to, that the parameters name.
fn named_containers(work: &Work<'_>, kind: &Kind) -> Result<Vec<Container>, Fault> {
    let mut found = Vec::new();
    for member in work.input() {
        if !is_scalar(work.service, member.shape) || is_aside(member) {
            continue;
        }
        let Some(name) = work.params.get(&member.name).and_then(text_of) else { continue };
        let inside = kind.inside.iter().find(|(inside, _)| *inside == member.name);
        let owner = match inside {
            Some((_, key)) => work.kinds.get(key),
            None if names_own(work, kind, &member.name) => None,
            None => work.kinds.owner(&member.name).filter(|owner| owner.key != kind.key),
        };
        let Some(owner) = owner else { continue };
        match work.find(owner, &name) {
            Some(thing) => found.push(Container::Known(thing.key())),
            None if work.is_outside(&name) => found.push(Container::Outside(member.name.clone(), name)),
            None => return Err(work.not_found(owner, &name)),
        }
    }
    Ok(found)
}
