//! The memory server: past conversations and notes.

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::json;

use crate::clouds::Pending;
use crate::mcp::server::{Asker, Toolset, on_disk, parse};
use crate::mcp::tool::{Effect, data, data_as, declare, failure};
use crate::memory::{Conversations, MemoryError, Notes};

/// Conversations that one search gives at most.
const MOST_FOUND: usize = 10;

/// The tools that look.
#[derive(Clone)]
pub(in crate::mcp) struct MemoryTools {
    conversations: Conversations,
    notes: Notes,
}

/// The tools that keep and remove notes. No planner's face has them.
pub(in crate::mcp) struct NoteTools {
    notes: Notes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default)]
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteArguments {
    about: String,
    text: String,
    #[serde(default)]
    from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutArguments {
    about: String,
}

impl MemoryTools {
    pub(in crate::mcp) fn new(conversations: Conversations, notes: Notes) -> Self {
        Self { conversations, notes }
    }

    fn search(&self, words: &str) -> Result<CallToolResult, MemoryError> {
        let found = self.conversations.search(words, MOST_FOUND)?;
        let lines: Vec<String> = found
            .iter()
            .map(|m| format!("{} ({}): {}", m.session, m.last.strftime("%Y-%m-%d"), m.excerpt))
            .collect();
        Ok(data_as(json!({ "found": found }), or_nothing(lines)))
    }

    fn recall(&self, words: &str) -> Result<CallToolResult, MemoryError> {
        let notes = self.notes.recall(words)?;
        let lines: Vec<String> = notes
            .iter()
            .map(|note| format!("{} ({}): {}", note.about, note.since.strftime("%Y-%m-%d"), note.text))
            .collect();
        Ok(data_as(json!({ "notes": notes }), or_nothing(lines)))
    }
}

impl NoteTools {
    pub(in crate::mcp) fn new(notes: Notes) -> Self {
        Self { notes }
    }
}

/// An empty answer would leave a model guessing whether it was heard.
fn or_nothing(lines: Vec<String>) -> String {
    if lines.is_empty() { "nothing is remembered of that".to_owned() } else { lines.join("\n") }
}

fn told(result: Result<CallToolResult, MemoryError>) -> CallToolResult {
    result.unwrap_or_else(|error| failure(error.to_string()))
}

impl Toolset for MemoryTools {
    fn tools(&self) -> Vec<Tool> {
        let words = json!({"words": {"type": "string"}});
        vec![
            declare(
                "search",
                include_str!("../../../prompts/tools/memory_search.md"),
                Effect::Reads,
                words.clone(),
                &["words"],
            ),
            declare(
                "recall",
                include_str!("../../../prompts/tools/memory_recall.md"),
                Effect::Reads,
                words,
                &[],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        let (tools, searches) = (self.clone(), tool == "search");
        on_disk(move || {
            let Words { words } = parse(arguments)?;
            Ok(told(if searches { tools.search(&words) } else { tools.recall(&words) }))
        })
    }
}

impl Toolset for NoteTools {
    fn tools(&self) -> Vec<Tool> {
        let text = json!({"type": "string"});
        vec![
            declare(
                "remember",
                include_str!("../../../prompts/tools/memory_remember.md"),
                Effect::Replaces,
                json!({"about": text, "text": text, "from": text}),
                &["about", "text"],
            ),
            declare(
                "forget",
                include_str!("../../../prompts/tools/memory_forget.md"),
                Effect::Replaces,
                json!({"about": text}),
                &["about"],
            ),
        ]
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
        _: &'a Asker,
    ) -> Pending<'a, Result<CallToolResult, ErrorData>> {
        let (notes, remembers) = (self.notes.clone(), tool == "remember");
        on_disk(move || {
            Ok(told(if remembers {
                let NoteArguments { about, text, from } = parse(arguments)?;
                notes.remember(&about, &text, from.as_deref()).map(|note| data(json!({ "note": note })))
            } else {
                let AboutArguments { about } = parse(arguments)?;
                notes.forget(&about).map(|was_there| data(json!({ "was_there": was_there })))
            }))
        })
    }
}
