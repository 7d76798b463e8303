//! `provisioner catalog status`: what the catalogs hold, from what and when they were made, and whether something newer is known.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use pep440_rs::Version;
use serde::Serialize;
use serde_json::json;

use super::catalog_update::{Pins, asked_index, wanted};
use super::setup::{Setup, block_on};
use super::{Args, CliError, Exit, Output};
use crate::catalog::compile::azure::PackageList;
use crate::catalog::live::LiveList;
use crate::catalog::refresh::{Known, Origin, Part, Shelf, in_use};
use crate::catalog::{Catalog, CatalogStatus};
use crate::packages::newest;
use crate::plan::CloudName;

/// A catalog, for people and scripts.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    catalog: CatalogStatus,
    /// Whether it came with the program.
    embedded: bool,
    /// When it was put in place; nothing for the one that came with the program.
    installed: Option<Timestamp>,
    /// From what it was compiled, where that is known.
    origin: Option<Origin>,
    /// The version that came with the program, where another one is in use.
    came_with_program: Option<String>,
    /// The catalog that `--undo` goes back to.
    before: Option<Before>,
    /// Packages of which a newer version is known than the one in use.
    newer: Vec<Newer>,
    /// What a live service knows beyond the packages, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<LiveList>,
}

#[derive(Serialize)]
struct Before {
    file: PathBuf,
    version: Option<String>,
}

#[derive(Serialize)]
struct Newer {
    package: String,
    in_use: String,
    known: String,
    /// When an index was seen to have it; nothing where it came with the program.
    seen: Option<Timestamp>,
}

/// Says what the catalogs hold. With `check`, the index is asked what it has, at this address if one is given.
///
/// # Errors
///
/// The catalog cannot be opened, the index does not answer, or the answer cannot be written.
pub(crate) fn status(args: &Args, check: Option<Option<&str>>) -> Result<Exit, CliError> {
    let setup = Setup::of(args)?;
    let shelf = Shelf::at(setup.home.data());
    if let Some(index) = check {
        look(&setup, &shelf, index)?;
    }
    let catalog = Catalog::open(Some(setup.home.data())).map_err(CliError::failed)?;
    let (came_with, known) = (Catalog::open(None).map_err(CliError::failed)?, Known::load(&shelf));
    let statuses = catalog
        .status()
        .into_iter()
        .map(|status| one(status, &catalog, &came_with, &shelf, &known))
        .collect::<Result<Vec<Status>, CliError>>()?;
    let warnings = [catalog.warnings(), &catalog.documentation_warnings()].concat();
    let document = json!({"catalogs": statuses, "warnings": warnings});
    Output::new(args.json).show(&document, |_| {
        let mut text = String::new();
        for status in &statuses {
            paragraph(&mut text, status);
        }
        for warning in &warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        text
    })?;
    Ok(Exit::Done)
}

/// Asks the index for the newest versions and notes them.
fn look(setup: &Setup, shelf: &Shelf, index: Option<&str>) -> Result<(), CliError> {
    let settings = &setup.settings.catalog;
    let index = asked_index(index, settings)?;
    let list = PackageList::built_in(false).map_err(CliError::failed)?.with(settings.azure_packages.clone());
    let packages: Vec<_> =
        CloudName::ALL.into_iter().flat_map(|cloud| wanted(cloud, &list, &Pins::default())).collect();
    let found = block_on(async { newest(&index, &packages).await.map_err(CliError::failed) })?;
    if found.is_empty() {
        return Err(CliError::failed(format!(
            "{index} has none of the packages; is it the address of a simple index?"
        )));
    }
    let locked = shelf.lock().map_err(CliError::failed)?;
    let mut known = Known::load(shelf);
    known.see(found);
    known.save(&locked).map_err(CliError::failed)
}

