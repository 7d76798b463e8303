//! Many packages from an index, several at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::choose::{Candidate, NoChoice, choose};
use super::fetch::{fetch, sha256_of};
use super::index::Index;
use super::page::Remote;
use super::{PackageFile, PackagesError, Wanted};

/// How many packages are asked for, and how many files are fetched, at a time.
const AT_ONCE: usize = 8;

/// What happens while packages are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The index said what it has of one more package.
    Looked(&'a str),
    /// So many files are fetched, with so many bytes where the index says how many.
    Chosen {
        /// The files.
        files: usize,
        /// Their bytes.
        bytes: Option<u64>,
    },
    /// So many more bytes came.
    Bytes(u64),
    /// A file is there.
    Got(&'a str),
}

/// A package on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// The file, as its name describes it.
    pub file: PackageFile,
    /// Where it lies.
    pub path: PathBuf,
    /// Its SHA-256, in lower case.
    pub sha256: String,
}

impl Got {
    /// A file that lay on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn lying(file: PackageFile, path: PathBuf) -> Result<Self, PackagesError> {
        let sha256 = sha256_of(&path).map_err(|source| PackagesError::Disk {
            what: "read",
            path: path.clone(),
            source,
        })?;
        Ok(Self { file, path, sha256 })
    }
}

/// What came of the packages that were wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The packages, in the order in which they were wanted.
    pub got: Vec<Got>,
    /// Those of which the index has something too old only; they are not fetched.
    pub behind: Vec<PackageFile>,
    /// Those that the index does not have, by name.
    pub absent: Vec<String>,
}

/// Fetches packages into a folder. What lies there already and has the right hash is not fetched again.
///
/// # Errors
///
/// The index does not answer, or not as an index does; a version is not there; or a file has no hash, a wrong one, or is cut
/// off. A package that the index does not have at all is no error.
pub async fn gather(
    index: &Index,
    wanted: &[Wanted],
    folder: &Path,
    heard: &(dyn Fn(Heard<'_>) + Sync),
) -> Result<Gathered, PackagesError> {
    std::fs::create_dir_all(folder).map_err(|source| PackagesError::Disk {
        what: "write",
        path: folder.to_owned(),
        source,
    })?;
    let chosen: Vec<Option<Candidate<Remote>>> = stream::iter(wanted)
        .map(|one| async move {
            let chosen = look(index, one).await;
            heard(Heard::Looked(&one.name));
            chosen
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let (mut fresh, mut behind, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for (one, chosen) in wanted.iter().zip(chosen) {
        match chosen {
            None => absent.push(one.name.clone()),
            Some(chosen) if one.is_behind(&chosen.file.version) => behind.push(chosen.file),
            Some(chosen) => fresh.push(chosen),
        }
    }
    heard(Heard::Chosen { files: fresh.len(), bytes: fresh.iter().map(|c| c.place.size).sum() });
    let got = stream::iter(&fresh)
        .map(|one| async move {
            let (path, sha256) = fetch(index, &one.file, &one.place, folder, heard).await?;
            heard(Heard::Got(&one.file.file));
            Ok::<Got, PackagesError>(Got { file: one.file.clone(), path, sha256 })
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Gathered { got, behind, absent })
}

/// The newest version of each package that an index has.
///
/// # Errors
///
/// The index does not answer, or not as an index does.
pub async fn newest(index: &Index, wanted: &[Wanted]) -> Result<BTreeMap<String, String>, PackagesError> {
    stream::iter(wanted)
        .map(|one| async move { Ok((one, look(index, one).await?)) })
        .buffered(AT_ONCE)
        .try_filter_map(|(one, chosen)| async move {
            Ok(chosen.map(|chosen| (one.name.clone(), chosen.file.version.to_string())))
        })
        .try_collect()
        .await
}

/// The file of a package; nothing when the index does not have it, or not in a form that can be read.
async fn look(index: &Index, wanted: &Wanted) -> Result<Option<Candidate<Remote>>, PackagesError> {
    let version = || wanted.version.as_ref().map(ToString::to_string).unwrap_or_default();
    let files = match index.files(&wanted.name).await {
        Err(PackagesError::NoPackage { .. }) => return Ok(None),
        files => files?,
    };
    match choose(files, wanted) {
        Ok(chosen) => Ok(Some(chosen)),
        Err(NoChoice::Nothing) => Ok(None),
        Err(NoChoice::NoVersion(newest)) => Err(PackagesError::NoVersion {
            place: index.to_string(),
            name: wanted.name.clone(),
            version: version(),
            newest,
        }),
        Err(NoChoice::Yanked) => Err(PackagesError::Yanked { name: wanted.name.clone(), version: version() }),
    }
}
