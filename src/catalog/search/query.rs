//! A person's words, understood.

use super::index::{Index, is_plural};
use super::stem::{fold, stem};
use super::synonyms::{LONGEST, Synonyms};
use super::typo;

/// What a query asks for. Stems are numbers of the index.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// Things, each with the stems that can stand for it and how sure each is.
    pub(super) concepts: Vec<Concept>,
    /// Verbs, with how sure each is.
    pub(super) verbs: Vec<(u32, f32)>,
    /// Services that are named, with how sure it is.
    pub(super) services: Vec<(String, f32)>,
    /// Operations that are named in full.
    pub(super) operations: Vec<u32>,
    /// The words themselves.
    pub(super) spoken: Vec<Spoken>,
}

/// One thing that is asked for.
#[derive(Debug)]
pub(super) struct Concept {
    /// The place of its first word.
    pub(super) at: usize,
    /// Whether it says what to do, not with what.
    pub(super) verb: bool,
    /// What can stand for it, at first what was said.
    pub(super) stands: Vec<Stand>,
}

/// Stems that stand for a thing together.
#[derive(Debug)]
pub(super) struct Stand {
    /// Those that the index knows.
    pub(super) stems: Vec<u32>,
    /// How many there are with those it does not know.
    pub(super) size: usize,
    /// How sure it is, from 0 to 1.
    pub(super) sure: f32,
}

/// One word of a query.
#[derive(Debug)]
pub(super) struct Spoken {
    /// The number of its stem, if the index knows it.
    pub(super) stem: Option<u32>,
    /// Whether it means several.
    pub(super) plural: bool,
    /// Whether it belongs to a phrase of several words with a meaning of its own.
    pub(super) phrase: bool,
}

/// Words of a query that are looked at.
const MOST_WORDS: usize = 40;
/// How sure a synonym is.
const SYNONYM: f32 = 0.9;
/// How much less a word counts with each word before it.
const PLACE: f32 = 0.09;
/// How much less each further meaning of a verb counts, and how many are told apart.
const FURTHER_VERB: f32 = 0.06;
const VERBS_APART: usize = 6;

impl Query {
    pub(super) fn parse(text: &str, synonyms: &Synonyms, index: &Index) -> Self {
        let mut words = words(text, synonyms);
        let mut query = Query::default();
        let mut verbs: Vec<(String, f32)> = Vec::new();
        for token in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|token| token.len() > 5) {
            // A name of one word is a word like others, unless nothing else is said: `Retrieve`.
            query
                .operations
                .extend(index.named(token).filter(|id| token == text.trim() || index.has_things(*id)));
        }
        let mut at = 0;
        while at < words.len() {
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
            let mut stands: Vec<Stand> = Vec::new();
            if let Some((meaning, length)) = known {
                taken = length;
                if verbs.is_empty() || at < 3 {
                    let sure = if verbs.is_empty() { 1.0 } else { 0.5 };
                    verbs.extend(meaning.verbs.iter().map(|verb| (verb.clone(), sure)));
                }
                let sure = place(at);
                query.services.extend(meaning.services.iter().map(|service| (service.clone(), sure)));
            }
            let said = &words[at..at + taken];
            // What was said comes first: it alone can name a service.
            let sure = said.iter().map(|w| w.sure).fold(1.0, f32::min);
            stands.push(Stand::new(index, said.iter().map(|w| w.stem.as_str()), sure));
            // A verb is seldom a thing too: `lists` is not about price lists.
            let mut verb =
                known.is_some_and(|(meaning, _)| !meaning.verbs.is_empty() && meaning.things.is_empty());
            match (known, said) {
                (Some((meaning, _)), _) => {
                    // The first meaning is the most usual one.
                    stands.extend(meaning.things.iter().enumerate().map(|(at, thing)| {
                        Stand::new(index, thing.iter().map(String::as_str), SYNONYM - 0.03 * at as f32)
                    }));
                }
                (None, [word]) => match index.word(&word.stem) {
                    Some(entry) if at == 0 && entry.verbs > 3 => {
                        verbs.push((word.stem.clone(), 1.0));
                        verb = true;
                    }
                    Some(_) => {}
                    None => {
                        if let Some(parts) = typo::split(index, &word.stem) {
                            stands.push(Stand::new(index, parts.iter().map(String::as_str), 0.9));
                        } else if let Some(near) = typo::nearest(index, &word.stem) {
                            stands.push(Stand::new(index, std::iter::once(near.as_str()), 0.6));
                        }
                    }
                },
                _ => {}
            }
            stands.retain(|stand| !stand.stems.is_empty());
            query.concepts.push(Concept { at, verb, stands });
            let phrase = taken > 1
                && known
                    .is_some_and(|(meaning, _)| !meaning.things.is_empty() || !meaning.services.is_empty());
            query.spoken.extend(said.iter().map(|word| Spoken {
                stem: index.number_of(&word.stem),
                plural: word.plural,
                phrase,
            }));
            at += taken;
        }
        for (position, (verb, sure)) in verbs.iter().enumerate() {
            let Some(number) = index.number_of(verb) else { continue };
            // The first meaning of a verb is its usual one.
            let sure = sure * (1.0 - FURTHER_VERB * position.min(VERBS_APART) as f32);
            match query.verbs.iter_mut().find(|(known, _)| *known == number) {
                Some((_, known)) => *known = known.max(sure),
                None => query.verbs.push((number, sure)),
            }
        }
        query
    }
}

impl Stand {
    fn new<'a>(index: &Index, stems: impl ExactSizeIterator<Item = &'a str>, sure: f32) -> Self {
        let size = stems.len();
        Self { stems: stems.filter_map(|stem| index.number_of(stem)).collect(), size, sure }
    }
}

/// How much a word at this place counts: what comes first counts more.
pub(super) fn place(at: usize) -> f32 {
    1.0 / (1.0 + PLACE * at as f32)
}

struct Word {
    stem: String,
    sure: f32,
    plural: bool,
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
            let plural = is_plural(&folded);
            let stem = stem(&folded);
            match synonyms.parts(&stem) {
                Some(parts) => words.extend(parts.map(|stem| Word { stem, sure, plural })),
                None => words.push(Word { stem, sure, plural }),
            }
            if words.len() >= MOST_WORDS {
                return words;
            }
        }
    }
    words
}
