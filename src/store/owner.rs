//! One process per store.
//!
//! The owner holds a lock of the operating system on the owner file, so the lock ends with the
//! process, however it ends: after a `kill -9` the next one takes over and nobody has to unlock
//! anything. A process that is merely stopped is still the owner.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The process that works with a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process id; nothing when it could not be read.
    pub pid: Option<u32>,
    /// The machine that it runs on.
    pub host: String,
    /// Since when it has the store.
    pub started: Option<Timestamp>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, self.started) {
            (Some(pid), Some(started)) => {
                let host = crate::text::line(&self.host);
                write!(f, "process {pid} on {host} since {started:.0}")
            }
            _ => f.write_str("another process"),
        }
    }
}

/// The right to work with a store, for as long as this is alive.
#[derive(Debug)]
pub(super) struct Ownership {
    _lock: File,
}

/// Takes a store or tells who has it. Never waits for the other.
pub(super) fn take(folder: &Path) -> Result<Ownership, StoreError> {
    let path = folder.join("owner.json");
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open()
        .map_err(|e| StoreError::Open { path: folder.to_owned(), reason: format!("owner.json: {e}") })?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StoreError::Owned { path: folder.to_owned(), owner: read_owner(&mut file) });
        }
        Err(TryLockError::Error(e)) => {
            let reason = format!("cannot lock owner.json: {e}");
            return Err(StoreError::Open { path: folder.to_owned(), reason });
        }
    }
    let owner = Owner { pid: Some(std::process::id()), host: host(), started: Some(Timestamp::now()) };
    write_owner(&mut file, &owner)
        .map_err(|e| StoreError::Open { path: folder.to_owned(), reason: format!("owner.json: {e}") })?;
    Ok(Ownership { _lock: file })
}

fn write_owner(file: &mut File, owner: &Owner) -> std::io::Result<()> {
    let text = serde_json::to_vec(owner)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)?;
    file.sync_data()
}

/// The owner may be writing its name at this very moment, so an unreadable one is read again.
fn read_owner(file: &mut File) -> Owner {
    for _ in 0..5 {
        let mut text = String::new();
        if file.rewind().and_then(|()| file.read_to_string(&mut text)).is_ok()
            && let Ok(owner) = serde_json::from_str(&text)
        {
            return owner;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Owner::default()
}

fn host() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .or_else(|| std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok())
        .map_or_else(|| "this machine".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let _first = take(dir.path()).unwrap();
        let StoreError::Owned { owner, .. } = take(dir.path()).unwrap_err() else { panic!("not owned") };
        assert_eq!(owner.pid, Some(std::process::id()));
        assert!(owner.to_string().contains(" on "), "{owner}");
    }

    #[test]
    fn a_name_left_by_a_dead_owner_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        let dead = Owner { pid: Some(1), host: "gone".into(), started: Some(Timestamp::UNIX_EPOCH) };
        std::fs::write(dir.path().join("owner.json"), serde_json::to_vec(&dead).unwrap()).unwrap();
        let held = take(dir.path()).unwrap();
        let StoreError::Owned { owner, .. } = take(dir.path()).unwrap_err() else { panic!("not owned") };
        assert_eq!(owner.pid, Some(std::process::id()));
        drop(held);
        take(dir.path()).unwrap();
    }
}
