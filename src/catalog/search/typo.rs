//! Words that are nearly words of the catalog.

use super::index::Index;

/// A word of two words of the catalog, taken apart: `subnetgroup`.
pub(super) fn split(index: &Index, word: &str) -> Option<Vec<String>> {
    if !word.is_ascii() || word.len() < 6 {
        return None;
    }
    (3..=word.len() - 3).rev().find_map(|at| {
        let (a, b) = (super::stem::stem(&word[..at]), super::stem::stem(&word[at..]));
        let common = |stem: &str| index.word(stem).is_some_and(|entry| entry.things.len() > 3);
        (common(&a) && common(&b)).then(|| vec![a, b])
    })
}

/// The word of the catalog that one slip of the fingers makes into this one.
pub(super) fn nearest(index: &Index, word: &str) -> Option<String> {
    let first = word.chars().next()?;
    if word.len() < 5 {
        return None;
    }
    let slips = if word.len() > 8 { 2 } else { 1 };
    index
        .words
        .iter()
        .filter(|entry| !entry.things.is_empty() || entry.verbs > 0)
        .filter(|entry| entry.stem.starts_with(first) && entry.stem.len().abs_diff(word.len()) <= slips)
        .map(|entry| {
            (strsim::osa_distance(&entry.stem, word), std::cmp::Reverse(entry.things.len()), &entry.stem)
        })
        .filter(|(distance, ..)| *distance <= slips)
        .min()
        .map(|(.., stem)| stem.to_string())
}
