//! What speaks for an operation, and how much each ground counts.

use super::index::{Index, OperationWords};
use super::query::Query;
use super::services::ServiceGrounds;
use super::weighed::Weighed;

/// Words of a name that are told apart; no name has more.
const MOST: usize = 16;

/// What speaks for an operation; the same members again say how much each counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Grounds {
    /// The part of its name that was asked for, and whether all of it was.
    pub(super) covered: f32,
    pub(super) complete: f32,
    /// Rare words in what is said about it, and in the first sentence of that.
    pub(super) said: f32,
    pub(super) first: f32,
    /// Rare words in parameters that must be given, where the name does not have them.
    pub(super) required: f32,
    /// How much of the query is explained by whatever is known.
    pub(super) explained: f32,
    /// The part of the query that is in its name or what is said about it.
    pub(super) answered: f32,
    /// The verb has the meaning, is another one, is the very word; it begins the documentation.
    pub(super) verb: f32,
    pub(super) wrong_verb: f32,
    pub(super) same_verb: f32,
    pub(super) said_verb: f32,
    /// Verb and all of the name together.
    pub(super) verb_and_all: f32,
    /// Two words of the query follow each other in its name.
    pub(super) pairs: f32,
    /// The last word of its name was asked for.
    pub(super) head: f32,
    /// The first thing of the query is in its name.
    pub(super) object: f32,
    /// It is about several where one was asked for, or the other way round.
    pub(super) wrong_number: f32,
    /// A word such as `Batch` stands before its verb.
    pub(super) modified: f32,
    /// What speaks for its service.
    pub(super) service: ServiceGrounds,
}

/// How much each ground counts.
pub(super) type Weights = Grounds;

/// What is known before an operation is looked at.
pub(super) struct Known<'a> {
    pub(super) query: &'a Query,
    pub(super) concepts: &'a [Weighed],
    pub(super) services: &'a [ServiceGrounds],
}

/// How much each ground counts where documentation is there. Learned from the examples of services a to l
/// by how likely they make the right operation, reported apart on the others. Set by hand: nicknames, usual services and the
/// very verb, since pages of examples seldom have the words of people, and numbers that are so small that they only follow noise.
const DOCUMENTED: Weights = Grounds {
    covered: 4.16,
    complete: -1.18,
    said: 0.13,
    first: 0.10,
    required: 0.22,
    explained: 0.19,
    answered: 2.09,
    verb: 3.00,
    wrong_verb: -0.20,
    same_verb: 1.00,
    said_verb: 1.08,
    verb_and_all: 1.25,
    pairs: 1.43,
    head: 0.44,
    object: 0.78,
    wrong_number: -1.41,
    modified: 1.23,
    service: ServiceGrounds { words: 0.10, nickname: 2.00, names: 0.06, said: 0.30, usual: 1.00 },
};

/// The same where names have to say all.
const NAMES_ALONE: Weights = Grounds {
    covered: 4.77,
    complete: -1.00,
    said: 0.00,
    first: 0.00,
    required: 0.31,
    explained: 0.31,
    answered: 0.19,
    verb: 3.87,
    wrong_verb: -0.20,
    same_verb: 1.00,
    said_verb: 0.00,
    verb_and_all: 0.82,
    pairs: 1.72,
    head: 0.53,
    object: 0.82,
    wrong_number: -1.38,
    modified: 1.24,
    service: ServiceGrounds { words: 0.17, nickname: 2.00, names: 0.20, said: 0.00, usual: 1.00 },
};

impl Weights {
    /// The weights for an index: documentation says much that names alone have to say without it.
    pub(super) fn of(index: &Index) -> &'static Self {
        if index.said > 0 { &DOCUMENTED } else { &NAMES_ALONE }
    }

    /// What all that speaks for a service comes to.
    pub(super) fn service(&self, service: &ServiceGrounds) -> f32 {
        let w = &self.service;
        w.words * service.words
            + w.nickname * service.nickname
            + w.names * service.names
            + w.said * service.said
            + w.usual * service.usual
    }
}

