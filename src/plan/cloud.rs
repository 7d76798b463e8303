//! Names of clouds, operations, and the two targets a session can have.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the three clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloudName {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Oracle Cloud Infrastructure.
    Oci,
}

impl CloudName {
    /// All clouds, in the order in which they are shown.
    pub const ALL: [CloudName; 3] = [CloudName::Aws, CloudName::Azure, CloudName::Oci];

    /// The name as it stands in plans and commands: `aws`, `azure`, or `oci`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CloudName::Aws => "aws",
            CloudName::Azure => "azure",
            CloudName::Oci => "oci",
        }
    }
}

impl fmt::Display for CloudName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CloudName {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        CloudName::ALL
            .into_iter()
            .find(|c| c.as_str() == s)
            .ok_or_else(|| format!("unknown cloud `{s}`: use aws, azure, or oci"))
    }
}

/// Where requests go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The embedded clouds on loopback; nothing outside this machine is touched.
    #[default]
    Sandbox,
    /// The real clouds, with the clouds' own settings.
    Live,
}

impl Target {
    /// The name as it stands on the command line: `sandbox` or `live`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Sandbox => "sandbox",
            Target::Live => "live",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "sandbox" => Ok(Target::Sandbox),
            "live" => Ok(Target::Live),
            other => Err(format!("unknown target `{other}`: use sandbox or live")),
        }
    }
}

/// An operation as plans, commands, and servers name it, for example `aws s3 CreateBucket`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationName {
    /// The cloud.
    pub cloud: CloudName,
    /// The service as the catalog names it: `ec2`, `compute`, `core.compute`.
    pub service: String,
    /// The operation as the catalog names it: `RunInstances`.
    pub operation: String,
}

impl OperationName {
    /// Puts the three parts together.
    pub fn new(cloud: CloudName, service: impl Into<String>, operation: impl Into<String>) -> Self {
        Self { cloud, service: service.into(), operation: operation.into() }
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.cloud, self.service, self.operation)
    }
}
