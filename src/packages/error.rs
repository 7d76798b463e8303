//! Why packages could not be had.

use std::path::PathBuf;

use thiserror::Error;

/// Ways on that always work.
const OTHERWISE: &str =
    "try again later, or take another index (--index URL) or a folder of wheels (--from FOLDER)";

/// Why packages could not be had. Addresses stand without names and passwords.
#[derive(Debug, Error)]
pub enum PackagesError {
    /// The address of the index is none.
    #[error("`{address}` is no address of a package index: {reason}; give one like https://host/simple/")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The index is asked without encryption.
    #[error(
        "{index} is not encrypted: anyone on the way could change the packages and their hashes; use https, or say \
         `allow_http: true` under `catalog` in settings.yaml"
    )]
    Unencrypted {
        /// The index.
        index: String,
    },
    /// There can be no connections.
    #[error("cannot connect to a package index: {0}")]
    Client(String),
    /// The index does not answer.
    #[error(
        "{index} does not answer for {what}: {reason}; check the network, HTTPS_PROXY, and SSL_CERT_FILE, or take \
         another index (--index URL) or a folder of wheels (--from FOLDER)"
    )]
    Unreachable {
        /// The index.
        index: String,
        /// The package or the file.
        what: String,
        /// What went wrong.
        reason: String,
    },
    /// The index answers with an error.
    #[error("{index} answers {status} for {what}: {OTHERWISE}")]
    Server {
        /// The index.
        index: String,
        /// The package or the file.
        what: String,
        /// The status and its meaning.
        status: String,
    },
    /// The index wants to know who asks.
    #[error(
        "{index} answers {status} for {what}: it wants a name and a password; give them in the address, \
         https://NAME:PASSWORD@host/simple/, by PIP_INDEX_URL or in settings.yaml"
    )]
    Credentials {
        /// The index.
        index: String,
        /// The package or the file.
        what: String,
        /// The status and its meaning.
        status: String,
    },
    /// The index does not have the package.
    #[error("{index} has no package {name}; is it the address of a simple index, like https://host/simple/?")]
    NoPackage {
        /// The index.
        index: String,
        /// The package.
        name: String,
    },
    /// The index answers something else than a list of files.
    #[error(
        "what {index} says of {name} is not understood: {reason}; is it the address of a simple index, like https://host/simple/?"
    )]
    Page {
        /// The index.
        index: String,
        /// The package.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no file that can be read.
    #[error("{place} has no file of {name} that can be read: a wheel for every machine is needed")]
    NoFile {
        /// The index or the folder.
        place: String,
        /// The package.
        name: String,
    },
    /// There is no such version.
    #[error("{place} has no {name} {version}{}", newest.as_ref().map_or(String::new(), |newest| format!("; the newest there is {newest}")))]
    NoVersion {
        /// The index or the folder.
        place: String,
        /// The package.
        name: String,
        /// The wanted version.
        version: String,
        /// The newest that there is.
        newest: Option<String>,
    },
    /// The version was taken back by its publisher.
    #[error("{name} {version} was taken back by its publisher; take another version")]
    Yanked {
        /// The package.
        name: String,
        /// The version.
        version: String,
    },
    /// The index names no hash.
    #[error(
        "{file} was not taken: {index} names no SHA-256 for it, so nobody can tell whether it is unchanged"
    )]
    NoHash {
        /// The index.
        index: String,
        /// The file.
        file: String,
    },
    /// The file is not what the index says.
    #[error("{file} was not taken: its SHA-256 is {found}, and {index} says {wanted}; {OTHERWISE}")]
    WrongHash {
        /// The index.
        index: String,
        /// The file.
        file: String,
        /// What it has.
        found: String,
        /// What it should have.
        wanted: String,
    },
    /// The file ends too early, or is larger than a package can be.
    #[error("{file} was not taken: {reason}; {OTHERWISE}")]
    Cut {
        /// The file.
        file: String,
        /// How much came of how much.
        reason: String,
    },
    /// A file or folder of this machine cannot be used.
    #[error("cannot {what} {}: {source}", .path.display())]
    Disk {
        /// What was tried: `read`, `write`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
