//! Any plan, any trouble, any cut: whatever happens to a run, its end is one of the allowed ones.
//!
//! A cloud and a disk outlive the programs that use them. A program lives for a number of events (a call that arrives,
//! an answer that leaves, a write, a sync); after the last one nothing that it does reaches disk or cloud,
//! as after a `kill -9`. What was not synced may be gone.

mod ends;
mod world;
