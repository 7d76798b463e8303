//! What arrived, kept in the store so that another process can check it.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::{AccessClass, CloudName};
use crate::store::{Change, Range, Store, StoreError, Tree};

/// Requests that are kept; the oldest go first.
const MOST: usize = 2000;

/// One request that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// Its number, from 0, never used again.
    pub number: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// The cloud whose face answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudName>,
    /// The service as the catalog names it; `?` when it was not recognised.
    pub service: String,
    /// The operation as the catalog names it; method and path when it was not recognised.
    pub operation: String,
    /// The region that the signature names.
    pub region: String,
    /// What the operation does to the world; nothing when it was not recognised.
    pub class: Option<AccessClass>,
    /// Whether anything was changed by it.
    pub changed: bool,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The code of the answer, where it is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The latest requests.
pub(crate) struct RequestLog {
    tree: Tree<LoggedRequest>,
    latest: VecDeque<LoggedRequest>,
    next: u64,
}

impl RequestLog {
    pub(crate) fn open(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let tree = Tree::new(store, "sandbox_requests", 1);
        let latest: VecDeque<LoggedRequest> =
            tree.range(&Range::all())?.into_iter().map(|(_, request): (_, LoggedRequest)| request).collect();
        let next = latest.back().map_or(0, |last| last.number + 1);
        Ok(Self { tree, latest, next })
    }

    /// Takes a request in and gives the changes that keep it.
    pub(crate) fn push(&mut self, mut request: LoggedRequest) -> Result<Vec<Change>, StoreError> {
        request.number = self.next;
        self.next += 1;
        let mut changes = vec![self.tree.change(&key(request.number), Some(&request))?];
        self.latest.push_back(request);
        while self.latest.len() > MOST {
            if let Some(oldest) = self.latest.pop_front() {
                changes.push(self.tree.change(&key(oldest.number), None)?);
            }
        }
        Ok(changes)
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.latest.iter().cloned().collect()
    }
}

/// Numbers with leading zeros stand in order.
fn key(number: u64) -> String {
    format!("{number:020}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;
    use pretty_assertions::assert_eq;

    fn request(operation: &str) -> LoggedRequest {
        LoggedRequest {
            number: 0,
            at: Timestamp::UNIX_EPOCH,
            cloud: None,
            service: "s3".into(),
            operation: operation.into(),
            region: "eu-central-1".into(),
            class: Some(AccessClass::Read),
            changed: false,
            status: 200,
            error: None,
        }
    }

    #[test]
    fn requests_are_numbered_on_after_a_new_start() {
        let store = in_memory();
        let mut log = RequestLog::open(store.clone()).unwrap();
        store.commit(&log.push(request("A")).unwrap()).unwrap();
        let mut log = RequestLog::open(store.clone()).unwrap();
        store.commit(&log.push(request("B")).unwrap()).unwrap();
        let all = RequestLog::open(store).unwrap().all();
        let named: Vec<(u64, &str)> = all.iter().map(|r| (r.number, r.operation.as_str())).collect();
        assert_eq!(named, [(0, "A"), (1, "B")]);
    }

    #[test]
    fn the_log_is_bounded_on_disk_too() {
        let store = in_memory();
        let mut log = RequestLog::open(store.clone()).unwrap();
        for _ in 0..MOST + 3 {
            store.commit(&log.push(request("A")).unwrap()).unwrap();
        }
        let kept = RequestLog::open(store).unwrap().all();
        assert_eq!((kept.len(), kept[0].number), (MOST, 3));
    }
}
