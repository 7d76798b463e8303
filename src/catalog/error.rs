//! What can be wrong with a catalog, or with a name that is looked up in it.

use std::fmt::Display;
use std::path::PathBuf;

use thiserror::Error;

use crate::plan::CloudName;

/// Why the catalog gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// A snapshot is damaged or cut off.
    #[error("the catalog is damaged: {part}: {reason}; `provisioner catalog update` makes a new one")]
    Damaged {
        /// Which part, for example `the index` or `service ec2`.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// A snapshot cannot be read.
    #[error("cannot read the catalog {}: {reason}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is no catalog of this cloud.
    #[error("there is no catalog of {0} yet: this program knows aws, azure and oci")]
    NoCloud(CloudName),
    /// What should be a list of providers is none.
    #[error("the answer is no list of resource providers; what is in place stays as it is")]
    NoProviders,
    /// No service has this name.
    #[error("{cloud} has no service `{name}`{}", suggest(.nearest))]
    UnknownService {
        /// The cloud.
        cloud: CloudName,
        /// The name that was asked for.
        name: String,
        /// The nearest names.
        nearest: Vec<String>,
    },
    /// No operation of the service has this name.
    #[error("{cloud} {service} has no operation `{name}`{}", suggest(.nearest))]
    UnknownOperation {
        /// The cloud.
        cloud: CloudName,
        /// The service.
        service: String,
        /// The name that was asked for.
        name: String,
        /// The nearest names.
        nearest: Vec<String>,
    },
}

impl CatalogError {
    pub(super) fn damaged(part: impl Into<String>, reason: impl Display) -> Self {
        CatalogError::Damaged { part: part.into(), reason: reason.to_string() }
    }
}

fn suggest(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(", ")),
    }
}