fn one(
    catalog: CatalogStatus,
    all: &Catalog,
    came_with: &Catalog,
    shelf: &Shelf,
    known: &Known,
) -> Result<Status, CliError> {
    let cloud = catalog.cloud;
    let embedded = catalog.file.is_none();
    let installed = catalog
        .file
        .as_ref()
        .and_then(|file| Timestamp::try_from(std::fs::metadata(file).ok()?.modified().ok()?).ok());
    let origin = catalog.file.as_ref().and_then(|file| {
        let bytes = std::fs::read(file).ok()?;
        Origin::load(&shelf.current(cloud, Part::Origin)).filter(|origin| origin.describes(&bytes))
    });
    let before = shelf.before(cloud, Part::Catalog);
    let before = before.exists().then(|| {
        let version = std::fs::read(&before).ok().and_then(|bytes| Catalog::from_snapshot(bytes).ok());
        let version = version.and_then(|catalog| Some(catalog.status().first()?.version.clone()));
        Before { file: before, version }
    });
    let own = in_use(cloud, &all.without_live()).map_err(CliError::failed)?;
    let shipped =
        if embedded { BTreeMap::new() } else { in_use(cloud, came_with).map_err(CliError::failed)? };
    let came = came_with.status().into_iter().find(|status| status.cloud == cloud && !embedded);
    Ok(Status {
        embedded,
        installed,
        origin,
        came_with_program: came.map(|status| status.version),
        before,
        newer: newer(&own, &shipped, known),
        live: all.live().filter(|_| cloud == CloudName::Azure),
        catalog,
    })
}

/// The packages of which something newer is known: what an index was seen to have, or what came with the program.
fn newer(own: &BTreeMap<String, String>, shipped: &BTreeMap<String, String>, known: &Known) -> Vec<Newer> {
    let number = |text: &str| text.parse::<Version>().ok();
    let mut found = Vec::new();
    for (package, in_use) in own {
        let seen = known.newest(package).map(|(version, at)| (version, Some(at)));
        let offers = seen.into_iter().chain(shipped.get(package).map(|version| (version.as_str(), None)));
        let best = offers.max_by_key(|(version, _)| number(version));
        if let Some((version, seen)) = best
            && number(version) > number(in_use)
        {
            found.push(Newer {
                package: package.clone(),
                in_use: in_use.clone(),
                known: version.to_owned(),
                seen,
            });
        }
    }
    found
}

fn paragraph(text: &mut String, status: &Status) {
    let Status { catalog, .. } = status;
    let _ = writeln!(
        text,
        "{}: {} services, {} operations, from {} {} ({} KiB)",
        catalog.cloud,
        catalog.services,
        catalog.operations,
        catalog.source,
        catalog.version,
        catalog.bytes / 1024
    );
    let when = status.installed.map(|at| format!(", in place since {}", day(at))).unwrap_or_default();
    let file =
        catalog.file.as_ref().map_or("part of the program".to_owned(), |file| file.display().to_string());
    let _ = writeln!(text, "  {file}{when}");
    if let Some(origin) = &status.origin {
        let _ = writeln!(
            text,
            "  compiled {} by version {} from {}",
            day(origin.begun),
            origin.program,
            origin.from
        );
    }
    if let Some(version) = &status.came_with_program {
        let _ = writeln!(text, "  the program came with {version}; --reset goes back to it");
    }
    if let Some(before) = &status.before {
        let version = before.version.as_deref().unwrap_or("a damaged catalog");
        let _ = writeln!(text, "  before: {version}; --undo goes back to it");
    }
    if let Some(live) = &status.live {
        let _ = writeln!(
            text,
            "  live: {} types that no package covers, of {} in the list of {}, fetched {}",
            live.generic,
            live.types,
            live.from,
            day(live.at)
        );
    }
    if let Some(first) = status.newer.first() {
        let more = if status.newer.len() > 1 {
            format!(" and {} more", status.newer.len() - 1)
        } else {
            String::new()
        };
        let seen =
            first.seen.map_or(", which came with the program".to_owned(), |at| format!(", seen {}", day(at)));
        let _ = writeln!(
            text,
            "  newer: {} {}{seen}{more}; `catalog update` takes it",
            first.package, first.known
        );
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%F %H:%M UTC").to_string()
}
