//! All exceptions of the rules folder, each with what is right or wrong about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::record::{ExceptionApproval, ExceptionRecord};
use super::roles::RolesBook;
use super::sign::verifies;
use crate::legislator::RuleInfo;
use crate::plan::{Digest, Excepted, Severity};

/// How often each exception was used, by id.
pub type Uses = BTreeMap<String, u32>;

/// No uses at all.
#[must_use]
pub fn no_uses() -> &'static Uses {
    static NONE: Uses = BTreeMap::new();
    &NONE
}

/// The folder of records, below the rules folder.
const FOLDER: &str = "exceptions/";
/// Bytes that a record may have.
const LARGEST: usize = 64 * 1024;
/// Characters that a reason has at least.
const SHORTEST_REASON: usize = 10;
const HOURS_A_DAY: i64 = 24;

/// Where an exception stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ExceptionState {
    /// Waits for an approval; the sentence says whose.
    Requested {
        /// What is still missing.
        missing: String,
    },
    /// Holds.
    Approved,
    /// Held once.
    Expired,
    /// Was taken back.
    Revoked,
    /// Was used as often as it may be.
    UsedUp,
    /// Counts as absent.
    Refused {
        /// What is wrong with it.
        why: String,
    },
}

/// One record and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExceptionStatus {
    /// The file, below the rules folder.
    pub file: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: ExceptionState,
    /// The record, where it could be read.
    pub record: Option<ExceptionRecord>,
}

/// All exceptions, read and checked once; time and uses are looked at when they are asked for.
#[derive(Clone, Debug, Default)]
pub(in crate::legislator) struct Register {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    file: String,
    record: Option<ExceptionRecord>,
    /// What is wrong for ever, or what is missing; nothing where everything is right.
    trouble: Option<Trouble>,
}

#[derive(Clone, Debug)]
enum Trouble {
    Wrong(String),
    Missing(String),
}

/// A finding that needs an exception.
#[derive(Clone, Copy, Debug)]
pub(in crate::legislator) struct Asked<'a> {
    pub(in crate::legislator) rule: &'a str,
    /// The plan; nothing where it was looked at already and one of its steps is looked at again.
    pub(in crate::legislator) plan: Option<&'a Digest>,
    /// The step's id, `cloud service`, and account; nothing for a finding on the whole plan.
    pub(in crate::legislator) step: Option<(&'a str, &'a str, Option<&'a str>)>,
    pub(in crate::legislator) environment: Option<&'a str>,
}

impl Register {
    /// Reads every record. Whatever is wrong with one is kept with it; it never stops the others.
    pub(in crate::legislator) fn read(
        texts: &BTreeMap<String, String>,
        roles: &RolesBook,
        rules: &BTreeMap<String, RuleInfo>,
    ) -> Self {
        let records = texts.iter().filter(|(file, _)| file.starts_with(FOLDER) && file.ends_with(".yaml"));
        let entries = records.map(|(file, text)| entry(file, text, roles, rules)).collect();
        Self { entries }
    }

    /// The exception that covers a finding, if one does now.
    pub(in crate::legislator) fn cover(
        &self,
        asked: Asked<'_>,
        now: Timestamp,
        uses: &Uses,
    ) -> Option<Excepted> {
        self.entries.iter().find_map(|entry| {
            let record =
                entry.record.as_ref().filter(|_| entry.state(now, uses) == ExceptionState::Approved)?;
            covers(record, asked).then(|| Excepted {
                id: record.id.clone(),
                by: record.approvals.iter().map(|approval| approval.by.clone()).collect(),
                until: record.expires,
            })
        })
    }

    /// Where one record stands by the roles and rules.
    pub(in crate::legislator) fn examine(
        record: &ExceptionRecord,
        roles: &RolesBook,
        rules: &BTreeMap<String, RuleInfo>,
        now: Timestamp,
        uses: &Uses,
    ) -> ExceptionState {
        let file = format!("{FOLDER}{}.yaml", record.id);
        let trouble = trouble(&file, record, roles, rules);
        Entry { file, record: Some(record.clone()), trouble }.state(now, uses)
    }

    /// Every record and where it stands.
    pub(in crate::legislator) fn statuses(&self, now: Timestamp, uses: &Uses) -> Vec<ExceptionStatus> {
        self.entries
            .iter()
            .map(|entry| ExceptionStatus {
                file: entry.file.clone(),
                state: entry.state(now, uses),
                record: entry.record.clone(),
            })
            .collect()
    }

    /// A sentence for every record that counts as absent though somebody approved it.
    pub(in crate::legislator) fn banners(&self, now: Timestamp) -> Vec<String> {
        self.entries
            .iter()
            .filter_map(|entry| match entry.state(now, no_uses()) {
                ExceptionState::Refused { why } => {
                    Some(format!("rules/{} counts as absent: {why}", entry.file))
                }
                ExceptionState::Expired => {
                    Some(format!("rules/{} counts as absent: it has expired", entry.file))
                }
                _ => None,
            })
            .map(|banner| crate::text::line(&banner))
            .collect()
    }
}

impl Entry {
    fn state(&self, now: Timestamp, uses: &Uses) -> ExceptionState {
        let Some(record) = &self.record else {
            let why = match &self.trouble {
                Some(Trouble::Wrong(why) | Trouble::Missing(why)) => why.clone(),
                None => "it cannot be read".into(),
            };
            return ExceptionState::Refused { why };
        };
        let spent = uses.get(&record.id).copied().unwrap_or(0);
        match &self.trouble {
            Some(Trouble::Wrong(why)) => ExceptionState::Refused { why: why.clone() },
            _ if record.revoked.is_some() => ExceptionState::Revoked,
            _ if record.expires <= now => ExceptionState::Expired,
            Some(Trouble::Missing(missing)) => ExceptionState::Requested { missing: missing.clone() },
            None if record.max_uses.is_some_and(|most| spent >= most) => ExceptionState::UsedUp,
            None => ExceptionState::Approved,
        }
    }
}

