//! Tokens, from the environment, workload and managed identities, and the Azure CLI.

mod action;
mod chain;
mod held;
mod transport;
mod words;

pub(super) use action::needed;
pub(super) use held::Identity;
pub(super) use words::{missing_role, refused_token};
