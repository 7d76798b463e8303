//! Where the packages come from: an index, or what lies on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::CliError;
use super::super::args::UpdateArgs;
use super::super::setup::block_on;
use super::pins::Pins;
use super::progress::{Progress, Unit};
use crate::catalog::compile::azure::PackageList;
use crate::catalog::refresh::{self, Given, Package, Shelf};
use crate::config::CatalogSettings;
use crate::packages::{
    Got, Heard, Index, IndexOptions, Lying, PackageFile, PackagesError, Wanted, gather, lying,
};
use crate::plan::CloudName;

/// The index that everybody uses.
const PUBLIC: &str = "https://pypi.org/simple/";
/// The variable with which `pip` is told of another one.
const VARIABLE: &str = "PIP_INDEX_URL";

/// Where the packages come from.
pub(super) enum Source {
    Index(Box<Index>),
    /// Wheels and source archives in a folder.
    Folder(PathBuf, Lying),
    /// A wheel or a source archive, or a folder in which packages are installed: compiled as it is.
    Place(PathBuf),
}

/// The packages of one cloud.
pub(super) struct Found {
    pub(super) given: Given,
    pub(super) packages: Vec<Package>,
    /// Packages that lie there and are not in the list.
    pub(super) left_out: Vec<String>,
    /// Packages of which the index has an older version than the one in use, with that version.
    pub(super) older: Vec<String>,
    /// The newest versions that the index has.
    pub(super) seen: Vec<(String, String)>,
}

impl Source {
    /// The flags win over the settings, a folder over an index.
    pub(super) fn of(asked: &UpdateArgs, settings: &CatalogSettings) -> Result<Self, CliError> {
        let folder = match (&asked.from, &asked.index) {
            (Some(from), _) => Some(from),
            (None, Some(_)) => None,
            (None, None) => settings.from.as_ref(),
        };
        let Some(folder) = folder else {
            return Ok(Source::Index(Box::new(asked_index(asked.index.as_deref(), settings)?)));
        };
        // It is written down, and has to be found from elsewhere.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        if !folder.exists() {
            return Err(CliError::bad_input(format!(
                "{} does not exist: give a folder of wheels, or one wheel or source archive",
                folder.display()
            )));
        }
        if !folder.is_dir() {
            return Ok(Source::Place(folder));
        }
        let found = lying(&folder).map_err(CliError::bad_input)?;
        // A folder without a wheel may be one in which packages are installed.
        Ok(if found.names().is_empty() { Source::Place(folder) } else { Source::Folder(folder, found) })
    }

    /// The packages of a cloud; nothing when there are none of it here.
    ///
    /// `in_use` are the packages of the catalog in use, with their versions: an index that has fallen behind does not
    /// make a catalog older, unless the version is asked for.
    pub(super) fn find(
        &self,
        cloud: CloudName,
        list: &PackageList,
        pins: &Pins,
        in_use: &BTreeMap<String, String>,
        shelf: &Shelf,
        progress: Progress,
    ) -> Result<Option<Found>, CliError> {
        let wanted = wanted(cloud, list, pins);
        match self {
            Source::Place(place) => place_of(cloud, place),
            Source::Folder(folder, lying) => in_folder(cloud, folder, lying, list, &wanted),
            Source::Index(index) => {
                let least = |name: &str| in_use.get(name).and_then(|version| version.parse().ok());
                let wanted: Vec<Wanted> =
                    wanted.into_iter().map(|one| Wanted { at_least: least(&one.name), ..one }).collect();
                fetched(cloud, index, &wanted, shelf, progress)
            }
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Index(index) => index.fmt(f),
            Source::Folder(path, _) | Source::Place(path) => path.display().fmt(f),
        }
    }
}

/// The index that a flag, the settings, or the environment name; else the public one.
pub(crate) fn asked_index(flag: Option<&str>, settings: &CatalogSettings) -> Result<Index, CliError> {
    let from_environment = || std::env::var(VARIABLE).ok().filter(|address| !address.trim().is_empty());
    let address = flag.map(str::to_owned).or_else(|| settings.index.clone()).or_else(from_environment);
    let options = IndexOptions {
        address: address.unwrap_or_else(|| PUBLIC.to_owned()),
        proxy: settings.proxy.clone(),
        allow_http: settings.allow_http,
    };
    Index::new(&options).map_err(CliError::bad_input)
}

/// The packages that the catalog of a cloud is compiled from. botocore is data, so its source archive does as well.
pub(crate) fn wanted(cloud: CloudName, list: &PackageList, pins: &Pins) -> Vec<Wanted> {
    let names = refresh::packages(cloud, list).into_iter();
    names
        .map(|name| Wanted {
            version: pins.of(&name).cloned(),
            source: cloud == CloudName::Aws,
            at_least: None,
            name,
        })
        .collect()
}

