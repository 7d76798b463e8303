//! The records on disk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::legislator::ExceptionRecord;

/// Where the record of an exception is.
pub(super) fn file(config: &Path, id: &str) -> PathBuf {
    config.join("rules").join("exceptions").join(format!("{id}.yaml"))
}

/// The record of an exception.
///
/// # Errors
///
/// There is none, or it does not fit.
pub(super) fn read(config: &Path, id: &str) -> Result<ExceptionRecord, CliError> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(CliError::bad_input(format!("`{id}` is no id of an exception")));
    }
    let path = file(config, id);
    let text = fs::read_to_string(&path)
        .map_err(|e| CliError::bad_input(format!("there is no exception `{id}`: {}: {e}", path.display())))?;
    yaml_serde::from_str(&text).map_err(|e| CliError::bad_input(format!("{}: {e}", path.display())))
}

/// Puts a record on disk, whole or not at all.
///
/// # Errors
///
/// The folder or the file cannot be written.
pub(super) fn write(config: &Path, record: &ExceptionRecord) -> Result<PathBuf, CliError> {
    let path = file(config, &record.id);
    let failed = |e: std::io::Error| CliError::failed(format!("cannot write {}: {e}", path.display()));
    let text = yaml_serde::to_string(record).map_err(CliError::failed)?;
    fs::create_dir_all(path.parent().unwrap_or(config)).map_err(failed)?;
    let beside = path.with_extension("yaml.new");
    let mut new = fs::File::create(&beside).map_err(failed)?;
    new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).map_err(failed)?;
    fs::rename(&beside, &path).map_err(failed)?;
    Ok(path)
}
