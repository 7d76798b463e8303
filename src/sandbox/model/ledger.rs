//! All that exists: in memory for reading, in the store for keeping.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Resource, key_of};
use crate::store::{Change, Range, Store, StoreError, Tree};

/// All resources of the embedded clouds. Changes are seen at once and kept by [`Ledger::commit`], or taken back
/// by [`Ledger::forget`].
pub(crate) struct Ledger {
    tree: Tree<Resource>,
    bodies: Tree<String>,
    things: BTreeMap<String, Resource>,
    before: Vec<(String, Option<Resource>)>,
    changed_bodies: Vec<(String, Option<String>)>,
}

impl Ledger {
    pub(crate) fn open(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let tree = Tree::new(store.clone(), "sandbox_resources", 1);
        let things = tree.range(&Range::all())?.into_iter().collect();
        let bodies = Tree::new(store, "sandbox_bodies", 1);
        Ok(Self { tree, bodies, things, before: vec![], changed_bodies: vec![] })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Resource> {
        self.things.get(key)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.things.values()
    }

    /// All of a service in one region.
    pub(crate) fn in_service(&self, service: &str, region: &str) -> impl Iterator<Item = &Resource> {
        self.starting_with(format!("{}|", key_of(&[service, region])))
    }

    /// All of a kind, by id.
    pub(crate) fn of_kind(&self, service: &str, region: &str, kind: &str) -> impl Iterator<Item = &Resource> {
        self.starting_with(format!("{}|", key_of(&[service, region, kind])))
    }

    fn starting_with(&self, prefix: String) -> impl Iterator<Item = &Resource> {
        self.things
            .range(prefix.clone()..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(_, thing)| thing)
    }

    /// What refers to a resource, in its service.
    pub(crate) fn dependents<'a>(&'a self, of: &'a Resource) -> impl Iterator<Item = &'a Resource> {
        let key = of.key();
        self.in_service(&of.service, &of.region).filter(move |other| other.refers_to(&key))
    }

    pub(crate) fn put(&mut self, thing: Resource) {
        let key = thing.key();
        let old = self.things.insert(key.clone(), thing);
        self.before.push((key, old));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(old) = self.things.remove(key) {
            self.before.push((key.to_owned(), Some(old)));
            self.changed_bodies.push((key.to_owned(), None));
        }
    }

    /// Somebody looked at a resource.
    pub(crate) fn seen(&mut self, key: &str) {
        if let Some(thing) = self.things.get(key).filter(|thing| thing.phase != thing.phase.settled()) {
            let mut thing = thing.clone();
            thing.seen();
            self.put(thing);
        }
    }

    /// The bytes of a resource, in base64; they are not kept in memory.
    pub(crate) fn body(&self, key: &str) -> Result<Option<String>, StoreError> {
        match self.changed_bodies.iter().rev().find(|(changed, _)| changed == key) {
            Some((_, body)) => Ok(body.clone()),
            None => self.bodies.get(key),
        }
    }

    pub(crate) fn put_body(&mut self, key: &str, base64: String) {
        self.changed_bodies.push((key.to_owned(), Some(base64)));
    }

    /// Whether something was changed since the last commit.
    pub(crate) fn is_changed(&self) -> bool {
        !self.before.is_empty() || !self.changed_bodies.is_empty()
    }

    /// Keeps all changes, together with others of the same store, or none of them.
    pub(crate) fn commit(&mut self, others: Vec<Change>) -> Result<(), StoreError> {
        let mut last = BTreeMap::new();
        for (key, _) in &self.before {
            last.insert(key.as_str(), self.things.get(key));
        }
        let mut changes = others;
        for (key, thing) in last {
            changes.push(self.tree.change(key, thing)?);
        }
        let bodies: BTreeMap<&str, Option<&String>> =
            self.changed_bodies.iter().map(|(key, body)| (key.as_str(), body.as_ref())).collect();
        for (key, body) in bodies {
            changes.push(self.bodies.change(key, body)?);
        }
        let done = self.tree.store().commit(&changes);
        match done {
            Ok(()) => {
                self.before.clear();
                self.changed_bodies.clear();
                Ok(())
            }
            Err(error) => {
                self.forget();
                Err(error)
            }
        }
    }

    /// Takes back all changes since the last commit.
    pub(crate) fn forget(&mut self) {
        for (key, old) in self.before.drain(..).rev() {
            match old {
                Some(thing) => self.things.insert(key, thing),
                None => self.things.remove(&key),
            };
        }
        self.changed_bodies.clear();
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.tree.store()
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource::tests::resource;
    use super::*;
    use crate::sandbox::model::Parent;
    use crate::store::in_memory;
    use pretty_assertions::assert_eq;

    fn ids(ledger: &Ledger, kind: &str) -> Vec<String> {
        ledger.of_kind("ec2", "eu-central-1", kind).map(|thing| thing.id.clone()).collect()
    }

    #[test]
    fn what_was_committed_is_there_after_a_new_start() {
        let store = in_memory();
        let mut ledger = Ledger::open(store.clone()).unwrap();
        let vpc = resource("Vpc", "vpc-1");
        ledger.put(vpc.clone());
        ledger.put_body(&vpc.key(), "YQ==".into());
        ledger.commit(vec![]).unwrap();
        let ledger = Ledger::open(store).unwrap();
        assert_eq!(ids(&ledger, "Vpc"), ["vpc-1"]);
        assert_eq!(ledger.body(&vpc.key()).unwrap().as_deref(), Some("YQ=="));
    }

    #[test]
    fn what_was_forgotten_never_was() {
        let mut ledger = Ledger::open(in_memory()).unwrap();
        ledger.put(resource("Vpc", "vpc-1"));
        ledger.commit(vec![]).unwrap();
        ledger.remove(&resource("Vpc", "vpc-1").key());
        ledger.put(resource("Vpc", "vpc-2"));
        ledger.put(resource("Vpc", "vpc-2"));
        ledger.forget();
        assert!(!ledger.is_changed());
        assert_eq!(ids(&ledger, "Vpc"), ["vpc-1"]);
    }

    #[test]
    fn a_kind_does_not_hold_the_kinds_whose_names_begin_like_it() {
        let mut ledger = Ledger::open(in_memory()).unwrap();
        ledger.put(resource("Vpc", "vpc-1"));
        ledger.put(resource("VpcEndpoint", "vpce-1"));
        assert_eq!(ids(&ledger, "Vpc"), ["vpc-1"]);
    }

    #[test]
    fn dependents_are_what_refers() {
        let mut ledger = Ledger::open(in_memory()).unwrap();
        let vpc = resource("Vpc", "vpc-1");
        let mut subnet = resource("Subnet", "subnet-1");
        subnet.parents.push(Parent { member: "VpcId".into(), key: vpc.key(), contains: false });
        ledger.put(vpc.clone());
        ledger.put(subnet);
        assert_eq!(ledger.dependents(&vpc).map(|d| d.id.as_str()).collect::<Vec<_>>(), ["subnet-1"]);
    }
}
