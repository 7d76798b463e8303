//! What the program says about itself, into a file and only when asked to.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::setup::home;
use super::{Args, CliError};

/// The variable that asks for logs, for example `PROVISIONER_LOG=debug`.
const VARIABLE: &str = "PROVISIONER_LOG";

/// Writes logs to `provisioner.log` in the state folder when `PROVISIONER_LOG` is set.
///
/// # Errors
///
/// The file cannot be written, or the variable is no filter.
pub(crate) fn begin(args: &Args) -> Result<(), CliError> {
    let Ok(filter) = std::env::var(VARIABLE) else { return Ok(()) };
    let filter = EnvFilter::try_new(&filter)
        .map_err(|e| CliError::bad_input(format!("{VARIABLE}={filter}: {e}; say for example debug")))?;
    let folder = home(args)?;
    folder.create().map_err(CliError::failed)?;
    let path = folder.state().join("provisioner.log");
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| CliError::failed(format!("cannot write {}: {e}", path.display())))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    // A second subscriber in one process is left aside; the first goes on.
    drop(tracing::subscriber::set_global_default(subscriber));
    Ok(())
}
