//! Keys to approve with.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::setup::person;
use crate::cli::{CliError, Exit, Output};
use crate::legislator::SigningKey;

/// Where the private key of a person is: beside the rules and not among them, for a model may read the rules.
pub(super) fn file(config: &Path, name: &str) -> PathBuf {
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.@".contains(*c)).collect();
    config.join("keys").join(format!("{}.pem", plain.trim_start_matches('.')))
}

/// Makes a key, keeps it for its owner alone, and prints the public half.
///
/// # Errors
///
/// There is a key already, or it cannot be written.
pub(super) fn key(out: Output, config: &Path, by: Option<String>) -> Result<Exit, CliError> {
    let name = by.unwrap_or_else(person);
    let path = file(config, &name);
    let (key, text) = SigningKey::generate().map_err(CliError::failed)?;
    let failed = |e: std::io::Error| CliError::failed(format!("cannot write {}: {e}", path.display()));
    fs::create_dir_all(path.parent().unwrap_or(config)).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut new = options.open(&path).map_err(failed)?;
    new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).map_err(failed)?;
    let document = json!({"name": name, "key": key.public(), "file": path.display().to_string()});
    out.show(&document, |_| {
        format!(
            "The key is in {}. Whoever owns rules/roles.yaml adds:\n  - {{name: {name}, roles: [ROLE], key: \"{}\"}}",
            path.display(),
            key.public()
        )
    })?;
    Ok(Exit::Done)
}
