//! What the name of a package's file says.

use pep440_rs::Version;

/// In which form a package travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A source archive.
    Source,
    /// A wheel.
    Wheel,
}

/// A file of a package, as its name describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// The file's name, which is safe to use as a name in a folder.
    pub file: String,
    /// The package's name, normalised.
    pub name: String,
    /// The package's version.
    pub version: Version,
    /// Wheel or source archive.
    pub form: Form,
}

impl PackageFile {
    /// Understands the name of a wheel for every machine or of a source archive; nothing for all other files.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+!".contains(c);
        if file.starts_with('.') || !file.chars().all(plain) {
            return None;
        }
        let (name, version, form) = match file.strip_suffix(".whl") {
            Some(stem) => {
                let parts: Vec<&str> = stem.split('-').collect();
                let [name, version, .., python, _, platform] = parts.as_slice() else { return None };
                let fits = *platform == "any" && python.split('.').any(|tag| tag.starts_with("py3"));
                if !fits || parts.len() > 6 {
                    return None;
                }
                (*name, *version, Form::Wheel)
            }
            None => {
                let stem = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip"))?;
                let (name, version) = stem.rsplit_once('-')?;
                (name, version, Form::Source)
            }
        };
        let version = version.parse().ok()?;
        Some(Self { file: file.to_owned(), name: normalized(name), version, form })
    }
}

/// A package's name as indexes compare it: lower case, with a hyphen for every run of `-`, `_`, and `.`.
#[must_use]
pub fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(file: &str) -> Option<(String, String, Form)> {
        PackageFile::parse(file).map(|found| (found.name, found.version.to_string(), found.form))
    }

    #[test]
    fn wheels_and_source_archives_say_their_name_and_version() {
        let wheel = |name: &str, version: &str| Some((name.to_owned(), version.to_owned(), Form::Wheel));
        let source = |name: &str, version: &str| Some((name.to_owned(), version.to_owned(), Form::Source));
        assert_eq!(parsed("oci-2.189.0-py3-none-any.whl"), wheel("oci", "2.189.0"));
        assert_eq!(
            parsed("azure_mgmt_dns-9.0.0b1-1-py2.py3-none-any.whl"),
            wheel("azure-mgmt-dns", "9.0.0b1")
        );
        assert_eq!(parsed("botocore-1.43.11.tar.gz"), source("botocore", "1.43.11"));
        assert_eq!(parsed("azure-mgmt-media-1.0.0rc2.zip"), source("azure-mgmt-media", "1.0.0rc2"));
    }

    #[test]
    fn files_for_one_machine_and_files_of_no_package_are_left_aside() {
        for file in [
            "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
            "a-1.0-py2-none-any.whl",
            "a-1.0.whl",
            "a-one-py3-none-any.whl",
            "a-1.0.exe",
            "README.md",
            "..-1.0.tar.gz",
            "../a-1.0.tar.gz",
            "a/b-1.0-py3-none-any.whl",
        ] {
            assert_eq!(parsed(file), None, "{file}");
        }
    }

    #[test]
    fn names_are_compared_without_regard_to_punctuation() {
        assert_eq!(normalized("Azure_Mgmt.-Compute"), "azure-mgmt-compute");
    }
}
