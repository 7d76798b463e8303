//! From what a catalog was compiled, and when.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A package that a catalog was compiled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file.
    pub file: String,
    /// The file's SHA-256, in lower case.
    pub sha256: String,
}

/// What is written beside a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The SHA-256 of the catalog that this describes.
    pub catalog: String,
    /// When the update began; the catalogs of one update have the same time.
    pub begun: Timestamp,
    /// The version of the program that compiled it.
    pub program: String,
    /// The index or the folder, without names and passwords.
    pub from: String,
    /// The packages, sorted by name; none where an installed folder was compiled.
    pub packages: Vec<Package>,
}

impl Origin {
    /// The origin of a catalog.
    #[must_use]
    pub fn of(snapshot: &[u8], begun: Timestamp, from: String, mut packages: Vec<Package>) -> Self {
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { catalog: hex::encode(Sha256::digest(snapshot)), begun, program, from, packages }
    }

    /// The bytes that are written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Reads an origin; nothing where there is none or it is damaged.
    #[must_use]
    pub fn load(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Whether it describes this catalog. An update that was ended between two files leaves one that does not.
    #[must_use]
    pub fn describes(&self, snapshot: &[u8]) -> bool {
        self.catalog == hex::encode(Sha256::digest(snapshot))
    }
}
