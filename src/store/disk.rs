//! The store on disk: pairs in sled, logs in files beside it. The only file that knows sled.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sled::transaction::{ConflictableTransactionError, TransactionError};

use super::error::readable;
use super::log_file::FileLog;
use super::owner::{Ownership, take};
use super::watch::Watchers;
use super::{Change, Log, Pair, Range, Store, StoreError, Watch};

/// How often and how long sled's own lock is waited for.
const WAITS: u32 = 40;
const WAIT: Duration = Duration::from_millis(25);
/// Memory that sled may use for pages. What is kept is small and read once.
const CACHE_BYTES: u64 = 8 << 20;

/// Between this and now committed pairs may be lost in a power cut, unless flushed.
const FLUSH_EVERY_MS: u64 = 250;

struct Disk {
    folder: PathBuf,
    db: sled::Db,
    logs: Mutex<HashMap<String, Weak<FileLog>>>,
    watchers: Watchers,
    // Given back last, after sled has closed its files.
    _ownership: Ownership,
}

/// Opens the store in a folder, or begins it.
///
/// # Errors
///
/// [`StoreError::Owned`] at once when another process has it; a folder that cannot be written; a
/// damaged store.
pub fn open(folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
    let fail = |reason: String| StoreError::Open { path: folder.to_owned(), reason };
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).map_err(|e| fail(e.to_string()))?;
    private(folder).map_err(|e| fail(e.to_string()))?;
    let ownership = take(folder)?;
    Ok(Arc::new(Disk {
        db: open_sled(folder)?,
        folder: folder.to_owned(),
        logs: Mutex::default(),
        watchers: Watchers::new(),
        _ownership: ownership,
    }))
}

fn open_sled(folder: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::new()
        .path(folder.join("pairs"))
        .mode(sled::Mode::LowSpace)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    // sled panics on some kinds of damage while it reads its files.
    let open = || catch_unwind(AssertUnwindSafe(|| config.open()));
    let mut opened = open();
    for _ in 0..WAITS {
        // The store is ours by its owner file. What still holds sled's own lock is a thread of sled that has not ended
        // since this process closed the store.
        let Ok(Err(sled::Error::Io(error))) = &opened else { break };
        if error.kind() != std::io::ErrorKind::Other && error.kind() != std::io::ErrorKind::WouldBlock {
            break;
        }
        std::thread::sleep(WAIT);
        opened = open();
    }
    let path = folder.to_owned();
    match opened {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(e))) => Err(StoreError::Open { path, reason: e.to_string() }),
        Ok(Err(e)) => Err(StoreError::Damaged { path, reason: e.to_string() }),
        Err(_) => Err(StoreError::Damaged { path, reason: "its pages cannot be read".to_owned() }),
    }
}

#[cfg(unix)]
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

impl Disk {
    fn failed(&self, action: &str, error: sled::Error) -> StoreError {
        match error {
            sled::Error::Io(e) => StoreError::io(format!("{action} the store {}", self.folder.display()), e),
            other => StoreError::Damaged { path: self.folder.clone(), reason: other.to_string() },
        }
    }
}

/// Tree and key in one, so that a batch over several trees is one transaction.
fn place(tree: &str, key: &[u8]) -> Vec<u8> {
    [tree.as_bytes(), &[0], key].concat()
}

impl Store for Disk {
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.db.get(place(tree, key)).map_err(|e| self.failed("read", e))?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn range(&self, tree: &str, range: &Range) -> Result<Vec<Pair>, StoreError> {
        let skip = tree.len() + 1;
        let found = self.db.scan_prefix(place(tree, &range.prefix));
        let found: Box<dyn Iterator<Item = _>> =
            if range.backwards { Box::new(found.rev()) } else { Box::new(found) };
        found
            .take(range.limit.unwrap_or(usize::MAX))
            .map(|pair| {
                let (key, value) = pair.map_err(|e| self.failed("read", e))?;
                Ok((key.get(skip..).unwrap_or_default().to_vec(), value.to_vec()))
            })
            .collect()
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let done = self.db.transaction(|db| {
            for (index, change) in changes.iter().enumerate() {
                let found = db.get(place(&change.tree, &change.key))?;
                if !change.expect.admits(found.as_deref()) {
                    return Err(ConflictableTransactionError::Abort(index));
                }
            }
            for change in changes {
                let place = place(&change.tree, &change.key);
                match &change.value {
                    Some(value) => db.insert(place, value.as_slice())?,
                    None => db.remove(place)?,
                };
            }
            Ok(())
        });
        match done {
            Ok(()) => {
                self.watchers.tell(changes.iter().map(|c| (c.tree.as_str(), c.key.as_slice())));
                Ok(())
            }
            Err(TransactionError::Abort(index)) => {
                let (tree, key) =
                    changes.get(index).map(|c| (c.tree.clone(), readable(&c.key))).unwrap_or_default();
                Err(StoreError::Conflict { tree, key })
            }
            Err(TransactionError::Storage(e)) => Err(self.failed("write", e)),
        }
    }

