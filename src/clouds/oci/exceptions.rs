//! What the SDK keeps in code and not in its data: one small entry each, and no service name anywhere else.

use crate::catalog::shapes::{Operation, Service};

/// Services whose path values are encoded with their slashes: object names are opaque.
const SLASHES_ENCODED: [&str; 1] = ["object_storage"];

/// Services of one home region, which alone takes changes; reads may go to any region.
const CHANGED_AT_HOME: [&str; 1] = ["identity.identity"];

/// Whether slashes inside path values are encoded. Dot segments are then part of a name, too.
pub(crate) fn encodes_slashes(service: &Service) -> bool {
    SLASHES_ENCODED.contains(&service.traits.service_id.as_str())
}

/// Whether a call must go to the tenancy's home region.
pub(crate) fn goes_home(service: &Service, operation: &Operation) -> bool {
    CHANGED_AT_HOME.contains(&service.name.as_str()) && !matches!(operation.method.as_str(), "GET" | "HEAD")
}
