//! A workflow and a person's words become a plan, or a list of what is missing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::take::{asks_for, derive, take};
use super::words::{Language, Token};
use super::workflow::{Take, Wanted, Workflow, holds};
use crate::plan::{Plan, Step};

/// What the words make of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filled {
    /// A plan.
    Plan(Plan),
    /// Inputs that are missing: what each is called.
    Missing(Vec<(String, String)>),
    /// The workflow does not do this.
    Refused(String),
    /// The workflow itself is wrong.
    Broken(String),
}

/// Fills a workflow. `given` are values that were said in answer to a question.
pub(super) fn fill(
    workflow: &Workflow,
    tokens: &[Token],
    text: &str,
    given: &BTreeMap<String, String>,
    region: &str,
    language: Language,
) -> Filled {
    for refusal in &workflow.refuses {
        if asks_for(tokens, &refusal.words, &refusal.unless) {
            let german = refusal.say_de.as_ref().filter(|_| language == Language::German);
            return Filled::Refused(german.unwrap_or(&refusal.say).clone());
        }
    }
    let wanted = match workflow.wanted() {
        Ok(wanted) => wanted,
        Err(message) => return Filled::Broken(message),
    };
    let mut inputs = Map::new();
    let mut missing = Vec::new();
    for (name, wanted) in &wanted {
        let said = given.get(name).map(|said| Value::from(said.clone()));
        let value = take(tokens, text, wanted).or(said).or_else(|| match wanted.take {
            Take::Region => Some(wanted.default.clone().unwrap_or_else(|| region.into())),
            _ => wanted.default.clone(),
        });
        match value {
            Some(value) => drop(inputs.insert(name.clone(), value)),
            None => missing.push((name.clone(), question(name, wanted, language))),
        }
    }
    if !missing.is_empty() {
        return Filled::Missing(missing);
    }
    for (name, derived) in &workflow.derive {
        match inputs.get(&derived.from).and_then(|value| derive(value, &derived.how)) {
            Some(value) => drop(inputs.insert(name.clone(), value)),
            None => return Filled::Broken(format!("`{name}` cannot be made from `{}`", derived.from)),
        }
    }
    match plan(workflow, &inputs, region) {
        Ok(plan) => Filled::Plan(plan),
        Err(message) => Filled::Broken(message),
    }
}

fn question(name: &str, wanted: &Wanted, language: Language) -> String {
    let german = language == Language::German;
    let known = match (wanted.take, german) {
        (Take::Owner, false) => "the owner",
        (Take::Owner, true) => "den Besitzer (Owner)",
        (Take::Environment, false) => "the environment (dev, test, staging, prod)",
        (Take::Environment, true) => "die Umgebung (dev, test, staging, prod)",
        (Take::Sensitivity, false) => "the sensitivity (public, internal, confidential, restricted)",
        (Take::Sensitivity, true) => "den Schutzbedarf (public, internal, confidential, restricted)",
        (Take::CostCenter, false) => "the cost center",
        (Take::CostCenter, true) => "die Kostenstelle",
        _ => "",
    };
    let own = if german { wanted.ask_de.as_ref().or(wanted.ask.as_ref()) } else { wanted.ask.as_ref() };
    match own {
        Some(own) => own.clone(),
        None if !known.is_empty() => known.to_owned(),
        None => name.replace('_', " "),
    }
}

fn plan(workflow: &Workflow, inputs: &Map<String, Value>, region: &str) -> Result<Plan, String> {
    let region = inputs.get("region").and_then(Value::as_str).unwrap_or(region);
    let steps: Vec<Step> = workflow
        .steps
        .iter()
        .filter(|draft| holds(draft.when.as_deref(), inputs))
        .map(|draft| Step {
            id: draft.id.clone(),
            cloud: draft.cloud,
            service: draft.service.clone(),
            operation: draft.operation.clone(),
            region: draft.region.clone().or_else(|| Some(region.to_owned())),
            account: draft.account.clone(),
            params: with_tags(&draft.params, inputs),
            purpose: draft.purpose.clone(),
            after: draft.after.clone(),
            wait: draft.wait,
            undo: draft.undo.clone(),
        })
        .collect();
    let mut name = workflow.title.clone();
    for (input, value) in inputs {
        if let Some(text) = value.as_str() {
            name = name.replace(&format!("{{{input}}}"), text);
        }
    }
    let declared: Map<String, Value> =
        inputs.iter().map(|(name, value)| (name.clone(), json!({"type": kind(value)}))).collect();
    let plan = Plan { version: 1, name, inputs: declared, steps };
    let filled = plan.with_inputs(inputs).map_err(|e| e.to_string())?;
    // Once more as a whole: ids, order, references.
    let value = serde_json::to_value(&filled).map_err(|e| e.to_string())?;
    Plan::from_value(value).map_err(|e| e.to_string())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        _ => "string",
    }
}

/// The forms in which services take tags, in place of their marks.
fn with_tags(params: &Value, inputs: &Map<String, Value>) -> Value {
    match params {
        Value::String(mark) => match mark.as_str() {
            "{tags}" => list(inputs, false, "Key", "Value"),
            "{tags+name}" => list(inputs, true, "Key", "Value"),
            "{kms-tags}" => list(inputs, false, "TagKey", "TagValue"),
            "{tag-map}" => tags(inputs)
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map<_, _>>()
                .into(),
            _ => params.clone(),
        },
        Value::Array(items) => items.iter().map(|item| with_tags(item, inputs)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), with_tags(value, inputs)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The tags that every resource carries, as far as the inputs give them.
fn tags(inputs: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    [
        ("owner", "owner"),
        ("environment", "environment"),
        ("sensitivity", "sensitivity"),
        ("cost-center", "cost_center"),
    ]
    .into_iter()
    .filter_map(|(tag, input)| Some((tag, inputs.get(input)?.clone())))
    .collect()
}

fn list(inputs: &Map<String, Value>, with_name: bool, key: &str, value: &str) -> Value {
    let name = inputs.get("name").filter(|_| with_name).map(|name| ("Name", name.clone()));
    tags(inputs).into_iter().chain(name).map(|(tag, said)| json!({key: tag, value: said})).collect()
}
