//! Which operations fit a query best.

use std::collections::HashMap;

use super::index::Index;
use super::query::{Concept, Query};
use super::synonyms::Synonyms;
use crate::plan::{CloudName, OperationName};

/// An operation that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The operation.
    pub operation: OperationName,
    /// The service's name for people.
    pub title: String,
    /// How well it fits; only comparable inside one answer.
    pub score: f32,
}

/// How much each ground counts. Hit by trying on half of the services, reported on the other.
struct Weights {
    /// The verb that is asked for, and another one; they count less where documentation says more.
    verb: f32,
    wrong_verb: f32,
    verb_documented: f32,
    wrong_verb_documented: f32,
    service: f32,
    named_service: f32,
    usual: f32,
    coverage: f32,
    /// Words that other operations of the service have.
    affinity: f32,
    /// How much longer names lose.
    length: f32,
    /// What is said about an operation beside its name.
    documentation: f32,
    /// How much operations lose that more is said about.
    talk: f32,
    /// How much a synonym counts in documentation.
    meant: f32,
    /// How much the last words of a query count at least, in documentation.
    late: f32,
}

/// More than words can add up to.
const NAMED_IN_FULL: f32 = 1000.0;

/// How much nicknames of services count that are not of the first cloud, where none is said.
const UNSAID_CLOUD: f32 = 0.4;

const WEIGHTS: Weights = Weights {
    verb: 9.8,
    wrong_verb: 2.8,
    verb_documented: 7.3,
    wrong_verb_documented: 1.6,
    service: 0.5,
    named_service: 3.5,
    usual: 1.4,
    coverage: 5.6,
    affinity: 0.4,
    length: 0.6,
    documentation: 1.2,
    talk: 0.3,
    meant: 0.45,
    late: 0.68,
};

impl Index {
    /// The operations that fit the words best, best first, at most `limit`. No service fills more
    /// than half of the answer unless nothing else fits.
    #[must_use]
    pub fn search(&self, text: &str, cloud: Option<CloudName>, limit: usize) -> Vec<Hit> {
        let synonyms = Synonyms::embedded();
        let query = Query::parse(text, synonyms, self);
        let mut services = self.service_scores(&query, synonyms, cloud);
        let mut names = vec![0.0_f32; self.operations.len()];
        let mut matched = vec![0_f32; self.operations.len()];
        let mut said = Said::new(self.operations.len());
        for concept in &query.concepts {
            self.add_concept(concept, &mut names, &mut matched, &mut services);
            self.add_said(concept, &mut said);
        }
        let verbs = self.verb_numbers(&query);
        for id in &query.operations {
            if let Some(name) = names.get_mut(*id as usize) {
                *name += NAMED_IN_FULL;
            }
        }
        let (right, wrong) = match self.said {
            0 => (WEIGHTS.verb, WEIGHTS.wrong_verb),
            _ => (WEIGHTS.verb_documented, WEIGHTS.wrong_verb_documented),
        };
        let total = |id: usize| -> Option<f32> {
            let operation = self.operations.get(id)?;
            let service = usize::from(operation.service);
            if cloud.is_some_and(|cloud| self.services.get(service).is_some_and(|s| s.cloud != cloud)) {
                return None;
            }
            let name = names.get(id).copied().unwrap_or(0.0);
            let service = services.get(service).copied().unwrap_or_default();
            let said = said.all.get(id).copied().unwrap_or(0.0);
            if name <= 0.0 && service.said <= 0.0 && said <= 0.0 {
                return None;
            }
            let length = f32::from(operation.length).max(1.0);
            let coverage = (matched.get(id).copied().unwrap_or(0.0) / length).min(1.0);
            let also = operation.also.and_then(|also| verbs.get(&also));
            let verb = match verbs.get(&operation.verb).into_iter().chain(also).copied().reduce(f32::max) {
                Some(sure) => right * sure,
                None if verbs.is_empty() => 0.0,
                None => -wrong,
            };
            Some(name + WEIGHTS.coverage * coverage + verb + service.score + WEIGHTS.documentation * said)
        };
        let mut scores: Vec<(f32, usize)> =
            (0..self.operations.len()).filter_map(|id| total(id).map(|score| (score, id))).collect();
        // Equal scores keep the order of the catalog, so that an answer never changes by itself.
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let keep = limit.saturating_mul(4).min(scores.len());
        if keep > 0 && keep < scores.len() {
            scores.select_nth_unstable_by(keep, order);
            scores.truncate(keep);
        }
        scores.sort_by(order);
        self.diverse(&scores, limit)
    }

