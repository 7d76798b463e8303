//! One layer of a root: a folder behind a handle that cannot be left, or files in the binary.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use include_dir::DirEntry;

use super::FileError;

/// Bytes of a file that one answer may have.
pub(super) const LIMIT: u64 = 4 * 1024 * 1024;

/// Where the files of a layer are.
pub(super) enum Layer {
    /// On disk.
    Folder(Dir),
    /// In the binary.
    Embedded(&'static include_dir::Dir<'static>),
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A device, a pipe, a socket, or a link that leads nowhere or outside.
    Special,
}

impl FileKind {
    /// The kind in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FileKind::File => "a file",
            FileKind::Folder => "a folder",
            FileKind::Special => "neither a file nor a folder",
        }
    }
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// What it is.
    pub kind: FileKind,
    /// Bytes; 0 for folders.
    pub size: u64,
    /// When it was last changed, if it is on disk.
    pub modified: Option<SystemTime>,
    /// Whether it is part of the program.
    pub embedded: bool,
}

/// Which lines of a file are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// All.
    All,
    /// The first so many.
    Head(usize),
    /// The last so many.
    Tail(usize),
}

impl Layer {
    /// Opens a folder once; everything later goes through the handle.
    pub(super) fn folder(path: &Path) -> std::io::Result<Self> {
        Dir::open_ambient_dir(path, ambient_authority()).map(Layer::Folder)
    }

    pub(super) fn info(&self, relative: &Path, shown: &str) -> Result<FileInfo, FileError> {
        match self {
            Layer::Folder(dir) => {
                let metadata =
                    if relative.as_os_str().is_empty() { dir.dir_metadata() } else { dir.metadata(relative) };
                metadata.map(|m| info(&m)).map_err(|e| FileError::system(shown, e))
            }
            Layer::Embedded(dir) => {
                let folder = FileInfo { kind: FileKind::Folder, size: 0, modified: None, embedded: true };
                if relative.as_os_str().is_empty() {
                    return Ok(folder);
                }
                match dir.get_entry(relative) {
                    Some(DirEntry::Dir(_)) => Ok(folder),
                    Some(DirEntry::File(file)) => {
                        let size = u64::try_from(file.contents().len()).unwrap_or(u64::MAX);
                        Ok(FileInfo { kind: FileKind::File, size, ..folder })
                    }
                    None => Err(FileError::Missing(shown.to_owned())),
                }
            }
        }
    }

    /// The names in a folder with their kinds, in no order.
    pub(super) fn list(&self, relative: &Path, shown: &str) -> Result<Vec<(String, FileKind)>, FileError> {
        match self {
            Layer::Folder(dir) => {
                let here = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
                let entries = dir.read_dir(here).map_err(|e| FileError::system(shown, e))?;
                let mut names = Vec::new();
                for entry in entries {
                    let entry = entry.map_err(|e| FileError::system(shown, e))?;
                    let name = entry.file_name();
                    let kind = dir
                        .metadata(here.join(&name))
                        .map_or(FileKind::Special, |metadata| info(&metadata).kind);
                    names.push((name.to_string_lossy().into_owned(), kind));
                }
                Ok(names)
            }
            Layer::Embedded(dir) => {
                let dir = if relative.as_os_str().is_empty() { Some(*dir) } else { dir.get_dir(relative) };
                let dir = dir.ok_or_else(|| FileError::Missing(shown.to_owned()))?;
                Ok(dir
                    .entries()
                    .iter()
                    .filter_map(|entry| {
                        let kind = if entry.as_dir().is_some() { FileKind::Folder } else { FileKind::File };
                        Some((entry.path().file_name()?.to_string_lossy().into_owned(), kind))
                    })
                    .collect())
            }
        }
    }

    pub(super) fn read(&self, relative: &Path, shown: &str, lines: Lines) -> Result<String, FileError> {
        match self {
            Layer::Folder(dir) => read_file(dir, relative, shown, lines),
            Layer::Embedded(dir) => {
                let file = dir.get_file(relative).ok_or_else(|| FileError::Missing(shown.to_owned()))?;
                let text = file.contents_utf8().ok_or_else(|| FileError::NotText(shown.to_owned()))?;
                Ok(select(text, lines))
            }
        }
    }
}

fn info(metadata: &Metadata) -> FileInfo {
    let kind = if metadata.is_file() {
        FileKind::File
    } else if metadata.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Special
    };
    FileInfo {
        kind,
        size: if kind == FileKind::File { metadata.len() } else { 0 },
        modified: metadata.modified().ok().map(cap_std::time::SystemTime::into_std),
        embedded: false,
    }
}

fn read_file(dir: &Dir, relative: &Path, shown: &str, lines: Lines) -> Result<String, FileError> {
    let system = |e| FileError::system(shown, e);
    let mut options = OpenOptions::new();
    options.read(true);
    // Opening a pipe would otherwise wait for somebody who writes.
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        options.custom_flags(i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0));
    }
    let mut file = dir.open_with(relative, &options).map_err(system)?;
    // Asked of the open file, not of the path: what was checked is what is read.
    let info = info(&file.metadata().map_err(system)?);
    if info.kind != FileKind::File {
        return Err(FileError::Kind {
            path: shown.to_owned(),
            found: info.kind.as_str(),
            expected: "a file",
        });
    }
    let mut bytes = Vec::new();
    match lines {
        Lines::All if info.size > LIMIT => {
            return Err(FileError::TooLarge { path: shown.to_owned(), size: info.size, limit: LIMIT });
        }
        Lines::Tail(_) if info.size > LIMIT => {
            file.seek(SeekFrom::Start(info.size - LIMIT)).map_err(system)?;
        }
        _ => {}
    }
    file.take(LIMIT).read_to_end(&mut bytes).map_err(system)?;
    if info.size > LIMIT {
        // A cut at the limit may have cut a character.
        return Ok(select(&String::from_utf8_lossy(&bytes), lines));
    }
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText(shown.to_owned()))?;
    Ok(select(&text, lines))
}

fn select(text: &str, lines: Lines) -> String {
    match lines {
        Lines::All => text.to_owned(),
        Lines::Head(count) => text.split_inclusive('\n').take(count).collect(),
        Lines::Tail(count) => {
            let total = text.split_inclusive('\n').count();
            text.split_inclusive('\n').skip(total.saturating_sub(count)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_count_lines() {
        let text = "a\nb\nc";
        assert_eq!(select(text, Lines::Head(2)), "a\nb\n");
        assert_eq!(select(text, Lines::Tail(2)), "b\nc");
        assert_eq!(select(text, Lines::Tail(9)), text);
        assert_eq!(select(text, Lines::Head(0)), "");
    }
}
