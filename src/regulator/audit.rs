//! The audit chain.
//!
//! Records are lines of an append-only log, each on disk before [`AuditChain::append`] returns. The store keeps
//! the number and hash of the last record apart from the log, so that a chain whose end was cut
//! off is noticed too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RegulatorError;
use crate::plan::{Digest, Plan, Record, RecordBody};
use crate::protocol::RecordSummary;
use crate::store::{Log, Store, Tree};
use crate::text::mask_named;

/// Every record begins so; a later form gets a later number.
const VERSION: &str = "v1 ";

/// The chain of all records of a store.
pub struct AuditChain {
    log: Arc<dyn Log>,
    head: Tree<Head>,
    /// The last record, once it was read.
    last: Mutex<Option<Head>>,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    number: u64,
    hash: Digest,
}

/// What a check of the whole chain found, when all is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many records there are.
    pub records: u64,
    /// The hash of the last one; of nothing for an empty chain.
    pub head: Digest,
    /// Bytes of a record that was being written when the program ended, and never counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<usize>,
}

impl AuditChain {
    /// Opens the chain of a store.
    ///
    /// # Errors
    ///
    /// The log cannot be opened.
    pub fn open(store: &Arc<dyn Store>) -> Result<Self, RegulatorError> {
        let head = Tree::new(store.clone(), "audit", 1);
        Ok(Self { log: store.log("audit")?, head, last: Mutex::new(None) })
    }

    /// Adds a record; it is on disk when this returns. Values under secret names are masked.
    ///
    /// # Errors
    ///
    /// The disk refused, or the chain is damaged: nothing is added behind damage.
    pub fn append(&self, body: RecordBody) -> Result<Record, RegulatorError> {
        let mut last = self.last();
        let before = match last.clone() {
            Some(head) => head,
            None => self.walk()?.0,
        };
        let mut record = Record {
            number: before.number + 1,
            previous: before.hash,
            at: Timestamp::now(),
            body: masked(body),
            hash: nothing(),
        };
        let (hash, line) = seal(&record)?;
        record.hash = hash;
        self.log.append(&[line])?;
        self.log.sync()?;
        let head = Head { number: record.number, hash: record.hash.clone() };
        self.head.put("head", &head)?;
        *last = Some(head);
        Ok(record)
    }

    /// Recomputes the whole chain.
    ///
    /// # Errors
    ///
    /// [`RegulatorError::BadRecord`] names the first record that was changed, is missing, or was
    /// moved.
    pub fn verify(&self) -> Result<Verified, RegulatorError> {
        let (end, hashes, torn) = self.walk()?;
        if let Some(known) = self.head.get("head")? {
            if known.number > end.number {
                let reason = format!("it is missing: the chain had {} records", known.number);
                return Err(RegulatorError::BadRecord { number: end.number + 1, reason });
            }
            let found = usize::try_from(known.number).ok().and_then(|n| hashes.get(n.checked_sub(1)?));
            if found.is_some_and(|hash| *hash != known.hash) {
                let reason = "it is another one than the chain ended with".to_owned();
                return Err(RegulatorError::BadRecord { number: known.number, reason });
            }
        }
        Ok(Verified { records: end.number, head: end.hash, torn })
    }

    /// All records, oldest first.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, RegulatorError> {
        let content = self.log.read()?;
        if let Some((number, reason)) = content.damaged {
            return Err(RegulatorError::BadRecord { number, reason });
        }
        (1..).zip(&content.records).map(|(number, line)| typed(number, line)).collect()
    }

    /// Plays the chain: its end, all hashes, and what is unfinished behind it.
    fn walk(&self) -> Result<(Head, Vec<Digest>, Option<usize>), RegulatorError> {
        let content = self.log.read()?;
        let mut hashes: Vec<Digest> = Vec::with_capacity(content.records.len());
        for (number, line) in (1..).zip(&content.records) {
            let previous = hashes.last().cloned().unwrap_or_else(nothing);
            let hash = check(number, &previous, line)
                .map_err(|reason| RegulatorError::BadRecord { number, reason })?;
            hashes.push(hash);
        }
        if let Some((number, reason)) = content.damaged {
            return Err(RegulatorError::BadRecord { number, reason });
        }
        let end = Head { number: hashes.len() as u64, hash: hashes.last().cloned().unwrap_or_else(nothing) };
        Ok((end, hashes, content.torn))
    }

    fn last(&self) -> MutexGuard<'_, Option<Head>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a record is found again.
