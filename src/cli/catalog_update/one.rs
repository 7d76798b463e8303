//! The update of one cloud.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::super::{CliError, Exit};
use super::note::Note;
use super::pins::Pins;
use super::progress::{Progress, Unit};
use super::source::{Found, Source};
use crate::catalog::compile::azure::PackageList;
use crate::catalog::docs::{self, Docs};
use crate::catalog::refresh::{
    Built, Changes, Known, Locked, Origin, Package, Part, RefreshError, Shelf, UnreadPart, build, compare,
    in_use, whole,
};
use crate::catalog::{Catalog, CatalogStatus};
use crate::packages::PackageFile;
use crate::plan::CloudName;

/// What the update of each cloud works with.
pub(super) struct Job<'a> {
    pub(super) shelf: &'a Shelf,
    pub(super) locked: &'a Locked<'a>,
    pub(super) source: &'a Source,
    pub(super) list: &'a PackageList,
    pub(super) pins: &'a Pins,
    /// The catalogs in use.
    pub(super) catalog: &'a Catalog,
    pub(super) begun: Timestamp,
    pub(super) progress: Progress,
}

/// How the update of a cloud ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// A new catalog is in place.
    Updated,
    /// The catalog in use is the same.
    Unchanged,
    /// There was nothing to update from, or only something older.
    Skipped,
    /// It failed; the catalog in use stays as it is.
    Failed,
}

/// What a catalog was compiled from, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Held {
    pub(super) source: String,
    pub(super) version: String,
    pub(super) services: usize,
    pub(super) operations: usize,
    pub(super) bytes: usize,
}

/// What became of a cloud.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) cloud: CloudName,
    pub(super) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Held>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Held>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Changes>,
    pub(super) packages: Vec<Package>,
    /// Parts that this program does not understand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unread: Vec<UnreadPart>,
    pub(super) notes: Vec<Note>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip)]
    pub(super) exit: Exit,
    /// Whether there was no package of the cloud at all.
    #[serde(skip)]
    pub(super) packages_missing: bool,
}

impl Outcome {
    pub(super) fn of(cloud: CloudName, state: State) -> Self {
        Self {
            cloud,
            state,
            before: None,
            after: None,
            file: None,
            changes: None,
            packages: Vec::new(),
            unread: Vec::new(),
            notes: Vec::new(),
            error: None,
            exit: Exit::Done,
            packages_missing: false,
        }
    }

    pub(super) fn failed(cloud: CloudName, error: &CliError) -> Self {
        Self { error: Some(error.message.clone()), exit: error.exit, ..Self::of(cloud, State::Failed) }
    }

    fn skipped(cloud: CloudName, note: String) -> Self {
        Self { notes: vec![Note::plain(note)], ..Self::of(cloud, State::Skipped) }
    }
}

/// Finds, compiles, compares, and puts in place.
pub(super) fn update(job: &Job<'_>, cloud: CloudName) -> Result<Outcome, CliError> {
    let mut notes = Vec::new();
    let current = job.shelf.current(cloud, Part::Catalog);
    let came_with = Catalog::open(None).map_err(CliError::failed)?;
    let in_file = job.catalog.status().iter().any(|status| status.cloud == cloud && status.file.is_some());
    // What came with the program is whole.
    let health = if in_file { whole(cloud, job.catalog) } else { Ok(()) };
    if let Err(reason) = &health {
        notes.push(Note::plain(format!(
            "{reason}; it is replaced, and compared with the one that came with the program"
        )));
    }
    let base = if health.is_ok() { job.catalog } else { &came_with };
    // A damaged catalog is not worth going back to.
    let keep = !current.exists() || (in_file && health.is_ok());
    let held = in_use(cloud, base).map_err(CliError::failed)?;
    let found = job.source.find(cloud, job.list, job.pins, &held, job.shelf, job.progress)?;
    let Some(found) = found else {
        let skipped = Outcome::skipped(cloud, format!("no package of {cloud} in {}", job.source));
        return Ok(Outcome { packages_missing: true, ..skipped });
    };
    if !found.seen.is_empty() {
        let mut known = Known::load(job.shelf);
        known.see(found.seen.iter().cloned());
        known.save(job.locked).map_err(CliError::failed)?;
    }
    if found.is_behind() {
        let note = format!(
            "{} has only {}, which is older than what is in use; take it with --version",
            job.source,
            found.older.join(", ")
        );
        return Ok(Outcome::skipped(cloud, note));
    }
    let built = compiled(job, cloud, &found, Some(base))?;
    notes.extend(remarks(&found, &built));
    let after = built.catalog.status().first().map(of);
    let before = base.status().iter().find(|status| status.cloud == cloud).map(of);
    let mut outcome = Outcome { before, after, ..Outcome::of(cloud, State::Unchanged) };
    let said = documentation(job, cloud, built.docs, &built.catalog)?;
    let mut parts = vec![(Part::Catalog, built.snapshot), (Part::Docs, said)];
    if !job.shelf.holds(cloud, &parts) {
        let changes = compare(cloud, base, &built.catalog).map_err(CliError::failed)?;
        let origin = Origin::of(&parts[0].1, job.begun, job.source.to_string(), found.packages.clone());
        parts.push((Part::Origin, origin.bytes()));
        job.locked.install(cloud, &parts, keep).map_err(CliError::failed)?;
        outcome = Outcome { state: State::Updated, changes: Some(changes), ..outcome };
    }
    if matches!(job.source, Source::Index(_)) {
        tidy(job, cloud, &found);
    }
    // What is not understood is not done.
    let exit = if built.unread.is_empty() { Exit::Done } else { Exit::Partly };
    Ok(Outcome {
        file: Some(current),
        packages: found.packages,
        unread: built.unread,
        notes,
        exit,
        ..outcome
    })
}