    fn add_concept(
        &self,
        concept: &Concept,
        names: &mut [f32],
        matched: &mut [f32],
        services: &mut [ServiceScore],
    ) {
        let mut near = vec![0.0_f32; self.services.len()];
        let count = self.operations.len() as f32;
        let rarity = |stem: &String| {
            let frequency = self.word(stem).map_or(0.0, |entry| entry.things.len() as f32);
            (1.0 + (count - frequency + 0.5) / (frequency + 0.5)).ln()
        };
        // A thing has one rarity, whatever stands for it: a rare word is not better than its
        // usual synonym.
        let common = (concept.stands.len() > 1).then(|| {
            let known = concept.stands.iter().filter(|(group, _)| {
                group.iter().all(|stem| self.word(stem).is_some_and(|entry| !entry.things.is_empty()))
            });
            let (mut sum, mut number) = (0.0, 0.0);
            for (group, _) in known {
                sum += group.iter().map(rarity).fold(0.0, f32::max);
                number += 1.0;
            }
            if number > 0.0 { sum / number } else { 0.0 }
        });
        // Of the stands for one thing the best counts, not their sum.
        let mut best: HashMap<u32, (f32, f32)> = HashMap::new();
        for (group, sure) in &concept.stands {
            let mut here: HashMap<u32, (f32, f32)> = HashMap::new();
            let size = group.len().max(1) as f32;
            for stem in group {
                let Some(entry) = self.word(stem) else { continue };
                let rarity = common.map_or_else(|| rarity(stem), |common| common / size.sqrt());
                for id in &entry.things {
                    let length =
                        self.operations.get(*id as usize).map_or(1.0, |o| f32::from(o.length).max(1.0));
                    let value =
                        rarity * 2.2 / (1.0 + 1.2 * (1.0 - WEIGHTS.length + WEIGHTS.length * length / 2.6));
                    let slot = here.entry(*id).or_default();
                    slot.0 += value;
                    slot.1 += 1.0;
                }
            }
            for (id, (value, words)) in here {
                // A group counts in full only where all its words stand.
                let share = words / size;
                let value = value * sure * concept.weight * share;
                let slot = best.entry(id).or_default();
                if value > slot.0 {
                    *slot = (value, words * sure);
                }
            }
        }
        for (id, (value, words)) in best {
            if let (Some(name), Some(count)) = (names.get_mut(id as usize), matched.get_mut(id as usize)) {
                *name += value;
                *count += words;
            }
            if let Some(near) =
                self.operations.get(id as usize).and_then(|o| near.get_mut(usize::from(o.service)))
            {
                *near = near.max(value);
            }
        }
        for (service, near) in services.iter_mut().zip(near) {
            service.score += WEIGHTS.affinity * near;
        }
    }

    /// Adds what is said about operations beside their names. Of the stands for one thing the best counts.
    fn add_said(&self, concept: &Concept, said: &mut Said) {
        let count = self.operations.len() as f32;
        let usual = (self.said as f32 / count.max(1.0)).max(1.0);
        for (at, (group, sure)) in concept.stands.iter().enumerate() {
            let sure = if at == 0 { *sure } else { sure * WEIGHTS.meant };
            let share = sure * concept.weight.max(WEIGHTS.late) / group.len().max(1) as f32;
            for stem in group {
                let Some(entry) = self.word(stem) else { continue };
                let frequency = entry.said.len() as f32;
                let rarity = (1.0 + (count - frequency + 0.5) / (frequency + 0.5)).ln();
                for id in &entry.said {
                    let length = self.operations.get(*id as usize).map_or(1.0, |o| f32::from(o.said));
                    let value = share * rarity * 2.2
                        / (1.0 + 1.2 * (1.0 - WEIGHTS.talk + WEIGHTS.talk * length / usual));
                    said.add(*id, value);
                }
            }
            said.next_stand();
        }
        said.next_concept();
    }

    fn verb_numbers(&self, query: &Query) -> HashMap<u32, f32> {
        let mut numbers = HashMap::new();
        for (position, (verb, sure)) in query.verbs.iter().enumerate() {
            if let Some(number) = self.numbers.get(verb.as_str()) {
                // The first meaning of a verb is its usual one.
                let sure = sure * (1.0 - 0.06 * position.min(6) as f32);
                let slot: &mut f32 = numbers.entry(*number).or_default();
                *slot = slot.max(sure);
            }
        }
        numbers
    }

