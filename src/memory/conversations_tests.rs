use super::*;
use crate::plan::{Digest, Estimate, ExecutionId, ExecutionStatus, Plan, Verdict};
use crate::protocol::ExecutionSummary;
use crate::store::{StoreError, in_memory};
use crate::text::MASK;
use pretty_assertions::assert_eq;
use rust_decimal::Decimal;
use serde_json::json;

fn said(text: &str) -> Entry {
    Entry::Said { role: Role::Person, at: Timestamp::UNIX_EPOCH, text: text.into() }
}

fn conversations() -> (Conversations, Arc<dyn Store>) {
    let store = in_memory();
    (Conversations::open(&store), store)
}

#[test]
fn what_was_said_comes_back_in_order() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    for n in 0..12 {
        all.append(&id, &said(&format!("word {n}"))).unwrap();
    }
    let entries = all.entries(&id).unwrap();
    assert_eq!(entries.len(), 12);
    assert_eq!(entries[10], said("word 10"));
    assert_eq!(all.summary(&id).unwrap().entries, 12);
}

#[test]
fn a_conversation_without_words_is_not_listed() {
    let (all, _) = conversations();
    all.begin(Target::Sandbox).unwrap();
    let id = all.begin(Target::Live).unwrap();
    all.append(&id, &said("make a bucket\nand more")).unwrap();
    let list = all.list().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].name.as_str(), list[0].target), ("make a bucket and more", Target::Live));
}

#[test]
fn a_conversation_is_found_by_id_name_or_what_begins_so() {
    let (all, _) = conversations();
    let first = all.begin(Target::Sandbox).unwrap();
    all.append(&first, &said("logs for the web tier")).unwrap();
    let second = all.begin(Target::Sandbox).unwrap();
    all.append(&second, &said("logs for the database")).unwrap();
    assert_eq!(all.find(&first).unwrap(), first);
    assert_eq!(all.find("Logs for the data").unwrap(), second);
    all.rename(&second, "backup").unwrap();
    assert_eq!(all.find("backup").unwrap(), second);
    let ambiguous = all.find("s-").unwrap_err().to_string();
    assert!(ambiguous.contains("several") && ambiguous.contains(&first), "{ambiguous}");
    assert!(all.find("nothing like it").unwrap_err().to_string().contains("sessions list"));
    assert!(all.find("web").unwrap_err().to_string().contains("logs for the web tier"));
}

#[test]
fn an_empty_name_is_refused() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    assert!(matches!(all.rename(&id, " \n "), Err(MemoryError::EmptyName)));
}

#[test]
fn words_are_found_with_their_surroundings() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    all.append(&id, &said("a bucket for Grüße in Zürich")).unwrap();
    let found = all.search("zürich BUCKET", 5).unwrap();
    assert_eq!(found[0].session, id);
    assert!(all.search("berlin", 5).unwrap().is_empty());
    assert!(all.search(" ", 5).unwrap().is_empty());
}

#[test]
fn a_damaged_entry_is_told_and_hides_no_other() {
    let (all, store) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    all.append(&id, &said("one")).unwrap();
    all.append(&id, &said("two")).unwrap();
    let mut change = all.entries.change(&key(&id, 0), Some(&said("x"))).unwrap();
    change.value = Some(b"v1\n{broken".to_vec());
    store.commit(&[change]).unwrap();
    let entries = all.entries(&id).unwrap();
    assert!(
        matches!(&entries[0], Entry::Said { role: Role::Notice, text, .. } if text.contains("cannot be read"))
    );
    assert_eq!(entries[1], said("two"));
}

#[test]
fn a_store_error_keeps_its_words() {
    let error = MemoryError::from(StoreError::Conflict { tree: "t".into(), key: "k".into() });
    assert!(error.to_string().contains('k'));
}

fn damage(all: &Conversations, store: &Arc<dyn Store>, id: &str) {
    let mut change = all.cards.change(id, None).unwrap();
    change.value = Some(b"v1\n{broken".to_vec());
    store.commit(&[change]).unwrap();
}

