//! What the Regulator keeps: one entry of a chain in which every entry names the hash of the
//! one before it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Approval, Digest, Estimate, ExecutionId, ExecutionStatus, Plan, Verdict};

/// One entry of the audit chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Counted from 1 without gaps.
    pub number: u64,
    /// The hash of the record before; of nothing for the first.
    pub previous: Digest,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub body: RecordBody,
    /// SHA-256 over the canonical JSON of all of the above.
    pub hash: Digest,
}

/// What a record says: who asked for what, how it was judged and priced, who allowed it, and
/// what was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "records are few and always boxed by the store")]
pub enum RecordBody {
    /// A plan was refused by the rules or by a person.
    Refused {
        /// The person's words.
        asked: String,
        /// The session.
        session: Option<String>,
        /// The plan.
        plan: Plan,
        /// The verdict.
        verdict: Verdict,
        /// Why, and by whom.
        reason: String,
    },
    /// A plan was allowed to run.
    Allowed {
        /// The person's words.
        asked: String,
        /// The session.
        session: Option<String>,
        /// The execution that starts with this.
        execution: ExecutionId,
        /// The plan.
        plan: Plan,
        /// The verdict.
        verdict: Verdict,
        /// The cost.
        estimate: Estimate,
        /// The approval; nothing for a plan of reads.
        approval: Option<Approval>,
    },
    /// An execution came to rest.
    Done {
        /// The execution.
        execution: ExecutionId,
        /// How it ended.
        status: ExecutionStatus,
        /// The digest of its journal.
        journal: Digest,
        /// One line for a person.
        summary: String,
    },
}
