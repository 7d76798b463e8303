//! Every service of a package.

use std::path::Path;

use serde_json::Value;

use super::package::Package;
use super::service_from_models;
use crate::catalog::compile::each::each;
use crate::catalog::compile::{CompileError, Compiled, Watch};
use crate::catalog::docs::{Docs, from_html};
use crate::catalog::shapes::Service;

/// Compiles every service of an installed botocore folder, a wheel, or a source archive.
///
/// # Errors
///
/// The package cannot be read, or nothing in it is understood.
pub fn compile(path: &Path, watch: Watch<'_>) -> Result<Compiled, CompileError> {
    let package = Package::open(path)?;
    let (services, unread) =
        each(&package.services(), String::as_str, watch, |name| service(&package, name))?;
    let (services, docs): (Vec<Service>, Vec<Docs>) = services.into_iter().flatten().unzip();
    let docs = docs.into_iter().collect();
    let partitions = package.top("partitions")?.ok_or_else(|| CompileError::Model {
        file: "partitions.json".into(),
        place: "data".into(),
        reason: "is missing".into(),
    })?;
    Ok(Compiled { version: package.version().to_owned(), services, unread, partitions, docs })
}

/// A service; nothing for a folder without operations.
fn service(package: &Package, name: &str) -> Result<Option<(Service, Docs)>, CompileError> {
    let Some(model) = package.document(name, "service-2")? else { return Ok(None) };
    let service = service_from_models(
        name,
        &model,
        package.document(name, "paginators-1")?.as_ref(),
        package.document(name, "waiters-2")?.as_ref(),
        package.document(name, "endpoint-rule-set-1")?.as_ref(),
    )?;
    Ok(Some((service, said(name, &model))))
}

/// What a model says about its operations.
fn said(service: &str, model: &Value) -> Docs {
    let mut docs = Docs::default();
    let operations = model.get("operations").and_then(Value::as_object);
    for (name, operation) in operations.into_iter().flatten() {
        if let Some(html) = operation.get("documentation").and_then(Value::as_str) {
            docs.add(service, name, from_html(html));
        }
    }
    docs
}
