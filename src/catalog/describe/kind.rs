//! Kinds of values in few characters.

use crate::catalog::shapes::{Member, Service, ShapeId, ShapeKind, ShapeTraits};

/// Characters that the allowed values of a text may take.
const VALUES_WIDTH: usize = 60;
/// Members of a nested structure that are named.
const NAMES: usize = 7;

/// A kind, for example `string`, `[{Key*, Value*}]`, or `gp2|gp3|io1|… 4 more`.
pub(super) fn kind(service: &Service, id: ShapeId) -> String {
    kind_within(service, id, 3)
}

fn kind_within(service: &Service, id: ShapeId, depth: usize) -> String {
    let shape = service.shape(id);
    match &shape.kind {
        ShapeKind::Structure { members } => structure(members, &shape.traits),
        ShapeKind::List { .. } | ShapeKind::Map { .. } if depth == 0 => "…".into(),
        ShapeKind::List { member } => format!("[{}]", kind_within(service, member.shape, depth - 1)),
        ShapeKind::Map { key, value } => format!(
            "{{{}: {}}}",
            kind_within(service, key.shape, depth - 1),
            kind_within(service, value.shape, depth - 1)
        ),
        ShapeKind::String | ShapeKind::Character => {
            if shape.traits.allowed.is_empty() {
                "string".into()
            } else {
                values(&shape.traits.allowed)
            }
        }
        ShapeKind::Integer | ShapeKind::Long => "integer".into(),
        ShapeKind::Float | ShapeKind::Double => "number".into(),
        ShapeKind::Boolean => "boolean".into(),
        ShapeKind::Blob => "base64".into(),
        ShapeKind::Timestamp => "time".into(),
        ShapeKind::Document => "any JSON".into(),
    }
}

fn structure(members: &[Member], traits: &ShapeTraits) -> String {
    let mut names: Vec<String> = Vec::new();
    let live = || members.iter().filter(|m| !m.traits.deprecated);
    for member in live().filter(|m| m.required).chain(live().filter(|m| !m.required)).take(NAMES) {
        names.push(format!("{}{}", member.name, if member.required { "*" } else { "" }));
    }
    let more = live().count().saturating_sub(NAMES);
    if more > 0 {
        names.push(format!("… {more} more"));
    }
    let join = if traits.union { " or " } else { ", " };
    format!("{{{}}}", names.join(join))
}

fn values(allowed: &[String]) -> String {
    let mut text = String::new();
    for (index, value) in allowed.iter().enumerate() {
        // All values, or as many as fit with the note that there are more.
        if index > 0 && text.len() + value.len() > VALUES_WIDTH {
            text.push_str(&format!("|… {} more", allowed.len() - index));
            break;
        }
        if index > 0 {
            text.push('|');
        }
        text.push_str(value);
    }
    text
}

/// What else is known of a member, in words; empty for most.
pub(super) fn notes(service: &Service, member: &Member) -> Vec<String> {
    let shape = &service.shape(member.shape).traits;
    let mut notes = Vec::new();
    if member.idempotency_token {
        notes.push("filled in when absent".to_owned());
    }
    if member.traits.sensitive || shape.sensitive {
        notes.push("secret".to_owned());
    }
    if shape.union {
        notes.push("exactly one".to_owned());
    }
    if member.traits.deprecated || shape.deprecated {
        notes.push("deprecated".to_owned());
    }
    notes
}

/// The bounds of a value in words, for a person.
pub(super) fn bounds(service: &Service, id: ShapeId) -> Option<String> {
    let shape = service.shape(id);
    let (min, max) = (shape.traits.min, shape.traits.max);
    let what = match shape.kind {
        ShapeKind::String | ShapeKind::Blob => " long",
        ShapeKind::List { .. } => " items",
        ShapeKind::Map { .. } => " entries",
        _ => "",
    };
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}{what}")),
        // At least nothing and at least one say little.
        (Some(min), None) if min > 1.0 => Some(format!("at least {min}{what}")),
        (None, Some(max)) => Some(format!("at most {max}{what}")),
        _ => None,
    }
}