    fn service_scores(
        &self,
        query: &Query,
        synonyms: &Synonyms,
        cloud: Option<CloudName>,
    ) -> Vec<ServiceScore> {
        // Where no cloud is said, most people mean the first one.
        let meant = |of: CloudName| if cloud.is_some() || of == CloudName::Aws { 1.0 } else { UNSAID_CLOUD };
        let count = self.services.len() as f32;
        let mut scores: Vec<ServiceScore> = self
            .services
            .iter()
            .map(|s| ServiceScore {
                score: WEIGHTS.usual * meant(s.cloud) * synonyms.usual(s.cloud, &s.name),
                said: 0.0,
            })
            .collect();
        for concept in &query.concepts {
            for (group, sure) in concept.stands.iter().take(1) {
                for stem in group {
                    let Some(services) = self.service_words.get(stem) else { continue };
                    let frequency = services.len() as f32;
                    let rarity = (1.0 + (count - frequency + 0.5) / (frequency + 0.5)).ln();
                    for id in services {
                        if let Some(score) = scores.get_mut(usize::from(*id)) {
                            score.add(WEIGHTS.service * rarity * sure * concept.weight);
                        }
                    }
                }
            }
        }
        for (name, sure) in &query.services {
            for (score, service) in scores.iter_mut().zip(&self.services) {
                if service.name == *name {
                    score.add(WEIGHTS.named_service * meant(service.cloud) * sure);
                }
            }
        }
        scores
    }

    fn diverse(&self, scores: &[(f32, usize)], limit: usize) -> Vec<Hit> {
        let most = limit.div_ceil(2).max(3);
        let mut taken: HashMap<u16, usize> = HashMap::new();
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for (score, id) in scores {
            let Some(operation) = self.operations.get(*id) else { continue };
            let count = taken.entry(operation.service).or_default();
            *count += 1;
            if *count <= most { first.push((*score, *id)) } else { rest.push((*score, *id)) }
        }
        first.truncate(limit);
        first.extend(rest.into_iter().take(limit - first.len()));
        first.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        first.into_iter().filter_map(|(score, id)| self.hit(score, id)).collect()
    }

    fn hit(&self, score: f32, id: usize) -> Option<Hit> {
        let operation = self.operations.get(id)?;
        let service = self.services.get(usize::from(operation.service))?;
        Some(Hit {
            operation: OperationName::new(service.cloud, &service.name, operation.name.as_ref()),
            title: service.title.clone(),
            score,
        })
    }
}

#[derive(Clone, Copy, Default)]
struct ServiceScore {
    score: f32,
    /// What the words themselves say for the service.
    said: f32,
}

impl ServiceScore {
    fn add(&mut self, value: f32) {
        self.score += value;
        self.said += value;
    }
}

/// Sums over concepts of the best stand of each, by operation.
struct Said {
    all: Vec<f32>,
    stand: Vec<f32>,
    best: Vec<f32>,
    in_stand: Vec<u32>,
    in_concept: Vec<u32>,
}

impl Said {
    fn new(operations: usize) -> Self {
        let zero = || vec![0.0; operations];
        Self { all: zero(), stand: zero(), best: zero(), in_stand: Vec::new(), in_concept: Vec::new() }
    }

    fn add(&mut self, id: u32, value: f32) {
        if let Some(slot) = self.stand.get_mut(id as usize) {
            if *slot == 0.0 {
                self.in_stand.push(id);
            }
            *slot += value;
        }
    }

    fn next_stand(&mut self) {
        for id in self.in_stand.drain(..) {
            let at = id as usize;
            if let (Some(stand), Some(best)) = (self.stand.get_mut(at), self.best.get_mut(at)) {
                if *best == 0.0 {
                    self.in_concept.push(id);
                }
                *best = best.max(std::mem::take(stand));
            }
        }
    }

    fn next_concept(&mut self) {
        for id in self.in_concept.drain(..) {
            let at = id as usize;
            if let (Some(best), Some(all)) = (self.best.get_mut(at), self.all.get_mut(at)) {
                *all += std::mem::take(best);
            }
        }
    }
}
