//! Answers that fit into a model's context.

/// Bytes of text that one tool answer may have.
const LIMIT: usize = 24 * 1024;

/// The text, cut at the limit with a note that says so and how to get less.
pub(super) fn cut(text: &str) -> String {
    if text.len() <= LIMIT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LIMIT);
    format!(
        "{}\n[cut here: {} of {} bytes shown; ask for less, for example with `query`, `path`, `head`, a filter, or a smaller limit]",
        &text[..end],
        end,
        text.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_answer_is_whole() {
        assert_eq!(cut("all of it"), "all of it");
    }

    #[test]
    fn a_long_answer_is_cut_between_characters_and_says_how_to_get_less() {
        let text = "ü".repeat(LIMIT);
        let short = cut(&text);
        assert!(short.len() < LIMIT + 300);
        assert!(
            short.contains(&format!("of {} bytes", 2 * LIMIT)) && short.contains("`query`"),
            "{}",
            &short[LIMIT - 10..]
        );
    }
}
