//! The parameters of a call on their way into a request.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What was given, and what the SDK adds to it. Nothing is copied unless what was given is changed.
#[derive(Clone, Debug)]
pub(crate) struct Given<'a> {
    own: Cow<'a, Map<String, Value>>,
    added: Vec<(String, Value)>,
}

impl<'a> Given<'a> {
    /// Parameters as a person or a plan gave them.
    pub(crate) fn new(own: &'a Map<String, Value>) -> Self {
        Self { own: Cow::Borrowed(own), added: Vec::new() }
    }

    /// No parameters.
    pub(crate) fn none() -> Self {
        Self { own: Cow::Owned(Map::new()), added: Vec::new() }
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let added = || self.added.iter().find(|(added, _)| added == name).map(|(_, value)| value);
        self.own.get(name).or_else(added)
    }

    /// The parameters with their values, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.own.iter().chain(self.added.iter().map(|(name, value)| (name, value)))
    }

    /// Adds a parameter, unless it was given.
    pub(crate) fn add(&mut self, name: &str, value: impl FnOnce() -> Value) {
        if self.get(name).is_none() {
            self.added.push((name.to_owned(), value()));
        }
    }

    /// All of them, to be changed.
    pub(crate) fn change(&mut self) -> &mut Map<String, Value> {
        let all = self.own.to_mut();
        all.extend(self.added.drain(..));
        all
    }

    /// All of them, in one place.
    pub(crate) fn whole(&self) -> Cow<'_, Map<String, Value>> {
        if self.added.is_empty() {
            return Cow::Borrowed(&self.own);
        }
        let mut all = self.own.clone().into_owned();
        all.extend(self.added.iter().cloned());
        Cow::Owned(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn what_is_added_comes_last_and_replaces_nothing() {
        let own = json!({"Name": "n", "Token": null});
        let mut given = Given::new(own.as_object().unwrap());
        given.add("Token", || "new".into());
        given.add("Mode", || "on".into());
        let seen: Vec<_> = given.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(seen, [("Name", json!("n")), ("Token", Value::Null), ("Mode", json!("on"))]);
        assert_eq!(given.get("Mode"), Some(&json!("on")));
        assert_eq!(
            Value::Object(given.whole().into_owned()),
            json!({"Name": "n", "Token": null, "Mode": "on"})
        );
        given.change().insert("Name".into(), "m".into());
        assert_eq!(given.get("Name"), Some(&json!("m")));
        assert_eq!(given.get("Mode"), Some(&json!("on")));
        assert_eq!(own["Name"], "n");
    }
}
