//! The one sanitiser for text from models, clouds, tools, and files.

/// Text that cannot drive a terminal: no control characters but newline and tab, no escape
/// sequences, and no characters that reorder or hide other characters.
///
/// Escape sequences (CSI, OSC, DCS, and their kin) are dropped with their content; bidirectional
/// controls and invisible characters are shown as `<U+202E>`.
#[must_use]
pub fn sanitize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\u{1b}' => skip_sequence(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c if is_control(c) => {}
            c if is_deceptive(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// [`sanitize`], and on one line: newlines and tabs become spaces.
#[must_use]
pub fn line(text: &str) -> String {
    sanitize(text).replace(['\n', '\t'], " ")
}

fn is_control(c: char) -> bool {
    matches!(u32::from(c), 0x00..=0x1f | 0x7f..=0x9f)
}

fn is_deceptive(c: char) -> bool {
    matches!(u32::from(c),
        0x061c | 0x200b | 0x200e..=0x200f | 0x2028..=0x202e | 0x2060..=0x2064 | 0x2066..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        Some(&c) if (' '..='/').contains(&c) => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next_if(|c| ('0'..='~').contains(c));
        }
        Some(&c) if ('0'..='~').contains(&c) => {
            chars.next();
        }
        _ => {}
    }
}

fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

/// Drops a string sequence up to its terminator; an unterminated one ends at the line's end, so
/// that a lone introducer cannot swallow the rest of a text.
fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        match c {
            '\n' => return,
            '\u{7}' | '\u{9c}' => {
                chars.next();
                return;
            }
            '\u{1b}' => {
                chars.next();
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {
                chars.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn escape_sequences_vanish_with_their_content() {
        assert_eq!(sanitize("a\u{1b}[31mred\u{1b}[0m"), "ared");
        assert_eq!(sanitize("a\u{1b}]52;c;ZXZpbA==\u{7}b"), "ab");
        assert_eq!(sanitize("a\u{1b}]0;title\u{1b}\\b"), "ab");
        assert_eq!(sanitize("a\u{9b}2Jb\u{90}x\u{9c}c"), "abc");
    }

    #[test]
    fn an_unterminated_sequence_does_not_swallow_the_next_line() {
        assert_eq!(sanitize("a\u{1b}]0;evil\nnext"), "a\nnext");
    }

    #[test]
    fn reordering_characters_are_shown() {
        assert_eq!(sanitize("a\u{202e}b"), "a<U+202E>b");
    }

    #[test]
    fn a_carriage_return_cannot_overwrite_a_line() {
        assert_eq!(sanitize("delete\rcreate\r\nend"), "delete\ncreate\nend");
    }

    #[test]
    fn ordinary_text_is_untouched() {
        let text = "Zürich 東京 👩‍💻 – naïve\n\tok";
        assert_eq!(sanitize(text), text);
    }

    proptest::proptest! {
        #[test]
        fn no_control_character_survives(text in proptest::collection::vec(proptest::char::any(), 0..60)) {
            let text: String = text.into_iter().collect();
            let clean = sanitize(&text);
            proptest::prop_assert!(!clean.chars().any(|c| is_control(c) && c != '\n' && c != '\t'));
            proptest::prop_assert_eq!(sanitize(&clean), clean);
        }
    }
}
