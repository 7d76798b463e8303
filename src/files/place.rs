//! Paths as clients write them: `<root>/<relative path>`.

use std::path::{Component, Path, PathBuf};

use super::FileError;

/// A path that was checked: a root's name and a relative path of plain names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) root: String,
    pub(super) relative: PathBuf,
}

impl Place {
    /// Checks a path. `None` is the place above all roots. The text that was checked is the text
    /// that is used: nothing is trimmed or decoded.
    pub(super) fn parse(path: &str) -> Result<Option<Self>, FileError> {
        let wrong =
            |reason| FileError::Path { path: path.to_owned(), reason, example: "rules/security.yaml".into() };
        if path.contains('\0') {
            return Err(wrong("it holds a NUL"));
        }
        if path.len() > 4096 {
            return Err(wrong("it is too long"));
        }
        if path.is_empty() || path == "." {
            return Ok(None);
        }
        let mut names = Vec::new();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                Component::ParentDir => return Err(wrong("`..` leads out")),
                Component::RootDir | Component::Prefix(_) => return Err(wrong("it is absolute")),
            }
        }
        let mut names = names.into_iter();
        let Some(root) = names.next() else { return Ok(None) };
        Ok(Some(Self { root: root.to_string_lossy().into_owned(), relative: names.collect() }))
    }

    /// The path as a client writes it.
    pub(super) fn written(&self) -> String {
        join(&self.root, &self.relative)
    }
}

/// A root and a path under it as a client writes them.
pub(super) fn join(root: &str, relative: &Path) -> String {
    let mut path = root.to_owned();
    for part in relative.components() {
        path.push('/');
        path.push_str(&part.as_os_str().to_string_lossy());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_is_a_root_and_the_rest() {
        let place = Place::parse("rules/security/tags.yaml").unwrap().unwrap();
        assert_eq!((place.root.as_str(), place.written().as_str()), ("rules", "rules/security/tags.yaml"));
        assert_eq!(Place::parse("./rules").unwrap().unwrap().relative, PathBuf::new());
        assert_eq!(Place::parse(".").unwrap(), None);
    }

    #[test]
    fn every_way_out_is_refused_before_the_disk_is_touched() {
        for path in [
            "/etc/passwd",
            "..",
            "rules/../../etc/passwd",
            "rules/..",
            "../rules",
            "rules/\0x",
            "//x",
            "rules/a/../b",
        ] {
            assert!(matches!(Place::parse(path), Err(FileError::Path { .. })), "{path:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_has_only_plain_names(path in "[a./\\\\ ~\u{0}%2e]{0,24}") {
            if let Ok(Some(place)) = Place::parse(&path) {
                proptest::prop_assert!(!place.relative.is_absolute());
                proptest::prop_assert!(place.relative.components().all(|c| matches!(c, Component::Normal(_))));
                proptest::prop_assert!(!place.root.contains('/') && place.root != "..");
            }
        }
    }
}
