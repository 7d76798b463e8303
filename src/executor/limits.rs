//! How many requests run at the same time, per cloud, account, and region.

use std::collections::HashMap;

use crate::plan::Step;

/// Bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps at the same time in one region of one account of one cloud.
    pub per_region: usize,
    /// Steps at the same time altogether: what they hold of memory and open connections is bounded by it.
    pub in_all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_region: 12, in_all: 48 }
    }
}

/// Who runs where. A throttled place admits half as many, and one more with every success.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    /// The place of every step of the plan.
    of: Vec<usize>,
    places: Vec<Place>,
    free: usize,
    /// How many more may run altogether.
    left: usize,
}

#[derive(Clone, Debug)]
struct Place {
    running: usize,
    admitted: usize,
}

impl Place {
    fn free(&self) -> usize {
        self.admitted.saturating_sub(self.running)
    }
}

impl Places {
    pub(super) fn new(limits: Limits, steps: &[Step]) -> Self {
        let most = limits.per_region.max(1);
        let mut known = HashMap::new();
        let of = steps
            .iter()
            .map(|step| {
                let next = known.len();
                *known.entry((step.cloud, &step.account, &step.region)).or_insert(next)
            })
            .collect();
        let places = vec![Place { running: 0, admitted: most }; known.len()];
        Self { most, of, free: places.len() * most, places, left: limits.in_all.max(1) }
    }

    /// Takes a place for a step, if there is one where it runs.
    pub(super) fn enter(&mut self, step: usize) -> bool {
        if self.left == 0 {
            return false;
        }
        let entered = self.change(step, |place, _| {
            let free = place.free() > 0;
            place.running += usize::from(free);
            free
        });
        self.left -= usize::from(entered);
        entered
    }

    /// Gives the place of a step back.
    pub(super) fn leave(&mut self, step: usize, throttled: bool) {
        self.left += 1;
        self.change(step, |place, most| {
            place.running = place.running.saturating_sub(1);
            place.admitted =
                if throttled { (place.admitted / 2).max(1) } else { (place.admitted + 1).min(most) };
            true
        });
    }

    /// Whether no step at all can enter.
    pub(super) fn are_full(&self) -> bool {
        self.free == 0 || self.left == 0
    }

    fn change(&mut self, step: usize, change: impl FnOnce(&mut Place, usize) -> bool) -> bool {
        let Some(place) = self.of.get(step).and_then(|&at| self.places.get_mut(at)) else { return false };
        self.free -= place.free();
        let done = change(place, self.most);
        self.free += place.free();
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(most: usize, regions: &[&str]) -> Places {
        let steps: Vec<Step> = regions
            .iter()
            .map(|region| {
                let step =
                    json!({"id": "a", "cloud": "aws", "service": "s3", "operation": "X", "region": region});
                serde_json::from_value(step).unwrap()
            })
            .collect();
        Places::new(Limits { per_region: most, in_all: 5 }, &steps)
    }

    #[test]
    fn each_region_has_its_own_places() {
        let mut places = places(1, &["a", "a", "b"]);
        assert!(places.enter(0));
        assert!(!places.enter(1) && !places.are_full());
        assert!(places.enter(2) && places.are_full());
        places.leave(0, false);
        assert!(places.enter(1));
    }

    #[test]
    fn all_regions_together_have_no_more_than_so_many_places() {
        let mut places = places(4, &["a", "b"]);
        assert!((0..4).all(|_| places.enter(0)) && places.enter(1));
        assert!(!places.enter(1) && places.are_full());
        places.leave(0, false);
        assert!(places.enter(1));
    }

    #[test]
    fn a_throttled_region_admits_fewer_until_it_recovers() {
        let mut places = places(4, &["a"]);
        assert!((0..4).all(|_| places.enter(0)));
        places.leave(0, true);
        assert!(!places.enter(0), "two are allowed, three are running");
        places.leave(0, false);
        places.leave(0, false);
        assert!(places.enter(0));
    }
}