impl From<&Record> for RecordSummary {
    fn from(record: &Record) -> Self {
        Self { number: record.number, hash: record.hash.clone() }
    }
}

/// What the first record names as the one before it.
fn nothing() -> Digest {
    Digest::of_bytes(b"")
}

/// The record's hash and its line. The hash is taken over what a reader of the line will see.
fn seal(record: &Record) -> Result<(Digest, Vec<u8>), RegulatorError> {
    let unwritable = |e: serde_json::Error| RegulatorError::Unwritable(e.to_string());
    let text = serde_json::to_vec(record).map_err(unwritable)?;
    let mut value: Map<String, Value> = serde_json::from_slice(&text).map_err(unwritable)?;
    value.remove("hash");
    let hash = Digest::of(&value).map_err(unwritable)?;
    value.insert("hash".into(), Value::from(hash.as_str()));
    let mut line = VERSION.as_bytes().to_vec();
    serde_json::to_writer(&mut line, &value).map_err(unwritable)?;
    Ok((hash, line))
}

fn parse(line: &[u8]) -> Result<Map<String, Value>, String> {
    let json =
        line.strip_prefix(VERSION.as_bytes()).ok_or("it has a version that this program does not know")?;
    serde_json::from_slice(json).map_err(|e| format!("it cannot be read: {e}"))
}

/// The hash of a record that is where it belongs.
fn check(number: u64, previous: &Digest, line: &[u8]) -> Result<Digest, String> {
    let mut value = parse(line)?;
    let named = value.remove("hash").and_then(|hash| hash.as_str().map(str::to_owned));
    let hash = Digest::of(&value).map_err(|e| e.to_string())?;
    if named.as_deref() != Some(hash.as_str()) {
        return Err("its content does not fit its hash: it was changed".into());
    }
    if value.get("number").and_then(Value::as_u64) != Some(number) {
        return Err(format!("it says that it is number {}", value.get("number").unwrap_or(&Value::Null)));
    }
    if value.get("previous").and_then(Value::as_str) != Some(previous.as_str()) {
        return Err("it does not follow the record before it".into());
    }
    Ok(hash)
}

fn typed(number: u64, line: &[u8]) -> Result<Record, RegulatorError> {
    let bad = |reason| RegulatorError::BadRecord { number, reason };
    let value = parse(line).map_err(bad)?;
    serde_json::from_value(Value::Object(value)).map_err(|e| bad(format!("it cannot be read: {e}")))
}

fn masked(mut body: RecordBody) -> RecordBody {
    match &mut body {
        RecordBody::Refused { plan, .. } | RecordBody::Allowed { plan, .. } => mask_plan(plan),
        RecordBody::Done { .. } => {}
    }
    body
}

