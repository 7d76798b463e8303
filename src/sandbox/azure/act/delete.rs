//! Taking things away; a group takes with it what is in it.

use super::put::own_key;
use super::{begin, empty};
use crate::sandbox::azure::address::GROUPS;
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::refer;
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::Answer;
use crate::sandbox::model::Phase;

/// The thing at the address goes.
pub(in super::super) fn delete(work: &mut Work<'_>) -> Result<Answer, Fault> {
    if work.address.kind != GROUPS
        && let Some(group) = work.address.group_address()
        && work.at(&group).is_none()
    {
        return Err(work.not_found(&group));
    }
    let key = own_key(work);
    let Some(thing) = work.at(&work.address).cloned() else {
        return match work.address.kind == GROUPS {
            true => Err(work.not_found(&work.address)),
            // What is not there need not go.
            false => Ok(empty(204)),
        };
    };
    work.check_version(Some(&thing))?;
    if work.address.kind != GROUPS {
        refer::check_unused(work, &thing.id)?;
    }
    let allowed = work.arm().map_or(vec![200, 202, 204], |arm| arm.success.clone());
    let wanted = if work.is_long() { [202, 200, 204] } else { [200, 204, 202] };
    let status = wanted.into_iter().find(|status| allowed.contains(status)).unwrap_or(wanted[0]);
    let mut answer = empty(status);
    if work.is_long() {
        begin(work, &key, None, &mut answer);
    }
    if work.is_long() && work.pending_reads > 0 {
        let mut going = thing;
        going.phase = Phase::Going;
        going.reads_left = work.pending_reads;
        work.ledger.put(going);
    } else {
        work.remove_within(&thing.id);
    }
    Ok(answer)
}
