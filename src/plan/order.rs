//! The order of a plan's steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, StepId, references};

/// Which step waits for which, and one order that respects it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    waits_for: BTreeMap<StepId, BTreeSet<StepId>>,
    sorted: Vec<StepId>,
}

impl Order {
    /// Reads the order from `after` and from references. Names that are no step are ignored
    /// here; validation reports them.
    ///
    /// # Errors
    ///
    /// The steps of a cycle, in the order in which they wait for each other.
    pub fn of(plan: &Plan) -> Result<Self, Vec<StepId>> {
        let known: BTreeSet<&str> = plan.steps.iter().map(|s| s.id.as_str()).collect();
        let mut waits_for = BTreeMap::new();
        for step in &plan.steps {
            let mut needed: BTreeSet<StepId> = step.after.iter().cloned().collect();
            if let Ok(names) = references(&step.params) {
                needed.extend(names.steps);
            }
            needed.retain(|name| known.contains(name.as_str()));
            waits_for.insert(step.id.clone(), needed);
        }
        let mut order = Order { waits_for, sorted: Vec::new() };
        order.sort(plan)?;
        Ok(order)
    }

    fn sort(&mut self, plan: &Plan) -> Result<(), Vec<StepId>> {
        let mut done: BTreeSet<StepId> = BTreeSet::new();
        let mut left: Vec<&StepId> = plan.steps.iter().map(|s| &s.id).collect();
        while !left.is_empty() {
            let before = left.len();
            left.retain(|id| {
                let ready = self.waits_for[*id].is_subset(&done);
                if ready {
                    done.insert((*id).clone());
                    self.sorted.push((*id).clone());
                }
                !ready
            });
            if left.len() == before {
                return Err(self.cycle(left[0]));
            }
        }
        Ok(())
    }

    /// Follows unmet needs from a step that is on or behind a cycle until one repeats.
    fn cycle(&self, start: &StepId) -> Vec<StepId> {
        let done: BTreeSet<&StepId> = self.sorted.iter().collect();
        let mut path: Vec<StepId> = Vec::new();
        let mut at = start.clone();
        loop {
            if let Some(first) = path.iter().position(|id| *id == at) {
                return path.split_off(first);
            }
            path.push(at.clone());
            let next = self.waits_for.get(&at).and_then(|n| n.iter().find(|id| !done.contains(id)));
            match next {
                Some(next) => at = next.clone(),
                None => return path,
            }
        }
    }

    /// All steps, each after those that it waits for; otherwise as written.
    #[must_use]
    pub fn sorted(&self) -> &[StepId] {
        &self.sorted
    }

    /// The steps that must be done before this one.
    pub fn waits_for(&self, step: &str) -> impl Iterator<Item = &StepId> {
        self.waits_for.get(step).into_iter().flatten()
    }

    /// The steps that wait for this one directly.
    pub fn dependants<'a>(&'a self, step: &'a str) -> impl Iterator<Item = &'a StepId> {
        self.waits_for.iter().filter(move |(_, needs)| needs.contains(step)).map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn plan(steps: &[(&str, &[&str])]) -> Plan {
        let steps: Vec<_> = steps
            .iter()
            .map(|(id, after)| {
                serde_json::json!({"id": id, "cloud": "aws", "service": "s3", "operation": "X", "after": after})
            })
            .collect();
        serde_json::from_value(serde_json::json!({"version": 1, "name": "t", "steps": steps})).unwrap()
    }

    #[test]
    fn needs_come_first_and_the_rest_stays_as_written() {
        let order = Order::of(&plan(&[("c", &["a"]), ("b", &[]), ("a", &[])])).unwrap();
        assert_eq!(order.sorted(), ["b", "a", "c"]);
        assert_eq!(order.dependants("a").collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn a_cycle_is_named_without_the_steps_that_only_lead_to_it() {
        let cycle = Order::of(&plan(&[("x", &["a"]), ("a", &["b"]), ("b", &["a"])])).unwrap_err();
        assert_eq!(cycle, ["a", "b"]);
    }

    #[test]
    fn a_step_that_waits_for_itself_is_a_cycle() {
        assert_eq!(Order::of(&plan(&[("a", &["a"])])).unwrap_err(), ["a"]);
    }
}