    fn watch(&self, tree: &str, prefix: &[u8]) -> Watch {
        self.watchers.watch(tree, prefix)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|e| self.failed("flush", e))?;
        // sled's own flush uses `sync_file_range` on Linux, which is no promise of the drive.
        let file = std::fs::File::open(self.folder.join("pairs").join("db"));
        let synced = file.and_then(|file| file.sync_data());
        synced.map_err(|e| StoreError::io(format!("flush the store {}", self.folder.display()), e))
    }

    fn log(&self, name: &str) -> Result<Arc<dyn Log>, StoreError> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            let reason = format!("`{}` is no name of a log", crate::text::line(name));
            return Err(StoreError::Open { path: self.folder.clone(), reason });
        }
        // Two handles on one file would not know of each other's end.
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = logs.get(name).and_then(Weak::upgrade) {
            return Ok(open);
        }
        let log = Arc::new(FileLog::open(&self.folder.join("logs"), name)?);
        logs.insert(name.to_owned(), Arc::downgrade(&log));
        Ok(log)
    }

    fn logs(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.folder.join("logs");
        let listed = std::fs::read_dir(&folder)
            .map_err(|e| StoreError::io(format!("list {}", folder.display()), e))?;
        let mut names: Vec<String> = listed
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".log").map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expect, Tree, Watched, in_memory};
    use super::*;
    use pretty_assertions::assert_eq;

    fn change(tree: &str, key: &str, expect: Expect, value: Option<&str>) -> Change {
        Change { tree: tree.into(), key: key.into(), expect, value: value.map(Into::into) }
    }

    /// What every kind of store does, one after the other.
    fn behaves(store: &Arc<dyn Store>) {
        store
            .commit(&[
                change("a", "k1", Expect::Absent, Some("1")),
                change("ab", "k2", Expect::Absent, Some("2")),
            ])
            .unwrap();
        assert_eq!(store.get("a", b"k1").unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.range("a", &Range::all()).unwrap().len(), 1, "trees do not run into each other");

        let both =
            [change("a", "k9", Expect::Anything, Some("9")), change("a", "k1", Expect::Absent, Some("x"))];
        let error = store.commit(&both).unwrap_err().to_string();
        assert!(error.contains("`k1`"), "{error}");
        assert_eq!(store.get("a", b"k9").unwrap(), None, "a batch is all or nothing");

        store.commit(&[change("a", "k1", Expect::Exactly(b"1".to_vec()), None)]).unwrap();
        assert_eq!(store.range("a", &Range::all()).unwrap(), []);

        for key in ["x1", "x2", "x3", "y1"] {
            store.commit(&[change("r", key, Expect::Anything, Some(key))]).unwrap();
        }
        let keys = |range: &Range| -> Vec<String> {
            store.range("r", range).unwrap().into_iter().map(|(k, _)| String::from_utf8(k).unwrap()).collect()
        };
        assert_eq!(keys(&Range::prefix("x")), ["x1", "x2", "x3"]);
        assert_eq!(keys(&Range::prefix("x").backwards().limit(2)), ["x3", "x2"]);

        let log = store.log("l-1").unwrap();
        log.append(&[b"one".to_vec()]).unwrap();
        assert_eq!(store.log("l-1").unwrap().append(&[b"two".to_vec()]).unwrap(), 2);
        log.sync().unwrap();
        assert_eq!(store.logs().unwrap(), ["l-1"]);
        store.flush().unwrap();
    }

    #[test]
    fn the_store_on_disk_and_the_one_in_memory_behave_alike() {
        let dir = tempfile::tempdir().unwrap();
        behaves(&open(dir.path()).unwrap());
        behaves(&in_memory());
    }

    #[test]
    fn what_was_kept_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        for expected in [None, Some(1_u32), Some(2)] {
            let store = open(dir.path()).unwrap();
            let tree = Tree::<u32>::new(store.clone(), "n", 1);
            assert_eq!(tree.get("k").unwrap(), expected);
            tree.put("k", &(expected.unwrap_or(0) + 1)).unwrap();
            store.flush().unwrap();
        }
    }

    #[test]
    fn a_second_opening_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let _first = open(dir.path()).unwrap();
        let Err(error) = open(dir.path()) else { panic!("opened twice") };
        let pid = std::process::id().to_string();
        assert!(error.to_string().contains(&pid), "{error}");
    }

    #[test]
    fn a_folder_that_is_a_file_is_a_clear_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, "x").unwrap();
        assert!(matches!(open(&file), Err(StoreError::Open { .. })));
    }

    #[test]
    fn damaged_pages_are_an_error_and_never_a_crash() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        let tree = Tree::<String>::new(store.clone(), "t", 1);
        for n in 0..200 {
            tree.put(&format!("k{n}"), &"x".repeat(500)).unwrap();
        }
        store.flush().unwrap();
        drop((tree, store));
        let file = dir.path().join("pairs").join("db");
        let whole = std::fs::read(&file).unwrap();
        for part in 0..8 {
            let mut bytes = whole.clone();
            let at = bytes.len() * part / 8;
            bytes[at..at + 64].fill(0xa5);
            std::fs::write(&file, &bytes).unwrap();
            let Ok(store) = open(dir.path()) else { continue };
            let tree = Tree::<String>::new(store, "t", 1);
            let Ok(Some(value)) = tree.get("k7") else { continue };
            assert_eq!(value, "x".repeat(500));
        }
    }

    #[test]
    fn a_log_cannot_be_named_out_of_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        for name in ["", "../x", "a/b", "a.b"] {
            assert!(store.log(name).is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_watcher_sees_changes_of_its_prefix_alone() {
        let store = in_memory();
        let mut watch = store.watch("t", b"a");
        for (tree, key) in [("t", "b1"), ("u", "a1"), ("t", "a2")] {
            store.commit(&[change(tree, key, Expect::Anything, Some("v"))]).unwrap();
        }
        assert_eq!(watch.next().await, Some(Watched::Changed(b"a2".to_vec())));
        drop(store);
        assert_eq!(watch.next().await, None);
    }
}
