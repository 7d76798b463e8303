//! What a plan is about to change, as it was when a person was asked.

use serde::{Deserialize, Serialize};

use super::Digest;

/// How a thing was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "kebab-case")]
pub enum Sighting {
    /// It was not there.
    Absent,
    /// It was there.
    There {
        /// The cloud's own word for this version of it, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        etag: Option<String>,
        /// Over what the step sets, as it was set then.
        settings: Digest,
    },
}

impl Sighting {
    /// In what way it is another thing now; nothing when it is as it was.
    #[must_use]
    pub fn differs(&self, now: &Sighting) -> Option<&'static str> {
        match (self, now) {
            (Sighting::Absent, Sighting::Absent) => None,
            (Sighting::Absent, Sighting::There { .. }) => Some("it was not there, and now it is"),
            (Sighting::There { .. }, Sighting::Absent) => Some("it was there, and now it is gone"),
            (Sighting::There { etag: Some(then), .. }, Sighting::There { etag: Some(now), .. }) => {
                (then != now).then_some("it is another version")
            }
            (Sighting::There { settings: then, .. }, Sighting::There { settings: now, .. }) => {
                (then != now).then_some("what is to be set was set by somebody else")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_counts_before_settings_and_settings_where_there_is_no_version() {
        let there = |etag: Option<&str>, settings: &[u8]| Sighting::There {
            etag: etag.map(str::to_owned),
            settings: Digest::of_bytes(settings),
        };
        assert_eq!(there(Some("1"), b"a").differs(&there(Some("1"), b"b")), None);
        assert!(there(Some("1"), b"a").differs(&there(Some("2"), b"a")).is_some());
        assert_eq!(there(None, b"a").differs(&there(Some("2"), b"a")), None);
        assert!(there(None, b"a").differs(&there(None, b"b")).is_some());
        assert!(there(None, b"a").differs(&Sighting::Absent).is_some_and(|why| why.contains("gone")));
        assert!(Sighting::Absent.differs(&there(None, b"a")).is_some());
        assert_eq!(Sighting::Absent.differs(&Sighting::Absent), None);
    }
}
