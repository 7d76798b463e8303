//! The files of a distribution, as its own RECORD lists them.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use super::Module;
use crate::catalog::compile::CompileError;

/// No source file is larger than this when unpacked; the largest that was seen has 4 MB.
const MOST_BYTES: u64 = 64 << 20;

/// One package in one version: a wheel, or what a wheel left in a folder. Clones share the bytes, so that each
/// thread can read with a clone of its own.
#[derive(Clone)]
pub struct Distribution {
    name: String,
    version: String,
    files: Arc<[String]>,
    from: Source,
}

#[derive(Clone)]
enum Source {
    Folder(PathBuf),
    Wheel(PathBuf, ZipArchive<Cursor<Arc<[u8]>>>),
}

impl Distribution {
    /// The distributions at a path: the one of a wheel, or all that are installed in a folder or lie in it as
    /// wheels, by name, sorted. The empty list when there are none.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or a wheel or a RECORD is damaged.
    pub fn all(path: &Path) -> Result<Vec<Self>, CompileError> {
        if !path.is_dir() {
            return Ok(vec![Self::wheel(path)?]);
        }
        let mut found = Vec::new();
        let failed = |source| CompileError::Read { path: path.to_owned(), source };
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".dist-info") && entry.path().join("RECORD").is_file() {
                found.push(Self::installed(path, &name)?);
            } else if name.ends_with(".whl") {
                found.push(Self::wheel(&entry.path())?);
            }
        }
        found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(found)
    }

    /// The distributions of these wheels, by name, sorted.
    ///
    /// # Errors
    ///
    /// As [`Distribution::all`].
    pub fn wheels(paths: &[PathBuf]) -> Result<Vec<Self>, CompileError> {
        let mut found = paths.iter().map(|path| Self::wheel(path)).collect::<Result<Vec<_>, _>>()?;
        found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(found)
    }

    /// The package's name as it calls itself: `oci`, `azure-mgmt-compute`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The paths of all files, sorted: `oci/core/compute_client.py`.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether there is a file of this path.
    #[must_use]
    pub fn has(&self, file: &str) -> bool {
        self.files.binary_search_by(|name| name.as_str().cmp(file)).is_ok()
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// It does not exist, cannot be read, or is no UTF-8.
    pub fn text(&mut self, file: &str) -> Result<String, CompileError> {
        match &mut self.from {
            Source::Folder(root) => {
                let path = root.join(file);
                fs::read_to_string(&path).map_err(|source| CompileError::Read { path, source })
            }
            Source::Wheel(path, zip) => read(zip, path, file),
        }
    }

    /// A source file, parsed.
    ///
    /// # Errors
    ///
    /// As [`Distribution::text`], or it is no Python.
    pub fn module(&mut self, file: &str) -> Result<Module, CompileError> {
        let text = self.text(file)?;
        Module::parse(file, text)
    }

    fn wheel(path: &Path) -> Result<Self, CompileError> {
        let damaged = |reason: String| CompileError::Archive { path: path.to_owned(), reason };
        let bytes = fs::read(path).map_err(|source| CompileError::Read { path: path.to_owned(), source })?;
        let mut zip = ZipArchive::new(Cursor::new(Arc::from(bytes))).map_err(|e| damaged(e.to_string()))?;
        let mut folder = None;
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|e| damaged(e.to_string()))?;
            let name = entry.name().map_err(|e| damaged(e.to_string()))?;
            if let Some(info) = name.strip_suffix("/RECORD").filter(|info| info.ends_with(".dist-info")) {
                folder = Some(info.to_owned());
                break;
            }
        }
        let folder = folder.ok_or_else(|| damaged("it has no RECORD".into()))?;
        let record = read(&mut zip, path, &format!("{folder}/RECORD"))?;
        let metadata = read(&mut zip, path, &format!("{folder}/METADATA"))?;
        Self::described(&record, &metadata, &folder, Source::Wheel(path.to_owned(), zip))
    }

    fn installed(root: &Path, folder: &str) -> Result<Self, CompileError> {
        let text = |name: &str| {
            let path = root.join(folder).join(name);
            fs::read_to_string(&path).map_err(|source| CompileError::Read { path, source })
        };
        Self::described(&text("RECORD")?, &text("METADATA")?, folder, Source::Folder(root.to_owned()))
    }

    fn described(record: &str, metadata: &str, folder: &str, from: Source) -> Result<Self, CompileError> {
        let header = |name: &str| {
            metadata
                .lines()
                .take_while(|line| !line.is_empty())
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(|value| value.trim().to_owned())
                .ok_or_else(|| CompileError::Model {
                    file: format!("{folder}/METADATA"),
                    place: name.to_owned(),
                    reason: "is missing".into(),
                })
        };
        let mut files: Vec<String> = record.lines().filter_map(path_of).collect();
        files.sort();
        Ok(Self { name: header("Name")?, version: header("Version")?, files: files.into(), from })
    }
}

