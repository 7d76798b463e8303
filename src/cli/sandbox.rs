//! `provisioner sandbox serve`.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{CliError, Exit, Output, output};
use crate::catalog::Catalog;
use crate::config::Home;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::store::{self, Store, StoreError};

/// Offers the embedded clouds until the person interrupts.
///
/// # Errors
///
/// The port is taken, or the catalog or the store cannot be read.
pub(crate) fn serve(
    out: Output,
    home: &Home,
    named: bool,
    port: u16,
    options: SandboxOptions,
) -> Result<Exit, CliError> {
    let catalog = Catalog::open(Some(home.data())).map_err(CliError::failed)?;
    let (store, kept) = open_store(home, named)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::failed)?;
    runtime.block_on(async {
        let sandbox = Sandbox::start_with(catalog, store.clone(), Some(port), options)
            .await
            .map_err(CliError::failed)?;
        output::report(&how_to(sandbox.endpoint(), &kept));
        out.show_line(&json!({"endpoint": sandbox.endpoint()}), |document| {
            document["endpoint"].as_str().unwrap_or_default().to_owned()
        })?;
        tokio::signal::ctrl_c().await.map_err(CliError::failed)?;
        drop(sandbox);
        store.flush().map_err(CliError::failed)?;
        Ok(Exit::Done)
    })
}

/// The home's store; what is said to be kept there must be kept there, else memory will do.
fn open_store(home: &Home, named: bool) -> Result<(Arc<dyn Store>, String), CliError> {
    match open_kept(home) {
        Ok(store) => Ok((store, format!("kept in {}", home.store().display()))),
        Err(Unopened::Taken(error)) if !named => {
            Ok((store::in_memory(), format!("kept in memory only: {error}")))
        }
        Err(Unopened::Taken(error) | Unopened::Broken(error)) => Err(CliError::failed(error)),
    }
}

enum Unopened {
    /// Another process has it.
    Taken(String),
    Broken(String),
}

fn open_kept(home: &Home) -> Result<Arc<dyn Store>, Unopened> {
    home.create().map_err(|e| Unopened::Broken(e.to_string()))?;
    store::open(Path::new(&home.store())).map_err(|error| match error {
        StoreError::Owned { .. } => Unopened::Taken(error.to_string()),
        other => Unopened::Broken(other.to_string()),
    })
}

fn how_to(endpoint: &str, kept: &str) -> String {
    format!(
        "The embedded clouds listen on {endpoint} (loopback only; resources are {kept}).\n\
         Point an SDK at them with\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_REGION=eu-central-1\n\
         The OCI tools take OCI_CLI_ENDPOINT={endpoint}, clients of the OCI SDK service_endpoint=\"{endpoint}\"; any key will do.\n\
         What arrived: GET {endpoint}/_sandbox/requests; what exists: GET {endpoint}/_sandbox/resources. Ctrl+C stops."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_in_use_is_left_alone_unless_it_was_named() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let _mine = open_store(&home, true).unwrap();
        let (_, kept) = open_store(&home, false).unwrap();
        assert!(kept.contains("in memory") && kept.contains("in use by"), "{kept}");
        let error = open_store(&home, true).err().unwrap();
        assert!(error.message.contains("in use by"), "{}", error.message);
    }

    #[test]
    fn the_person_is_told_how_to_point_an_sdk_at_it() {
        let text = how_to("http://127.0.0.1:1", "kept in memory only");
        assert!(text.contains("AWS_ENDPOINT_URL=http://127.0.0.1:1"), "{text}");
    }
}
