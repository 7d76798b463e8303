//! What Azure services and operations have beside their shapes.

use serde::{Deserialize, Serialize};

/// What the requests of an Azure Resource Manager client need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmService {
    /// The package: `azure-mgmt-compute`.
    pub package: String,
    /// The version of the package.
    pub package_version: String,
    /// Resource provider namespaces that the URLs name: `Microsoft.Compute`.
    pub namespaces: Vec<String>,
}

/// What an Azure operation has beside its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmOperation {
    /// The `api-version`; absent when the operation takes none or the caller must give it.
    pub api_version: Option<String>,
    /// The `Accept` header; absent when none is sent.
    pub accept: Option<String>,
    /// The `Content-Type` of a body.
    pub content_type: Option<String>,
    /// Whether `Content-Type` is sent also when there is no body.
    pub content_type_without_body: bool,
    /// The `Content-Type` of an empty body, where it is another one: the new clients take an empty object for
    /// none when they choose the type, and send it all the same.
    pub content_type_when_empty: Option<String>,
    /// Statuses that mean success.
    pub success: Vec<u16>,
    /// Whether it is long running, and how its end is found.
    pub long_running: Option<ArmLongRunning>,
    /// Whether the answer comes in pages, and where items and the next link stand.
    pub pages: Option<ArmPages>,
}

/// How a long-running operation ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmLongRunning {
    /// `location`, `azure-async-operation`, `original-uri`; absent for the usual order.
    pub final_state_via: Option<String>,
}

/// How pages follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmPages {
    /// The member with the items: `value`.
    pub items: String,
    /// The member with the next link, dots for nesting; absent when there is only one page.
    pub next_link: Option<String>,
}
