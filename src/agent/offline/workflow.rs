//! Workflows as they stand in files: a plan with inputs, and how the inputs are taken from words.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::plan::{CloudName, Undo, Wait};

/// One workflow.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workflow {
    /// The names of what it makes, in both languages.
    pub(super) things: Vec<String>,
    /// What the plan is called; `{input}` is filled in.
    pub(super) title: String,
    /// What it needs to know.
    pub(super) inputs: Map<String, Value>,
    /// Values that are computed from inputs.
    #[serde(default)]
    pub(super) derive: BTreeMap<String, Derived>,
    /// What it will not do.
    #[serde(default)]
    pub(super) refuses: Vec<Refusal>,
    /// The steps; see [`Draft`].
    pub(super) steps: Vec<Draft>,
}

/// A step before inputs are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) id: String,
    /// `input`, `input == value`, or `input != value`; always when absent.
    #[serde(default)]
    pub(super) when: Option<String>,
    #[serde(default = "aws")]
    pub(super) cloud: CloudName,
    pub(super) service: String,
    pub(super) operation: String,
    #[serde(default)]
    pub(super) region: Option<String>,
    #[serde(default)]
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) params: Value,
    #[serde(default)]
    pub(super) purpose: String,
    #[serde(default)]
    pub(super) after: Vec<String>,
    #[serde(default)]
    pub(super) wait: Wait,
    #[serde(default)]
    pub(super) undo: Undo,
}

fn aws() -> CloudName {
    CloudName::Aws
}

/// A value that is computed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Derived {
    pub(super) from: String,
    #[serde(rename = "as")]
    pub(super) how: String,
}

/// Something that a workflow will not do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) unless: Vec<String>,
    pub(super) say: String,
    #[serde(default)]
    pub(super) say_de: Option<String>,
}

/// How an input is taken from words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) take: Take,
    /// Words that announce or name the value.
    #[serde(default)]
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) choices: Vec<String>,
    /// Other words for a choice.
    #[serde(default)]
    pub(super) also: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) prefix: Option<String>,
    /// The value when the words give none; without one it is asked for.
    #[serde(default)]
    pub(super) default: Option<Value>,
    /// What it is called when it is asked for.
    #[serde(default)]
    pub(super) ask: Option<String>,
    #[serde(default)]
    pub(super) ask_de: Option<String>,
}

/// Where a value is found in the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Take {
    Name,
    Region,
    Owner,
    Environment,
    Sensitivity,
    CostCenter,
    Flag,
    Number,
    Cidr,
    Id,
    Email,
    Choice,
    After,
    PublicKey,
}

impl Workflow {
    /// The inputs in the order of the file.
    pub(super) fn wanted(&self) -> Result<Vec<(String, Wanted)>, String> {
        self.inputs
            .iter()
            .map(|(name, value)| {
                let wanted =
                    serde_json::from_value(value.clone()).map_err(|e| format!("input `{name}`: {e}"))?;
                Ok((name.clone(), wanted))
            })
            .collect()
    }
}

/// Whether a step belongs to the plan.
pub(super) fn holds(when: Option<&str>, inputs: &Map<String, Value>) -> bool {
    let Some(when) = when else { return true };
    let text = |name: &str| match inputs.get(name.trim()) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if let Some((name, value)) = when.split_once("!=") {
        text(name) != value.trim()
    } else if let Some((name, value)) = when.split_once("==") {
        text(name) == value.trim()
    } else {
        !matches!(text(when).as_str(), "" | "false")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_compares_or_asks_whether_something_is_there() {
        let inputs = json!({"region": "us-east-1", "versioned": true, "email": ""});
        let inputs = inputs.as_object().unwrap();
        for (when, expected) in [
            (None, true),
            (Some("region == us-east-1"), true),
            (Some("region != us-east-1"), false),
            (Some("versioned"), true),
            (Some("email"), false),
            (Some("unknown"), false),
        ] {
            assert_eq!(holds(when, inputs), expected, "{when:?}");
        }
    }
}
