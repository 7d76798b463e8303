//! Names and values that the cloud makes up.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

/// Values for the names in braces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Fills `{name}`; `{random}` and its like are new each time. What is not known stays away.
    pub(crate) fn fill(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((front, after)) = rest.split_once('{') {
            out.push_str(front);
            let Some((name, after)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match self.0.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&made_up(name)),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// Fills every text inside a value.
    pub(crate) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::from(self.fill(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill_value(item)).collect()),
            Value::Object(members) => Value::Object(self.fill_map(members)),
            other => other.clone(),
        }
    }

    pub(crate) fn fill_map(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (name.clone(), self.fill_value(value))).collect()
    }
}

fn made_up(name: &str) -> String {
    let id = Uuid::new_v4();
    match name {
        "random" => hex(17),
        "six" => hex(6),
        "uuid" => id.to_string(),
        "upper" => id.simple().to_string().to_uppercase().chars().take(16).collect(),
        "octet" => (4 + id.as_bytes().first().map_or(0, |b| u32::from(*b) % 246)).to_string(),
        "fingerprint" => {
            let pairs: Vec<String> = id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
            pairs.join(":")
        }
        _ => String::new(),
    }
}

/// Random digits, at most 32.
pub(crate) fn hex(digits: usize) -> String {
    Uuid::new_v4().simple().to_string().chars().rev().take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn templates_are_filled_at_any_depth() {
        let mut names = Names::default();
        names.set("name", "web");
        assert_eq!(names.fill("a/{name}/{gone}/{"), "a/web//{");
        assert_eq!(names.fill_value(&json!({"a": ["{name}", 1]})), json!({"a": ["web", 1]}));
        assert_eq!(names.fill("{random}").len(), 17);
        assert_ne!(names.fill("{uuid}"), names.fill("{uuid}"));
    }
}
