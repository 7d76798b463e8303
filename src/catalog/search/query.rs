//! A person's words, understood.

use super::index::Index;
use super::stem::{fold, stem};
use super::synonyms::{LONGEST, Synonyms};
use super::typo;

/// What a query asks for.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// Things, each with the stems that can stand for it and how sure each is.
    pub(super) concepts: Vec<Concept>,
    /// Stems of verbs, with how sure each is.
    pub(super) verbs: Vec<(String, f32)>,
    /// Services that are named, with how sure it is.
    pub(super) services: Vec<(String, f32)>,
    /// Operations that are named in full.
    pub(super) operations: Vec<u32>,
}

/// One thing that is asked for.
#[derive(Debug)]
pub(super) struct Concept {
    /// How much it counts: what comes first counts more.
    pub(super) weight: f32,
    /// Groups of stems, any one of which is the thing.
    pub(super) stands: Vec<(Vec<String>, f32)>,
}

/// Words of a query that are looked at.
const MOST_WORDS: usize = 40;
/// How sure a synonym is.
const SYNONYM: f32 = 0.9;
/// How much a verb counts as a thing.
const VERB_AS_THING: f32 = 0.4;

impl Query {
    pub(super) fn parse(text: &str, synonyms: &Synonyms, index: &Index) -> Self {
        let mut words = words(text, synonyms);
        let mut query = Query::default();
        for token in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|token| token.len() > 5) {
            query.operations.extend(index.named(token));
        }
        let mut at = 0;
        while at < words.len() {
            let weight = 1.0 / (1.0 + 0.09 * at as f32);
            let mut taken = 1;
            let mut known = None;
            for length in (1..=LONGEST.min(words.len() - at)).rev() {
                let phrase =
                    words[at..at + length].iter().map(|w| w.stem.as_str()).collect::<Vec<_>>().join(" ");
                if let Some(meaning) = synonyms.of(&phrase) {
                    known = Some((meaning, length));
                    break;
                }
            }
            // German verbs come apart: `starte die VM neu`.
            if let [first, .., last] = &words[at..]
                && at == 0
                && known.is_none_or(|(_, length)| length == 1)
                && let Some(meaning) = synonyms.of(&format!("{} {}", first.stem, last.stem))
                && !meaning.verbs.is_empty()
            {
                known = Some((meaning, 1));
                words.pop();
            }
            let mut stands: Vec<(Vec<String>, f32)> = Vec::new();
            if let Some((meaning, length)) = known {
                taken = length;
                if query.verbs.is_empty() || at < 3 {
                    let sure = if query.verbs.is_empty() { 1.0 } else { 0.5 };
                    query.verbs.extend(meaning.verbs.iter().map(|verb| (verb.clone(), sure)));
                }
                query.services.extend(meaning.services.iter().map(|service| (service.clone(), weight)));
            }
            let said = &words[at..at + taken];
            // What was said comes first: it alone can name a service.
            let sure = said.iter().map(|w| w.sure).fold(1.0, f32::min);
            stands.push((said.iter().map(|w| w.stem.clone()).collect(), sure));
            match (known, said) {
                (Some((meaning, _)), _) => {
                    // The first meaning is the most usual one.
                    stands.extend(
                        meaning
                            .things
                            .iter()
                            .enumerate()
                            .map(|(at, thing)| (thing.clone(), SYNONYM - 0.03 * at as f32)),
                    );
                }
                (None, [word]) => match index.word(&word.stem) {
                    Some(entry) if at == 0 && entry.verbs.len() > 3 => {
                        query.verbs.push((word.stem.clone(), 1.0));
                    }
                    Some(_) => {}
                    None => {
                        if let Some(parts) = typo::split(index, &word.stem) {
                            stands.push((parts, 0.9));
                        } else if let Some(near) = typo::nearest(index, &word.stem) {
                            stands.push((vec![near], 0.6));
                        }
                    }
                },
                _ => {}
            }
            // A verb is seldom a thing too: `lists` is not about price lists.
            let is_verb =
                known.is_some_and(|(meaning, _)| !meaning.verbs.is_empty() && meaning.things.is_empty());
            let weight = if is_verb { weight * VERB_AS_THING } else { weight };
            query.concepts.push(Concept { weight, stands });
            at += taken;
        }
        query
    }
}

struct Word {
    stem: String,
    sure: f32,
}

fn words(text: &str, synonyms: &Synonyms) -> Vec<Word> {
    let mut words = Vec::new();
    for token in
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '"' | '(' | ')' | ':'))
    {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric());
        // Names that somebody chose, such as `my-bucket-01`, say little about the operation.
        let chosen =
            token.contains('-') && (token.starts_with("my") || token.chars().any(|c| c.is_ascii_digit()));
        // Names of products are one word, whatever their capitals: `MySQL`.
        let parts = match synonyms.of(&stem(token)) {
            Some(_) => vec![token],
            None => crate::catalog::access::split_words(token),
        };
        for part in parts {
            let folded = fold(part);
            if folded.len() < 2 || synonyms.is_ignored(&folded) || folded.chars().all(|c| c.is_ascii_digit())
            {
                continue;
            }
            let sure = if chosen { 0.4 } else { 1.0 };
            let stem = stem(&folded);
            match synonyms.parts(&stem) {
                Some(parts) => words.extend(parts.map(|stem| Word { stem, sure })),
                None => words.push(Word { stem, sure }),
            }
            if words.len() >= MOST_WORDS {
                return words;
            }
        }
    }
    words
}
