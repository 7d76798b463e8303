//! The tools of a turn: those of the switchboard, none of which can act, and the proposal.

use serde_json::{Map, Value, json};

use super::ToolCall;
use crate::agent::Turn;
use crate::mcp::{ToolReply, ToolSpec};
use crate::plan;
use crate::protocol::Entry;
use crate::text::{fit, line, mask_named, mask_text};

/// The tool with which a plan is proposed.
pub(super) const PROPOSE: &str = "propose_plan";
/// Members of a step that a model rarely needs; the parser takes them all the same.
const RARE: [&str; 3] = ["account", "wait", "undo"];
/// Cells of what is asked, and of what came back, in one line.
const MOST_CELLS: usize = 100;

/// The proposal as a tool. Its parameters are the published schema of plans, made short.
pub(super) fn propose(description: String) -> ToolSpec {
    let schema = plan::schema();
    let mut step = schema["$defs"]["step"].clone();
    let mut properties = Map::new();
    for (name, property) in step["properties"].as_object().into_iter().flatten() {
        if !RARE.contains(&name.as_str()) {
            properties.insert(name.clone(), bare(property));
        }
    }
    step = json!({"type": "object", "properties": properties, "required": step["required"]});
    ToolSpec {
        name: PROPOSE.into(),
        description,
        input_schema: json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "steps": {"type": "array", "items": step}},
            "required": ["name", "steps"],
        }),
    }
}

/// A property with what constrains it and without what describes it.
fn bare(property: &Value) -> Value {
    let kept = ["type", "enum", "items"];
    let members = property.as_object().into_iter().flatten();
    let mut bare: Map<String, Value> = members
        .filter(|(name, _)| kept.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    bare.entry("type").or_insert_with(|| "string".into());
    bare.into()
}

/// Calls a tool of the switchboard. The answer is what the person sees and what the model may read.
pub(super) async fn look_up(turn: &Turn<'_>, tools: &[ToolSpec], call: &ToolCall) -> (Entry, String) {
    let arguments = arguments(call);
    let summary = asked(call);
    let reply = match arguments {
        Ok(_) if !tools.iter().any(|tool| tool.name == call.name) => {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            ToolReply::error(format!("unknown tool `{}`; there are {}", call.name.clone(), names.join(", ")))
        }
        Ok(arguments) => turn.board.agent_call(&call.name, arguments).await,
        Err(problem) => ToolReply::error(problem),
    };
    let text = mask_text(&reply.text);
    let entry =
        Entry::Tool { name: call.name.clone(), summary, ok: !reply.is_error, outcome: outcome(&text) };
    (entry, text)
}

/// The arguments of a call, or what the model should do about them.
pub(super) fn arguments(call: &ToolCall) -> Result<Value, String> {
    if call.arguments.trim().is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_str(&call.arguments) {
        // Some models encode the object twice.
        Ok(Value::String(inner)) => serde_json::from_str(&inner).map_err(|e| no_json(&e)),
        Ok(value) => Ok(value),
        Err(error) => Err(no_json(&error)),
    }
}

fn no_json(error: &serde_json::Error) -> String {
    format!("the arguments are not JSON ({error}); send the whole call again")
}

/// What a call asks, in one line.
pub(super) fn asked(call: &ToolCall) -> String {
    summary(&arguments(call).unwrap_or_default())
}

/// What is asked, in one line: the values, without the names of plain texts.
fn summary(arguments: &Value) -> String {
    let masked = mask_named(arguments);
    let parts: Vec<String> = masked
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| match value {
            Value::String(text) => text.clone(),
            other => format!("{name}={other}"),
        })
        .collect();
    fit(&line(&mask_text(&parts.join(" "))), MOST_CELLS)
}

/// What came back, in one line.
pub(super) fn outcome(text: &str) -> String {
    let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("nothing");
    let more = match lines {
        0 | 1 => String::new(),
        2 => " … 1 more line".to_owned(),
        _ => format!(" … {} more lines", lines - 1),
    };
    format!("{}{more}", fit(line(first).trim(), MOST_CELLS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_proposal_is_the_published_schema_without_its_words() {
        let tool = propose("d".into());
        let step = &tool.input_schema["properties"]["steps"]["items"];
        assert_eq!(step["required"], json!(["id", "cloud", "service", "operation"]));
        assert_eq!(step["properties"]["cloud"]["enum"], json!(["aws", "azure", "oci"]));
        assert_eq!(step["properties"]["params"], json!({"type": "object"}));
        assert!(tool.input_schema.to_string().len() / 4 < 200, "{}", tool.input_schema);
    }

    #[test]
    fn arguments_are_read_and_what_is_no_json_is_said() {
        let call = |text: &str| ToolCall { arguments: text.into(), ..ToolCall::default() };
        assert_eq!(arguments(&call("")), Ok(json!({})));
        assert_eq!(arguments(&call("{\"a\":1}")), Ok(json!({"a": 1})));
        assert_eq!(arguments(&call("\"{\\\"a\\\":1}\"")), Ok(json!({"a": 1})));
        assert!(arguments(&call("{\"a\":")).unwrap_err().contains("again"));
    }

    #[test]
    fn a_summary_is_one_line_without_secrets() {
        let asked =
            json!({"service": "s3", "operation": "ListBuckets", "params": {"Password": "p", "Max": 3}});
        assert_eq!(summary(&asked), "s3 ListBuckets params={\"Password\":\"‹hidden›\",\"Max\":3}");
        assert!(!summary(&json!({"query": "a\nb\u{1b}[31m"})).contains(['\n', '\u{1b}']));
    }

    #[test]
    fn an_outcome_counts_what_it_does_not_show() {
        assert_eq!(outcome("s3 CreateBucket\ns3 ListBuckets\n"), "s3 CreateBucket … 1 more line");
        assert_eq!(outcome(""), "nothing");
    }
}
