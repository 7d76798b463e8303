//! Answers that fit into a model's context.

use serde_json::Value;

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

/// The value with its longest lists shortened until it fits, and a note that says what was left out.
pub(super) fn shorten(value: Value) -> (Value, String) {
    let whole = value.to_string().len();
    if whole <= LIMIT {
        return (value, String::new());
    }
    // Notes, the note at the end, and the frame of the answer need room too.
    let room = LIMIT - 1024;
    for most in [100, 50, 20, 10, 5, 2, 1] {
        let mut left_out = 0;
        let short = shorten_lists(&value, most, &mut left_out);
        if short.to_string().len() <= room {
            let note = format!(
                "\n[{left_out} list items left out, {whole} bytes in all: ask for less with `query`, a filter, or a limit in `params`]"
            );
            return (short, note);
        }
    }
    (value, String::new())
}

fn shorten_lists(value: &Value, most: usize, left_out: &mut usize) -> Value {
    match value {
        Value::Array(items) => {
            *left_out += items.len().saturating_sub(most);
            items.iter().take(most).map(|item| shorten_lists(item, most, left_out)).collect()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, inner)| (name.clone(), shorten_lists(inner, most, left_out)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
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

    #[test]
    fn long_lists_lose_their_ends_and_the_note_counts_them() {
        let items: Vec<Value> =
            (0..5000).map(|n| serde_json::json!({"Id": n, "Name": "x".repeat(40)})).collect();
        let (short, note) = shorten(serde_json::json!({"Items": items}));
        let kept = short["Items"].as_array().unwrap().len();
        assert!(kept >= 50 && short.to_string().len() <= LIMIT, "{kept}");
        assert!(note.contains(&format!("{} list items", 5000 - kept)), "{note}");
    }

    #[test]
    fn a_value_without_lists_is_left_to_the_cut() {
        let value = Value::from("x".repeat(LIMIT * 2));
        assert_eq!(shorten(value.clone()), (value, String::new()));
    }
}
