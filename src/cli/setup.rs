//! What every command that works with a session needs: folders, settings, the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Args, CliError};
use crate::clouds::Tell;
use crate::config::{Home, Settings};
use crate::executor::Faults;
use crate::plan::{Approver, Target};
use crate::session::Options;
use crate::store::{self, Store};

/// Folders and settings, with flags and environment on top.
pub(crate) struct Setup {
    pub(crate) home: Home,
    pub(crate) settings: Settings,
    pub(crate) target: Target,
    pub(crate) read_only: bool,
}

impl Setup {
    /// Reads settings and makes the folders.
    ///
    /// # Errors
    ///
    /// A folder cannot be made, or the settings are wrong.
    pub(crate) fn of(args: &Args) -> Result<Self, CliError> {
        let home = home(args)?;
        home.create().map_err(CliError::failed)?;
        let settings = Settings::load(home.config()).map_err(CliError::bad_input)?;
        let target = args.target.unwrap_or(settings.target);
        let read_only = args.read_only || settings.read_only;
        Ok(Self { home, settings, target, read_only })
    }

    /// The store of the home folder.
    ///
    /// # Errors
    ///
    /// Another process has it, or it cannot be opened.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, CliError> {
        store::open(&self.home.store()).map_err(CliError::failed)
    }

    /// Tells the person on standard error, where no conversation does.
    pub(crate) fn tell(&self) -> Tell {
        Arc::new(|text| super::output::report(&text))
    }

    /// What a session is opened with.
    pub(crate) fn options(&self, store: Arc<dyn Store>, approver: Approver) -> Options {
        Options {
            home: self.home.clone(),
            settings: self.settings.clone(),
            store,
            target: self.target,
            read_only: self.read_only,
            approver,
            faults: Arc::new(Faults::default()),
            not_carried_out: BTreeSet::new(),
            rehearsal: None,
            tell: self.tell(),
        }
    }
}

/// The folders: under `--home`, else the XDG ones.
///
/// # Errors
///
/// The person's own folder is not known.
pub(crate) fn home(args: &Args) -> Result<Home, CliError> {
    args.home.as_deref().map_or_else(Home::xdg, |folder| Ok(Home::at(folder))).map_err(CliError::failed)
}

/// The login name of the person.
pub(crate) fn person() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".into())
}

/// Runs a future on a runtime of two threads.
///
/// # Errors
///
/// The system gives no threads, or the future's own error.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| CliError::failed(format!("cannot start: {e}")))?
        .block_on(work)
}
