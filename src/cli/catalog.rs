//! `provisioner catalog search|show`.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{CliError, Exit, Output};
use crate::catalog::access::classify;
use crate::catalog::describe::describe;
use crate::catalog::search::Hit;
use crate::catalog::{Catalog, CatalogError};
use crate::plan::{CloudName, OperationName};

/// Cells that a line takes at most where the terminal does not say.
const CELLS: usize = 100;

/// Finds operations by plain words.
///
/// # Errors
///
/// The catalog cannot be opened or the answer cannot be written.
pub(crate) fn search(
    out: Output,
    data: &Path,
    query: &str,
    cloud: Option<CloudName>,
    limit: usize,
) -> Result<Exit, CliError> {
    let catalog = open(data)?;
    let hits = catalog.search(query, cloud, limit);
    out.show(&json!({"query": query, "hits": hits.iter().map(hit).collect::<Vec<_>>()}), |_| {
        lines(query, &hits)
    })?;
    Ok(Exit::Done)
}

fn hit(hit: &Hit) -> Value {
    json!({
        "cloud": hit.operation.cloud, "service": hit.operation.service, "operation": hit.operation.operation,
        "title": hit.title, "score": (f64::from(hit.score) * 100.0).round() / 100.0,
    })
}

fn lines(query: &str, hits: &[Hit]) -> String {
    if hits.is_empty() {
        return format!(
            "Nothing fits “{query}”. Say the resource and what to do with it, for example `create bucket`."
        );
    }
    let names: Vec<String> = hits.iter().map(|hit| hit.operation.to_string()).collect();
    let column = names.iter().map(|name| crate::text::width(name)).max().unwrap_or(0);
    let mut out = String::new();
    for (name, hit) in names.iter().zip(hits) {
        let _ = writeln!(out, "{}", crate::text::fit(&format!("{name:column$}  {}", hit.title), CELLS));
    }
    out
}

/// Shows an operation, a part of it, or all operations of a service.
///
/// # Errors
///
/// There is no such service, operation, or member; the error offers the nearest.
pub(crate) fn show(
    out: Output,
    data: &Path,
    cloud: CloudName,
    service: &str,
    operation: Option<&str>,
    path: Option<&str>,
) -> Result<Exit, CliError> {
    let catalog = open(data)?;
    let Some(operation) = operation else {
        let service = catalog.service(cloud, service).map_err(wrong_name)?;
        let operations: Vec<Value> = service
            .operations
            .iter()
            .map(|o| json!({"operation": o.name, "access": classify(&service, o).class}))
            .collect();
        let document = json!({
            "cloud": cloud, "service": service.name, "title": service.title, "api_version": service.api_version,
            "operations": operations,
        });
        out.show(&document, |_| {
            let mut text =
                format!("{} {}: {} ({})\n", cloud, service.name, service.title, service.api_version);
            for o in &service.operations {
                let _ = writeln!(text, "  {:10}  {}", classify(&service, o).class.as_str(), o.name);
            }
            text
        })?;
        return Ok(Exit::Done);
    };
    let found = catalog.operation(&OperationName::new(cloud, service, operation)).map_err(wrong_name)?;
    let description = describe(found.service(), found.operation(), path).map_err(CliError::bad_input)?;
    out.show(&description, |description| description.readable(CELLS))?;
    Ok(Exit::Done)
}

fn open(data: &Path) -> Result<Catalog, CliError> {
    Catalog::open(Some(data)).map_err(CliError::failed)
}

fn wrong_name(error: CatalogError) -> CliError {
    match error {
        CatalogError::Damaged { .. } | CatalogError::Read { .. } => CliError::failed(error),
        _ => CliError::bad_input(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_bad_input_and_offers_the_nearest() {
        let dir = tempfile::tempdir().unwrap();
        let out = Output::new(true);
        let error = show(out, dir.path(), CloudName::Aws, "s3", Some("CreateBuckets"), None).unwrap_err();
        assert_eq!(error.exit, Exit::BadInput);
        assert!(error.message.contains("CreateBucket"), "{}", error.message);
        let error =
            show(out, dir.path(), CloudName::Aws, "ec2", Some("RunInstances"), Some("ImageIdd")).unwrap_err();
        assert!(error.message.contains("`ImageId`"), "{}", error.message);
    }

    #[test]
    fn hits_stand_in_columns_and_nothing_says_what_to_try() {
        let catalog = Catalog::open(None).unwrap();
        let text = lines("create bucket", &catalog.search("create bucket", None, 3));
        assert!(text.starts_with("aws s3 CreateBucket"), "{text}");
        assert!(lines("xyzzy", &[]).contains("Say the resource"));
    }
}
