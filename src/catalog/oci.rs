//! What OCI services and operations have beside their shapes.

use serde::{Deserialize, Serialize};

/// What the requests of an OCI client need. Source: `base_client_init_kwargs` of the client's class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OciService {
    /// The endpoint with `{region}`, `{secondLevelDomain}` and option blocks; absent when the
    /// caller must give one.
    pub endpoint_template: Option<String>,
    /// Endpoint templates of single realms, used when the caller asks for them.
    pub realm_templates: Vec<(String, String)>,
    /// The older name of the service in endpoints, used for regions given as a domain.
    pub endpoint_service_name: Option<String>,
    /// What stands before every path, for example `/20160918`; empty when nothing does.
    pub base_path: String,
    /// Whether the service is asked through dual-stack endpoints unless told otherwise.
    pub dual_stack: bool,
}

/// What an OCI operation has beside its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OciOperation {
    /// Headers that are the same in every request, lower case, in order: `accept`, `content-type`.
    pub headers: Vec<(String, String)>,
    /// Wire names of the required path and query parameters, in order, for `{name+Dot}` in endpoints.
    pub required: Vec<String>,
    /// Whether requests with a body are signed without its hash, length and type.
    pub unsigned_content: bool,
    /// Whether the SDK tries again by default.
    pub retried: bool,
    /// Whether the operation takes an `opc-retry-token`.
    pub retry_token: bool,
    /// The operation of the same client that shows what this one changed, and the states that
    /// waiting ends in; from the composite clients.
    pub awaits: Option<OciAwaits>,
}

/// How the SDK waits for what an operation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OciAwaits {
    /// The operation that is asked, for example `GetInstance` or `GetWorkRequest`.
    pub operation: String,
    /// The service of that operation; the same one when absent.
    pub service: Option<String>,
    /// Whether it is a work request that is asked for; its id is in the header `opc-work-request-id`.
    pub work_request: bool,
    /// The member of the answer that holds the state: `lifecycleState`, `status`.
    pub state: String,
    /// Whether the resource's being gone is success.
    pub gone_is_success: bool,
}
