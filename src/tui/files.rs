//! The draft, the input history, and exports, in files that only the person can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// How many lines of the history are kept.
const KEPT: usize = 2000;

/// The files of the face.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The draft of the last time; empty when there is none or it cannot be read.
    pub(crate) fn draft(&self) -> String {
        fs::read_to_string(self.folder.join("draft")).unwrap_or_default()
    }

    /// Keeps the draft so that a crash in the middle leaves the old or the new one.
    pub(crate) fn save_draft(&self, words: &str) -> io::Result<()> {
        let path = self.folder.join("draft");
        if words.is_empty() {
            return match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            };
        }
        let next = self.folder.join("draft.new");
        private(&next, OpenOptions::new().write(true).truncate(true))?.write_all(words.as_bytes())?;
        fs::rename(next, path)
    }

    /// The lines sent before, oldest first. A damaged line is left out.
    pub(crate) fn history(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("history.jsonl")).unwrap_or_default();
        let mut lines: Vec<String> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.drain(..lines.len().saturating_sub(KEPT));
        lines
    }

    /// Adds a line to the history.
    pub(crate) fn remember(&self, line: &str) -> io::Result<()> {
        let mut file = private(&self.folder.join("history.jsonl"), OpenOptions::new().append(true))?;
        writeln!(file, "{}", serde_json::Value::from(line))
    }

    /// Writes an export; a file that is there is never written over. Returns its path.
    pub(crate) fn export(&self, name: &str, text: &str) -> Result<String, String> {
        let path = if name.is_empty() {
            let time = Timestamp::now().strftime("%Y%m%d-%H%M%S");
            self.folder.join(format!("conversation-{time}.md"))
        } else {
            PathBuf::from(name)
        };
        private(&path, OpenOptions::new().write(true).create_new(true))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map(|()| path.display().to_string())
            .map_err(|e| format!("Cannot write {}: {e}; choose another name: /export NAME", path.display()))
    }
}

fn private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.create(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path().to_owned());
        (dir, files)
    }

    #[test]
    fn a_draft_is_there_again_and_an_empty_one_is_gone() {
        let (dir, files) = files();
        files.save_draft("make a bu\ncket").unwrap();
        assert_eq!(files.draft(), "make a bu\ncket");
        files.save_draft("").unwrap();
        files.save_draft("").unwrap();
        assert_eq!(files.draft(), "");
        assert!(!dir.path().join("draft").exists());
    }

    #[test]
    fn history_keeps_lines_with_newlines_and_survives_damage() {
        let (dir, files) = files();
        files.remember("one\ntwo").unwrap();
        OpenOptions::new()
            .append(true)
            .open(dir.path().join("history.jsonl"))
            .unwrap()
            .write_all(b"\"half\n")
            .unwrap();
        files.remember("three").unwrap();
        assert_eq!(files.history(), ["one\ntwo", "three"]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_was_typed() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, files) = files();
        files.remember("x").unwrap();
        let mode = fs::metadata(dir.path().join("history.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_export_never_writes_over_a_file() {
        let (dir, files) = files();
        let path = dir.path().join("talk.md");
        let name = path.to_str().unwrap();
        assert_eq!(files.export(name, "first").unwrap(), name);
        assert!(files.export(name, "second").unwrap_err().contains("/export NAME"));
        assert_eq!(fs::read_to_string(path).unwrap(), "first");
    }
}
