//! Waiters that must not follow an operation of their name.

use crate::catalog::shapes::{Operation, Service};

/// Operations whose waiter awaits what later steps bring about, or a state that was left before.
const NOT_AWAITED: [(&str, &str); 3] = [
    // The record that proves the domain is a later step.
    ("acm", "RequestCertificate"),
    // Targets are healthy when a listener sends to them and the application answers.
    ("elbv2", "RegisterTargets"),
    // A volume in use stays in use.
    ("ec2", "ModifyVolume"),
];

/// Whether nothing is to be awaited after an operation.
pub(crate) fn not_awaited(service: &Service, operation: &Operation) -> bool {
    NOT_AWAITED.contains(&(service.name.as_str(), operation.name.as_str()))
}
