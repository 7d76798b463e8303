//! The folder in which refreshed catalogs lie.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::RefreshError;
use crate::plan::CloudName;

/// What drafts have in their names, here and among the packages.
const DRAFTS: [&str; 2] = [".new-", ".part-"];

/// A file that belongs to the catalog of a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the packages say about their operations.
    Docs,
    /// From what the catalog was compiled, and when.
    Origin,
    /// The catalog itself.
    Catalog,
}

impl Part {
    /// All parts, in the order in which they are put in place: the catalog last, because the others follow from it.
    pub const ALL: [Part; 3] = [Part::Docs, Part::Origin, Part::Catalog];

    fn extension(self) -> &'static str {
        match self {
            Part::Docs => "docs",
            Part::Origin => "origin",
            Part::Catalog => "catalog",
        }
    }
}

/// The folder `<data>/catalog`.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The shelf in a data folder.
    #[must_use]
    pub fn at(data: &Path) -> Self {
        Self { folder: data.join("catalog") }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A part of the catalog in use; there need not be one.
    #[must_use]
    pub fn current(&self, cloud: CloudName, part: Part) -> PathBuf {
        self.folder.join(format!("{cloud}.{}", part.extension()))
    }

    /// A part of the catalog that was in use before the latest update; there need not be one.
    #[must_use]
    pub fn before(&self, cloud: CloudName, part: Part) -> PathBuf {
        self.folder.join(format!("{cloud}.{}.before", part.extension()))
    }

    /// Where fetched packages lie.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    pub(super) fn known(&self) -> PathBuf {
        self.folder.join("known.json")
    }

    /// Whether these parts are in use already.
    #[must_use]
    pub fn holds(&self, cloud: CloudName, parts: &[(Part, Vec<u8>)]) -> bool {
        parts
            .iter()
            .all(|(part, bytes)| fs::read(self.current(cloud, *part)).is_ok_and(|held| held == *bytes))
    }

    /// Takes the lock, which the system gives back when the program ends, however it ends. Makes the folder.
    ///
    /// # Errors
    ///
    /// Another update holds it; or the folder cannot be written.
    pub fn lock(&self) -> Result<Locked<'_>, RefreshError> {
        fs::create_dir_all(&self.folder).map_err(|e| RefreshError::disk("write", &self.folder, e))?;
        let path = self.folder.join("update.lock");
        let failed = |what| move |e| RefreshError::disk(what, &path, e);
        let path = self.folder.join("update.lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed("write"))?;
        let path = self.folder.join("update.lock");
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                // Who it is helps, and is not needed.
                let _ = file.read_to_string(&mut who);
                let who = who.trim();
                let who = if who.is_empty() { "it has not said which process it is" } else { who };
                return Err(RefreshError::Busy(who.to_owned()));
            }
            Err(TryLockError::Error(e)) => return Err(RefreshError::disk("lock", &path, e)),
        }
        let who = format!("process {} since {}\n", std::process::id(), Timestamp::now().strftime("%FT%TZ"));
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(who.as_bytes()))
            .map_err(|e| RefreshError::disk("write", &path, e))?;
        Ok(Locked { shelf: self, _lock: file })
    }
}

/// A shelf that nobody else changes meanwhile.
pub struct Locked<'a> {
    pub(super) shelf: &'a Shelf,
    _lock: File,
}

impl Locked<'_> {
    /// Removes what updates left behind that were ended before they were done. Gives how many files.
    pub fn sweep(&self) -> usize {
        let mut removed = 0;
        for folder in [self.shelf.folder.clone(), self.shelf.packages()] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                // What cannot be removed does no harm.
                if DRAFTS.iter().any(|mark| name.contains(mark)) && fs::remove_file(entry.path()).is_ok() {
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Removes fetched packages whose names the closure does not keep.
    pub fn tidy(&self, keep: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(self.shelf.packages()).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| !keep(name)) {
                // What cannot be removed takes space and does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Puts a catalog in place. What was in use becomes the catalog of before, if `keep` says that it is whole; of
    /// parts that are not given there are none afterwards.
    ///
    /// # Errors
    ///
    /// The folder cannot be written; then the catalog in use is the one from before.
    pub fn install(
        &self,
        cloud: CloudName,
        parts: &[(Part, Vec<u8>)],
        keep: bool,
    ) -> Result<(), RefreshError> {
        for part in Part::ALL {
            let Some((_, bytes)) = parts.iter().find(|(of, _)| *of == part) else { continue };
            self.draft(&self.shelf.current(cloud, part), bytes)?;
        }
        if keep {
            for part in Part::ALL {
                self.keep(cloud, part)?;
            }
        }
        for part in Part::ALL {
            let current = self.shelf.current(cloud, part);
            if parts.iter().any(|(of, _)| *of == part) {
                rename(&draft_of(&current), &current)?;
            } else {
                remove(&current)?;
            }
        }
        self.settle()
    }

    /// Lets what is in use be what was in use before, too.
    fn keep(&self, cloud: CloudName, part: Part) -> Result<(), RefreshError> {
        let (current, before) = (self.shelf.current(cloud, part), self.shelf.before(cloud, part));
        if !current.exists() {
            return remove(&before);
        }
        let draft = draft_of(&before);
        remove(&draft)?;
        // A second name costs nothing; where the file system has none, a copy does.
        fs::hard_link(&current, &draft)
            .or_else(|_| fs::copy(&current, &draft).map(|_| ()))
            .map_err(|e| RefreshError::disk("write", &draft, e))?;
        rename(&draft, &before)?;
        // Renaming one name of a file to another name of it changes nothing.
        remove(&draft)
    }

    /// Puts a file in place, whole or not at all.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), RefreshError> {
        self.draft(path, bytes)?;
        rename(&draft_of(path), path)
    }

    fn draft(&self, path: &Path, bytes: &[u8]) -> Result<(), RefreshError> {
        let draft = draft_of(path);
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(|e| {
            // A full disk should not stay full.
            let _ = fs::remove_file(&draft);
            RefreshError::disk("write", &draft, e)
        })
    }

    /// Makes names last.
    pub(super) fn settle(&self) -> Result<(), RefreshError> {
        if cfg!(unix) {
            File::open(&self.shelf.folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|e| RefreshError::disk("write", &self.shelf.folder, e))?;
        }
        Ok(())
    }
}

/// The draft of a file of this process.
pub(super) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    name.into()
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), RefreshError> {
    fs::rename(from, to).map_err(|e| RefreshError::disk("write", to, e))
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), RefreshError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(RefreshError::disk("write", path, e)),
        _ => Ok(()),
    }
}
