//! The program's own way to the file room.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::SwitchboardError;
use super::client::{Client, ask};

/// Reads files through the file server; clones share the connection.
#[derive(Clone)]
pub struct FilesClient {
    client: Client,
}

#[derive(Deserialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
    cut: bool,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    folder: bool,
}

impl FilesClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The text of one file, for example `rules/security.yaml`.
    ///
    /// # Errors
    ///
    /// [`SwitchboardError::Tool`] when there is no such file or it cannot be read.
    pub async fn read(&self, path: &str) -> Result<String, SwitchboardError> {
        Ok(ask::<Content>(&self.client, "read_text_file", json!({"path": path})).await?.content)
    }

    /// The texts of all files under a root, by their path below it. All or nothing: rules of
    /// which one cannot be read are not the rules that the person wrote.
    ///
    /// # Errors
    ///
    /// There is no such root, a file cannot be read, or there are too many.
    pub async fn read_all(&self, root: &str) -> Result<BTreeMap<String, String>, SwitchboardError> {
        let listing: Entries = ask(&self.client, "directory_tree", json!({"path": root})).await?;
        if listing.cut {
            return Err(SwitchboardError::Tool {
                server: self.client.server().to_owned(),
                tool: "directory_tree".into(),
                message: format!("`{root}` has too many files to read them all"),
            });
        }
        let prefix = format!("{root}/");
        let mut texts = BTreeMap::new();
        for entry in listing.entries.into_iter().filter(|entry| !entry.folder) {
            let text = self.read(&entry.path).await?;
            texts.insert(entry.path.strip_prefix(&prefix).unwrap_or(&entry.path).to_owned(), text);
        }
        Ok(texts)
    }
}
