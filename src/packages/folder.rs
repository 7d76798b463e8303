//! Packages that lie in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::choose::{Candidate, NoChoice, choose};
use super::{PackageFile, PackagesError, Wanted};

/// The packages that lie in a folder as wheels and source archives, in one or more versions.
pub struct Lying {
    folder: PathBuf,
    found: Vec<Candidate<PathBuf>>,
}

/// Looks into a folder; the folders below it are not looked into.
///
/// # Errors
///
/// It cannot be read.
pub fn lying(folder: &Path) -> Result<Lying, PackagesError> {
    let failed = |source| PackagesError::Disk { what: "read", path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Some(file) = entry.file_name().to_str().and_then(PackageFile::parse) {
            found.push(Candidate { file, yanked: false, place: entry.path() });
        }
    }
    Ok(Lying { folder: folder.to_owned(), found })
}

impl Lying {
    /// The names of all packages, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.found.iter().map(|c| c.file.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The file of a package: of the wanted version, or of the newest; nothing when the package does not lie here.
    ///
    /// # Errors
    ///
    /// It lies here, but not in this version or in a form that can be read.
    pub fn take(&self, wanted: &Wanted) -> Result<Option<(PackageFile, PathBuf)>, PackagesError> {
        let own: Vec<_> = self.found.iter().filter(|c| c.file.name == wanted.name).cloned().collect();
        if own.is_empty() {
            return Ok(None);
        }
        let place = self.folder.display().to_string();
        match choose(own, wanted) {
            Ok(taken) => Ok(Some((taken.file, taken.place))),
            Err(NoChoice::NoVersion(newest)) => Err(PackagesError::NoVersion {
                place,
                name: wanted.name.clone(),
                version: wanted.version.as_ref().map(ToString::to_string).unwrap_or_default(),
                newest,
            }),
            Err(_) => Err(PackagesError::NoFile { place, name: wanted.name.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_package_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "oci-2.9.0-py3-none-any.whl",
            "oci-2.10.0-py3-none-any.whl",
            "azure-mgmt-dns-1.0.zip",
            "notes.txt",
        ] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let found = lying(dir.path()).unwrap();
        assert_eq!(found.names(), ["azure-mgmt-dns", "oci"]);
        let mut wanted = Wanted { name: "oci".into(), version: None, source: false, at_least: None };
        assert!(found.take(&wanted).unwrap().unwrap().1.ends_with("oci-2.10.0-py3-none-any.whl"));
        wanted.version = Some("1.0".parse().unwrap());
        let message = found.take(&wanted).unwrap_err().to_string();
        assert!(message.contains("oci 1.0") && message.contains("2.10.0"), "{message}");
        let dns = Wanted { name: "azure-mgmt-dns".into(), version: None, source: false, at_least: None };
        assert!(matches!(found.take(&dns), Err(PackagesError::NoFile { .. })));
        let none = Wanted { name: "botocore".into(), version: None, source: true, at_least: None };
        assert!(found.take(&none).unwrap().is_none());
    }
}
