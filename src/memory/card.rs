//! The card of a conversation: its summary, and what is needed to go on with it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::plan::{Digest, ExecutionStatus, Target};
use crate::protocol::{Entry, Role, SessionSummary};
use crate::text;

/// What the entries of a conversation add up to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) summary: SessionSummary,
    /// Entries that are more than notices of the program.
    pub(super) said: usize,
    /// What each run costs a month, by execution: a run that is told of twice counts once, and one
    /// that was taken back costs nothing.
    runs: BTreeMap<String, Decimal>,
}

impl Card {
    pub(super) fn new(id: &str, started: Timestamp, target: Target) -> Self {
        let summary = SessionSummary {
            id: id.to_owned(),
            name: String::new(),
            started,
            last: started,
            entries: 0,
            executions: 0,
            monthly: Decimal::ZERO,
            target,
        };
        Self { summary, said: 0, runs: BTreeMap::new() }
    }

    /// Counts an entry in. `now` is for entries that hold no time; `monthly` is what the plan of an
    /// execution costs, where it is known; the first words give a name of at most `cells`.
    pub(super) fn add(&mut self, entry: &Entry, now: Timestamp, monthly: Option<Decimal>, cells: usize) {
        let summary = &mut self.summary;
        let at = time_of(entry).unwrap_or(now);
        // A card that is made again does not know when it began.
        if summary.started == Timestamp::UNIX_EPOCH {
            summary.started = at;
        }
        summary.last = summary.last.max(at).max(now);
        summary.entries += 1;
        if !matches!(entry, Entry::Said { role: Role::Notice, .. }) {
            self.said += 1;
        }
        match entry {
            Entry::Said { role: Role::Person, text, .. } if summary.name.is_empty() => {
                summary.name = text::fit(text::line(text).trim(), cells);
            }
            Entry::Executed { summary: run } => {
                let runs_on = run.succeeded > 0 && run.status != ExecutionStatus::Undone;
                let monthly = monthly.filter(|_| runs_on).unwrap_or_default();
                self.runs.insert(run.id.0.clone(), monthly);
                summary.target = run.target;
                summary.executions = self.runs.len();
                summary.monthly = self.runs.values().sum();
            }
            _ => {}
        }
    }
}

/// What the plan of this digest costs a month, as it was proposed last.
pub(super) fn monthly_of(entries: &[Entry], digest: &Digest) -> Option<Decimal> {
    entries.iter().rev().find_map(|entry| match entry {
        Entry::Proposed { estimate, .. } if estimate.plan == *digest => Some(estimate.monthly),
        _ => None,
    })
}

fn time_of(entry: &Entry) -> Option<Timestamp> {
    match entry {
        Entry::Said { at, .. } => Some(*at),
        Entry::Proposed { verdict, .. } => Some(verdict.at),
        Entry::Executed { summary } => Some(summary.ended.unwrap_or(summary.started)),
        Entry::Tool { .. } | Entry::Decided { .. } | Entry::Failed { .. } => None,
    }
}
