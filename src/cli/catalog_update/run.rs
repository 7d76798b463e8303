//! The whole update.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use super::super::args::UpdateArgs;
use super::super::setup::Setup;
use super::super::{Args, CliError, Exit, Output};
use super::back;
use super::note::Note;
use super::one::{Job, Outcome, State, compiled, remarks, update};
use super::pins::Pins;
use super::progress::Progress;
use super::report;
use super::source::Source;
use crate::catalog::Catalog;
use crate::catalog::compile::azure::PackageList;
use crate::catalog::refresh::{Shelf, packages};
use crate::packages::{PackageFile, normalized};
use crate::plan::CloudName;

/// Updates the catalogs of one cloud or of all, or goes back.
///
/// # Errors
///
/// Nothing could be begun: the arguments contradict each other, another update runs, or the folder cannot be written.
pub(crate) fn run(args: &Args, asked: &UpdateArgs) -> Result<Exit, CliError> {
    let setup = Setup::of(args)?;
    let out = Output::new(args.json);
    if asked.live {
        return super::live::update(out, &setup, asked);
    }
    let shelf = Shelf::at(setup.home.data());
    if asked.undo || asked.reset {
        let locked = shelf.lock().map_err(CliError::failed)?;
        locked.sweep();
        return back::go(out, &setup, &shelf, &locked, asked);
    }
    let settings = &setup.settings.catalog;
    let pins = Pins::parse(&asked.versions, asked.cloud)?;
    let more = settings.azure_packages.iter().chain(&asked.packages).map(|name| normalized(name));
    let list = PackageList::built_in(asked.all).map_err(CliError::failed)?.with(more);
    let clouds = asked.cloud.map_or(CloudName::ALL.to_vec(), |cloud| vec![cloud]);
    let known: Vec<String> = clouds.iter().flat_map(|cloud| packages(*cloud, &list)).collect();
    pins.check(|name| known.iter().any(|known| known == name))?;
    let source = Source::of(asked, settings)?;
    if let (None, Source::Place(path)) = (asked.cloud, &source) {
        nameless(path)?;
    }
    let catalog = Catalog::open(Some(setup.home.data())).map_err(CliError::failed)?.without_live();
    let locked = shelf.lock().map_err(CliError::failed)?;
    locked.sweep();
    let job = Job {
        shelf: &shelf,
        locked: &locked,
        source: &source,
        list: &list,
        pins: &pins,
        catalog: &catalog,
        begun: Timestamp::now(),
        progress: Progress::of(args),
    };
    if let (Some(cloud), Some(to)) = (asked.cloud, &asked.output) {
        return write_to(out, &job, cloud, to);
    }
    let mut outcomes = Vec::new();
    for cloud in clouds {
        outcomes.push(update(&job, cloud).unwrap_or_else(|error| Outcome::failed(cloud, &error)));
    }
    let exit = exit_of(&mut outcomes, asked.cloud.is_some());
    let document = json!({"from": source.to_string(), "clouds": outcomes});
    out.show(&document, |_| report::lines(&outcomes))?;
    for failed in outcomes.iter().filter(|outcome| outcome.state == State::Failed) {
        let error = failed.error.as_deref().unwrap_or_default();
        super::super::output::report(&format!("{}: {error}", failed.cloud));
    }
    Ok(exit)
}

/// A file that does not say of which cloud it is needs a word about it.
fn nameless(path: &Path) -> Result<(), CliError> {
    let named = path.file_name().and_then(|name| name.to_str()).and_then(PackageFile::parse);
    if path.is_dir() || named.is_some() {
        return Ok(());
    }
    Err(CliError::bad_input(format!(
        "{}: its name does not say of which package it is; say --cloud aws, azure, or oci",
        path.display()
    )))
}

/// Nothing to update from at all is a mistake; some clouds of several are not.
fn exit_of(outcomes: &mut [Outcome], one_cloud: bool) -> Exit {
    let behind = |outcome: &Outcome| outcome.state == State::Skipped && outcome.packages_missing;
    if outcomes.iter().all(behind) {
        for outcome in outcomes.iter_mut() {
            let error = CliError::bad_input(format!(
                "{}; give a folder of wheels of botocore, oci, or azure-mgmt-*{}",
                outcome.notes[0].whole(),
                if one_cloud { "" } else { ", or one of them" }
            ));
            *outcome = Outcome::failed(outcome.cloud, &error);
        }
    }
    let failed: Vec<Exit> =
        outcomes.iter().filter(|o| o.state == State::Failed).map(|outcome| outcome.exit).collect();
    match failed.first() {
        None if outcomes.iter().any(|outcome| outcome.exit == Exit::Partly) => Exit::Partly,
        None => Exit::Done,
        Some(exit) if failed.len() == outcomes.len() => *exit,
        Some(_) => Exit::Partly,
    }
}

/// Writes a snapshot to a file and changes nothing else: how the catalogs that come with the program are made.
fn write_to(out: Output, job: &Job<'_>, cloud: CloudName, to: &Path) -> Result<Exit, CliError> {
    let nothing = Default::default();
    let found = job.source.find(cloud, job.list, job.pins, &nothing, job.shelf, job.progress)?;
    let found = found
        .ok_or_else(|| CliError::bad_input(format!("there is no package of {cloud} in {}", job.source)))?;
    let built = compiled(job, cloud, &found, None)?;
    let failed = |e: std::io::Error| CliError::failed(format!("cannot write {}: {e}", to.display()));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = to.with_extension(format!("new-{}", std::process::id()));
    fs::write(&draft, &built.snapshot).and_then(|()| fs::File::open(&draft)?.sync_all()).map_err(failed)?;
    fs::rename(&draft, to).map_err(failed)?;
    let (status, notes) = (built.catalog.status(), remarks(&found, &built));
    out.show(&json!({"file": to, "catalogs": status, "notes": notes}), |_| {
        let line = status.iter().map(|s| {
            format!(
                "{} {} {}: {} services, {} operations, {} KiB in {}",
                s.cloud,
                s.source,
                s.version,
                s.services,
                s.operations,
                s.bytes / 1024,
                to.display()
            )
        });
        line.chain(notes.iter().map(Note::short)).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}