/// Masks what has a secret's name in the parameters of all steps.
pub(super) fn mask_plan(plan: &mut Plan) {
    for step in &mut plan.steps {
        step.params = mask_named(&step.params);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ExecutionId, ExecutionStatus};
    use crate::store::in_memory;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn done(summary: &str) -> RecordBody {
        RecordBody::Done {
            execution: ExecutionId("x-1".into()),
            status: ExecutionStatus::Succeeded,
            journal: nothing(),
            summary: summary.into(),
        }
    }

    fn chain(folder: &std::path::Path) -> AuditChain {
        AuditChain::open(&crate::store::open(folder).unwrap()).unwrap()
    }

    fn with_three(folder: &std::path::Path) {
        let chain = chain(folder);
        for text in ["one", "two", "three"] {
            chain.append(done(text)).unwrap();
        }
        chain.verify().unwrap();
    }

    fn bad_number(folder: &std::path::Path) -> Option<u64> {
        match chain(folder).verify() {
            Err(RegulatorError::BadRecord { number, .. }) => Some(number),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn records_follow_each_other_also_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        with_three(dir.path());
        let fourth = chain(dir.path()).append(done("four")).unwrap();
        let chain = chain(dir.path());
        let records = chain.records().unwrap();
        assert_eq!(records.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(records[3], fourth);
        assert_eq!(records[3].previous, records[2].hash);
        assert_eq!(chain.verify().unwrap(), Verified { records: 4, head: fourth.hash, torn: None });
    }

    #[test]
    fn a_record_that_is_missing_moved_or_cut_off_is_named() {
        let dir = tempfile::tempdir().unwrap();
        with_three(dir.path());
        let path = dir.path().join("logs").join("audit.log");
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for (kept, bad) in [
            (vec![0, 2], 2),
            (vec![1, 2], 1),
            (vec![1, 0, 2], 1),
            (vec![0, 2, 1], 2),
            (vec![0, 1], 3),
            (vec![], 1),
            (vec![0, 0, 1, 2], 2),
        ] {
            let text: String = kept.iter().map(|&line: &usize| lines[line]).collect();
            std::fs::write(&path, text).unwrap();
            assert_eq!(bad_number(dir.path()), Some(bad), "{kept:?}");
        }
    }

    #[test]
    fn a_record_forged_with_a_fitting_checksum_breaks_the_chain() {
        let store = in_memory();
        let chain = AuditChain::open(&store).unwrap();
        chain.append(done("one")).unwrap();
        let second = chain.append(done("two")).unwrap();
        // Everything is made again but what was written down apart from the log.
        let forged = Record { body: done("2"), ..second };
        let (_, line) = seal(&forged).unwrap();
        let log = crate::store::MemoryLog::holding(vec![chain.log.read().unwrap().records[0].clone(), line]);
        let chain = AuditChain { log: Arc::new(log), ..chain };
        let message = chain.verify().unwrap_err().to_string();
        assert!(message.contains("record 2"), "{message}");
    }

    #[test]
    fn nothing_is_added_behind_damage() {
        let dir = tempfile::tempdir().unwrap();
        with_three(dir.path());
        let path = dir.path().join("logs").join("audit.log");
        let text = std::fs::read_to_string(&path).unwrap().replacen("\"two\"", "\"2wo\"", 1);
        std::fs::write(&path, &text).unwrap();
        let message = chain(dir.path()).append(done("four")).unwrap_err().to_string();
        assert!(message.contains("record 2"), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn secrets_do_not_enter_the_chain() {
        let plan = Plan::from_value(serde_json::json!({"version": 1, "name": "n", "steps": [
            {"id": "a", "cloud": "aws", "service": "rds", "operation": "CreateDBInstance",
             "params": {"MasterUserPassword": "hunter2"}},
        ]}))
        .unwrap();
        let verdict = crate::plan::Verdict::new(plan.digest(), vec![], nothing(), 0);
        let chain = AuditChain::open(&in_memory()).unwrap();
        let body =
            RecordBody::Refused { asked: "a".into(), session: None, plan, verdict, reason: "no".into() };
        let record = chain.append(body).unwrap();
        assert!(!serde_json::to_string(&record).unwrap().contains("hunter2"));
        chain.verify().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_changed_byte_is_noticed_and_its_record_named(place in 0.0..1.0_f64, flip in 1_u8..=255) {
            let dir = tempfile::tempdir().unwrap();
            with_three(dir.path());
            let path = dir.path().join("logs").join("audit.log");
            let mut bytes = std::fs::read(&path).unwrap();
            let at = ((bytes.len() - 1) as f64 * place) as usize;
            let record = bytes[..at].iter().filter(|b| **b == b'\n').count() as u64 + 1;
            bytes[at] ^= flip;
            std::fs::write(&path, bytes).unwrap();
            prop_assert_eq!(bad_number(dir.path()), Some(record));
        }
    }
}
