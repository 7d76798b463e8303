//! The driver: one task owns a conversation, performs the machine's effects, and feeds what comes of
//! them back as inputs. Workers answer by channel; nothing is shared behind a lock.

mod begin;
mod perform;
mod work;

pub use begin::{Begin, Session, start};
