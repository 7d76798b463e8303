//! What a request depends on beside its parameters.

use aws_credential_types::Credentials;
use serde_json::{Map, Value};

use crate::clouds::aws::endpoint::Endpoints;

/// Everything beside the parameters that a request depends on.
#[derive(Clone)]
pub struct RenderContext<'a> {
    /// The endpoint rules' surroundings, shared by all requests.
    pub endpoints: &'a Endpoints,
    /// The region; services with one endpoint for all regions do without.
    pub region: Option<String>,
    /// A base URL that replaces the one of the rules.
    pub endpoint_url: Option<String>,
    /// Whether to use FIPS endpoints.
    pub use_fips: bool,
    /// Whether to use dual-stack endpoints.
    pub use_dualstack: bool,
    /// S3's own options.
    pub s3: S3Options,
    /// The account, for account-based endpoints.
    pub account_id: Option<String>,
    /// Replaces all built-in parameters of the endpoint rules.
    pub builtins: Option<Map<String, Value>>,
    /// Whether prefixes of the host name are left out.
    pub no_host_prefix: bool,
    /// Keys for the signed requests that some requests carry; without keys they are left out.
    pub keys: Option<Credentials>,
}

impl<'a> RenderContext<'a> {
    /// A context in a region with nothing special about it.
    #[must_use]
    pub fn new(endpoints: &'a Endpoints, region: Option<String>) -> Self {
        Self {
            endpoints,
            region,
            endpoint_url: None,
            use_fips: false,
            use_dualstack: false,
            s3: S3Options::default(),
            account_id: None,
            builtins: None,
            no_host_prefix: false,
            keys: None,
        }
    }
}

/// The `s3` section of the AWS configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Options {
    /// `auto`, `virtual`, or `path`.
    pub addressing_style: Option<String>,
    /// Whether to use the accelerated endpoints.
    pub use_accelerate_endpoint: bool,
    /// Whether an ARN's own region is used.
    pub use_arn_region: Option<bool>,
    /// Whether `us-east-1` is addressed as `regional` instead of `legacy`.
    pub us_east_1_regional_endpoint: Option<String>,
    /// Whether multi-region access points are switched off.
    pub disable_multiregion_access_points: bool,
}
