//! What a request depends on beside its parameters.

/// Where a request goes, and in which subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderContext {
    /// The Resource Manager's address, with or without a slash at the end; the public cloud's when absent.
    pub endpoint: Option<String>,
    /// The subscription of calls that name none.
    pub subscription_id: Option<String>,
}

/// The Resource Manager of the public cloud.
const PUBLIC: &str = "https://management.azure.com";

impl RenderContext {
    /// The address without a slash at the end.
    pub(super) fn base(&self) -> &str {
        self.endpoint.as_deref().unwrap_or(PUBLIC).trim_end_matches('/')
    }
}
