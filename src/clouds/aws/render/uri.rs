//! Percent-encoding and URI templates.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with slashes kept.
const PATH: &AsciiSet = &COMPONENT.remove(b'/');
/// Form bodies: spaces become pluses afterwards.
const FORM: &AsciiSet = &COMPONENT.remove(b' ').add(b'~');

/// A text with everything encoded but letters, digits, and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// [`encode`], with slashes kept.
pub(crate) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// A text as form bodies write it.
pub(crate) fn encode_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_form(&mut out, text);
    out
}

/// [`encode_form`], to the end of a text.
pub(crate) fn push_form(out: &mut String, text: &str) {
    // Most names and values are written as they are.
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
        out.push_str(text);
        return;
    }
    for (at, words) in text.split(' ').enumerate() {
        if at > 0 {
            out.push('+');
        }
        out.extend(utf8_percent_encode(words, FORM));
    }
}

/// Pairs as a query string.
pub(crate) fn query_string(pairs: &[(String, String)]) -> String {
    let parts: Vec<String> = pairs.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
    parts.join("&")
}

/// Fills `{label}` and `{greedy+}`; `value` gives the text of a label.
///
/// # Errors
///
/// The label that has no value.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else { break };
        let label = &rest[start + 1..start + length];
        let (name, greedy) = label.strip_suffix('+').map_or((label, false), |name| (name, true));
        let text = value(name).ok_or_else(|| name.to_owned())?;
        out.push_str(&if greedy { encode_path(&text) } else { encode(&text) });
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn greedy_labels_keep_their_slashes() {
        let value = |name: &str| Some(if name == "Key" { "a//b c".to_owned() } else { "x/y".to_owned() });
        assert_eq!(fill("/{Bucket}/{Key+}?x=1", value).unwrap(), "/x%2Fy/a//b%20c?x=1");
        assert_eq!(fill("/{Gone}", |_| None).unwrap_err(), "Gone");
    }

    #[test]
    fn forms_write_spaces_as_pluses_and_escape_tildes() {
        assert_eq!(encode_form("a b~c+ü"), "a+b%7Ec%2B%C3%BC");
        assert_eq!(query_string(&[("a b".into(), "c&d".into())]), "a%20b=c%26d");
    }
}
