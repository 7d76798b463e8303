//! `provisioner catalog update`: a catalog from an SDK package.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{CliError, Exit, Output};
use crate::catalog::compile::{botocore, oci};
use crate::catalog::{Catalog, snapshot};
use crate::plan::CloudName;

/// Compiles the package at `from` and puts the snapshot in place, whole or not at all.
pub(crate) fn run(out: Output, cloud: CloudName, from: &Path, to: &Path) -> Result<Exit, CliError> {
    let (source, compiled) = match cloud {
        CloudName::Aws => ("botocore", botocore::compile(from)),
        CloudName::Oci => ("oci", oci::compile(from)),
        CloudName::Azure => {
            return Err(CliError::bad_input(format!("there is no compiler for the packages of {cloud} yet")));
        }
    };
    let compiled = compiled.map_err(CliError::bad_input)?;
    let bytes = snapshot::write(cloud, source, &compiled.version, &compiled.services, &compiled.partitions)
        .map_err(CliError::failed)?;
    // Read back before it replaces anything.
    let status = Catalog::from_snapshot(bytes.clone()).map_err(CliError::failed)?.status();
    let failed = |e: std::io::Error| CliError::failed(format!("cannot write {}: {e}", to.display()));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = to.with_extension(format!("new-{}", std::process::id()));
    fs::write(&draft, &bytes).and_then(|()| fs::File::open(&draft)?.sync_all()).map_err(failed)?;
    fs::rename(&draft, to).map_err(failed)?;
    out.show(&json!({"file": to, "catalogs": status}), |_| {
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
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    Ok(Exit::Done)
}
