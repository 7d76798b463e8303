//! What speaks for a service.

use super::index::{Index, ServiceWords};
use super::query::Query;
use super::synonyms::Synonyms;
use super::weighed::Weighed;
use crate::plan::CloudName;

/// How much nicknames of services count that are not of the first cloud, where none is said.
const UNSAID_CLOUD: f32 = 0.4;

/// What speaks for a service.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServiceGrounds {
    /// Words of its name and title.
    pub(super) words: f32,
    /// Its nicknames.
    pub(super) nickname: f32,
    /// Words in the names of its operations, and what is said about them.
    pub(super) names: f32,
    pub(super) said: f32,
    /// How many people mean it when they name none.
    pub(super) usual: f32,
}

impl Index {
    pub(super) fn service_grounds(
        &self,
        query: &Query,
        concepts: &[Weighed],
        synonyms: &Synonyms,
        cloud: Option<CloudName>,
    ) -> Vec<ServiceGrounds> {
        // Where no cloud is said, most people mean the first one.
        let meant = |of: CloudName| if cloud.is_some() || of == CloudName::Aws { 1.0 } else { UNSAID_CLOUD };
        let mut grounds: Vec<ServiceGrounds> = self
            .services
            .iter()
            .map(|service| ServiceGrounds {
                usual: meant(service.cloud) * synonyms.usual(service.cloud, &service.name),
                ..ServiceGrounds::default()
            })
            .collect();
        for concept in concepts {
            self.add_titles(concept, &mut grounds);
            let names = self.best_of(
                concept,
                |entry| &entry.things_of,
                |at| self.share_of(at, |service| service.named, self.named),
            );
            let said = self.best_of(
                concept,
                |entry| &entry.said_of,
                |at| self.share_of(at, |service| service.said, self.said),
            );
            for ((ground, names), said) in grounds.iter_mut().zip(names).zip(said) {
                ground.names += concept.weight * names;
                ground.said += concept.weight * said;
            }
        }
        for (name, sure) in &query.services {
            for (ground, service) in grounds.iter_mut().zip(&self.services) {
                if service.name == *name {
                    ground.nickname += meant(service.cloud) * sure;
                }
            }
        }
        grounds
    }

    fn add_titles(&self, concept: &Weighed, grounds: &mut [ServiceGrounds]) {
        let Some(said) = concept.stands.first() else { return };
        for stem in &said.stems {
            let Some(entry) = self.words.get(stem.stem as usize) else { continue };
            let rarity = self.rarity_of_services(entry.titled.len());
            for service in &entry.titled {
                if let Some(ground) = grounds.get_mut(usize::from(*service)) {
                    ground.words += rarity * said.sure * concept.early;
                }
            }
        }
    }

    /// How much there is of a service beside the mean of all: 1 is as much.
    fn share_of(&self, at: usize, own: impl Fn(&ServiceWords) -> u32, all: usize) -> f32 {
        let count = self.services.len().max(1) as f32;
        self.services.get(at).map_or(0.0, |service| own(service) as f32 * count / all as f32)
    }

    /// How much the operations of each service have of a thing. Of the stands for it the best counts.
    fn best_of(
        &self,
        concept: &Weighed,
        field: impl Fn(&super::index::WordEntry) -> &Vec<(u16, u16)>,
        length: impl Fn(usize) -> f32,
    ) -> Vec<f32> {
        let mut best = vec![0.0_f32; self.services.len()];
        let mut here = vec![0.0_f32; self.services.len()];
        for stand in &concept.stands {
            let mut touched = Vec::new();
            for stem in &stand.stems {
                let Some(entry) = self.words.get(stem.stem as usize) else { continue };
                let rarity = self.rarity_of_services(field(entry).len());
                for (service, count) in field(entry) {
                    let at = usize::from(*service);
                    let count = f32::from(*count);
                    let size = 0.25 + 0.75 * length(at).sqrt();
                    if let Some(slot) = here.get_mut(at) {
                        *slot += rarity * count * 2.2 / (count + 1.2 * size);
                        touched.push(at);
                    }
                }
            }
            for at in touched {
                if let (Some(here), Some(best)) = (here.get_mut(at), best.get_mut(at)) {
                    *best = best.max(std::mem::take(here) * stand.sure_said / stand.size);
                }
            }
        }
        best
    }
}
