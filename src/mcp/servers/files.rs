//! The tools of the file room, shaped like those of the reference filesystem server.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ErrorData, JsonObject, Tool};
use serde::Deserialize;
use serde_json::json;

use crate::clouds::Pending;
use crate::files::{FileError, FileKind, FileRoom, Lines, Listing};
use crate::mcp::server::{Asker, Toolset, on_disk, parse};
use crate::mcp::tool::{Effect, data_as, declare, failure};

/// The tools that only read.
pub(in crate::mcp) struct FileTools {
    room: Arc<FileRoom>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadArguments {
    path: String,
    #[serde(default)]
    head: Option<usize>,
    #[serde(default)]
    tail: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathsArguments {
    paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathArguments {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SearchArguments {
    path: String,
    pattern: String,
    #[serde(default)]
    exclude_patterns: Vec<String>,
}

impl FileTools {
    pub(in crate::mcp) fn new(room: Arc<FileRoom>) -> Self {
        Self { room }
    }
}

impl Toolset for FileTools {
    fn tools(&self) -> Vec<Tool> {
        let path = json!({"type": "string"});
        let count = json!({"type": "integer"});
        let reads = |name, text: &'static str, properties, required: &[&str]| {
            declare(name, text, Effect::Reads, properties, required)
        };
        vec![
            reads(
                "read_text_file",
                include_str!("../../../prompts/tools/files_read_text_file.md"),
                json!({"path": path, "head": count, "tail": count}),
                &["path"],
            ),
            reads(
                "read_multiple_files",
                include_str!("../../../prompts/tools/files_read_multiple_files.md"),
                json!({"paths": {"type": "array", "items": path}}),
                &["paths"],
            ),
            reads(
                "list_directory",
                include_str!("../../../prompts/tools/files_list_directory.md"),
                json!({"path": path}),
                &["path"],
            ),
            reads(
                "directory_tree",
                include_str!("../../../prompts/tools/files_directory_tree.md"),
                json!({"path": path}),
                &["path"],
            ),
            reads(
                "search_files",
                include_str!("../../../prompts/tools/files_search_files.md"),
                json!({"path": path, "pattern": path, "excludePatterns": {"type": "array", "items": path}}),
                &["path", "pattern"],
            ),
            reads(
                "get_file_info",
                include_str!("../../../prompts/tools/files_get_file_info.md"),
                json!({"path": path}),
                &["path"],
            ),
            reads(
                "list_allowed_directories",
                include_str!("../../../prompts/tools/files_list_allowed_directories.md"),
                json!({}),
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
        let room = Arc::clone(&self.room);
        let tool = tool.to_owned();
        on_disk(move || answer(&room, &tool, arguments))
    }
}

fn answer(room: &FileRoom, tool: &str, arguments: JsonObject) -> Result<CallToolResult, ErrorData> {
    Ok(match tool {
        "read_text_file" => {
            let a: ReadArguments = parse(arguments)?;
            let lines = match (a.head, a.tail) {
                (None, None) => Lines::All,
                (Some(count), None) => Lines::Head(count),
                (None, Some(count)) => Lines::Tail(count),
                (Some(_), Some(_)) => return Ok(failure("give `head` or `tail`, not both")),
            };
            result(room.read(&a.path, lines), |text| {
                data_as(json!({"content": text.as_str()}), text.as_str())
            })
        }
        "read_multiple_files" => several(room, &parse::<PathsArguments>(arguments)?.paths),
        "list_directory" => {
            let path = parse::<PathArguments>(arguments)?.path;
            result(room.list(&path), |entries| listed(&Listing { entries, cut: false }, true))
        }
        "directory_tree" => {
            let path = parse::<PathArguments>(arguments)?.path;
            result(room.tree(&path), |listing| listed(&listing, true))
        }
        "search_files" => {
            let a: SearchArguments = parse(arguments)?;
            result(room.search(&a.path, &a.pattern, &a.exclude_patterns), |listing| listed(&listing, false))
        }
        "get_file_info" => {
            let path = parse::<PathArguments>(arguments)?.path;
            result(room.info(&path), |info| {
                let modified = info.modified.and_then(|time| jiff::Timestamp::try_from(time).ok());
                let value = json!({
                    "kind": info.kind.as_str(), "size": info.size, "embedded": info.embedded,
                    "modified": modified.map(|time| time.to_string()),
                });
                let text = value.to_string();
                data_as(value, text)
            })
        }
        _ => {
            let lines: Vec<String> = room.roots().map(|(name, from)| format!("{name} ({from})")).collect();
            let names: Vec<&str> = room.roots().map(|(name, _)| name).collect();
            data_as(json!({"directories": names}), format!("Allowed directories:\n{}", lines.join("\n")))
        }
    })
}

fn several(room: &FileRoom, paths: &[String]) -> CallToolResult {
    let mut files = Vec::new();
    let mut text = String::new();
    for path in paths {
        let (member, part) = match room.read(path, Lines::All) {
            Ok(content) => ("content", content),
            Err(error) => ("error", error.to_string()),
        };
        text.push_str(&format!("{path}:\n{part}\n---\n"));
        files.push(json!({"path": path, member: part}));
    }
    data_as(json!({"files": files}), text)
}

fn listed(listing: &Listing, marks: bool) -> CallToolResult {
    let mut text = String::new();
    let mut entries = Vec::new();
    for entry in &listing.entries {
        let mark = match entry.kind {
            FileKind::File => "[FILE] ",
            FileKind::Folder => "[DIR] ",
            FileKind::Special => "[OTHER] ",
        };
        text.push_str(if marks { mark } else { "" });
        text.push_str(&entry.path);
        text.push('\n');
        entries.push(json!({"path": entry.path, "folder": entry.kind == FileKind::Folder}));
    }
    if listing.cut {
        text.push_str("[more entries than can be listed: ask for a folder below]\n");
    }
    if text.is_empty() {
        text.push_str("nothing\n");
    }
    data_as(json!({"entries": entries, "cut": listing.cut}), text)
}

fn result<T>(result: Result<T, FileError>, show: impl FnOnce(T) -> CallToolResult) -> CallToolResult {
    match result {
        Ok(value) => show(value),
        Err(error) => failure(error.to_string()),
    }
}
