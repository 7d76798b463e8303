//! The paper trail: what was asked, planned, judged, priced, approved, done, and recorded.
//!
//! Every type here is plain data that any room may hold. A [`Plan`] is identified by its
//! [`Digest`]; a [`Verdict`], an [`Estimate`], and an [`Approval`] each name the digest they
//! belong to, and only [`Cleared::new`] can bring the four together.

mod access;
mod approval;
mod cleared;
mod cloud;
mod digest;
mod estimate;
mod execution;
mod inputs;
mod order;
mod parse;
mod record;
mod reference;
mod regions;
mod schema;
mod sighting;
mod step;
mod validate;
mod verdict;

pub use access::{Access, AccessClass, StepFacts};
pub use approval::{Approval, Approver};
pub use cleared::{Clearance, Cleared, Refusal};
pub use cloud::{CloudName, OperationName, Target};
pub use digest::Digest;
pub use estimate::{Component, Estimate, PriceStatus, StepEstimate, Unpriced, UsageLine};
pub use execution::{
    Execution, ExecutionId, ExecutionStatus, IllegalMove, StepEvent, StepEventKind, StepFailure, StepState,
};
pub use inputs::{Input, InputType};
pub use order::Order;
pub use parse::Plan;
pub use record::{Record, RecordBody};
pub use reference::{
    PathPart, ReferenceError, References, Scope, is_reference, output_paths, references, resolve,
};
pub use regions::Regions;
pub use schema::schema;
pub use sighting::Sighting;
pub use step::{Step, StepId, Undo, Wait};
pub use validate::{PlanError, PlanProblem};
pub use verdict::{Decision, Excepted, Finding, Knowledge, Severity, Verdict};
