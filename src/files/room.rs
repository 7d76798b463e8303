//! The reading side of the file room.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::layer::Layer;
use super::place::{Place, join};
use super::{FileError, FileInfo, FileKind, Lines};

/// Entries that one listing of a whole tree may have.
const MOST_ENTRIES: usize = 2000;
/// Folders inside folders that are followed.
const DEEPEST: usize = 24;

/// A root to open: a name and where its files are.
pub struct RootSpec {
    name: String,
    embedded: Option<&'static include_dir::Dir<'static>>,
    folder: Option<PathBuf>,
    writable: bool,
}

impl RootSpec {
    /// A folder on disk, which may only be read.
    pub fn folder(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), embedded: None, folder: Some(path.into()), writable: false }
    }

    /// A folder on disk in which outside programs may write. The agent still cannot.
    pub fn writable(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { writable: true, ..Self::folder(name, path) }
    }

    /// The program's own rules, overlaid file by file with those of `folder` if it exists.
    #[must_use]
    pub fn rules(folder: Option<PathBuf>) -> Self {
        Self { name: "rules".into(), embedded: Some(&super::embedded::RULES), folder, writable: false }
    }

    /// The program's own prompts, overlaid file by file with those of `folder` if it exists.
    #[must_use]
    pub fn prompts(folder: Option<PathBuf>) -> Self {
        Self { name: "prompts".into(), embedded: Some(&super::embedded::PROMPTS), folder, writable: false }
    }
}

/// Roots that were opened once and are never left.
pub struct FileRoom {
    pub(super) roots: BTreeMap<String, Root>,
}

pub(super) struct Root {
    /// The first layer that has a file wins.
    layers: Vec<Layer>,
    pub(super) writable: bool,
    from: Vec<String>,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// The path, from the root's name on.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
}

/// Entries of a tree, and whether there are more than one answer may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The entries, by path.
    pub entries: Vec<FileEntry>,
    /// Whether entries were left out.
    pub cut: bool,
}

impl FileRoom {
    /// Opens the roots. A folder that does not exist is left out of a root that has files in the
    /// binary, and is an error otherwise.
    ///
    /// # Errors
    ///
    /// A folder cannot be opened, or a writable one reaches the folder of another root that may
    /// only be read.
    pub fn open(specs: Vec<RootSpec>) -> Result<Self, FileError> {
        let protected: Vec<PathBuf> =
            specs.iter().filter(|s| !s.writable).filter_map(|s| real(s.folder.as_deref()?)).collect();
        let mut roots = BTreeMap::new();
        for spec in specs {
            let mut root = Root { layers: Vec::new(), writable: spec.writable, from: Vec::new() };
            if let Some(folder) = &spec.folder {
                if spec.writable {
                    check_protected(folder, &protected)?;
                }
                match Layer::folder(folder) {
                    Ok(layer) => {
                        root.layers.push(layer);
                        root.from.push(folder.display().to_string());
                    }
                    Err(error) if spec.embedded.is_some() && error.kind() == std::io::ErrorKind::NotFound => {
                    }
                    Err(error) => return Err(FileError::system(&folder.display().to_string(), error)),
                }
            }
            if let Some(embedded) = spec.embedded {
                root.layers.push(Layer::Embedded(embedded));
                root.from.push("the program itself".into());
            }
            roots.insert(spec.name, root);
        }
        Ok(Self { roots })
    }