fn covers(record: &ExceptionRecord, asked: Asked<'_>) -> bool {
    let scope = &record.scope;
    let admits = |list: &[String], value: Option<&str>| {
        list.is_empty() || value.is_some_and(|value| list.iter().any(|known| known == value))
    };
    let (step, service, account) = match asked.step {
        Some((step, service, account)) => (Some(step), Some(service), account),
        None => (None, None, None),
    };
    record.rules.iter().any(|rule| rule == asked.rule)
        && (scope.plan.is_none() || asked.plan.is_none() || scope.plan.as_ref() == asked.plan)
        && admits(&scope.steps, step)
        && admits(&scope.services, service)
        && admits(&scope.accounts, account)
        && admits(&scope.environments, asked.environment)
}

fn entry(file: &str, text: &str, roles: &RolesBook, rules: &BTreeMap<String, RuleInfo>) -> Entry {
    let unread =
        |why: String| Entry { file: file.to_owned(), record: None, trouble: Some(Trouble::Wrong(why)) };
    if text.len() > LARGEST {
        return unread(format!("it has {} bytes, a record may have {LARGEST}", text.len()));
    }
    let record = match yaml_serde::from_str::<ExceptionRecord>(text) {
        Ok(record) => record,
        Err(error) => return unread(format!("it does not fit: {error}")),
    };
    let trouble = trouble(file, &record, roles, rules);
    Entry { file: file.to_owned(), record: Some(record), trouble }
}

fn trouble(
    file: &str,
    record: &ExceptionRecord,
    roles: &RolesBook,
    rules: &BTreeMap<String, RuleInfo>,
) -> Option<Trouble> {
    match wrong(file, record, roles, rules) {
        Some(why) => Some(Trouble::Wrong(why)),
        None => missing(record, roles, rules).map(Trouble::Missing),
    }
}

/// What is wrong with a record for ever.
fn wrong(
    file: &str,
    record: &ExceptionRecord,
    roles: &RolesBook,
    rules: &BTreeMap<String, RuleInfo>,
) -> Option<String> {
    if file != format!("{FOLDER}{}.yaml", record.id) {
        return Some(format!("its id is `{}`, which is not the file's name", record.id));
    }
    if record.rules.is_empty() {
        return Some("it names no rule".into());
    }
    if let Some(rule) = record.rules.iter().find(|rule| !rules.contains_key(*rule)) {
        return Some(format!("there is no rule `{rule}`"));
    }
    if record.reason.trim().chars().count() < SHORTEST_REASON {
        return Some(format!("its reason must have {SHORTEST_REASON} characters at least"));
    }
    let longest = SignedDuration::from_hours(i64::from(roles.longest()) * HOURS_A_DAY);
    if record.scope.plan.is_none() && record.expires.duration_since(record.requested_at) > longest {
        return Some(format!("it is not bound to a plan and lasts more than {} days", roles.longest()));
    }
    record.approvals.iter().find_map(|approval| wrong_approval(record, approval, roles, rules))
}

fn wrong_approval(
    record: &ExceptionRecord,
    approval: &ExceptionApproval,
    roles: &RolesBook,
    rules: &BTreeMap<String, RuleInfo>,
) -> Option<String> {
    let by = &approval.by;
    if by.eq_ignore_ascii_case(&record.requested_by) {
        return Some(format!("`{by}` asked for it and approved it; another person must approve"));
    }
    let Some(person) = roles.person(by) else {
        return Some(format!("`{by}` approved it and is not in rules/roles.yaml"));
    };
    if !person.roles.contains(&approval.role) {
        return Some(format!("`{by}` approved it as {}, which is not a role of theirs", approval.role));
    }
    let pack = |rule: &String| rules.get(rule).map(|info| info.pack.as_str()).unwrap_or_default();
    if !record.rules.iter().any(|rule| roles.may_approve(&approval.role, pack(rule))) {
        return Some(format!(
            "`{by}` approved it as {}, who has no say over {}",
            approval.role,
            record.rules.join(", ")
        ));
    }
    let signed = record.signed_bytes(by, &approval.role, approval.at).ok();
    let good = signed
        .zip(person.key_bytes())
        .is_some_and(|(message, key)| verifies(&key, &message, &approval.signature));
    (!good).then(|| {
        format!("the signature of `{by}` does not fit: the record was changed, or another key signed it")
    })
}

/// Whose approval is still missing.
fn missing(
    record: &ExceptionRecord,
    roles: &RolesBook,
    rules: &BTreeMap<String, RuleInfo>,
) -> Option<String> {
    record.rules.iter().filter_map(|rule| rules.get(rule)).find_map(|rule| {
        let needed = match rule.severity {
            Severity::Critical => roles.approvals_for_critical.unwrap_or(1).max(1),
            _ => 1,
        };
        let by: BTreeSet<String> = record
            .approvals
            .iter()
            .filter(|approval| roles.may_approve(&approval.role, &rule.pack))
            .map(|approval| approval.by.to_lowercase())
            .collect();
        (by.len() < needed).then(|| {
            let names: Vec<&str> = roles
                .roles
                .keys()
                .map(String::as_str)
                .filter(|role| roles.may_approve(role, &rule.pack))
                .collect();
            match names.as_slice() {
                [] => format!("no role in rules/roles.yaml may approve exceptions from {} rules", rule.pack),
                names => format!(
                    "{} of {needed} approvals for {} are there; it takes {}",
                    by.len(),
                    rule.id,
                    names.join(" or ")
                ),
            }
        })
    })
}