/// The path in a line of a RECORD: the first field of a CSV row. Paths that leave the folder are no source files.
fn path_of(line: &str) -> Option<String> {
    let path = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",")?.0.replace("\"\"", "\""),
        None => line.split_once(',')?.0.to_owned(),
    };
    (!path.is_empty() && !path.starts_with('/') && !path.split('/').any(|part| part == "..")).then_some(path)
}

fn read(zip: &mut ZipArchive<Cursor<Arc<[u8]>>>, path: &Path, file: &str) -> Result<String, CompileError> {
    let damaged =
        |reason: String| CompileError::Archive { path: path.to_owned(), reason: format!("{file}: {reason}") };
    let entry = zip.by_name(file).map_err(|e| damaged(e.to_string()))?;
    let mut text = String::with_capacity(usize::try_from(entry.size().min(MOST_BYTES)).unwrap_or_default());
    entry.take(MOST_BYTES).read_to_string(&mut text).map_err(|e| damaged(e.to_string()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use pretty_assertions::assert_eq;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const RECORD: &str =
        "b/__init__.py,sha256=x,1\na.py,,\n../../bin/tool,,\n\"odd,name.py\",,\nb-1.0.dist-info/RECORD,,\n";
    const METADATA: &str = "Metadata-Version: 2.1\nName: b\nVersion: 1.0\n\nVersion: 9\n";

    fn wheel(path: &Path) {
        let mut zip = ZipWriter::new(fs::File::create(path).unwrap());
        for (name, text) in [
            ("a.py", "x = 1\n"),
            ("b/__init__.py", "y = (\n"),
            ("b-1.0.dist-info/METADATA", METADATA),
            ("b-1.0.dist-info/RECORD", RECORD),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    #[test]
    fn a_wheel_and_a_folder_say_the_same() {
        let dir = tempfile::tempdir().unwrap();
        wheel(&dir.path().join("b-1.0-py3-none-any.whl"));
        let site = dir.path().join("site");
        fs::create_dir_all(site.join("b-1.0.dist-info")).unwrap();
        fs::write(site.join("b-1.0.dist-info/RECORD"), RECORD).unwrap();
        fs::write(site.join("b-1.0.dist-info/METADATA"), METADATA).unwrap();
        fs::write(site.join("a.py"), "x = 1\n").unwrap();
        for from in [dir.path().to_owned(), dir.path().join("b-1.0-py3-none-any.whl"), site] {
            let mut all = Distribution::all(&from).unwrap();
            assert_eq!(all.len(), 1);
            let found = &mut all[0];
            assert_eq!((found.name(), found.version()), ("b", "1.0"));
            assert_eq!(found.files(), ["a.py", "b-1.0.dist-info/RECORD", "b/__init__.py", "odd,name.py"]);
            assert_eq!(found.text("a.py").unwrap(), "x = 1\n");
            assert!(found.has("b/__init__.py") && !found.has("c.py"));
        }
    }

    #[test]
    fn files_that_are_missing_or_no_python_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.whl");
        wheel(&path);
        let mut found = Distribution::all(&path).unwrap().remove(0);
        assert!(found.text("none.py").unwrap_err().to_string().contains("none.py"));
        let message = found.module("b/__init__.py").err().unwrap().to_string();
        assert!(message.starts_with("b/__init__.py: line 2: "), "{message}");
    }

    #[test]
    fn a_file_that_is_no_wheel_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.whl");
        fs::write(&path, "no zip").unwrap();
        assert!(matches!(Distribution::all(&path), Err(CompileError::Archive { .. })));
        assert!(matches!(Distribution::all(&dir.path().join("gone.whl")), Err(CompileError::Read { .. })));
    }
}
