//! What a person should know about an update, beside what changed.

use serde::Serialize;

/// Packages that a line names at most; `--json` has all.
const NAMES: usize = 8;

/// A remark, perhaps about packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub(super) struct Note {
    about: String,
    packages: Vec<String>,
    then: &'static str,
}

impl Note {
    pub(super) fn plain(about: String) -> Self {
        Self { about, packages: Vec::new(), then: "" }
    }

    /// A remark about packages; nothing when there are none.
    pub(super) fn about(about: &str, packages: &[String], then: &'static str) -> Option<Self> {
        (!packages.is_empty()).then(|| Self { about: about.to_owned(), packages: packages.to_vec(), then })
    }

    /// The remark on a line, with the first packages.
    pub(super) fn short(&self) -> String {
        let more = self.packages.len().saturating_sub(NAMES);
        if more == 0 {
            return self.whole();
        }
        let first = self.packages.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
        format!("{} {first}, and {more} more (--json names all){}", self.about, self.then)
    }

    /// The whole remark.
    pub(super) fn whole(&self) -> String {
        match self.packages.as_slice() {
            [] => self.about.clone(),
            packages => format!("{} {}{}", self.about, packages.join(", "), self.then),
        }
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_some_packages_and_json_all() {
        let packages: Vec<String> = (0..10).map(|n| format!("p{n}")).collect();
        let note = Note::about("left out:", &packages, "; take one").unwrap();
        let line = note.short();
        assert!(
            line.starts_with("left out: p0, ")
                && line.ends_with("p7, and 2 more (--json names all); take one")
        );
        assert!(String::from(note).ends_with("p8, p9; take one"));
        assert_eq!(Note::about("left out:", &[], ""), None);
    }
}