/// A file or an installed folder. Of a file whose name says another cloud there is nothing here.
fn place_of(cloud: CloudName, place: &Path) -> Result<Option<Found>, CliError> {
    let file = place.file_name().and_then(|name| name.to_str()).and_then(PackageFile::parse);
    let has = |inside: &str| place.join(inside).is_dir();
    let installed = |wanted: &dyn Fn(&str) -> bool| {
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        entries
            .filter_map(|e| e.file_name().into_string().ok())
            .any(|name| name.ends_with(".dist-info") && wanted(&name))
    };
    let own = match (&file, cloud) {
        (Some(file), _) => cloud_of(&file.name) == Some(cloud),
        // What is called otherwise may still be it; the compiler tells.
        (None, CloudName::Aws) => !place.is_dir() || has("botocore/data") || has("data"),
        (None, CloudName::Oci) => !place.is_dir() || installed(&|name| name.starts_with("oci-")),
        (None, CloudName::Azure) => !place.is_dir() || installed(&|name| name.starts_with("azure_mgmt_")),
    };
    if !own {
        return Ok(None);
    }
    let packages = match file {
        Some(file) => vec![package(&Got::lying(file, place.to_owned()).map_err(CliError::bad_input)?)],
        None => Vec::new(),
    };
    Ok(Some(Found::of(Given::Place(place.to_owned()), packages)))
}

/// The cloud that a package belongs to.
fn cloud_of(package: &str) -> Option<CloudName> {
    match package {
        "botocore" => Some(CloudName::Aws),
        "oci" => Some(CloudName::Oci),
        name if name.starts_with("azure-mgmt-") => Some(CloudName::Azure),
        _ => None,
    }
}

fn in_folder(
    cloud: CloudName,
    folder: &Path,
    lying: &Lying,
    list: &PackageList,
    wanted: &[Wanted],
) -> Result<Option<Found>, CliError> {
    let (mut files, mut packages) = (Vec::new(), Vec::new());
    for one in wanted {
        if let Some((file, path)) = lying.take(one).map_err(CliError::bad_input)? {
            let got = Got::lying(file, path).map_err(CliError::bad_input)?;
            packages.push(package(&got));
            files.push(got.path);
        }
    }
    let left_out = lying.names().into_iter().filter(|name| cloud_of(name) == Some(cloud));
    let left_out: Vec<String> =
        left_out.filter(|name| cloud == CloudName::Azure && !list.has(name)).map(str::to_owned).collect();
    if files.is_empty() {
        if !left_out.is_empty() {
            return Err(CliError::bad_input(format!(
                "{} has no package of Azure that the program knows; it has {}: take one with --package NAME",
                folder.display(),
                left_out.join(", ")
            )));
        }
        return Ok(None);
    }
    Ok(Some(Found { left_out, ..Found::of(Given::Files(files), packages) }))
}

fn fetched(
    cloud: CloudName,
    index: &Index,
    wanted: &[Wanted],
    shelf: &Shelf,
    progress: Progress,
) -> Result<Option<Found>, CliError> {
    let stretch = progress.begin(&format!("{cloud}: fetching from {index}"), Unit::Bytes);
    let heard = |what: Heard<'_>| match what {
        Heard::Chosen { bytes: Some(bytes), .. } => stretch.length(bytes),
        Heard::Bytes(bytes) => stretch.more(bytes),
        Heard::Chosen { .. } | Heard::Looked(_) | Heard::Got(_) => {}
    };
    let folder = shelf.packages();
    let gathered = block_on(async { gather(index, wanted, &folder, &heard).await.map_err(refused) })?;
    drop(stretch);
    if gathered.got.is_empty() && gathered.behind.is_empty() {
        return Err(CliError::failed(format!(
            "{index} has none of the packages of {cloud}; is it the address of a simple index, like https://host/simple/?"
        )));
    }
    let files = gathered.got.iter().map(|got| &got.file).chain(&gathered.behind);
    let seen = files.map(|file| (file.name.clone(), file.version.to_string())).collect();
    let older = gathered.behind.iter().map(|file| format!("{} {}", file.name, file.version)).collect();
    let packages = gathered.got.iter().map(package).collect();
    let files = gathered.got.into_iter().map(|got| got.path).collect();
    Ok(Some(Found { older, seen, ..Found::of(Given::Files(files), packages) }))
}

/// A version that is not there is a mistake; everything else went wrong.
fn refused(error: PackagesError) -> CliError {
    match error {
        PackagesError::NoVersion { .. } | PackagesError::Yanked { .. } => CliError::bad_input(error),
        _ => CliError::failed(error),
    }
}

impl Found {
    fn of(given: Given, packages: Vec<Package>) -> Self {
        Self { given, packages, left_out: Vec::new(), older: Vec::new(), seen: Vec::new() }
    }

    /// Whether there is nothing that is not older than what is in use.
    pub(super) fn is_behind(&self) -> bool {
        matches!(&self.given, Given::Files(files) if files.is_empty())
    }
}

fn package(got: &Got) -> Package {
    Package {
        name: got.file.name.clone(),
        version: got.file.version.to_string(),
        file: got.file.file.clone(),
        sha256: got.sha256.clone(),
    }
}
