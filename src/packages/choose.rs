//! Which of many files is taken.

use pep440_rs::Version;

use super::{Form, PackageFile};

/// A package that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The package's name, normalised.
    pub name: String,
    /// The version; the newest when absent.
    pub version: Option<Version>,
    /// Whether a source archive does where there is no wheel.
    pub source: bool,
    /// A newest version that is older than this is left where it is.
    pub at_least: Option<Version>,
}

impl Wanted {
    /// Whether a version that was found is too old. One that was asked for never is.
    pub(super) fn is_behind(&self, found: &Version) -> bool {
        self.version.is_none() && self.at_least.as_ref().is_some_and(|least| found < least)
    }
}

/// A file that there is.
#[derive(Clone, Debug)]
pub(super) struct Candidate<P> {
    pub(super) file: PackageFile,
    /// Whether its publisher took it back.
    pub(super) yanked: bool,
    pub(super) place: P,
}

/// Why no file was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoChoice {
    /// There is no file of the package that could be read.
    Nothing,
    /// Not in this version; the newest that there is.
    NoVersion(Option<String>),
    /// The version was taken back.
    Yanked,
}

/// The file of the wanted version, or of the newest: a released version before one that is not yet released, a wheel
/// before a source archive. What was taken back is not taken. For which Python a package is does not matter, because
/// it is never run.
pub(super) fn choose<P>(found: Vec<Candidate<P>>, wanted: &Wanted) -> Result<Candidate<P>, NoChoice> {
    let mut fitting: Vec<Candidate<P>> = found
        .into_iter()
        .filter(|c| c.file.name == wanted.name && (wanted.source || c.file.form == Form::Wheel))
        .collect();
    fitting.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let newest = fitting.iter().rfind(|c| !c.yanked).map(|c| c.file.version.to_string());
    match &wanted.version {
        Some(version) => {
            let mut of_version: Vec<_> = fitting.into_iter().filter(|c| c.file.version == *version).collect();
            if of_version.is_empty() {
                return Err(NoChoice::NoVersion(newest));
            }
            of_version.retain(|c| !c.yanked);
            of_version.pop().ok_or(NoChoice::Yanked)
        }
        None => {
            fitting.retain(|c| !c.yanked);
            fitting.pop().ok_or(NoChoice::Nothing)
        }
    }
}

fn rank<P>(candidate: &Candidate<P>) -> (bool, &Version, Form, &str) {
    let file = &candidate.file;
    (!file.version.any_prerelease(), &file.version, file.form, &file.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(files: &[&str], version: Option<&str>, source: bool) -> Result<String, NoChoice> {
        let found = files
            .iter()
            .map(|file| {
                let (file, yanked) = file.strip_suffix(" yanked").map_or((*file, false), |file| (file, true));
                Candidate { file: PackageFile::parse(file).unwrap(), yanked, place: () }
            })
            .collect();
        let version = version.map(|version| version.parse().unwrap());
        choose(found, &Wanted { name: "a".into(), version, source, at_least: None }).map(|c| c.file.file)
    }

    #[test]
    fn the_newest_release_is_taken_by_number_and_not_by_letter() {
        let files = [
            "a-1.9.0-py3-none-any.whl",
            "a-1.10.0-py3-none-any.whl",
            "a-2.0b1-py3-none-any.whl",
            "b-9.tar.gz",
        ];
        assert_eq!(chosen(&files, None, true).unwrap(), "a-1.10.0-py3-none-any.whl");
        assert_eq!(chosen(&files[2..], None, true).unwrap(), "a-2.0b1-py3-none-any.whl");
        assert_eq!(chosen(&files[3..], None, true), Err(NoChoice::Nothing));
    }

    #[test]
    fn a_wheel_goes_before_a_source_archive_of_the_same_version_alone() {
        let files = ["a-1.0-py3-none-any.whl", "a-1.0.tar.gz", "a-1.1.tar.gz"];
        assert_eq!(chosen(&files[..2], None, true).unwrap(), "a-1.0-py3-none-any.whl");
        assert_eq!(chosen(&files, None, true).unwrap(), "a-1.1.tar.gz");
        assert_eq!(chosen(&files, None, false).unwrap(), "a-1.0-py3-none-any.whl");
    }

    #[test]
    fn what_was_taken_back_is_not_taken() {
        let files = ["a-1.0-py3-none-any.whl", "a-1.1-py3-none-any.whl yanked"];
        assert_eq!(chosen(&files, None, true).unwrap(), "a-1.0-py3-none-any.whl");
        assert_eq!(chosen(&files, Some("1.1"), true), Err(NoChoice::Yanked));
    }

    #[test]
    fn a_given_version_is_taken_however_it_is_written() {
        let files = ["a-1.0-py3-none-any.whl", "a-1.1-py3-none-any.whl", "a-2.0b1-py3-none-any.whl"];
        assert_eq!(chosen(&files, Some("1.0.0"), true).unwrap(), "a-1.0-py3-none-any.whl");
        assert_eq!(chosen(&files, Some("2.0-beta1"), true).unwrap(), "a-2.0b1-py3-none-any.whl");
        assert_eq!(chosen(&files, Some("3"), true), Err(NoChoice::NoVersion(Some("1.1".into()))));
    }
}
