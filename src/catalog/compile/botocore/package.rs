//! The files of a botocore package: an installed folder, a wheel, or a source archive.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::catalog::compile::CompileError;

/// No document of a package is larger than this when unpacked; the largest has 6 MB.
const MOST_BYTES: u64 = 64 << 20;

/// The data files of a package, by their path below `botocore/data`, still packed.
pub(super) struct Package {
    files: BTreeMap<String, Source>,
    version: String,
}

enum Source {
    Disk(PathBuf),
    Memory(Vec<u8>),
}

/// The documents that make up a service.
const WANTED: [&str; 4] = ["service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"];

impl Package {
    /// Opens a package.
    ///
    /// # Errors
    ///
    /// The path is no botocore package, or it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, CompileError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let package = if path.is_dir() {
            Self::folder(path)?
        } else if name.ends_with(".whl") || name.ends_with(".zip") {
            Self::wheel(path)?
        } else {
            Self::archive(path)?
        };
        if package.files.keys().any(|file| file.contains("/service-2.json")) {
            Ok(package)
        } else {
            Err(CompileError::Empty(path.to_owned()))
        }
    }

    /// The version of the package, as its own files say; `unknown` when they do not.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    fn folder(path: &Path) -> Result<Self, CompileError> {
        let root = [path.join("botocore"), path.to_owned()].into_iter().find(|p| p.join("data").is_dir());
        let root = root.ok_or_else(|| CompileError::Empty(path.to_owned()))?;
        let mut files = BTreeMap::new();
        collect(&root.join("data"), String::new(), &mut files)?;
        let init = fs::read_to_string(root.join("__init__.py")).unwrap_or_default();
        Ok(Self { files, version: version_in(&init) })
    }

    fn wheel(path: &Path) -> Result<Self, CompileError> {
        let damaged = |reason: String| CompileError::Archive { path: path.to_owned(), reason };
        let file =
            fs::File::open(path).map_err(|source| CompileError::Read { path: path.to_owned(), source })?;
        let mut zip = zip::ZipArchive::new(file).map_err(|e| damaged(e.to_string()))?;
        let mut files = BTreeMap::new();
        let mut version = "unknown".to_owned();
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|e| damaged(e.to_string()))?;
            let name = entry.name().map_err(|e| damaged(e.to_string()))?.into_owned();
            if let Some(below) = wanted(&name) {
                files.insert(
                    below,
                    Source::Memory(read_all(&mut entry).map_err(|e| damaged(format!("{name}: {e}")))?),
                );
            } else if name.ends_with("botocore/__init__.py") {
                let init = read_all(&mut entry).map_err(|e| damaged(format!("{name}: {e}")))?;
                version = version_in(&String::from_utf8_lossy(&init));
            }
        }
        Ok(Self { files, version })
    }

    fn archive(path: &Path) -> Result<Self, CompileError> {
        let damaged = |reason: String| CompileError::Archive { path: path.to_owned(), reason };
        let file =
            fs::File::open(path).map_err(|source| CompileError::Read { path: path.to_owned(), source })?;
        let mut tar = tar::Archive::new(GzDecoder::new(file));
        let mut files = BTreeMap::new();
        let mut version = "unknown".to_owned();
        for entry in tar.entries().map_err(|e| damaged(e.to_string()))? {
            let mut entry = entry.map_err(|e| damaged(e.to_string()))?;
            let name = entry.path().map_err(|e| damaged(e.to_string()))?.to_string_lossy().into_owned();
            if let Some(below) = wanted(&name) {
                files.insert(
                    below,
                    Source::Memory(read_all(&mut entry).map_err(|e| damaged(format!("{name}: {e}")))?),
                );
            } else if name.ends_with("/botocore/__init__.py") {
                let init = read_all(&mut entry).map_err(|e| damaged(format!("{name}: {e}")))?;
                version = version_in(&String::from_utf8_lossy(&init));
            }
        }
        Ok(Self { files, version })
    }

    /// The services of the package, sorted.
    pub(super) fn services(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter(|file| file.contains("/service-2.json"))
            .filter_map(|file| file.split('/').next().map(str::to_owned))
            .collect();
        // By name, not by path: `ec2-instance-connect/` stands before `ec2/`.
        names.sort();
        names.dedup();
        names
    }

    /// The newest document of a kind of a service, with its `sdk-extras` merged in. A newest
    /// version without the document gives way to the next.
    ///
    /// # Errors
    ///
    /// The document cannot be read or is no JSON.
    pub(super) fn document(&self, service: &str, kind: &str) -> Result<Option<Value>, CompileError> {
        let prefix = format!("{service}/");
        let stem = format!("/{kind}.json");
        let newest = self
            .files
            .range(prefix.clone()..)
            .take_while(|(file, _)| file.starts_with(&prefix))
            .filter(|(file, _)| file.ends_with(&stem) || file.ends_with(&format!("{stem}.gz")))
            .map(|(file, _)| file)
            .max();
        let Some(newest) = newest else { return Ok(None) };
        let mut document = self.json(newest)?;
        if let Some((folder, _)) = newest.rsplit_once('/') {
            let extras = format!("{folder}/{kind}.sdk-extras.json");
            for name in [extras.clone(), format!("{extras}.gz")] {
                if self.files.contains_key(&name) {
                    let mut extra = self.json(&name)?;
                    merge(&mut document, extra["merge"].take());
                }
            }
        }
        Ok(Some(document))
    }

    /// A file directly below `data`, for example `partitions`.
    ///
    /// # Errors
    ///
    /// The document cannot be read or is no JSON.
    pub(super) fn top(&self, name: &str) -> Result<Option<Value>, CompileError> {
        for file in [format!("{name}.json"), format!("{name}.json.gz")] {
            if self.files.contains_key(&file) {
                return self.json(&file).map(Some);
            }
        }
        Ok(None)
    }

    fn json(&self, file: &str) -> Result<Value, CompileError> {
        let bytes = match self.files.get(file) {
            Some(Source::Disk(path)) => {
                fs::read(path).map_err(|source| CompileError::Read { path: path.clone(), source })?
            }
            Some(Source::Memory(bytes)) => bytes.clone(),
            None => Vec::new(),
        };
        let broken = |reason: String| CompileError::Json { file: file.to_owned(), reason };
        let bytes = if file.ends_with(".gz") {
            read_all(&mut GzDecoder::new(bytes.as_slice())).map_err(|e| broken(e.to_string()))?
        } else {
            bytes
        };
        serde_json::from_slice(&bytes).map_err(|e| broken(e.to_string()))
    }
}

