//! How many requests run at the same time, per cloud, account, and region.

use std::collections::HashMap;

use crate::plan::{CloudName, Step};

/// Bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps at the same time in one region of one account of one cloud.
    pub per_region: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_region: 12 }
    }
}

/// Where a step runs: throttling counts there.
type Place = (CloudName, Option<String>, Option<String>);

/// Who runs where. A throttled place admits half as many, and one more with every success.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    places: HashMap<Place, (usize, usize)>,
}

impl Places {
    pub(super) fn new(limits: Limits) -> Self {
        Self { most: limits.per_region.max(1), places: HashMap::new() }
    }

    /// Takes a place if there is one.
    pub(super) fn enter(&mut self, step: &Step) -> bool {
        let most = self.most;
        let (running, admitted) = self.places.entry(place(step)).or_insert((0, most));
        let free = running < admitted;
        *running += usize::from(free);
        free
    }

    pub(super) fn leave(&mut self, step: &Step, throttled: bool) {
        let most = self.most;
        if let Some((running, admitted)) = self.places.get_mut(&place(step)) {
            *running = running.saturating_sub(1);
            *admitted = if throttled { (*admitted / 2).max(1) } else { (*admitted + 1).min(most) };
        }
    }
}

fn place(step: &Step) -> Place {
    (step.cloud, step.account.clone(), step.region.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(region: &str) -> Step {
        serde_json::from_value(
            json!({"id": "a", "cloud": "aws", "service": "s3", "operation": "X", "region": region}),
        )
        .unwrap()
    }

    #[test]
    fn each_region_has_its_own_places() {
        let mut places = Places::new(Limits { per_region: 1 });
        assert!(places.enter(&step("a")));
        assert!(!places.enter(&step("a")));
        assert!(places.enter(&step("b")));
        places.leave(&step("a"), false);
        assert!(places.enter(&step("a")));
    }

    #[test]
    fn a_throttled_region_admits_fewer_until_it_recovers() {
        let mut places = Places::new(Limits { per_region: 4 });
        assert!((0..4).all(|_| places.enter(&step("a"))));
        places.leave(&step("a"), true);
        assert!(!places.enter(&step("a")), "two are allowed, three are running");
        places.leave(&step("a"), false);
        places.leave(&step("a"), false);
        assert!(places.enter(&step("a")));
    }
}
