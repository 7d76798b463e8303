//! Tools as servers declare them and as planners see them.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock, Tool, ToolAnnotations};
use serde_json::{Value, json};

/// A tool as a planner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// The name, prefixed by the server: `aws_search`.
    pub name: String,
    /// What it does, for a model.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolReply {
    /// The answer for a model: bounded, with control characters and hidden text made harmless.
    pub text: String,
    /// The same as data, where the tool gives data.
    pub structured: Option<Value>,
    /// Whether the tool failed; the text then says why and what to do.
    pub is_error: bool,
}

impl ToolReply {
    /// A failure in words.
    pub fn error(text: impl Into<String>) -> Self {
        Self { text: text.into(), structured: None, is_error: true }
    }
}

/// What a tool may do to the world, as its annotations say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Looks only, inside this program.
    Reads,
    /// Looks only, at something outside.
    ReadsOutside,
    /// May replace or take away, inside this program; doing it twice is the same as once.
    Replaces,
    /// Anything, outside.
    ActsOutside,
}

impl Effect {
    fn annotations(self) -> ToolAnnotations {
        let (read_only, destructive, idempotent, open_world) = match self {
            Effect::Reads => (true, false, true, false),
            Effect::ReadsOutside => (true, false, true, true),
            Effect::Replaces => (false, true, true, false),
            Effect::ActsOutside => (false, true, false, true),
        };
        ToolAnnotations::from_raw(
            None,
            Some(read_only),
            Some(destructive),
            Some(idempotent),
            Some(open_world),
        )
    }
}

/// A tool with the object schema of its arguments: properties, and which of them are required.
pub(super) fn declare(
    name: &'static str,
    description: impl Into<String>,
    effect: Effect,
    properties: Value,
    required: &[&str],
) -> Tool {
    let mut schema = serde_json::Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties);
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    Tool::new(name, description.into().trim().to_owned(), Arc::new(schema))
        .with_annotations(effect.annotations())
}

/// A result of data; the text is the same in JSON.
pub(super) fn data(value: Value) -> CallToolResult {
    CallToolResult::structured(value)
}

/// A result of data whose text is something that a person or a model reads more easily.
pub(super) fn data_as(value: Value, text: impl Into<String>) -> CallToolResult {
    let mut result = CallToolResult::structured(value);
    result.content = vec![ContentBlock::text(text)];
    result
}

/// A failure in words.
pub(super) fn failure(text: impl Into<String>) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// The text blocks of a result, one under the other.
pub(super) fn text_of(result: &CallToolResult) -> String {
    let texts: Vec<&str> =
        result.content.iter().filter_map(|block| block.as_text().map(|t| t.text.as_str())).collect();
    texts.join("\n")
}
