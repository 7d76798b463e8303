//! What the things of a query are worth: rare words say more than common ones.

use super::index::{Index, WordEntry};
use super::query::{Concept, place};

/// How much a verb counts as a thing.
const VERB_AS_THING: f32 = 0.3;
/// How much the last words of a query count at least, beside the name.
const LATE: f32 = 0.68;
/// How much a synonym counts beside the name.
const MEANT: f32 = 0.7;

/// A thing of a query with what it is worth.
pub(super) struct Weighed {
    /// Whether it says what to do.
    pub(super) verb: bool,
    /// How much it counts, wherever it stands.
    pub(super) weight: f32,
    /// How much it counts at its place in a name, and beside names.
    pub(super) early: f32,
    pub(super) late: f32,
    /// How rare what was said is.
    pub(super) rarity: f32,
    /// What can stand for it, at first what was said.
    pub(super) stands: Vec<WeighedStand>,
}

/// Stems that stand for a thing together.
pub(super) struct WeighedStand {
    pub(super) stems: Vec<WeighedStem>,
    /// How many there are with those the index does not know.
    pub(super) size: f32,
    /// How sure it is in a name, and beside names.
    pub(super) sure: f32,
    pub(super) sure_said: f32,
}

/// A stem with what it is worth in a name, in what is said, and in the parameters that must be given.
#[derive(Clone, Copy)]
pub(super) struct WeighedStem {
    pub(super) stem: u32,
    pub(super) name: f32,
    pub(super) said: f32,
    pub(super) required: f32,
}

impl Weighed {
    pub(super) fn new(index: &Index, concept: &Concept) -> Self {
        let things = |entry: &WordEntry| entry.things.len();
        let said = |entry: &WordEntry| entry.said.len();
        let name_rarity = common(index, concept, things);
        let said_rarity = common(index, concept, said);
        let rare = |stem: u32, field: fn(&WordEntry) -> usize| {
            index.words.get(stem as usize).map_or(0.0, |entry| index.rarity(field(entry)))
        };
        let stands: Vec<WeighedStand> = concept
            .stands
            .iter()
            .enumerate()
            .map(|(at, stand)| {
                let size = stand.size.max(1) as f32;
                let stems = stand.stems.iter().map(|stem| WeighedStem {
                    stem: *stem,
                    name: name_rarity.unwrap_or_else(|| rare(*stem, things)) / size.sqrt(),
                    said: said_rarity.unwrap_or_else(|| rare(*stem, said)) / size,
                    required: rare(*stem, |entry| entry.required.len()) / size,
                });
                WeighedStand {
                    stems: stems.collect(),
                    size,
                    sure: stand.sure,
                    sure_said: if at == 0 { stand.sure } else { stand.sure * MEANT },
                }
            })
            .collect();
        let rarity = concept.stands.first().map_or(0.0, |stand| {
            stand.stems.iter().map(|stem| rare(*stem, said).min(rare(*stem, things))).fold(0.0, f32::max)
        });
        let weight = if concept.verb { VERB_AS_THING } else { 1.0 };
        Self {
            verb: concept.verb,
            weight,
            early: place(concept.at) * weight,
            late: place(concept.at).max(LATE) * weight,
            rarity,
            stands,
        }
    }
}

/// A thing has one rarity, whatever stands for it: a rare word is not better than its usual synonym.
fn common(index: &Index, concept: &Concept, field: fn(&WordEntry) -> usize) -> Option<f32> {
    if concept.stands.len() < 2 {
        return None;
    }
    let (mut sum, mut number) = (0.0, 0.0);
    for stand in &concept.stands {
        let uses: Vec<usize> =
            stand.stems.iter().filter_map(|stem| index.words.get(*stem as usize)).map(field).collect();
        if uses.len() == stand.size && uses.iter().all(|uses| *uses > 0) {
            sum += uses.iter().map(|uses| index.rarity(*uses)).fold(0.0, f32::max);
            number += 1.0;
        }
    }
    (number > 0.0).then(|| sum / number)
}

impl Index {
    /// How much a stem says that so many operations have.
    pub(super) fn rarity(&self, operations: usize) -> f32 {
        rarity(operations as f32, self.operations.len() as f32)
    }

    /// How much a stem says that so many services have.
    pub(super) fn rarity_of_services(&self, services: usize) -> f32 {
        rarity(services as f32, self.services.len() as f32)
    }
}

fn rarity(frequency: f32, count: f32) -> f32 {
    (1.0 + (count - frequency + 0.5) / (frequency + 0.5)).ln()
}
