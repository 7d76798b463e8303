//! The arm that records and reports: the audit chain and the history of executions.
//!
//! What was asked, how it was judged and priced, who allowed it, and what was done goes into a
//! chain in which every record names the hash of the one before it.

mod audit;
mod error;
mod history;
mod summary;
mod workflow;

pub use audit::{AuditChain, Verified};
pub use error::RegulatorError;
pub use history::{Detail, detail, list, summary_of};
pub use summary::summarise;
pub use workflow::workflow;
