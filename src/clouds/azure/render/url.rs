//! The URL: a template filled in, and a query.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text with nothing left but letters, digits, and `-._~`.
pub(super) fn quote(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// A text that goes into the path as it is, but for braces: they would look like labels.
pub(super) fn unquoted(text: &str) -> String {
    text.replace('{', "%7B").replace('}', "%7D")
}

/// Fills in the labels of a template; `value` gives the text of a label, encoded. A part of the path whose label
/// has no value is left out.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&value(&rest[start + 1..start + length]).unwrap_or_default());
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    out
}

/// The whole URL. A query in the path wins over pairs of the same name; all pairs are encoded already.
pub(super) fn join(base: &str, path: &str, pairs: &[(String, String)]) -> String {
    let (path, literal) = path.split_once('?').unwrap_or((path, ""));
    let mut query: Vec<(&str, &str)> = Vec::new();
    for (name, value) in pairs {
        query.push((name, value));
    }
    for pair in literal.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        query.retain(|(known, _)| *known != name);
        query.push((name, value));
    }
    let mut out = format!("{base}/{}", path.trim_start_matches('/'));
    for (at, (name, value)) in query.iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn labels_are_filled_and_slashes_in_front_are_not_doubled() {
        let path = fill("/{scope}/providers/x/{name}", |label| match label {
            "scope" => Some(unquoted("/subscriptions/s/a{b}")),
            label => Some(quote(&format!("{label}/ü"))),
        });
        assert_eq!(path, "//subscriptions/s/a%7Bb%7D/providers/x/name%2F%C3%BC");
        assert_eq!(
            join("https://h/p", &path, &[]),
            "https://h/p/subscriptions/s/a%7Bb%7D/providers/x/name%2F%C3%BC"
        );
    }

    #[test]
    fn a_query_in_the_template_wins() {
        let pairs = [("api-version".to_owned(), "1".to_owned()), ("$expand".to_owned(), "a".to_owned())];
        assert_eq!(
            join("https://h", "x?$expand=Properties", &pairs),
            "https://h/x?api-version=1&$expand=Properties"
        );
    }
}
