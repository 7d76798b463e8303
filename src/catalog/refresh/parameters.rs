//! How the parameters of an operation changed, however deep they lie.

use std::collections::{HashSet, VecDeque};
use std::mem::discriminant;

use serde::Serialize;

use crate::catalog::shapes::{Member, Operation, Service, Shape, ShapeKind};

/// An operation whose parameters are others. Parameters are paths: `Filters[].Name`, `body.properties.sku`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangedOperation {
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Parameters that came.
    pub new: Vec<String>,
    /// Parameters that went.
    pub removed: Vec<String>,
    /// Parameters that must be given now and had not to be, or were not there.
    pub newly_required: Vec<String>,
    /// Parameters of another type.
    pub retyped: Vec<String>,
}

/// Two shapes that stand in the same place.
struct Pair<'a> {
    before: &'a Shape,
    after: &'a Shape,
    path: String,
}

/// The differences; nothing when there are none. Each structure is looked at once, where it stands nearest to the top.
pub(super) fn changed(
    before: (&Service, &Operation),
    after: (&Service, &Operation),
) -> Option<ChangedOperation> {
    static NOTHING: Shape = Shape::nothing();
    let mut found = ChangedOperation::default();
    let mut seen = HashSet::new();
    let first = Pair {
        before: before.1.input.map_or(&NOTHING, |id| before.0.shape(id)),
        after: after.1.input.map_or(&NOTHING, |id| after.0.shape(id)),
        path: String::new(),
    };
    let mut waiting = VecDeque::from([first]);
    while let Some(Pair { before: old, after: new, path }) = waiting.pop_front() {
        if !seen.insert((std::ptr::from_ref(old), std::ptr::from_ref(new))) {
            continue;
        }
        let mut next = |old: &Member, new: &Member, path: String| {
            waiting.push_back(Pair {
                before: before.0.shape(old.shape),
                after: after.0.shape(new.shape),
                path,
            });
        };
        match (&old.kind, &new.kind) {
            (ShapeKind::Structure { members: olds }, ShapeKind::Structure { members: news }) => {
                for member in news {
                    let path = below(&path, &member.name);
                    match olds.iter().find(|old| old.name == member.name) {
                        None => {
                            found.new.push(path.clone());
                            if member.required {
                                found.newly_required.push(path);
                            }
                        }
                        Some(old) => {
                            if member.required && !old.required {
                                found.newly_required.push(path.clone());
                            }
                            next(old, member, path);
                        }
                    }
                }
                let gone = olds.iter().filter(|old| news.iter().all(|new| new.name != old.name));
                found.removed.extend(gone.map(|old| below(&path, &old.name)));
            }
            (ShapeKind::List { member: old }, ShapeKind::List { member: new }) => {
                next(old, new, format!("{path}[]"))
            }
            (ShapeKind::Map { value: old, .. }, ShapeKind::Map { value: new, .. }) => {
                next(old, new, format!("{path}{{}}"));
            }
            (old, new) if discriminant(old) != discriminant(new) => found.retyped.push(path.clone()),
            _ => {}
        }
        // What can stand in for a shape that takes several forms.
        for (name, id) in &new.traits.variants {
            let path = format!("{path}<{name}>");
            match old.traits.variants.iter().find(|(old, _)| old == name) {
                None => found.new.push(path),
                Some((_, own)) => {
                    waiting.push_back(Pair { before: before.0.shape(*own), after: after.0.shape(*id), path })
                }
            }
        }
        let gone = old
            .traits
            .variants
            .iter()
            .filter(|(old, _)| new.traits.variants.iter().all(|(new, _)| new != old));
        found.removed.extend(gone.map(|(name, _)| format!("{path}<{name}>")));
    }
    if found == ChangedOperation::default() {
        return None;
    }
    (found.service, found.operation) = (after.0.name.clone(), after.1.name.clone());
    Some(found)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
