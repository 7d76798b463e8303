//! A store that forgets, for tests and for runs that leave nothing behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::readable;
use super::watch::Watchers;
use super::{Change, Log, LogContent, Pair, Range, Store, StoreError, Watch};

/// A store in memory.
#[must_use]
pub fn in_memory() -> Arc<dyn Store> {
    Arc::new(Memory { pairs: Mutex::default(), logs: Mutex::default(), watchers: Watchers::new() })
}

/// By tree and key.
type Pairs = BTreeMap<(String, Vec<u8>), Vec<u8>>;

struct Memory {
    pairs: Mutex<Pairs>,
    logs: Mutex<BTreeMap<String, Arc<MemoryLog>>>,
    watchers: Watchers,
}

/// A panic of another thread leaves the maps whole: every change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Memory {
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(lock(&self.pairs).get(&(tree.to_owned(), key.to_vec())).cloned())
    }

    fn range(&self, tree: &str, range: &Range) -> Result<Vec<Pair>, StoreError> {
        let pairs = lock(&self.pairs);
        let start = (tree.to_owned(), range.prefix.clone());
        let found = pairs
            .range(start..)
            .take_while(|((t, key), _)| t == tree && key.starts_with(&range.prefix))
            .map(|((_, key), value)| (key.clone(), value.clone()));
        let limit = range.limit.unwrap_or(usize::MAX);
        Ok(if range.backwards {
            let mut all: Vec<Pair> = found.collect();
            all.reverse();
            all.truncate(limit);
            all
        } else {
            found.take(limit).collect()
        })
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut pairs = lock(&self.pairs);
        for change in changes {
            let found = pairs.get(&(change.tree.clone(), change.key.clone()));
            if !change.expect.admits(found.map(Vec::as_slice)) {
                return Err(StoreError::Conflict { tree: change.tree.clone(), key: readable(&change.key) });
            }
        }
        for change in changes {
            let place = (change.tree.clone(), change.key.clone());
            match &change.value {
                Some(value) => pairs.insert(place, value.clone()),
                None => pairs.remove(&place),
            };
        }
        drop(pairs);
        self.watchers.tell(changes.iter().map(|c| (c.tree.as_str(), c.key.as_slice())));
        Ok(())
    }

    fn watch(&self, tree: &str, prefix: &[u8]) -> Watch {
        self.watchers.watch(tree, prefix)
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn log(&self, name: &str) -> Result<Arc<dyn Log>, StoreError> {
        Ok(lock(&self.logs).entry(name.to_owned()).or_default().clone())
    }

    fn logs(&self) -> Result<Vec<String>, StoreError> {
        Ok(lock(&self.logs).keys().cloned().collect())
    }
}

/// A log in memory.
#[derive(Debug, Default)]
pub struct MemoryLog {
    records: Mutex<Vec<Vec<u8>>>,
}

impl MemoryLog {
    /// A log that already holds these records.
    #[must_use]
    pub fn holding(records: Vec<Vec<u8>>) -> Self {
        Self { records: Mutex::new(records) }
    }
}

impl Log for MemoryLog {
    fn append(&self, records: &[Vec<u8>]) -> Result<u64, StoreError> {
        let mut kept = lock(&self.records);
        kept.extend_from_slice(records);
        Ok(kept.len() as u64)
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn read(&self) -> Result<LogContent, StoreError> {
        Ok(LogContent { records: lock(&self.records).clone(), torn: None, damaged: None })
    }

    fn bytes(&self) -> u64 {
        lock(&self.records).iter().map(|record| record.len() as u64).sum()
    }
}
