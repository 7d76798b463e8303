//! Where a request goes: AWS's endpoint rule sets, interpreted.

mod expression;
mod function;
mod host;
mod partition;
mod rules;

pub use partition::Partitions;
pub use rules::{Endpoint, EndpointError, Endpoints, RuleSet};
