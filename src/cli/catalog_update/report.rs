//! What an update changed, in lines for people: counts, and names as far as a person wants to read them.

use std::fmt::Write;

use super::one::{Outcome, State};
use crate::catalog::refresh::{ChangedOperation, Changes};

/// Names that a line has at most.
const NAMES: usize = 8;

/// One kind of difference.
type Parameters = fn(&ChangedOperation) -> &Vec<String>;

/// One paragraph per cloud.
pub(super) fn lines(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        paragraph(&mut text, outcome);
    }
    if outcomes.iter().any(|outcome| outcome.state == State::Updated) {
        text.push_str("The way back: provisioner catalog update --undo\n");
    }
    text
}

fn paragraph(text: &mut String, outcome: &Outcome) {
    let cloud = outcome.cloud;
    let held = |held: &super::one::Held| format!("{} {}", held.source, held.version);
    let after = outcome.after.as_ref();
    let _ = match (outcome.state, &outcome.before, after) {
        (State::Updated, Some(before), Some(after)) if held(before) == held(after) => {
            writeln!(text, "{cloud}: {}, compiled anew", held(after))
        }
        (State::Updated, Some(before), Some(after)) => {
            writeln!(text, "{cloud}: {} → {}", held(before), held(after))
        }
        (State::Unchanged, _, Some(after)) => {
            writeln!(text, "{cloud}: {} is in use already; nothing changed", held(after))
        }
        (State::Failed, ..) => writeln!(text, "{cloud}: not updated; the catalog in use stays as it is"),
        _ => writeln!(text, "{cloud}: left as it is"),
    };
    if let (State::Updated, Some(after)) = (outcome.state, after) {
        let _ = writeln!(
            text,
            "  {} services, {} operations, {} KiB",
            after.services,
            after.operations,
            after.bytes / 1024
        );
    }
    if let Some(changes) = &outcome.changes {
        differences(text, changes);
    }
    for note in &outcome.notes {
        let _ = writeln!(text, "  note: {}", note.short());
    }
}

fn differences(text: &mut String, changes: &Changes) {
    if changes.is_empty() {
        text.push_str("  no service, operation, or parameter changed\n");
        return;
    }
    for (what, services) in
        [("new services", &changes.new_services), ("removed services", &changes.removed_services)]
    {
        let names = services.iter().map(|s| format!("{} ({} operations)", s.service, s.operations));
        line(text, what, names);
    }
    for (what, operations) in
        [("new operations", &changes.new_operations), ("removed operations", &changes.removed_operations)]
    {
        line(text, what, operations.iter().map(|o| format!("{} {}", o.service, o.operation)));
    }
    let kinds: [(&str, Parameters); 4] = [
        ("operations with new parameters", |o| &o.new),
        ("operations with removed parameters", |o| &o.removed),
        ("operations with newly required parameters", |o| &o.newly_required),
        ("operations with parameters of another type", |o| &o.retyped),
    ];
    for (what, of) in kinds {
        let changed = changes.changed_operations.iter().filter(|operation| !of(operation).is_empty());
        let names = changed.map(|operation| {
            let parameters = of(operation);
            let more =
                if parameters.len() > 1 { format!(" +{}", parameters.len() - 1) } else { String::new() };
            format!("{} {} ({}{more})", operation.service, operation.operation, parameters[0])
        });
        line(text, what, names);
    }
}

/// How many there are and what the first are called; nothing when there are none.
fn line(text: &mut String, what: &str, names: impl Iterator<Item = String>) {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return;
    }
    let more = match names.len().checked_sub(NAMES) {
        None | Some(0) => String::new(),
        Some(more) => format!(", and {more} more (--json names all)"),
    };
    let first = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    let _ = writeln!(text, "  {what}: {}: {first}{more}", names.len());
}
