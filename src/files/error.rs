//! Why a file could not be had.

use std::path::PathBuf;

use thiserror::Error;

/// Why a file could not be read, listed, or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The path is not one that can be asked for.
    #[error("`{path}` is not allowed: {reason}; paths look like `{example}`")]
    Path {
        /// The path as it was asked for.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
        /// A path that would be right.
        example: String,
    },
    /// The first part of the path names no root.
    #[error("`{path}` is under no root; there are {known}")]
    NoRoot {
        /// The path as it was asked for.
        path: String,
        /// The roots.
        known: String,
    },
    /// There is nothing there.
    #[error("there is no `{0}`")]
    Missing(String),
    /// It is a folder, and a file was asked for, or the other way round, or neither.
    #[error("`{path}` is {found}, not {expected}")]
    Kind {
        /// The path.
        path: String,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The path leads out of its root, for example through a symbolic link.
    #[error("`{0}` leads out of its root")]
    Outside(String),
    /// The file is larger than one answer may be.
    #[error(
        "`{path}` has {size} bytes, more than the {limit} that one answer may have; ask for `head` or `tail` lines"
    )]
    TooLarge {
        /// The path.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not UTF-8 text.
    #[error("`{0}` is not text in UTF-8")]
    NotText(String),
    /// The root may only be read.
    #[error("`{0}` may only be read")]
    ReadOnly(String),
    /// A writable root would reach files that must stay as they are.
    #[error("the writable folder {} reaches the protected folder {}; choose another", .writable.display(), .protected.display())]
    Protected {
        /// The root that was to be writable.
        writable: PathBuf,
        /// The folder with rules or prompts.
        protected: PathBuf,
    },
    /// The arguments do not make sense.
    #[error("{0}")]
    Invalid(String),
    /// An edit did not fit the file; nothing was written.
    #[error(
        "edit {number} of `{path}` does not fit: its old text occurs {count} times, it must occur once; nothing was written"
    )]
    Edit {
        /// The path.
        path: String,
        /// The edit, counted from 1.
        number: usize,
        /// How often the old text occurs.
        count: usize,
    },
    /// The system refused.
    #[error("`{path}`: {source}")]
    System {
        /// The path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl FileError {
    pub(super) fn system(path: &str, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::NotFound => FileError::Missing(path.to_owned()),
            // What cap-std answers for a way out, and what the system answers for a loop of links.
            std::io::ErrorKind::PermissionDenied if source.raw_os_error().is_none() => {
                FileError::Outside(path.to_owned())
            }
            _ if source.raw_os_error() == Some(rustix::io::Errno::XDEV.raw_os_error()) => {
                FileError::Outside(path.to_owned())
            }
            _ => FileError::System { path: path.to_owned(), source },
        }
    }
}
