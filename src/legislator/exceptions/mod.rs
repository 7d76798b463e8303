//! Exceptions: who asked for what and why, who approved it, and what it covers.
//!
//! A record is one file in `exceptions/` of the rules folder. It counts only while everything about it is right:
//! whatever is expired, used up, revoked, malformed, signed wrongly, or approved by the one who asked counts as absent.

mod record;
mod register;
mod roles;
mod sign;

pub use record::{ExceptionApproval, ExceptionRecord, ExceptionScope, Revocation};
pub use register::{ExceptionState, ExceptionStatus, Uses, no_uses};
pub use roles::{Person, RolesBook};
pub use sign::{SigningKey, SigningKeyError};

pub(super) use register::{Asked, Register};

#[cfg(test)]
mod tests;
