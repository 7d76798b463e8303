//! Where everything is kept: typed trees of values, and append-only logs.
//!
//! [`Store`] is small on purpose (get, range, compare-and-swap batch, watch, flush), so that many
//! programs can share a distributed store one day; `disk` is the only file that knows sled. A
//! [`Log`] is for what must be on disk before something else may happen: sled gives no
//! moment at which a write is known to be durable, a log gives exactly that.

mod batch;
mod contract;
mod disk;
mod error;
mod journal;
mod log;
mod log_file;
mod memory;
mod owner;
mod papers;
mod tree;
mod watch;

pub use batch::{Change, Expect, Range};
pub use contract::{Pair, Store};
pub use disk::open;
pub use error::StoreError;
pub use journal::{Journal, Line, Replay, executions};
pub use log::{Log, LogContent};
pub use memory::{MemoryLog, in_memory};
pub use owner::Owner;
pub use papers::{Papers, papers};
pub use tree::Tree;
pub use watch::{Watch, Watched};
