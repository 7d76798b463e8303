//! Telling of changes.

use tokio::sync::broadcast;

/// How many changes a slow watcher may lag behind before it is told that it missed some.
const BACKLOG: usize = 1024;

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// This key changed or was removed.
    Changed(Vec<u8>),
    /// Some changes were missed: read the range again.
    Missed,
}

/// The changes of one prefix of one tree, from the moment it was asked for.
#[derive(Debug)]
pub struct Watch {
    tree: String,
    prefix: Vec<u8>,
    changes: broadcast::Receiver<(String, Vec<u8>)>,
}

impl Watch {
    /// The next change; nothing when the store is closed.
    pub async fn next(&mut self) -> Option<Watched> {
        loop {
            match self.changes.recv().await {
                Ok((tree, key)) if tree == self.tree && key.starts_with(&self.prefix) => {
                    return Some(Watched::Changed(key));
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(Watched::Missed),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// The sending side, shared by all kinds of stores: one process owns a store, so changes are
/// told inside the process.
#[derive(Debug)]
pub(super) struct Watchers(broadcast::Sender<(String, Vec<u8>)>);

impl Watchers {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    pub(super) fn watch(&self, tree: &str, prefix: &[u8]) -> Watch {
        Watch { tree: tree.to_owned(), prefix: prefix.to_vec(), changes: self.0.subscribe() }
    }

    pub(super) fn tell<'a>(&self, changed: impl Iterator<Item = (&'a str, &'a [u8])>) {
        if self.0.receiver_count() > 0 {
            for (tree, key) in changed {
                // Nobody listening any more is no failure of the change.
                let _ = self.0.send((tree.to_owned(), key.to_vec()));
            }
        }
    }
}
