//! What the official clients keep in code and no package says as data: one entry each.

use crate::catalog::shapes::{Operation, Service};

/// A state that stands elsewhere than in `properties.provisioningState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnState {
    service: &'static str,
    operation: &'static str,
    /// The member of the answer, and of later ones.
    pub(super) member: &'static str,
    /// The value that ends the waiting.
    pub(super) ready: &'static str,
    /// What the address ends in and that of the thing itself does not.
    pub(super) suffix: &'static str,
}

/// Registering a provider is answered at once and takes minutes.
const OWN_STATES: [OwnState; 1] = [OwnState {
    service: "resource",
    operation: "Providers_Register",
    member: "registrationState",
    ready: "Registered",
    suffix: "/register",
}];

/// The service that looks at what a deployment would do.
pub(super) const DEPLOYMENTS: &str = "resource-deployments";
/// Its operation that says whether a deployment is good, in any scope.
pub(super) const VALIDATE_AT: &str = "Deployments_ValidateAtScope";
/// Its operations that say what a deployment would change.
pub(super) const WHAT_IF_IN_GROUP: &str = "Deployments_WhatIf";
pub(super) const WHAT_IF_IN_SUBSCRIPTION: &str = "Deployments_WhatIfAtSubscriptionScope";

/// The state of this operation, where it stands elsewhere.
pub(super) fn own_state(service: &Service, operation: &Operation) -> Option<OwnState> {
    OWN_STATES.iter().find(|own| own.service == service.name && own.operation == operation.name).copied()
}

/// The address of the thing itself, for one that ends in what was done to it.
pub(super) fn without_suffix(url: &str, suffix: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, String::new()), |(p, q)| (p, format!("?{q}")));
    format!("{}{query}", path.strip_suffix(suffix).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_itself_is_asked_and_not_registered_again() {
        let url = "https://h/subscriptions/s/providers/Microsoft.Web/register?api-version=1";
        assert_eq!(
            without_suffix(url, "/register"),
            "https://h/subscriptions/s/providers/Microsoft.Web?api-version=1"
        );
        assert_eq!(without_suffix("https://h/a", "/register"), "https://h/a");
    }
}
