//! Typed trees: values as JSON, each with the version of its type in front.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::readable;
use super::{Change, Expect, Range, Store, StoreError, Watch};

/// Turns a value of an older version into one of the next version; nothing when it cannot.
type Upgrade = fn(u32, Value) -> Option<Value>;

/// A tree whose values are of one type. On disk a value is `v<version>`, a newline, and JSON.
pub struct Tree<T> {
    store: Arc<dyn Store>,
    name: &'static str,
    version: u32,
    upgrade: Upgrade,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for Tree<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), holds: PhantomData, ..*self }
    }
}

impl<T: Serialize + DeserializeOwned> Tree<T> {
    /// The tree of this name. `version` grows whenever older programs could no longer read
    /// what is written.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, name: &'static str, version: u32) -> Self {
        Self { store, name, version, upgrade: |_, value| Some(value), holds: PhantomData }
    }

    /// How values of older versions become current: called with the value's version and its
    /// JSON, once per missing version.
    #[must_use]
    pub fn with_upgrade(mut self, upgrade: Upgrade) -> Self {
        self.upgrade = upgrade;
        self
    }

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or the value is damaged or of a newer version.
    pub fn get(&self, key: &str) -> Result<Option<T>, StoreError> {
        self.store
            .get(self.name, key.as_bytes())?
            .map(|bytes| self.decode(key.as_bytes(), &bytes))
            .transpose()
    }

    /// Keeps a value under a key, whatever was there.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn put(&self, key: &str, value: &T) -> Result<(), StoreError> {
        self.store.commit(&[self.change(key, Some(value))?])
    }

    /// Keeps a value under a key that is not taken.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the key is taken.
    pub fn add(&self, key: &str, value: &T) -> Result<(), StoreError> {
        let change = self.change(key, Some(value))?;
        self.store.commit(&[Change { expect: Expect::Absent, ..change }])
    }

    /// Replaces a value that nobody changed since it was read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the value is not `old` any more.
    pub fn replace(&self, key: &str, old: &T, new: &T) -> Result<(), StoreError> {
        let Some(found) = self.store.get(self.name, key.as_bytes())? else {
            return Err(self.conflict(key));
        };
        // Compared as a value: the bytes on disk may be of an older version.
        if serde_json::to_value(self.decode(key.as_bytes(), &found)?).ok() != serde_json::to_value(old).ok() {
            return Err(self.conflict(key));
        }
        let change = self.change(key, Some(new))?;
        self.store.commit(&[Change { expect: Expect::Exactly(found), ..change }])
    }

    /// Removes a key; no error when it is not there.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.store.commit(&[self.change(key, None)?])
    }

    /// All pairs of a range.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or a value is damaged or of a newer version.
    pub fn range(&self, range: &Range) -> Result<Vec<(String, T)>, StoreError> {
        let pairs = self.store.range(self.name, range)?;
        pairs.into_iter().map(|(key, bytes)| Ok((readable(&key), self.decode(&key, &bytes)?))).collect()
    }

    /// All pairs of a range; a value that cannot be read stands there as its error, so that
    /// one bad value does not hide the others.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    #[expect(clippy::type_complexity, reason = "a list of pairs, each with its own error")]
    pub fn each(&self, range: &Range) -> Result<Vec<(String, Result<T, StoreError>)>, StoreError> {
        let pairs = self.store.range(self.name, range)?;
        Ok(pairs.into_iter().map(|(key, bytes)| (readable(&key), self.decode(&key, &bytes))).collect())
    }

    /// A change for a batch over several trees; no value removes the key.
    ///
    /// # Errors
    ///
    /// The value cannot be written as JSON.
    pub fn change(&self, key: &str, value: Option<&T>) -> Result<Change, StoreError> {
        let value = value.map(|value| self.encode(key, value)).transpose()?;
        Ok(Change { tree: self.name.to_owned(), key: key.into(), expect: Expect::Anything, value })
    }

    /// Tells of later changes of keys with this prefix.
    #[must_use]
    pub fn watch(&self, prefix: &str) -> Watch {
        self.store.watch(self.name, prefix.as_bytes())
    }

    /// The store that the tree is in.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    fn encode(&self, key: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        let mut bytes = format!("v{}\n", self.version).into_bytes();
        serde_json::to_writer(&mut bytes, value).map_err(|e| self.damaged(key.as_bytes(), e.to_string()))?;
        Ok(bytes)
    }

    fn decode(&self, key: &[u8], bytes: &[u8]) -> Result<T, StoreError> {
        let (version, json) = split_version(bytes)
            .ok_or_else(|| self.damaged(key, "it does not begin with its version".to_owned()))?;
        if version > self.version {
            return Err(StoreError::Version {
                tree: self.name.to_owned(),
                key: readable(key),
                found: version,
                known: self.version,
            });
        }
        if version == self.version {
            return serde_json::from_slice(json).map_err(|e| self.damaged(key, e.to_string()));
        }
        let mut value = serde_json::from_slice(json).map_err(|e| self.damaged(key, e.to_string()))?;
        for older in version..self.version {
            value = (self.upgrade)(older, value)
                .ok_or_else(|| self.damaged(key, format!("version {older} can no longer be read")))?;
        }
        serde_json::from_value(value).map_err(|e| self.damaged(key, e.to_string()))
    }

    fn damaged(&self, key: &[u8], reason: String) -> StoreError {
        StoreError::Value { tree: self.name.to_owned(), key: readable(key), reason }
    }

    fn conflict(&self, key: &str) -> StoreError {
        StoreError::Conflict { tree: self.name.to_owned(), key: key.to_owned() }
    }
}

