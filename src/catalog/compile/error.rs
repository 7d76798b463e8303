//! Why a package could not be compiled.

use std::path::PathBuf;

use thiserror::Error;

/// Why a package could not be compiled. Nothing that is not understood is skipped in silence.
#[derive(Debug, Error)]
pub enum CompileError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The archive is damaged.
    #[error("{} is no readable package: {reason}", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The package holds no service models.
    #[error("{} holds no service models: give an installed botocore folder, a wheel, or a source archive", .0.display())]
    Empty(PathBuf),
    /// A package holds none of what was looked for.
    #[error("{} holds no {wanted}: give {hint}", .path.display())]
    Missing {
        /// The package.
        path: PathBuf,
        /// What was looked for.
        wanted: String,
        /// What to give instead.
        hint: String,
    },
    /// A file is no JSON.
    #[error("{file} is no JSON: {reason}")]
    Json {
        /// The file inside the package.
        file: String,
        /// What the parser said.
        reason: String,
    },
    /// A model says something that is not understood.
    #[error("{file}: {place}: {reason}")]
    Model {
        /// The file inside the package, or the service.
        file: String,
        /// Where in it.
        place: String,
        /// What is not understood.
        reason: String,
    },
}

impl CompileError {
    /// Whether one part of a package says something that is not understood, so that the others can be compiled.
    pub(super) fn is_of_one_part(&self) -> bool {
        matches!(self, CompileError::Json { .. } | CompileError::Model { .. })
    }
}
