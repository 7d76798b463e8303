//! Reading one thing, and asking whether it is there.

use super::put::own_key;
use super::{document, empty, list};
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::{names, shown};
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::Answer;

/// The thing at the address, or a list, or a view of a thing.
pub(in super::super) fn read(work: &mut Work<'_>) -> Result<Answer, Fault> {
    if work.address.open {
        return list::list(work);
    }
    let key = own_key(work);
    work.look(&key);
    let Some(thing) = work.at(&work.address).cloned() else {
        work.check_surroundings()?;
        return Err(work.not_found(&work.address));
    };
    let value = shown(work, &thing);
    Ok(document(200, &value))
}

/// A view of the thing before the last part of the path, if its type has one.
pub(super) fn view(work: &mut Work<'_>) -> Option<Result<Answer, Fault>> {
    let around = work.address.container()?;
    let view = work.known.of(&around.kind).views.get(work.address.name())?;
    let Some(thing) = work.at(&around).cloned() else { return Some(Err(work.not_found(&around))) };
    let filled = names(work, &thing).fill(view);
    Some(Ok(document(200, &filled)))
}

/// Whether the thing at the address is there.
pub(in super::super) fn exists(work: &mut Work<'_>) -> Result<Answer, Fault> {
    let there = work.at(&work.address).is_some();
    Ok(empty(if there { 204 } else { 404 }))
}