impl Grounds {
    /// What all grounds come to.
    pub(super) fn weighed(&self, w: &Weights) -> f32 {
        let name = w.covered * self.covered + w.complete * self.complete;
        let beside = w.said * self.said + w.first * self.first + w.required * self.required;
        let query = w.explained * self.explained + w.answered * self.answered;
        let verb = w.verb * self.verb
            + w.wrong_verb * self.wrong_verb
            + w.same_verb * self.same_verb
            + w.said_verb * self.said_verb
            + w.verb_and_all * self.verb_and_all;
        let form = w.pairs * self.pairs
            + w.head * self.head
            + w.object * self.object
            + w.wrong_number * self.wrong_number
            + w.modified * self.modified;
        name + beside + query + verb + form + w.service(&self.service)
    }
}

/// How much the verb of an operation is one that was asked for.
pub(super) fn verb_asked(query: &Query, operation: &OperationWords) -> f32 {
    let asked = |(verb, _): &&(u32, f32)| *verb == operation.verb || Some(*verb) == operation.also;
    query.verbs.iter().filter(asked).map(|(_, sure)| *sure).fold(0.0, f32::max)
}

/// What an operation has of one thing.
#[derive(Default)]
struct Match {
    name: f32,
    said: f32,
    first: f32,
    required: f32,
    words: [f32; MOST],
}

impl Index {
    /// What speaks for an operation.
    pub(super) fn grounds(&self, id: usize, known: &Known<'_>) -> Option<Grounds> {
        let operation = self.operations.get(id)?;
        let at = usize::from(operation.service);
        let service = known.services.get(at).copied().unwrap_or_default();
        let title = self.services.get(at).map_or(&[][..], |service| &service.words);
        let mut grounds = Grounds { service, ..Grounds::default() };
        let mut words = [0.0_f32; MOST];
        self.add_things(operation, known, title, &mut grounds, &mut words);
        self.add_form(operation, known, title, &mut grounds, &words);
        self.add_verb(operation, known, &mut grounds);
        Some(grounds)
    }

    fn add_things(
        &self,
        operation: &OperationWords,
        known: &Known<'_>,
        title: &[u32],
        grounds: &mut Grounds,
        words: &mut [f32; MOST],
    ) {
        let usual = (self.said as f32 / self.operations.len().max(1) as f32).max(1.0);
        let talk = 2.2 / (1.0 + 1.2 * (0.7 + 0.3 * Self::talk(operation) / usual));
        let (mut things, mut answered) = (0.0, 0.0);
        for concept in known.concepts {
            let found = self.matched(operation, concept);
            let share = if concept.verb { 0.5 } else { 1.0 };
            for (word, found) in words.iter_mut().zip(found.words) {
                *word = word.max(found * share);
            }
            grounds.said += found.said * concept.late * talk;
            grounds.first += found.first * concept.late;
            if found.name == 0.0 {
                grounds.required += found.required * concept.late;
            }
            let by = match found {
                Match { name, .. } if name > 0.0 => 1.0,
                Match { first, .. } if first > 0.0 => 0.8,
                _ if in_title(concept, title) => 0.7,
                Match { said, .. } if said > 0.0 => 0.6,
                Match { required, .. } if required > 0.0 => 0.5,
                _ => 0.0,
            };
            grounds.explained += by * concept.rarity * concept.late * concept.weight;
            if !concept.verb {
                if things == 0.0 && found.name > 0.0 {
                    grounds.object = 1.0;
                }
                things += 1.0;
                answered += if found.said > 0.0 || found.name > 0.0 { 1.0 } else { 0.0 };
            }
        }
        if things > 0.0 {
            grounds.answered = answered / things;
        }
    }

