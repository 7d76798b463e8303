//! A plan as a model proposes it: read tolerantly, checked strictly, every problem at once.

use serde_json::{Map, Value, json};

use crate::mcp::Switchboard;
use crate::plan::{Plan, Step};
use crate::text::{MASK, line};

/// Reads a proposal and checks it against everything that is known.
///
/// # Errors
///
/// All problems, each with its place.
pub(super) fn check(board: &Switchboard, proposed: Value) -> Result<Plan, Vec<String>> {
    let proposed = loosened(proposed);
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    for (index, step) in proposed["steps"].as_array().into_iter().flatten().enumerate() {
        match serde_json::from_value::<Step>(step.clone()) {
            Ok(step) => steps.push(step),
            Err(error) => problems.push(format!("steps[{index}]: {error}")),
        }
    }
    let readable = problems.is_empty();
    let plan = match Plan::from_value(proposed) {
        Ok(plan) => Some(plan),
        // Of a step that cannot be read, the whole plan says the same once more.
        Err(error) if readable => {
            problems.extend(error.problems.iter().map(ToString::to_string));
            None
        }
        Err(_) => None,
    };
    // A plan whose inputs all have values is a plan without inputs.
    let plan = plan.and_then(|plan| match plan.with_inputs(&Map::new()) {
        _ if plan.inputs.is_empty() => Some(plan),
        Ok(filled) => Some(filled),
        Err(error) => {
            let open =
                error.problems.iter().map(|p| format!("{p}; put the value into the steps, or ask for it"));
            problems.extend(open);
            None
        }
    });
    // What is wrong with the steps is told along with what is wrong with the whole.
    let checked = plan.clone().unwrap_or(Plan { version: 1, name: String::new(), inputs: Map::new(), steps });
    for step in &checked.steps {
        hidden(&step.params, &mut format!("step `{}`: $", step.id), &mut problems);
    }
    problems.extend(board.check(&checked));
    match plan {
        Some(plan) if problems.is_empty() => Ok(plan),
        _ => Err(problems.iter().map(|p| line(p)).collect()),
    }
}

/// A plan that stands in an answer in words: the last fenced block that is one.
pub(super) fn fenced(text: &str) -> Option<Value> {
    let mut found = None;
    let mut block: Option<(String, String)> = None;
    for row in text.lines() {
        let bare = row.trim();
        block = match block {
            None => bare.strip_prefix("```").map(|kind| (kind.trim().to_lowercase(), String::new())),
            Some((kind, body)) if bare == "```" => {
                if matches!(kind.as_str(), "json" | "yaml" | "yml" | "") {
                    found = plan_in(&body).or(found);
                }
                None
            }
            Some((kind, mut body)) => {
                body.push_str(row);
                body.push('\n');
                Some((kind, body))
            }
        };
    }
    found
}

fn plan_in(body: &str) -> Option<Value> {
    let value: Value = if body.trim_start().starts_with('{') {
        serde_json::from_str(body).ok()?
    } else {
        yaml_serde::from_str(body).ok()?
    };
    let looks = |value: &Value| value.get("steps").is_some_and(Value::is_array);
    (looks(&value) || value.get("plan").is_some_and(looks)).then_some(value)
}

/// The proposal with what models commonly get wrong about the form put right: a plan inside
/// `plan`, JSON inside a string, no version.
fn loosened(proposed: Value) -> Value {
    let mut plan = match proposed {
        Value::Object(mut members) if members.len() == 1 && members.contains_key("plan") => {
            members.remove("plan").unwrap_or_default()
        }
        other => other,
    };
    unpack(&mut plan, "{");
    if let Some(members) = plan.as_object_mut() {
        members.entry("version").or_insert_with(|| json!(1));
        if let Some(steps) = members.get_mut("steps") {
            unpack(steps, "[");
            for step in steps.as_array_mut().into_iter().flatten() {
                if let Some(params) = step.get_mut("params") {
                    unpack(params, "{");
                }
            }
        }
    }
    plan
}

/// Replaces a string that holds JSON by what it holds.
fn unpack(value: &mut Value, begins: &str) {
    if let Some(text) = value.as_str()
        && text.trim_start().starts_with(begins)
        && let Ok(inner) = serde_json::from_str(text)
    {
        *value = inner;
    }
}

/// Places at which a masked secret was planned with.
fn hidden(value: &Value, place: &mut String, problems: &mut Vec<String>) {
    let length = place.len();
    match value {
        Value::String(text) if text.contains(MASK) => problems.push(format!(
            "{place}: {MASK} is no value but stands for a secret that is not shown; let the cloud make and keep it"
        )),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push_str(&format!("[{index}]"));
                hidden(item, place, problems);
                place.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                place.push_str(&format!(".{name}"));
                hidden(item, place, problems);
                place.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_last_fenced_plan_counts_and_other_blocks_do_not() {
        let text = "First:\n```yaml\nname: a\nsteps: []\n```\nthen\n```json\n{\"name\": \"b\", \"steps\": []}\n```\n```sh\nls\n```\n";
        assert_eq!(fenced(text).unwrap()["name"], "b");
        assert_eq!(fenced("```yaml\nname: a\n```"), None);
        assert_eq!(fenced("```json\n{\"steps\": [\n```"), None);
        assert_eq!(fenced("steps: []"), None);
        assert_eq!(fenced("```yaml\nsteps: []\n"), None, "a block that never ends is no plan");
    }

    #[test]
    fn common_slips_of_form_are_put_right() {
        let step = json!({"id": "a", "params": "{\"Bucket\": \"b\"}"});
        let loose = loosened(json!({"plan": {"name": "n", "steps": [step]}}));
        assert_eq!(
            loose,
            json!({"name": "n", "steps": [{"id": "a", "params": {"Bucket": "b"}}], "version": 1})
        );
        let loose = loosened(json!({"version": 2, "steps": "[{\"id\": \"a\"}]"}));
        assert_eq!(loose, json!({"version": 2, "steps": [{"id": "a"}]}), "a wrong version stays wrong");
    }

    #[test]
    fn a_masked_secret_is_no_value() {
        let mut problems = Vec::new();
        hidden(&json!({"a": [{"P": MASK}], "b": "x"}), &mut "params".to_owned(), &mut problems);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("params.a[0].P: "), "{problems:?}");
    }
}
