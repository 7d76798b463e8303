//! What can keep a session from being opened.

use thiserror::Error;

use crate::agent::AgentError;
use crate::catalog::CatalogError;
use crate::files::FileError;
use crate::finops::FinopsError;
use crate::mcp::SwitchboardError;
use crate::protocol::Problem;
use crate::sandbox::SandboxError;
use crate::store::StoreError;

/// Why a session could not be opened.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The store could not be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalog that came with the program is damaged.
    #[error("the catalog cannot be opened: {0}; install the program again")]
    Catalog(#[from] CatalogError),
    /// The folders of rules and prompts cannot be opened.
    #[error("the rules and prompts cannot be opened: {0}")]
    Files(#[from] FileError),
    /// The embedded clouds did not start.
    #[error("the sandbox did not start: {0}")]
    Sandbox(#[from] SandboxError),
    /// A server in this process does not answer.
    #[error(transparent)]
    Switchboard(#[from] SwitchboardError),
    /// The price book cannot be read.
    #[error("the price book cannot be opened: {0}")]
    Prices(#[from] FinopsError),
    /// The planner cannot be set up.
    #[error(transparent)]
    Planner(#[from] AgentError),
    /// A cloud cannot be set up.
    #[error("{cloud} cannot be reached: {message}")]
    Cloud {
        /// The cloud.
        cloud: crate::plan::CloudName,
        /// What is wrong.
        message: String,
    },
}

impl SessionError {
    /// The error in three lines.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let fix = match self {
            SessionError::Store(StoreError::Owned { .. }) => {
                "end the other program, or keep this one's things elsewhere with --home DIR"
            }
            SessionError::Planner(_) => "mend `model` in settings.yaml, or leave it out to plan offline",
            SessionError::Cloud { .. } => "see `provisioner doctor`, or go on with --target sandbox",
            _ => "see `provisioner doctor`",
        };
        Problem { what: "The session could not be opened".into(), why: self.to_string(), fix: fix.into() }
    }
}
