//! The folders under which everything is kept.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use thiserror::Error;

/// The program's folders: one under `--home`, else three under the XDG folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

/// Why a folder cannot be used.
#[derive(Debug, Error)]
pub enum HomeError {
    /// The person's own folder is not known.
    #[error("your home folder is not known: set HOME, or say --home DIR")]
    NoHome,
    /// A folder cannot be made.
    #[error("cannot make the folder {}: {source}; choose another with --home DIR", .path.display())]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Home {
    /// Everything under one folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { config: folder.join("config"), data: folder.join("data"), state: folder.join("state") }
    }

    /// The XDG folders, each with `provisioner` at the end.
    ///
    /// # Errors
    ///
    /// The person's own folder is not known.
    pub fn xdg() -> Result<Self, HomeError> {
        let base = etcetera::choose_base_strategy().map_err(|_| HomeError::NoHome)?;
        let data = base.data_dir().join("provisioner");
        Ok(Self {
            config: base.config_dir().join("provisioner"),
            state: base.state_dir().map_or_else(|| data.clone(), |dir| dir.join("provisioner")),
            data,
        })
    }

    /// Settings, rules, prompts, and workflows of the person's own.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The store, refreshed catalogs, and prices.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Logs, drafts, and input history.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The store's folder.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data.join("store")
    }

    /// Makes the folders, readable by the person alone.
    ///
    /// # Errors
    ///
    /// A folder cannot be made.
    pub fn create(&self) -> Result<(), HomeError> {
        for path in [&self.config, &self.data, &self.state] {
            fs::create_dir_all(path)
                .and_then(|()| private(path))
                .map_err(|source| HomeError::Create { path: path.clone(), source })?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_holds_everything() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        home.create().unwrap();
        assert!(home.config().is_dir() && home.data().is_dir() && home.state().is_dir());
        assert!(home.store().starts_with(dir.path()));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let message = Home::at(&file).create().unwrap_err().to_string();
        assert!(message.contains("config") && message.contains("--home"), "{message}");
    }
}