    /// What an operation has of a thing. Of the stands for it the best counts, not their sum.
    fn matched(&self, operation: &OperationWords, concept: &Weighed) -> Match {
        let names = self.things(operation);
        let mut best = Match::default();
        for stand in &concept.stands {
            let mut here = Match::default();
            let mut number = 0.0;
            for stem in &stand.stems {
                if let Some(at) = names.iter().position(|name| *name == stem.stem) {
                    here.name += stem.name;
                    number += 1.0;
                    if let Some(word) = here.words.get_mut(at) {
                        *word = stand.sure;
                    }
                }
                if let Some(first) = self.says(operation, stem.stem) {
                    here.said += stem.said;
                    here.first += if first { stem.said } else { 0.0 };
                }
                if self.requires(operation, stem.stem) {
                    here.required += stem.required;
                }
            }
            // A group counts in full only where all its words stand.
            let share = number / stand.size;
            let name = here.name * stand.sure * share;
            if name > best.name {
                best.name = name;
                best.words = here.words.map(|word| word * share);
            }
            best.said = best.said.max(here.said * stand.sure_said);
            best.first = best.first.max(here.first * stand.sure_said);
            best.required = best.required.max(here.required * stand.sure_said);
        }
        best
    }

    fn add_form(
        &self,
        operation: &OperationWords,
        known: &Known<'_>,
        title: &[u32],
        grounds: &mut Grounds,
        words: &[f32; MOST],
    ) {
        let names = self.things(operation);
        let (mut asked, mut all) = (0.0, 0.0);
        for (name, word) in names.iter().zip(words) {
            let rarity = self.rarity_of(*name);
            let known = if title.binary_search(name).is_ok() { word.max(0.5) } else { *word };
            asked += rarity * known;
            all += rarity;
        }
        grounds.covered = if names.is_empty() { 0.5 } else { asked / all };
        let complete = !names.is_empty() && words.iter().take(names.len()).all(|word| *word > 0.5);
        grounds.complete = if complete { 1.0 } else { 0.0 };
        grounds.head = names.len().checked_sub(1).and_then(|last| words.get(last)).copied().unwrap_or(0.0);
        grounds.modified = if operation.modified { 1.0 } else { 0.0 };
        let spoken = &known.query.spoken;
        for pair in spoken.windows(2) {
            let [first, second] = pair else { continue };
            let (Some(a), Some(b)) = (first.stem, second.stem) else { continue };
            // A phrase that is known by its meaning is not meant by its letters.
            if !(first.phrase && second.phrase) && names.windows(2).any(|names| *names == [a, b]) {
                grounds.pairs += 1.0;
            }
        }
        let last = names.iter().rev().find_map(|name| spoken.iter().find(|word| word.stem == Some(*name)));
        if last.is_some_and(|word| operation.plural.is_some_and(|plural| plural != word.plural)) {
            grounds.wrong_number = 1.0;
        }
    }

    fn add_verb(&self, operation: &OperationWords, known: &Known<'_>, grounds: &mut Grounds) {
        let query = known.query;
        grounds.verb = verb_asked(query, operation);
        if grounds.verb == 0.0 && !query.verbs.is_empty() {
            grounds.wrong_verb = 1.0;
        }
        if query.spoken.iter().take(3).any(|word| word.stem == Some(operation.verb)) {
            grounds.same_verb = 1.0;
        }
        grounds.verb_and_all = grounds.complete * grounds.verb;
        let begins = query.spoken.first().and_then(|word| word.stem);
        if begins.and_then(|stem| self.says(operation, stem)) == Some(true) {
            grounds.said_verb = 1.0;
        }
    }

    fn rarity_of(&self, stem: u32) -> f32 {
        self.words.get(stem as usize).map_or(0.0, |entry| self.rarity(entry.things.len()))
    }

    /// How much the words of a name without its verb say all together.
    pub(super) fn worth(&self, operation: &OperationWords) -> f32 {
        self.things(operation).iter().map(|stem| self.rarity_of(*stem)).sum::<f32>().max(1.0)
    }
}

/// Whether what was said stands in the name or title of a service.
fn in_title(concept: &Weighed, title: &[u32]) -> bool {
    concept
        .stands
        .first()
        .is_some_and(|said| said.stems.iter().any(|stem| title.binary_search(&stem.stem).is_ok()))
}
