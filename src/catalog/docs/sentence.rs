//! From documentation with markup to one or two plain sentences.

/// Characters that are kept at most.
const MOST: usize = 320;

/// The first sentences of HTML, as botocore has it.
#[must_use]
pub fn from_html(html: &str) -> String {
    let mut plain = String::with_capacity(html.len().min(4 * MOST));
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        plain.push_str(&rest[..open]);
        match rest[open..].find('>') {
            Some(close) => {
                let tag = &rest[open + 1..open + close];
                // `<code>` stands inside a word's sentence, `<p>` between two.
                let inline = ["code", "i", "b", "a", "em", "strong"];
                let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
                if !inline.contains(&name) {
                    plain.push(' ');
                }
                rest = &rest[open + close + 1..];
            }
            None => rest = "",
        }
        if plain.len() > 4 * MOST {
            break;
        }
    }
    plain.push_str(rest);
    first(&entities(&plain))
}

/// The first sentences of a docstring, before its parameters.
#[must_use]
pub fn from_docstring(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(":") || line.starts_with(".. ") || line.starts_with("@") {
            break;
        }
        // A heading is no sentence.
        if line.starts_with('#') || line.starts_with("---") || line.starts_with("===") {
            continue;
        }
        plain.push_str(line);
        plain.push(' ');
        if plain.len() > 4 * MOST {
            break;
        }
    }
    first(&links(&plain))
}

/// `[text](address)` as `text`, without marks of code and emphasis.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let found = inside.split_once("](").and_then(|(label, after)| {
            let (_, after) = after.split_once(')')?;
            (!label.contains('[')).then_some((label, after))
        });
        match found {
            Some((label, after)) => {
                out.push_str(label);
                rest = after;
            }
            None => {
                out.push('[');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out.replace(['`', '*'], "")
}

fn entities(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
    {
        if out.contains(entity) {
            out = out.replace(entity, character);
        }
    }
    out
}

/// As many whole sentences as fit; of a first one that is too long its beginning.
fn first(text: &str) -> String {
    let safe = crate::text::sanitize(text);
    let words: Vec<&str> = safe.split_whitespace().collect();
    let (mut out, mut whole) = (String::new(), 0);
    for (at, word) in words.iter().enumerate() {
        if out.len() + 1 + word.len() > MOST {
            break;
        }
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
        let begins = words.get(at + 1).is_none_or(|next| next.starts_with(|c: char| !c.is_lowercase()));
        if word.ends_with(['.', '!', '?']) && begins && !matches!(*word, "e.g." | "i.e." | "vs.") {
            whole = out.len();
        }
        if at + 1 == words.len() {
            return out;
        }
    }
    if whole > 0 {
        out.truncate(whole);
    } else if !out.is_empty() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn markup_goes_and_words_stay() {
        for (html, plain) in [
            (
                "<p>Creates a <code>bucket</code>. See <a href=\"x\">rules</a>.</p>",
                "Creates a bucket. See rules.",
            ),
            ("<note><p>Old.</p></note><p>Stops it.</p>", "Old. Stops it."),
            ("A &amp; B &lt;c&gt; &amp;lt;", "A & B <c> &lt;"),
            ("open <p", "open"),
            ("", ""),
        ] {
            assert_eq!(from_html(html), plain, "{html}");
        }
        let text = "\n    Gets the [VCN](https://x/y) with `id`.\n\n    **Note:** old.\n    :param str id: (required)\n        The id.";
        assert_eq!(from_docstring(text), "Gets the VCN with id. Note: old.");
        assert_eq!(from_docstring("Lists [x] and [y](z."), "Lists [x] and [y](z.");
    }

    #[test]
    fn what_is_long_ends_after_a_sentence() {
        let long = format!("Makes a thing. {}", "It has words e.g. These. ".repeat(40));
        let kept = from_html(&long);
        assert!(
            kept.len() <= MOST && kept.starts_with("Makes a thing.") && kept.ends_with("These."),
            "{kept}"
        );
        let endless = from_html(&"word ".repeat(500));
        assert!(endless.ends_with('…') && endless.len() <= MOST + '…'.len_utf8(), "{endless}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_becomes_a_bounded_line(text in "[ -~äß…<>&;.\\n\\u{1b}\\u{202e}\\[\\]()]{0,900}") {
            for kept in [from_html(&text), from_docstring(&text)] {
                proptest::prop_assert!(kept.len() <= MOST + 3, "{}", kept.len());
                let unsafe_ones = ['\n', '\u{1b}', '\u{202e}'];
                proptest::prop_assert!(!kept.contains(unsafe_ones));
            }
        }
    }
}
