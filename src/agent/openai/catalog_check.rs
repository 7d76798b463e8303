//! A plan's steps against the catalog, through the switchboard's describing tools: services and
//! operations exist, parameters have names and kinds that fit, outputs that are used can exist.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::mcp::Switchboard;
use crate::plan::{CloudName, Step, Undo, is_reference};

/// `steps.<id>.output` and the plain members behind it, up to anything more than members.
const OUTPUT: &str = r#"steps\.(?:"([^"]+)"|(\w+))\.output((?:\.(?:"[^"]+"|\w+)|\[[^\]]*\])*)"#;
/// One member of such a path and the brackets behind it.
const MEMBER: &str = r#"\.(?:"([^"]+)"|(\w+))((?:\[[^\]]*\])*)"#;

// Patterns that do not compile find nothing and fail the tests.
static PATTERNS: LazyLock<Option<(Regex, Regex)>> =
    LazyLock::new(|| Some((Regex::new(OUTPUT).ok()?, Regex::new(MEMBER).ok()?)));

/// Everything about the steps that the catalog knows to be wrong.
pub(super) async fn check(board: &Switchboard, steps: &[Step]) -> Vec<String> {
    let mut look = Look { board, seen: HashMap::new() };
    let mut problems = Vec::new();
    let by_id: BTreeMap<&str, &Step> = steps.iter().map(|step| (step.id.as_str(), step)).collect();
    for (index, step) in steps.iter().enumerate() {
        let place = format!("steps[{index}]");
        look.step(step, &place, &mut problems).await;
        look.outputs(&step.params, &format!("{place}.params"), &by_id, &mut problems).await;
        if let Undo::Call { params, .. } = &step.undo {
            look.outputs(params, &format!("{place}.undo.params"), &by_id, &mut problems).await;
        }
    }
    problems
}

/// What is asked of the catalog: cloud, service, operation, and a path.
type Question = (CloudName, String, String, String);

struct Look<'a> {
    board: &'a Switchboard,
    seen: HashMap<Question, Result<Part, String>>,
}

/// An operation's parameters, or a part of its parameters or answer.
#[derive(Clone, Debug, Default, Deserialize)]
struct Part {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Clone, Debug, Deserialize)]
struct Member {
    name: String,
    kind: String,
    required: bool,
    #[serde(default)]
    notes: Vec<String>,
}

impl Part {
    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Look<'_> {
    /// The part of an operation at a path, or the catalog's words why there is none.
    async fn part(&mut self, step: &Step, operation: &str, path: &str) -> Result<Part, String> {
        let question = (step.cloud, step.service.clone(), operation.to_owned(), path.to_owned());
        if let Some(known) = self.seen.get(&question) {
            return known.clone();
        }
        let mut arguments = json!({"service": step.service, "operation": operation});
        if !path.is_empty() {
            arguments["path"] = path.into();
        }
        let reply = self.board.agent_call(&describes(step.cloud), arguments).await;
        let part = match reply.structured {
            _ if reply.is_error => Err(reply.text),
            Some(value) => serde_json::from_value(value).map_err(|e| e.to_string()),
            None => Ok(Part::default()),
        };
        self.seen.insert(question, part.clone());
        part
    }

    async fn step(&mut self, step: &Step, place: &str, problems: &mut Vec<String>) {
        let tools = self.board.agent_tools();
        if !tools.iter().any(|tool| tool.name == describes(step.cloud)) {
            let there = CloudName::ALL.iter().filter(|c| tools.iter().any(|t| t.name == describes(**c)));
            let names: Vec<&str> = there.map(|cloud| cloud.as_str()).collect();
            problems.push(format!(
                "{place}.cloud: {} cannot be reached here; there is {}",
                step.cloud,
                names.join(", ")
            ));
            return;
        }
        if let Undo::Call { operation, .. } = &step.undo
            && let Err(message) = self.part(step, operation, "").await
        {
            problems.push(format!("{place}.undo.operation: {message}"));
        }
        let root = match self.part(step, &step.operation, "").await {
            Ok(root) => root,
            Err(message) => {
                problems.push(format!("{place}.operation: {message}"));
                return;
            }
        };
        // Parts that are still to be looked at: what the catalog says, its path, and the value.
        let mut todo = vec![(root, String::new(), format!("{place}.params"), &step.params)];
        while let Some((part, path, place, value)) = todo.pop() {
            let Some(members) = value.as_object() else { continue };
            for missing in part.members.iter().filter(|m| m.required && !members.contains_key(&m.name)) {
                if !missing.notes.iter().any(|note| note.contains("filled in")) {
                    problems.push(format!("{place}: `{}` is required ({})", missing.name, missing.kind));
                }
            }
            for (name, value) in members {
                let (inner, place) = (join(&path, name), format!("{place}.{name}"));
                let Some(member) = part.member(name) else {
                    match self.part(step, &step.operation, &inner).await {
                        Err(message) => problems.push(format!("{place}: {message}")),
                        Ok(_) => problems.extend(
                            other_case(&part, name).map(|right| format!("{place}: is written `{right}`")),
                        ),
                    }
                    continue;
                };
                if !fits(&member.kind, value) {
                    problems.push(format!("{place}: must be {}, found {}", member.kind, shape(value)));
                    continue;
                }
                if !is_structure(&member.kind) || !holds_objects(value) {
                    continue;
                }
                if let Ok(part) = self.part(step, &step.operation, &inner).await {
                    for (place, value) in objects(value, place) {
                        todo.push((part.clone(), inner.clone(), place, value));
                    }
                }
            }
        }
    }