fn split_version(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let end = bytes.iter().take(12).position(|b| *b == b'\n')?;
    let version = std::str::from_utf8(bytes.get(1..end)?).ok()?.parse().ok()?;
    (bytes.first() == Some(&b'v')).then_some((version, bytes.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::super::in_memory;
    use super::*;
    use pretty_assertions::assert_eq;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        first: String,
    }

    fn renamed(version: u32, mut value: Value) -> Option<Value> {
        (version == 1).then(|| json!({"first": value["name"].take()}))
    }

    #[test]
    fn what_was_put_is_there_and_in_order() {
        let tree = Tree::<u32>::new(in_memory(), "t", 1);
        tree.put("b", &2).unwrap();
        tree.put("a", &1).unwrap();
        assert_eq!(tree.get("a").unwrap(), Some(1));
        assert_eq!(tree.range(&Range::all().backwards()).unwrap(), [("b".into(), 2), ("a".into(), 1)]);
        tree.remove("a").unwrap();
        assert_eq!(tree.get("a").unwrap(), None);
    }

    #[test]
    fn every_reader_meets_every_writer() {
        let store = in_memory();
        let old = Tree::<Old>::new(store.clone(), "t", 1);
        let new = Tree::<New>::new(store.clone(), "t", 2).with_upgrade(renamed);
        let lost = Tree::<New>::new(store, "t", 3).with_upgrade(|_, _| None);
        old.put("old", &Old { name: "ada".into() }).unwrap();
        new.put("new", &New { first: "bob".into() }).unwrap();

        assert_eq!(old.get("old").unwrap(), Some(Old { name: "ada".into() }));
        assert_eq!(new.get("old").unwrap(), Some(New { first: "ada".into() }));
        assert_eq!(new.get("new").unwrap(), Some(New { first: "bob".into() }));
        let message = old.get("new").unwrap_err().to_string();
        assert_eq!(
            message,
            "the value `new` in `t` has version 2, and this program knows versions up to 1: use a newer provisioner"
        );
        let message = lost.get("old").unwrap_err().to_string();
        assert!(message.contains("version 1 can no longer be read"), "{message}");
    }

    #[test]
    fn a_damaged_value_names_its_tree_and_key() {
        let store = in_memory();
        let tree = Tree::<u32>::new(store.clone(), "numbers", 1);
        for bytes in [&b"v1\nseven"[..], b"", b"v\n7", b"7", b"vv1\n7", b"v1"] {
            let change = Change {
                tree: "numbers".into(),
                key: b"k".to_vec(),
                expect: Expect::Anything,
                value: Some(bytes.to_vec()),
            };
            store.commit(&[change]).unwrap();
            let message = tree.get("k").unwrap_err().to_string();
            assert!(message.contains("`k`") && message.contains("`numbers`"), "{message}");
        }
        tree.put("good", &1).unwrap();
        let readable =
            tree.each(&Range::all()).unwrap().into_iter().filter(|(_, value)| value.is_ok()).count();
        assert_eq!(readable, 1);
    }

    #[test]
    fn two_who_change_one_value_do_not_overwrite_each_other() {
        let tree = Tree::<u32>::new(in_memory(), "t", 1);
        tree.add("k", &1).unwrap();
        assert!(matches!(tree.add("k", &5), Err(StoreError::Conflict { .. })));
        tree.replace("k", &1, &2).unwrap();
        assert!(matches!(tree.replace("k", &1, &3), Err(StoreError::Conflict { .. })));
        assert_eq!(tree.get("k").unwrap(), Some(2));
    }
}
