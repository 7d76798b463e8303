//! The words that services have for the phases of a thing's life.

use super::super::kinds::Kind;
use super::super::noun;
use super::super::work::Work;
use crate::catalog::shapes::{Operation, Service, ShapeId, ShapeKind};
use crate::sandbox::model::Phase;

/// How far into the answer of a creating operation a state is looked for.
const DEEPEST: usize = 3;

const READY: [&str; 17] = [
    "available",
    "active",
    "running",
    "ready",
    "inservice",
    "issued",
    "completed",
    "complete",
    "createcomplete",
    "deployed",
    "enabled",
    "ok",
    "succeeded",
    "success",
    "successful",
    "associated",
    "attached",
];
const COMING: [&str; 9] = [
    "pending",
    "creating",
    "provisioning",
    "starting",
    "createinprogress",
    "initializing",
    "pendingvalidation",
    "associating",
    "attaching",
];
const STOPPING: [&str; 2] = ["stopping", "pausing"];
const STOPPED: [&str; 4] = ["stopped", "paused", "inactive", "disabled"];
const GOING: [&str; 6] =
    ["shuttingdown", "deleting", "terminating", "deprovisioning", "deleteinprogress", "pendingdeletion"];
const GONE: [&str; 4] = ["terminated", "deleted", "deletecomplete", "inactive"];

fn words(phase: Phase) -> &'static [&'static str] {
    match phase {
        Phase::Coming => &COMING,
        Phase::Ready => &READY,
        Phase::Stopping => &STOPPING,
        Phase::Stopped => &STOPPED,
        Phase::Going => &GOING,
        Phase::Gone => &GONE,
    }
}

/// Whether a member tells the state of things of this kind.
pub(super) fn tells_state(kind: &Kind, member: &str) -> bool {
    let member = noun::squash(member);
    let kind = noun::squash(&kind.noun);
    let front = member.strip_suffix("state").or_else(|| member.strip_suffix("status"));
    front.is_some_and(|front| {
        front.is_empty() || front == "current" || front == "lifecycle" || kind.ends_with(front)
    })
}

/// The word of a member for a phase: as a waiter awaits it, else as its allowed values have it.
pub(super) fn word(
    service: &Service,
    kind: &Kind,
    member: &str,
    shape: ShapeId,
    phase: Phase,
) -> Option<String> {
    if !matches!(service.shape(shape).kind, ShapeKind::String) {
        return None;
    }
    let awaited = awaited(service, kind, member);
    if phase == Phase::Ready
        && let Some(word) = &awaited
    {
        return Some(word.clone());
    }
    let allowed = &service.shape(shape).traits.allowed;
    let found = words(phase)
        .iter()
        .find_map(|word| allowed.iter().find(|value| noun::squash(value) == *word))
        .cloned();
    // Services that list no values have the usual ones, in the case of the one that is awaited.
    found.or_else(|| {
        let awaited = awaited.filter(|_| allowed.is_empty())?;
        let usual = match phase {
            Phase::Coming => "creating",
            Phase::Going => "deleting",
            _ => words(phase).first()?,
        };
        let upper = awaited.chars().all(|c| !c.is_lowercase());
        Some(if upper { usual.to_uppercase() } else { usual.to_owned() })
    })
}

/// What the waiters on a kind's reads wait for in a member.
fn awaited(service: &Service, kind: &Kind, member: &str) -> Option<String> {
    let mut found: Vec<(usize, String)> = service
        .waiters
        .values()
        .filter(|waiter| kind.reads.contains(&waiter.operation))
        .flat_map(|waiter| &waiter.acceptors)
        .filter(|acceptor| acceptor.state == "success" && acceptor.matcher.starts_with("path"))
        .filter(|acceptor| {
            let tail = acceptor.argument.as_deref().and_then(|path| path.rsplit(['.', ']']).next());
            // `State.Name` is awaited in a member of a structure that is called `State`.
            tail == Some(member)
        })
        .filter_map(|acceptor| serde_json::from_str::<String>(&acceptor.expected).ok())
        .filter_map(|word| {
            let squashed = noun::squash(&word);
            Some((READY.iter().position(|ready| *ready == squashed)?, word))
        })
        .collect();
    found.sort();
    found.into_iter().next().map(|(_, word)| word)
}

/// Whether the answer of the operation can say that a thing is in this phase.
pub(in super::super) fn has_word(work: &Work<'_>, kind: &Kind, phase: Phase) -> bool {
    work.operation.output.is_some_and(|id| says(work.service, kind, id, phase, DEEPEST))
}

fn says(service: &Service, kind: &Kind, shape: ShapeId, phase: Phase, depth: usize) -> bool {
    match &service.shape(shape).kind {
        ShapeKind::Structure { members } => members.iter().any(|member| {
            if tells_state(kind, &member.name) {
                let inner = service.shape(member.shape).member("Name");
                return inner.map_or_else(
                    || word(service, kind, &member.name, member.shape, phase).is_some(),
                    |name| word(service, kind, &name.name, name.shape, phase).is_some(),
                );
            }
            depth > 0 && says(service, kind, member.shape, phase, depth - 1)
        }),
        ShapeKind::List { member } => depth > 0 && says(service, kind, member.shape, phase, depth - 1),
        _ => false,
    }
}

/// Whether a waiter waits to see a thing in its last state, instead of not at all.
pub(in super::super) fn is_shown_when_gone(work: &Work<'_>, kind: &Kind) -> bool {
    let mut seen = false;
    for waiter in work.service.waiters.values().filter(|waiter| kind.reads.contains(&waiter.operation)) {
        let successes = || waiter.acceptors.iter().filter(|acceptor| acceptor.state == "success");
        let by_word = successes().any(|acceptor| {
            let expected = serde_json::from_str::<String>(&acceptor.expected).unwrap_or_default();
            acceptor.matcher.starts_with("path") && GONE.contains(&noun::squash(&expected).as_str())
        });
        let by_error = successes().any(|acceptor| acceptor.matcher == "error");
        seen |= by_word && !by_error;
    }
    seen
}

/// Whether an operation reads things of a kind in a list.
pub(super) fn lists(service: &Service, operation: &Operation) -> bool {
    operation.output.is_some_and(|id| {
        service
            .shape(id)
            .members()
            .iter()
            .any(|member| matches!(service.shape(member.shape).kind, ShapeKind::List { .. }))
    })
}