    /// Outputs of other steps that a value uses.
    async fn outputs(
        &mut self,
        value: &Value,
        place: &str,
        steps: &BTreeMap<&str, &Step>,
        problems: &mut Vec<String>,
    ) {
        let Some((output, member)) = &*PATTERNS else { return };
        let mut texts = Vec::new();
        strings(value, place.to_owned(), &mut texts);
        for (place, text) in texts.iter().filter(|(_, text)| is_reference(text)) {
            for found in output.captures_iter(text) {
                let id = found.get(1).or(found.get(2)).map_or("", |m| m.as_str());
                let Some(step) = steps.get(id) else { continue };
                let path: Vec<(&str, bool)> = member
                    .captures_iter(&found[3])
                    .map(|m| {
                        let name = m.get(1).or(m.get(2)).map_or("", |n| n.as_str());
                        (name, m.get(3).is_some_and(|brackets| !brackets.is_empty()))
                    })
                    .collect();
                if let Some(problem) = self.output(step, &path).await {
                    problems.push(format!("{place}: {problem}"));
                }
            }
        }
    }

    /// What is wrong with a path into the answer of a step; brackets were behind some members.
    async fn output(&mut self, step: &Step, path: &[(&str, bool)]) -> Option<String> {
        // An unknown operation is told at the step itself.
        self.part(step, &step.operation, "").await.ok()?;
        let mut here = "output".to_owned();
        for (position, (name, brackets)) in path.iter().enumerate() {
            let part = self.part(step, &step.operation, &here).await.unwrap_or_default();
            here = join(&here, name);
            if let Err(message) = self.part(step, &step.operation, &here).await {
                return Some(message);
            }
            let Some(member) = part.member(name) else {
                return other_case(&part, name).map(|right| format!("`{name}` is written `{right}`"));
            };
            let more = position + 1 < path.len();
            if more && member.kind.starts_with('[') && !brackets {
                return Some(format!("`{name}` is a list: take one item, as in `{name}[0]`"));
            }
            // Keys of maps and what is inside texts are not known.
            if !is_structure(&member.kind) {
                return None;
            }
        }
        None
    }
}

fn describes(cloud: CloudName) -> String {
    format!("{cloud}_describe")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn other_case<'a>(part: &'a Part, name: &str) -> Option<&'a str> {
    part.members.iter().map(|m| m.name.as_str()).find(|right| right.eq_ignore_ascii_case(name))
}

/// Whether a kind in the catalog's words is a structure, or a list of structures: `[{Key*, Value*}]`.
/// A map has a colon: `{string: string}`.
fn is_structure(kind: &str) -> bool {
    let inner = kind.trim_start_matches('[');
    inner.starts_with('{') && !inner.contains(": ")
}

/// Whether a value can be of a kind. References may become anything.
fn fits(kind: &str, value: &Value) -> bool {
    if value.is_null() || value.as_str().is_some_and(is_reference) {
        return true;
    }
    match kind {
        "any JSON" | "…" => true,
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "time" => value.is_string() || value.is_number(),
        kind if kind.starts_with('[') => value.is_array(),
        kind if kind.starts_with('{') => value.is_object(),
        _ => value.is_string(),
    }
}

fn shape(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".into(),
        Value::Array(_) => "a list".into(),
        Value::String(_) => "a string".into(),
        other => other.to_string(),
    }
}

fn holds_objects(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(holds_objects),
        _ => false,
    }
}

/// The objects in a value: itself, or the items of its lists.
fn objects(value: &Value, place: String) -> Vec<(String, &Value)> {
    match value {
        Value::Object(_) => vec![(place, value)],
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(index, item)| objects(item, format!("{place}[{index}]"))).collect()
        }
        _ => Vec::new(),
    }
}

fn strings(value: &Value, place: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => out.push((place, text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                strings(item, format!("{place}[{index}]"), out);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                strings(item, format!("{place}.{name}"), out);
            }
        }
        _ => {}
    }
}
