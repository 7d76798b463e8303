//! Expressions of the rule language: literals, references, calls, and templates.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Partitions;
use super::function::call;

/// The names that rules see; an absent name is unset.
pub(super) type Scope = HashMap<String, Value>;

/// The value of an expression; null is unset.
pub(super) fn evaluate(expression: &Value, scope: &Scope, partitions: &Partitions) -> Value {
    match expression {
        Value::String(text) => Value::from(template(text, scope)),
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.get("ref") {
                return scope.get(name).cloned().unwrap_or_default();
            }
            let Some(Value::String(function)) = members.get("fn") else { return Value::Null };
            let arguments: Vec<Value> = members
                .get("argv")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|argument| evaluate(argument, scope, partitions))
                .collect();
            call(function, &arguments, partitions)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| evaluate(item, scope, partitions)).collect())
        }
        other => other.clone(),
    }
}

/// Texts inside a structure are templates; everything else stays.
pub(super) fn fill(value: &Value, scope: &Scope) -> Value {
    match value {
        Value::String(text) => Value::from(template(text, scope)),
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, scope)).collect()),
        Value::Object(members) => {
            let filled: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), fill(value, scope))).collect();
            Value::Object(filled)
        }
        other => other.clone(),
    }
}

/// Fills `{name}` and `{name#path}`; `{{` and `}}` stand for braces.
pub(super) fn template(text: &str, scope: &Scope) -> String {
    if !text.contains(['{', '}']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if after.starts_with(brace) {
            out.push_str(brace);
            rest = &after[1..];
        } else if let (true, Some(end)) = (brace == "{", after.find('}')) {
            let (name, path) = after[..end].split_once('#').unwrap_or((&after[..end], ""));
            let value = scope.get(name).cloned().unwrap_or_default();
            let value = if path.is_empty() { value } else { attribute(&value, path) };
            match value {
                Value::String(text) => out.push_str(&text),
                Value::Null => {}
                other => out.push_str(&other.to_string()),
            }
            rest = &after[end + 1..];
        } else {
            out.push_str(brace);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// `a.b[1]` inside a value; null when it is not there.
pub(super) fn attribute(value: &Value, path: &str) -> Value {
    let mut at = value;
    for part in path.split('.') {
        let (name, index) = match part.strip_suffix(']').and_then(|p| p.split_once('[')) {
            Some((name, index)) => (name, index.parse::<usize>().ok()),
            None => (part, None),
        };
        if !name.is_empty() {
            let Some(next) = at.get(name) else { return Value::Null };
            at = next;
        }
        if let Some(index) = index {
            let Some(next) = at.get(index) else { return Value::Null };
            at = next;
        }
    }
    at.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_know_paths_and_escaped_braces() {
        let scope =
            Scope::from([("P".into(), json!({"dns": "aws", "l": ["x", "y"]})), ("B".into(), json!("b"))]);
        assert_eq!(template("{B}.{P#dns}/{{}}", &scope), "b.aws/{}");
        assert_eq!(template("{P#l[1]}{Gone}{", &scope), "y{");
        assert_eq!(attribute(&json!({"l": [1]}), "l[7]"), Value::Null);
    }
}
