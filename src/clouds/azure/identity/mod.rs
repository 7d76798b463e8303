//! Tokens, from the environment, workload and managed identities, the Azure CLI, and a code on another device.

mod action;
mod chain;
mod device;
mod held;
mod transport;
mod words;

pub(super) use action::needed;
pub(super) use held::Identity;
pub(super) use words::{missing_role, refused_token};