#[test]
fn a_damaged_summary_is_told_and_costs_no_words() {
    let (all, store) = conversations();
    let id = all.begin(Target::Live).unwrap();
    all.append(&id, &said("one")).unwrap();
    damage(&all, &store, &id);
    let list = all.list().unwrap();
    assert_eq!((list[0].name.as_str(), list[0].entries), ("one (summary damaged)", 1));
    all.append(&id, &said("two")).unwrap();
    assert_eq!(all.entries(&id).unwrap(), [said("one"), said("two")]);
    assert_eq!(all.list().unwrap()[0].name, "one");
}

#[test]
fn two_who_write_at_once_lose_nothing() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (all, id) = (all.clone(), id.clone());
            scope.spawn(move || {
                (0..20).for_each(|n| all.append(&id, &said(&format!("{writer}-{n}"))).unwrap());
            });
        }
        all.rename(&id, "ours").unwrap();
    });
    assert_eq!(all.entries(&id).unwrap().len(), 40);
    let summary = all.summary(&id).unwrap();
    assert_eq!((summary.name.as_str(), summary.entries), ("ours", 40));
}

/// A plan that costs 12.50 a month, and its run.
fn plan_and_run() -> (Entry, ExecutionSummary) {
    let plan = Plan::from_value(json!({"version": 1, "name": "a database", "steps": [
        {"id": "db", "cloud": "aws", "service": "rds", "operation": "CreateDBInstance",
         "params": {"MasterUserPassword": "hunter2"}}]}))
    .unwrap();
    let estimate = Estimate {
        plan: plan.digest(),
        currency: "USD".into(),
        monthly: Decimal::new(1250, 2),
        one_off: Decimal::ZERO,
        unpriced: 0,
        steps: vec![],
        assumptions: vec![],
    };
    let verdict = Verdict::new(plan.digest(), vec![], Digest::of_bytes(b"rules"), 0);
    let run = ExecutionSummary {
        id: ExecutionId("x-1".into()),
        name: plan.name.clone(),
        digest: plan.digest(),
        target: Target::Live,
        status: ExecutionStatus::Parked,
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        succeeded: 1,
        failed: 0,
        skipped: 0,
        first_cause: None,
        resources: vec![],
    };
    (Entry::Proposed { plan, facts: vec![], verdict, estimate }, run)
}

#[test]
fn a_run_that_is_told_of_twice_counts_once_and_one_that_was_undone_costs_nothing() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    let (proposed, run) = plan_and_run();
    all.append(&id, &proposed).unwrap();
    for status in [ExecutionStatus::Parked, ExecutionStatus::Succeeded] {
        all.append(&id, &Entry::Executed { summary: ExecutionSummary { status, ..run.clone() } }).unwrap();
        let summary = all.summary(&id).unwrap();
        assert_eq!(
            (summary.executions, summary.monthly, summary.target),
            (1, Decimal::new(1250, 2), Target::Live)
        );
    }
    let status = ExecutionStatus::Undone;
    all.append(&id, &Entry::Executed { summary: ExecutionSummary { status, ..run } }).unwrap();
    let summary = all.summary(&id).unwrap();
    assert_eq!((summary.executions, summary.monthly), (1, Decimal::ZERO));
}

#[test]
fn secrets_are_masked_before_they_reach_the_store() {
    let (all, store) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    all.append(&id, &said("my password: hunter2")).unwrap();
    all.append(&id, &plan_and_run().0).unwrap();
    for tree in ["entries", CARDS] {
        for (_, value) in store.range(tree, &Range::all()).unwrap() {
            assert!(!String::from_utf8_lossy(&value).contains("hunter2"), "in {tree}");
        }
    }
    assert_eq!(all.summary(&id).unwrap().name, format!("my password: {MASK}"));
}

#[test]
fn a_conversation_is_found_by_words_of_its_name() {
    let (all, _) = conversations();
    let id = all.begin(Target::Sandbox).unwrap();
    assert_eq!(all.find(&id).unwrap(), id, "the id of one without words is good too");
    all.append(&id, &said("make it")).unwrap();
    all.rename(&id, "nightly backup").unwrap();
    assert_eq!(all.search("backup", 3).unwrap()[0].excerpt, "nightly backup");
}
