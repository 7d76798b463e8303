//! Which operations are worth a close look: sums over words alone, cheap for all operations.

use super::grounds::{Weights, verb_asked};
use super::index::{Index, WordEntry};
use super::query::Query;
use super::rank::NAMED_IN_FULL;
use super::services::ServiceGrounds;
use super::weighed::{Weighed, WeighedStand, WeighedStem};
use crate::plan::CloudName;

/// How much the words of a name, of documentation and of required parameters count here, how
/// much a name that is said as a whole, and how much the verb.
const NAME: f32 = 0.75;
const SAID: f32 = 0.4;
const REQUIRED: f32 = 0.05;
const WHOLE: f32 = 4.0;
const VERB: f32 = 4.0;
const WRONG_VERB: f32 = 1.0;

impl Index {
    /// The operations that may fit, at most `most`, in no order.
    pub(super) fn candidates(
        &self,
        query: &Query,
        concepts: &[Weighed],
        services: &[ServiceGrounds],
        weights: &Weights,
        cloud: Option<CloudName>,
        most: usize,
    ) -> Vec<usize> {
        let count = self.operations.len();
        let name = self.sums(concepts, |e| &e.things, |stand, stem| stem.name * stand.sure, count);
        let said = self.sums(concepts, |e| &e.said, |stand, stem| stem.said * stand.sure_said, count);
        let required =
            self.sums(concepts, |e| &e.required, |stand, stem| stem.required * stand.sure_said, count);
        let by_service: Vec<f32> = services.iter().map(|service| weights.service(service)).collect();
        let mut found: Vec<(f32, usize)> = Vec::new();
        for (id, operation) in self.operations.iter().enumerate() {
            let at = usize::from(operation.service);
            let (Some(service), Some(grounds)) = (self.services.get(at), services.get(at)) else { continue };
            let of = |sums: &[f32]| sums.get(id).copied().unwrap_or_default();
            let (name, said, required) = (of(&name), of(&said), of(&required));
            let named = query.operations.iter().any(|named| *named as usize == id);
            let fits = named || name > 0.0 || said > 0.0 || grounds.words > 0.0 || grounds.nickname > 0.0;
            if !fits || cloud.is_some_and(|cloud| service.cloud != cloud) {
                continue;
            }
            let verb = verb_asked(query, operation);
            let wrong = if verb == 0.0 && !query.verbs.is_empty() { WRONG_VERB } else { 0.0 };
            let whole = (name / self.worth(operation)).min(1.0);
            let words = NAME * name + SAID * said + REQUIRED * required + WHOLE * whole;
            let by_service = by_service.get(at).copied().unwrap_or_default();
            let in_full = if named { NAMED_IN_FULL } else { 0.0 };
            found.push((words + VERB * verb - wrong + by_service + in_full, id));
        }
        if most < found.len() {
            found.select_nth_unstable_by(most, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            found.truncate(most);
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Sums over things of the best stand of each, by operation.
    fn sums(
        &self,
        concepts: &[Weighed],
        field: impl Fn(&WordEntry) -> &Vec<u32>,
        value: impl Fn(&WeighedStand, &WeighedStem) -> f32,
        count: usize,
    ) -> Vec<f32> {
        let (mut all, mut best, mut here) =
            (vec![0.0_f32; count], vec![0.0_f32; count], vec![0.0_f32; count]);
        let (mut in_concept, mut in_stand) = (Vec::new(), Vec::new());
        for concept in concepts {
            for stand in &concept.stands {
                for stem in &stand.stems {
                    let Some(entry) = self.words.get(stem.stem as usize) else { continue };
                    let value = value(stand, stem) * concept.weight;
                    for id in field(entry) {
                        if let Some(slot) = here.get_mut(*id as usize) {
                            if *slot == 0.0 {
                                in_stand.push(*id as usize);
                            }
                            *slot += value;
                        }
                    }
                }
                for id in in_stand.drain(..) {
                    if let (Some(here), Some(best)) = (here.get_mut(id), best.get_mut(id)) {
                        if *best == 0.0 {
                            in_concept.push(id);
                        }
                        *best = best.max(std::mem::take(here));
                    }
                }
            }
            for id in in_concept.drain(..) {
                if let (Some(best), Some(all)) = (best.get_mut(id), all.get_mut(id)) {
                    *all += std::mem::take(best);
                }
            }
        }
        all
    }
}
