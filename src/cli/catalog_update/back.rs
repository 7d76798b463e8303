//! The way back: to the catalogs of before, or to those that came with the program.

use serde_json::json;

use super::super::args::UpdateArgs;
use super::super::setup::Setup;
use super::super::{CliError, Exit, Output};
use crate::catalog::Catalog;
use crate::catalog::refresh::{Locked, Part, RefreshError, Shelf};
use crate::plan::CloudName;

/// Goes back and says what is in use now.
pub(super) fn go(
    out: Output,
    setup: &Setup,
    shelf: &Shelf,
    locked: &Locked<'_>,
    asked: &UpdateArgs,
) -> Result<Exit, CliError> {
    let replaced = |cloud: &CloudName| shelf.current(*cloud, Part::Catalog).exists();
    let clouds = match (asked.cloud, asked.reset) {
        (Some(cloud), _) => vec![cloud],
        (None, true) => CloudName::ALL.into_iter().filter(replaced).collect(),
        (None, false) => shelf.latest(),
    };
    if clouds.is_empty() {
        return Err(CliError::bad_input(
            "there is no update to take back; the catalogs that came with the program are in use",
        ));
    }
    for cloud in &clouds {
        let gone = if asked.reset { locked.reset(*cloud) } else { locked.undo(*cloud) };
        gone.map_err(|error| match error {
            RefreshError::NothingToUndo(_) => CliError::bad_input(error),
            _ => CliError::failed(error),
        })?;
    }
    let catalog = Catalog::open(Some(setup.home.data())).map_err(CliError::failed)?;
    let status: Vec<_> =
        catalog.status().into_iter().filter(|status| clouds.contains(&status.cloud)).collect();
    out.show(&json!({"catalogs": status, "warnings": catalog.warnings()}), |_| {
        let lines = status.iter().map(|s| {
            let from = if s.file.is_some() { "" } else { ", which came with the program" };
            format!("{}: {} {} is in use{from}; once more, and it is as before", s.cloud, s.source, s.version)
        });
        let lines: Vec<String> = lines.collect();
        if asked.reset { lines.join("\n").replace("once more", "--undo") } else { lines.join("\n") }
    })?;
    Ok(Exit::Done)
}
