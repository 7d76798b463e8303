//! The record of one exception, as its file holds it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::plan::Digest;

/// One exception: a file `exceptions/ID.yaml` in the rules folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRecord {
    /// Its id, which is also the file's name.
    pub id: String,
    /// The rules, letter for letter; never a pattern.
    pub rules: Vec<String>,
    /// What it covers.
    #[serde(default)]
    pub scope: ExceptionScope,
    /// Why it is needed.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it holds.
    pub expires: Timestamp,
    /// How many runs may use it; any number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// Who approved it.
    #[serde(default)]
    pub approvals: Vec<ExceptionApproval>,
    /// Who took it back, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// What an exception covers; every list that is empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExceptionScope {
    /// The one plan that it is for; without it the exception stands until it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// Ids of steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Services such as `aws ec2`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Accounts as steps name them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Environments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
}

/// A word of somebody who may approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionApproval {
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// When.
    pub at: Timestamp,
    /// The ed25519 signature over [`ExceptionRecord::signed_bytes`], in base64.
    pub signature: String,
}

/// An exception that was taken back. It needs no signature: taking back can only make the rules stricter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What every signed text begins with, so that a signature is good for nothing else.
const PURPOSE: &str = "provisioner exception 1\n";

impl ExceptionRecord {
    /// What an approval signs: everything but approvals and revocation, and who approves in which role and when, as
    /// canonical JSON.
    ///
    /// # Errors
    ///
    /// The record has no canonical form.
    pub fn signed_bytes(&self, by: &str, role: &str, at: Timestamp) -> Result<Vec<u8>, String> {
        let mut asked = self.clone();
        asked.approvals.clear();
        asked.revoked = None;
        let document = json!({"asked": asked, "by": by, "role": role, "at": at});
        let text = serde_json_canonicalizer::to_string(&document).map_err(|e| e.to_string())?;
        Ok(format!("{PURPOSE}{text}").into_bytes())
    }
}
