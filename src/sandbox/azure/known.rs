//! What no package says, read from `assets/sandbox/azure.yaml`: the only place that knows types by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::sandbox::SandboxError;

const EMBEDDED: &str = include_str!("../../../assets/sandbox/azure.yaml");

/// All entries.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Known {
    /// Fixed answers, by method and path; `{}` stands for any part of it.
    answers: BTreeMap<String, Value>,
    /// Types, in the letters of the catalog.
    types: BTreeMap<String, Entry>,
    /// Providers that no package covers: their types with their versions.
    pub(super) providers: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// The entries of one type.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    /// What a new thing has that its creator did not say.
    pub(super) attributes: Map<String, Value>,
    /// Status and code when something that it still needs would go.
    pub(super) in_use: Option<(u16, String)>,
    /// What is done to a thing by a POST: what is set, and what is answered.
    pub(super) actions: BTreeMap<String, Action>,
    /// Other reads of a thing, by the last part of the path.
    pub(super) views: BTreeMap<String, Value>,
}

/// What a POST does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Action {
    /// What is set.
    pub(super) sets: Map<String, Value>,
    /// What is answered; nothing but the status when absent.
    pub(super) answers: Option<Value>,
}

static NOTHING: std::sync::LazyLock<Entry> = std::sync::LazyLock::new(Entry::default);

impl Known {
    /// The entries that come with the program.
    pub(super) fn embedded() -> Result<Self, SandboxError> {
        let mut known: Self =
            yaml_serde::from_str(EMBEDDED).map_err(|e| SandboxError::Known(e.to_string()))?;
        known.types =
            known.types.into_iter().map(|(name, entry)| (name.to_ascii_lowercase(), entry)).collect();
        Ok(known)
    }

    /// The entries of a type; none for most.
    pub(super) fn of(&self, kind: &str) -> &Entry {
        self.types.get(&kind.to_ascii_lowercase()).unwrap_or(&NOTHING)
    }

    /// The fixed answer to a request, if there is one.
    pub(super) fn answer(&self, method: &str, parts: &[String]) -> Option<&Value> {
        self.answers
            .iter()
            .find(|(pattern, _)| {
                let Some((own, path)) = pattern.split_once(' ') else { return false };
                let wanted: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
                let fits = |(want, part): (&&str, &String)| *want == "{}" || part.eq_ignore_ascii_case(want);
                own == method && wanted.len() == parts.len() && wanted.iter().zip(parts).all(fits)
            })
            .map(|(_, answer)| answer)
    }
}

/// What templates may name.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A value in which every `{name}` is filled in; `{uuid}` and `{secret}` are new each time.
    pub(super) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => self.fill_map(members).into(),
            other => other.clone(),
        }
    }

    pub(super) fn fill_map(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect()
    }

    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        while out.contains("{uuid}") {
            out = out.replacen("{uuid}", &Uuid::new_v4().to_string(), 1);
        }
        while out.contains("{octet}") {
            out = out.replacen("{octet}", &(4 + Uuid::new_v4().as_bytes()[0] % 250).to_string(), 1);
        }
        while out.contains("{secret}") {
            out = out.replacen("{secret}", &Uuid::new_v4().simple().to_string(), 1);
        }
        for (name, value) in &self.0 {
            out = out.replace(&format!("{{{name}}}"), value);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn the_list_can_be_read_and_types_are_found_in_any_letters() {
        let known = Known::embedded().unwrap();
        assert!(!known.of("microsoft.compute/virtualmachines").actions.is_empty());
        assert!(known.of("Microsoft.Nothing/things").actions.is_empty());
        let parts = ["subscriptions".to_owned(), "s".to_owned()];
        assert!(known.answer("GET", &parts).is_some() && known.answer("PUT", &parts).is_none());
    }

    #[test]
    fn templates_are_filled_at_any_depth() {
        let mut names = Names::default();
        names.set("name", "shop");
        let filled = names.fill(&json!({"a": ["https://{name}.example/"], "b": "{uuid}{uuid}", "c": 1}));
        assert_eq!((&filled["a"][0], &filled["c"]), (&json!("https://shop.example/"), &json!(1)));
        let both = filled["b"].as_str().unwrap();
        assert!(both.len() == 72 && both[..36] != both[36..], "{both}");
    }
}