fn read_all(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The path below `botocore/data` of a file that is needed.
fn wanted(path: &str) -> Option<String> {
    let (_, below) = path.split_once("botocore/data/")?;
    let name = below.rsplit('/').next()?;
    let kind = name.split('.').next()?;
    (WANTED.contains(&kind) || below == name && kind == "partitions").then(|| below.to_owned())
}

fn collect(folder: &Path, below: String, files: &mut BTreeMap<String, Source>) -> Result<(), CompileError> {
    let failed = |source| CompileError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            collect(&entry.path(), path, files)?;
        } else if wanted(&format!("botocore/data/{path}")).is_some() {
            files.insert(path, Source::Disk(entry.path()));
        }
    }
    Ok(())
}

fn version_in(init: &str) -> String {
    init.lines()
        .find_map(|line| line.strip_prefix("__version__")?.split(['\'', '"']).nth(1))
        .unwrap_or("unknown")
        .to_owned()
}

/// Objects member by member; everything else is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn write(root: &Path, file: &str, value: &Value) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }

    #[test]
    fn the_newest_version_that_has_the_document_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "data/ec2/2014-01-01/service-2.json", &json!({"v": "old"}));
        write(root, "data/ec2/2016-11-15/service-2.json", &json!({"v": "new", "a": {"b": 1}}));
        write(root, "data/ec2/2014-01-01/waiters-2.json", &json!({"w": 1}));
        write(root, "data/ec2/2016-11-15/service-2.sdk-extras.json", &json!({"merge": {"a": {"c": 2}}}));
        fs::write(root.join("__init__.py"), "__version__ = '1.2.3'\n").unwrap();
        let package = Package::open(root).unwrap();
        assert_eq!(package.version(), "1.2.3");
        assert_eq!(package.services(), ["ec2"]);
        assert_eq!(
            package.document("ec2", "service-2").unwrap().unwrap(),
            json!({"v": "new", "a": {"b": 1, "c": 2}})
        );
        assert_eq!(package.document("ec2", "waiters-2").unwrap().unwrap(), json!({"w": 1}));
        assert_eq!(package.document("ec2", "paginators-1").unwrap(), None);
    }

    #[test]
    fn a_folder_without_models_and_a_file_that_is_no_archive_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Package::open(dir.path()), Err(CompileError::Empty(_))));
        let file = dir.path().join("x.whl");
        fs::write(&file, "no zip").unwrap();
        assert!(matches!(Package::open(&file), Err(CompileError::Archive { .. })));
        let file = dir.path().join("x.tar.gz");
        fs::write(&file, "no tar").unwrap();
        assert!(matches!(Package::open(&file), Err(CompileError::Archive { .. })));
    }

    #[test]
    fn a_document_that_is_no_json_is_named() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "data/s3/2006-03-01/service-2.json", &json!({}));
        fs::write(dir.path().join("data/s3/2006-03-01/waiters-2.json.gz"), "broken").unwrap();
        let message = Package::open(dir.path()).unwrap().document("s3", "waiters-2").unwrap_err().to_string();
        assert!(message.starts_with("s3/2006-03-01/waiters-2.json.gz"), "{message}");
    }
}
