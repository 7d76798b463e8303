//! The right word nearest to a wrong one.

/// Offers the nearest of the known words, or all of them when they are few, or nothing.
pub(super) fn offer<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &word.to_lowercase()), *word))
        .filter(|(distance, word)| *distance <= 2.max(word.len() / 3))
        .min();
    match near {
        Some((_, word)) => format!("; did you mean `{word}`?"),
        None if known.len() <= 24 && !known.is_empty() => format!("; known are {}", known.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_answered_with_the_word_and_nonsense_with_the_list() {
        assert_eq!(offer("regoins", ["regions", "images"]), "; did you mean `regions`?");
        assert_eq!(offer("zzzzzz", ["regions", "images"]), "; known are regions, images");
        assert_eq!(offer("x", []), "");
    }
}
