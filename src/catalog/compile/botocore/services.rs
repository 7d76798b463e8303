//! Every service of a package.

use std::path::Path;

use super::package::Package;
use super::service_from_models;
use crate::catalog::compile::{CompileError, Compiled};

/// Compiles every service of an installed botocore folder, a wheel, or a source archive.
///
/// # Errors
///
/// The package cannot be read, or says something that is not understood.
pub fn compile(path: &Path) -> Result<Compiled, CompileError> {
    let package = Package::open(path)?;
    let mut services = Vec::new();
    for name in package.services() {
        let Some(model) = package.document(&name, "service-2")? else { continue };
        services.push(service_from_models(
            &name,
            &model,
            package.document(&name, "paginators-1")?.as_ref(),
            package.document(&name, "waiters-2")?.as_ref(),
            package.document(&name, "endpoint-rule-set-1")?.as_ref(),
        )?);
    }
    let partitions = package.top("partitions")?.ok_or_else(|| CompileError::Model {
        file: "partitions.json".into(),
        place: "data".into(),
        reason: "is missing".into(),
    })?;
    Ok(Compiled { version: package.version().to_owned(), services, partitions })
}
