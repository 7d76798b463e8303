//! The writing side of the file room, for outside programs and their own roots only.

use std::io::Write;
use std::path::Path;

use cap_std::fs::{Dir, OpenOptions};
use uuid::Uuid;

use super::{FileError, FileKind, FileRoom, Lines};

/// One replacement in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is there; must occur exactly once.
    pub old: String,
    /// What shall be there.
    pub new: String,
}

impl FileRoom {
    /// Writes a whole file; readers see the old or the new text, never a half.
    ///
    /// # Errors
    ///
    /// The root may only be read, something else stands there, or the system refuses.
    pub fn write(&self, path: &str, text: &str) -> Result<(), FileError> {
        let (place, root) = self.place(path)?;
        let shown = place.written();
        let dir = root.writer(&shown)?;
        match self.info(path) {
            Ok(info) if info.kind != FileKind::File => {
                return Err(FileError::Kind { path: shown, found: info.kind.as_str(), expected: "a file" });
            }
            Ok(_) | Err(FileError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
        replace(dir, &place.relative, text).map_err(|e| FileError::system(&shown, e))
    }

    /// Makes replacements one after the other and gives the changed lines as `-` and `+` lines.
    /// Either all are made or none; none with `dry_run`.
    ///
    /// # Errors
    ///
    /// An old text does not occur exactly once, or as for [`FileRoom::write`].
    pub fn edit(&self, path: &str, edits: &[Edit], dry_run: bool) -> Result<String, FileError> {
        let (place, root) = self.place(path)?;
        root.writer(&place.written())?;
        let mut text = self.read(path, Lines::All)?;
        let mut changes = String::new();
        for (index, edit) in edits.iter().enumerate() {
            let count = if edit.old.is_empty() { 0 } else { text.matches(&edit.old).count() };
            if count != 1 {
                return Err(FileError::Edit { path: place.written(), number: index + 1, count });
            }
            text = text.replacen(&edit.old, &edit.new, 1);
            for (sign, side) in [('-', &edit.old), ('+', &edit.new)] {
                for line in side.lines() {
                    changes.push_str(&format!("{sign}{line}\n"));
                }
            }
        }
        if !dry_run {
            self.write(path, &text)?;
        }
        Ok(changes)
    }

    /// Makes a folder and those above it; one that exists is fine.
    ///
    /// # Errors
    ///
    /// As for [`FileRoom::write`].
    pub fn create_folder(&self, path: &str) -> Result<(), FileError> {
        let (place, root) = self.place(path)?;
        let shown = place.written();
        root.writer(&shown)?.create_dir_all(&place.relative).map_err(|e| FileError::system(&shown, e))
    }

    /// Moves a file or folder inside one root; never onto something that exists.
    ///
    /// # Errors
    ///
    /// The destination exists, the roots differ, or as for [`FileRoom::write`].
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let (source, root) = self.place(from)?;
        let (destination, other) = self.place(to)?;
        if !std::ptr::eq(root, other) {
            return Err(FileError::Invalid(format!("`{from}` and `{to}` are under different roots")));
        }
        let dir = root.writer(&source.written())?;
        if dir.symlink_metadata(&destination.relative).is_ok() {
            return Err(FileError::Invalid(format!("`{}` exists already", destination.written())));
        }
        dir.rename(&source.relative, dir, &destination.relative)
            .map_err(|e| FileError::system(&source.written(), e))
    }
}

fn replace(dir: &Dir, relative: &Path, text: &str) -> std::io::Result<()> {
    let beside = relative.with_file_name(format!(".{}.tmp", Uuid::new_v4().simple()));
    let mut file = dir.open_with(&beside, OpenOptions::new().write(true).create_new(true))?;
    let done = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    drop(file);
    done.and_then(|()| dir.rename(&beside, dir, relative)).inspect_err(|_| {
        // The error that is reported is the first one; a leftover is only untidy.
        let _ = dir.remove_file(&beside);
    })
}
