//! Why a planner cannot be made ready.

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no planner.
#[derive(Debug, Error)]
pub enum AgentError {
    /// OpenAI's own endpoint needs a key and there is none.
    #[error(
        "the model needs a key: set the variable {variable}, or name a file with mode 0600 as `key_file` under `model` in settings.yaml"
    )]
    NoKey {
        /// The variable that was looked at.
        variable: String,
    },
    /// The file with the key cannot be read.
    #[error("the model's key cannot be read from {}: {reason}; write the key into that file, or set {variable}", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
        /// The variable that would do instead.
        variable: String,
    },
    /// Others can read the file with the key.
    #[error("others can read the model's key: {} has mode {mode:04o}; run `chmod 600 {}`, then make a new key if others had access", .path.display(), .path.display())]
    OpenKey {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What stands where the key should be is none.
    #[error("the model's key from {place} is not a key: {reason}")]
    UnfitKey {
        /// The variable or the file.
        place: String,
        /// What is wrong; never the key itself.
        reason: &'static str,
    },
    /// The endpoint is no address of the web, or would carry words and key in clear text.
    #[error("the model's `base_url` {url} cannot be used: {reason}")]
    BaseUrl {
        /// The endpoint.
        url: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The model has no name.
    #[error("the model has no name: set `name` under `model` in settings.yaml, for example gpt-5-mini")]
    NoName,
}
