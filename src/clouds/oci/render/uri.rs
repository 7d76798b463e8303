//! Percent-encoding of path values and query values.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with slashes kept.
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// A path value. Slashes stay where the service does not take them for a part of a name.
pub(super) fn path_value(text: &str, encode_slashes: bool) -> String {
    utf8_percent_encode(text, if encode_slashes { COMPONENT } else { PATH }).to_string()
}

/// Adds a pair to a query string.
pub(super) fn add_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    // Writing to a string does not fail.
    let _ =
        write!(query, "{}={}", utf8_percent_encode(name, COMPONENT), utf8_percent_encode(value, COMPONENT));
}

/// Whether a path value would be read as a way to another place: `..`, `a/./b`.
pub(super) fn has_dot_segment(text: &str) -> bool {
    text.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn slashes_are_encoded_only_where_they_are_part_of_a_name() {
        assert_eq!(path_value("a/b c+~ü", false), "a/b%20c%2B~%C3%BC");
        assert_eq!(path_value("a/b c+~ü", true), "a%2Fb%20c%2B~%C3%BC");
    }

    #[test]
    fn pairs_stand_behind_each_other() {
        let mut query = String::new();
        add_pair(&mut query, "a", "b c");
        add_pair(&mut query, "a", "&+");
        assert_eq!(query, "a=b%20c&a=%26%2B");
    }

    #[test]
    fn dot_segments_are_seen() {
        for (text, wanted) in [("..", true), ("a/./b", true), ("a..b", false), (".a/b.", false)] {
            assert_eq!(has_dot_segment(text), wanted, "{text}");
        }
    }
}