/// What the packages say, and of services that were kept from the catalog in use what was said about them before.
fn documentation(
    job: &Job<'_>,
    cloud: CloudName,
    mut said: Docs,
    catalog: &Catalog,
) -> Result<Vec<u8>, CliError> {
    // What cannot be read is written anew.
    let before =
        fs::read(job.shelf.current(cloud, Part::Docs)).ok().and_then(|bytes| docs::read(&bytes).ok());
    if let Some((of, before)) = before
        && of == cloud
    {
        said.fill(before, |service| catalog.services(cloud).any(|entry| entry.name == service));
    }
    docs::write(cloud, &said).map_err(CliError::failed)
}

/// Compiles what was found. What an index gave is not the person's mistake.
pub(super) fn compiled(
    job: &Job<'_>,
    cloud: CloudName,
    found: &Found,
    base: Option<&Catalog>,
) -> Result<Built, CliError> {
    let names: Vec<String> = found.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
    let what = match names.as_slice() {
        [one] => one.clone(),
        [] => job.source.to_string(),
        many => format!("{} packages", many.len()),
    };
    let stretch = job.progress.begin(&format!("{cloud}: compiling {what}"), Unit::Parts);
    let watch = |done, of| stretch.at(done, of);
    build(cloud, &found.given, job.list, base, &watch).map_err(|error| match (&error, job.source) {
        (RefreshError::Compile(_), Source::Folder(..) | Source::Place(_)) => CliError::bad_input(error),
        _ => CliError::failed(error),
    })
}

/// What was not taken, and what was not there.
pub(super) fn remarks(found: &Found, built: &Built) -> Vec<Note> {
    let left_out = [found.left_out.clone(), built.left_out.clone()].concat();
    let unread = |kept: bool| -> Vec<String> {
        let unread = built.unread.iter().filter(|unread| unread.kept == kept);
        unread.map(|unread| format!("{} ({})", unread.part, unread.reason)).collect()
    };
    [
        Note::about(
            "not in the list of packages, left out:",
            &left_out,
            "; take one with --package NAME, or those that are known and not generally available with --all",
        ),
        Note::about("older than what is in use, left out:", &found.older, ""),
        Note::about("not there, kept from the catalog in use:", &built.kept, ""),
        Note::about("in the list of packages, but not there:", &built.absent, ""),
        Note::about("not understood by this version of the program, kept as they were:", &unread(true), ""),
        Note::about("not understood by this version of the program, left out:", &unread(false), ""),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of(status: &CatalogStatus) -> Held {
    Held {
        source: status.source.clone(),
        version: status.version.clone(),
        services: status.services,
        operations: status.operations,
        bytes: status.bytes,
    }
}

/// Removes fetched packages of this cloud that were not needed this time.
fn tidy(job: &Job<'_>, cloud: CloudName, found: &Found) {
    let needed: BTreeMap<&str, ()> = found.packages.iter().map(|p| (p.file.as_str(), ())).collect();
    let own = super::wanted(cloud, job.list, job.pins);
    job.locked.tidy(|file| {
        let package = PackageFile::parse(file);
        needed.contains_key(file) || !package.is_some_and(|p| own.iter().any(|one| one.name == p.name))
    });
}
