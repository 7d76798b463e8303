//! Which packages make up the catalog.

use serde::Deserialize;

/// One package in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name: `azure-mgmt-compute`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The packages that are compiled.
#[derive(Clone, Debug)]
pub struct PackageList {
    names: Vec<String>,
}

/// The list as it lies in the assets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    generally_available: Vec<String>,
    preview: Vec<String>,
    retired: Vec<String>,
}

impl PackageList {
    /// The packages that are generally available, and with `all` also those that are not yet, or no more.
    ///
    /// # Errors
    ///
    /// The list that comes with the program cannot be read.
    pub fn built_in(all: bool) -> Result<Self, String> {
        let written: Written =
            yaml_serde::from_str(include_str!("../../../../assets/catalog/azure-packages.yaml"))
                .map_err(|error| format!("the list of packages cannot be read: {error}"))?;
        let mut names = written.generally_available;
        if all {
            names.extend(written.preview);
            names.extend(written.retired);
        }
        names.sort();
        Ok(Self { names })
    }

    /// The same list with more packages.
    #[must_use]
    pub fn with(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.names.extend(names);
        self.names.sort();
        self.names.dedup();
        self
    }

    /// The packages of these names.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        Self { names }
    }

    /// Whether a package is in the list.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// The packages, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_and_retired_packages_are_left_out_unless_they_are_asked_for() {
        let (plain, all) = (PackageList::built_in(false).unwrap(), PackageList::built_in(true).unwrap());
        assert!(plain.names().count() >= 190 && all.names().count() > plain.names().count());
        assert!(plain.has("azure-mgmt-compute") && !plain.has("azure-mgmt-core"));
        let mut names: Vec<&str> = all.names().collect();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a package is listed twice");
    }
}
