//! `provisioner catalog update`: a catalog from an SDK package.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{CliError, Exit, Output};
use crate::catalog::compile::{Compiled, azure, botocore, oci};
use crate::catalog::{Catalog, CatalogError, snapshot};
use crate::plan::CloudName;

/// Compiles the package at `from` and puts the snapshot in place, whole or not at all. With `all`, packages
/// that are not generally available are taken too.
pub(crate) fn run(
    out: Output,
    cloud: CloudName,
    from: &Path,
    to: &Path,
    all: bool,
) -> Result<Exit, CliError> {
    let (bytes, notes) = match cloud {
        CloudName::Aws => {
            (written(cloud, "botocore", botocore::compile(from).map_err(CliError::bad_input)?)?, Vec::new())
        }
        CloudName::Oci => {
            (written(cloud, "oci", oci::compile(from).map_err(CliError::bad_input)?)?, Vec::new())
        }
        CloudName::Azure => {
            let list = azure::PackageList::built_in(all).map_err(CliError::failed)?;
            let compiled = azure::compile(from, &list).map_err(CliError::bad_input)?;
            (azure_snapshot(&compiled).map_err(CliError::failed)?, azure_notes(&compiled))
        }
    };
    // Read back before it replaces anything.
    let status = Catalog::from_snapshot(bytes.clone()).map_err(CliError::failed)?.status();
    let failed = |e: std::io::Error| CliError::failed(format!("cannot write {}: {e}", to.display()));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = to.with_extension(format!("new-{}", std::process::id()));
    fs::write(&draft, &bytes).and_then(|()| fs::File::open(&draft)?.sync_all()).map_err(failed)?;
    fs::rename(&draft, to).map_err(failed)?;
    out.show(&json!({"file": to, "catalogs": status, "notes": notes}), |_| {
        status
            .iter()
            .map(|s| {
                format!(
                    "{} {} {}: {} services, {} operations, {} KiB in {}",
                    s.cloud,
                    s.source,
                    s.version,
                    s.services,
                    s.operations,
                    s.bytes / 1024,
                    to.display()
                )
            })
            .chain(notes.iter().cloned())
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    Ok(Exit::Done)
}

fn written(cloud: CloudName, source: &str, compiled: Compiled) -> Result<Vec<u8>, CliError> {
    snapshot::write(cloud, source, &compiled.version, &compiled.services, &compiled.partitions)
        .map_err(CliError::failed)
}

fn azure_snapshot(compiled: &azure::Compiled) -> Result<Vec<u8>, CatalogError> {
    let version = format!("{} packages", compiled.packages.len());
    snapshot::write(CloudName::Azure, "azure-mgmt", &version, &compiled.services, &serde_json::Value::Null)
}

/// What was not taken, and what was not there.
fn azure_notes(compiled: &azure::Compiled) -> Vec<String> {
    let mut notes = Vec::new();
    if !compiled.left_out.is_empty() {
        notes.push(format!("not in the list of packages, left out: {}", compiled.left_out.join(", ")));
    }
    if !compiled.absent.is_empty() {
        notes.push(format!("in the list of packages, but not there: {}", compiled.absent.join(", ")));
    }
    notes
}