    /// The roots with where their files come from, in words.
    pub fn roots(&self) -> impl Iterator<Item = (&str, String)> {
        self.roots.iter().map(|(name, root)| (name.as_str(), root.from.join(", then ")))
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// It is not there, not a regular file, not text, too large, or outside.
    pub fn read(&self, path: &str, lines: Lines) -> Result<String, FileError> {
        let (place, root) = self.place(path)?;
        let shown = place.written();
        let (layer, info) = root.find(&place.relative, &shown)?;
        if info.kind != FileKind::File {
            return Err(FileError::Kind { path: shown, found: info.kind.as_str(), expected: "a file" });
        }
        layer.read(&place.relative, &shown, lines)
    }

    /// What stands at a path.
    ///
    /// # Errors
    ///
    /// Nothing is there, or it is outside.
    pub fn info(&self, path: &str) -> Result<FileInfo, FileError> {
        let (place, root) = self.place(path)?;
        Ok(root.find(&place.relative, &place.written())?.1)
    }

    /// The entries of a folder, by name; the roots for `.`.
    ///
    /// # Errors
    ///
    /// It is not there, not a folder, or outside.
    pub fn list(&self, path: &str) -> Result<Vec<FileEntry>, FileError> {
        let Some(place) = Place::parse(path)? else {
            return Ok(self
                .roots
                .keys()
                .map(|name| FileEntry { path: name.clone(), kind: FileKind::Folder })
                .collect());
        };
        self.root(&place)?.list(&place)
    }

    /// Everything below a folder, depth first, bounded.
    ///
    /// # Errors
    ///
    /// As for [`FileRoom::list`].
    pub fn tree(&self, path: &str) -> Result<Listing, FileError> {
        let mut listing = Listing { entries: Vec::new(), cut: false };
        self.walk(path, DEEPEST, &mut |entry| listing_push(&mut listing, entry))?;
        Ok(listing)
    }

    /// Files and folders below a folder whose path from there fits a glob such as `**/*.yaml`.
    ///
    /// # Errors
    ///
    /// As for [`FileRoom::list`], or the pattern is not one.
    pub fn search(&self, path: &str, pattern: &str, exclude: &[String]) -> Result<Listing, FileError> {
        let wanted = glob(pattern)?;
        let unwanted = exclude.iter().map(|p| glob(p)).collect::<Result<Vec<_>, _>>()?;
        let prefix = Place::parse(path)?.map_or(String::new(), |place| place.written() + "/");
        let mut listing = Listing { entries: Vec::new(), cut: false };
        self.walk(path, DEEPEST, &mut |entry| {
            let relative = entry.path.strip_prefix(&prefix).unwrap_or(&entry.path);
            let fits = wanted.is_match(relative) && !unwanted.iter().any(|glob| glob.is_match(relative));
            !fits || listing_push(&mut listing, entry)
        })?;
        Ok(listing)
    }

    fn walk(
        &self,
        path: &str,
        depth: usize,
        visit: &mut dyn FnMut(FileEntry) -> bool,
    ) -> Result<bool, FileError> {
        for entry in self.list(path)? {
            let (path, kind) = (entry.path.clone(), entry.kind);
            if !visit(entry) {
                return Ok(false);
            }
            // A folder may vanish or close itself while the tree is walked; the rest still counts.
            if kind == FileKind::Folder
                && depth > 0
                && matches!(self.walk(&path, depth - 1, visit), Ok(false))
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn place(&self, path: &str) -> Result<(Place, &Root), FileError> {
        let place = Place::parse(path)?.ok_or_else(|| FileError::Kind {
            path: path.to_owned(),
            found: "the list of roots",
            expected: "a file or folder",
        })?;
        let root = self.root(&place)?;
        Ok((place, root))
    }

    fn root(&self, place: &Place) -> Result<&Root, FileError> {
        self.roots.get(&place.root).ok_or_else(|| FileError::NoRoot {
            path: place.written(),
            known: self.roots.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }
}

impl Root {
    /// The first layer that has the path. Only absence lets the next layer answer: a file that
    /// the person's folder has but that cannot be read must not fall back in silence.
    fn find(&self, relative: &Path, shown: &str) -> Result<(&Layer, FileInfo), FileError> {
        for layer in &self.layers {
            match layer.info(relative, shown) {
                Ok(info) => return Ok((layer, info)),
                Err(FileError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(FileError::Missing(shown.to_owned()))
    }

    fn list(&self, place: &Place) -> Result<Vec<FileEntry>, FileError> {
        let shown = place.written();
        let (_, info) = self.find(&place.relative, &shown)?;
        if info.kind != FileKind::Folder {
            return Err(FileError::Kind { path: shown, found: info.kind.as_str(), expected: "a folder" });
        }
        let mut names = BTreeMap::new();
        for layer in &self.layers {
            match layer.list(&place.relative, &shown) {
                Ok(entries) => {
                    for (name, kind) in entries {
                        names.entry(name).or_insert(kind);
                    }
                }
                Err(FileError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let entry = |(name, kind)| FileEntry { path: join(&shown, Path::new(&name)), kind };
        Ok(names.into_iter().map(entry).collect())
    }

    /// The handle to write through.
    pub(super) fn writer(&self, shown: &str) -> Result<&cap_std::fs::Dir, FileError> {
        match self.layers.first() {
            Some(Layer::Folder(dir)) if self.writable => Ok(dir),
            _ => Err(FileError::ReadOnly(shown.to_owned())),
        }
    }
}

fn listing_push(listing: &mut Listing, entry: FileEntry) -> bool {
    if listing.entries.len() == MOST_ENTRIES {
        listing.cut = true;
        return false;
    }
    listing.entries.push(entry);
    true
}

fn glob(pattern: &str) -> Result<GlobMatcher, FileError> {
    Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(|e| {
        FileError::Invalid(format!("`{pattern}` is not a pattern: {e}; use one like `**/*.yaml`"))
    })
}

fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

fn check_protected(folder: &Path, protected: &[PathBuf]) -> Result<(), FileError> {
    let Some(writable) = real(folder) else { return Ok(()) };
    match protected.iter().find(|p| p.starts_with(&writable) || writable.starts_with(p)) {
        Some(protected) => Err(FileError::Protected { writable, protected: protected.clone() }),
        None => Ok(()),
    }
}
