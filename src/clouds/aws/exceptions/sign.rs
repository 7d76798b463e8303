//! Signatures: what the SDK decides in code.

use crate::catalog::shapes::{Operation, Service};

/// Operations that go out unsigned although their models do not say so: they are what a
/// caller without credentials calls to get some.
const UNSIGNED: [(&str, &str); 6] = [
    ("cognito-identity", "GetId"),
    ("cognito-identity", "GetOpenIdToken"),
    ("cognito-identity", "UnlinkIdentity"),
    ("cognito-identity", "GetCredentialsForIdentity"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
];

/// Whether an operation goes out unsigned.
pub(crate) fn unsigned(service: &Service, operation: &Operation) -> bool {
    UNSIGNED.contains(&(service.name.as_str(), operation.name.as_str()))
        || operation.traits.auth_type.as_deref() == Some("none")
        || operation.traits.auth.iter().any(|scheme| scheme == "smithy.api#noAuth")
}

/// The signature scheme of a service before the endpoint rules are asked.
pub(crate) fn scheme(service: &Service) -> &'static str {
    let version = service.traits.signature_version.as_deref().unwrap_or("v4");
    match (service.name.as_str(), version) {
        // Its model asks for version 2, its endpoint for version 4.
        ("importexport", _) => "v4",
        (_, "s3" | "s3v4") => "s3v4",
        (_, "v2") => "v2",
        (_, "bearer") => "bearer",
        _ => "v4",
    }
}
