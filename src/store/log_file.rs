//! A log in a file.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::log::{frame, parse};
use super::{Log, LogContent, StoreError};

pub(super) struct FileLog {
    name: String,
    path: PathBuf,
    end: Mutex<End>,
}

/// The end of the file, where the next record goes.
struct End {
    file: File,
    /// Bytes that hold whole records.
    length: u64,
    records: u64,
    damaged: Option<(u64, String)>,
    /// Whether the file may hold bytes behind `length`.
    ragged: bool,
    /// Whether the disk lost track of what it has: nothing may be appended any more.
    poisoned: bool,
}

impl FileLog {
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, StoreError> {
        let path = folder.join(format!("{name}.log"));
        let io = |e| StoreError::io(format!("open the log {}", path.display()), e);
        let begun = !path.exists();
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        if begun {
            // The file's name must be as durable as what is synced into the file.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let (content, good) = parse(&bytes);
        let end = End {
            file,
            length: good as u64,
            records: content.records.len() as u64,
            damaged: content.damaged,
            ragged: content.torn.is_some(),
            poisoned: false,
        };
        Ok(Self { name: name.to_owned(), path, end: Mutex::new(end) })
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for FileLog {
    fn append(&self, records: &[Vec<u8>]) -> Result<u64, StoreError> {
        let mut end = self.end();
        if let Some((record, reason)) = &end.damaged {
            let (log, record, reason) = (self.name.clone(), *record, reason.clone());
            return Err(StoreError::LogRecord { log, record, reason });
        }
        if end.poisoned {
            return Err(StoreError::LogPoisoned(self.name.clone()));
        }
        let io = |e| StoreError::io(format!("write the log {}", self.path.display()), e);
        if end.ragged {
            let length = end.length;
            end.file.set_len(length).map_err(io)?;
            end.ragged = false;
        }
        let mut lines = Vec::new();
        for (number, record) in (end.records + 1..).zip(records) {
            frame(number, record, &mut lines);
        }
        let at = end.length;
        let written = end.file.seek(SeekFrom::Start(at)).and_then(|_| end.file.write_all(&lines));
        if let Err(error) = written {
            // A half-written line must not stay in front of the next one.
            end.ragged = end.file.set_len(at).is_err();
            return Err(io(error));
        }
        end.length += lines.len() as u64;
        end.records += records.len() as u64;
        Ok(end.records)
    }

    fn sync(&self) -> Result<(), StoreError> {
        let mut end = self.end();
        if end.poisoned {
            return Err(StoreError::LogPoisoned(self.name.clone()));
        }
        end.file.sync_data().map_err(|e| {
            // After a failed sync the system may have dropped the bytes: a later sync that
            // succeeds would prove nothing.
            end.poisoned = true;
            StoreError::io(format!("sync the log {}", self.path.display()), e)
        })
    }

    fn read(&self) -> Result<LogContent, StoreError> {
        let _end = self.end();
        let bytes = std::fs::read(&self.path)
            .map_err(|e| StoreError::io(format!("read the log {}", self.path.display()), e))?;
        Ok(parse(&bytes).0)
    }

    fn bytes(&self) -> u64 {
        self.end().length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn records(log: &FileLog) -> Vec<String> {
        log.read().unwrap().records.into_iter().map(|r| String::from_utf8(r).unwrap()).collect()
    }

    #[test]
    fn an_unfinished_last_line_is_dropped_and_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let log = FileLog::open(dir.path(), "x").unwrap();
        log.append(&[b"one".to_vec(), b"two".to_vec()]).unwrap();
        log.sync().unwrap();
        drop(log);
        let path = dir.path().join("x.log");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 3);
        std::fs::write(&path, bytes).unwrap();

        let log = FileLog::open(dir.path(), "x").unwrap();
        assert!(log.read().unwrap().torn.is_some());
        assert_eq!(log.append(&[b"2".to_vec()]).unwrap(), 2);
        assert_eq!(records(&log), ["one", "2"]);
    }

    #[test]
    fn nothing_is_written_behind_damage() {
        let dir = tempfile::tempdir().unwrap();
        let log = FileLog::open(dir.path(), "x").unwrap();
        log.append(&[b"one".to_vec(), b"two".to_vec()]).unwrap();
        drop(log);
        let path = dir.path().join("x.log");
        let text = std::fs::read_to_string(&path).unwrap().replace("one", "0ne");
        std::fs::write(&path, &text).unwrap();

        let log = FileLog::open(dir.path(), "x").unwrap();
        let message = log.append(&[b"three".to_vec()]).unwrap_err().to_string();
        assert!(message.contains("record 1 of the log `x`"), "{message}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_full_disk_loses_nothing_and_leaves_no_half_line() {
        // The device that is always full stands in for the disk.
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let log = FileLog::open(dir.path(), "x").unwrap();
        log.append(&[b"one".to_vec()]).unwrap();
        let kept = std::mem::replace(&mut log.end().file, full);
        let error = log.append(&[b"two".to_vec()]).unwrap_err();
        assert!(error.is_disk_full(), "{error}");
        log.end().file = kept;
        assert_eq!(log.append(&[b"2".to_vec()]).unwrap(), 2);
        assert_eq!(records(&log), ["one", "2"]);
    }
}
