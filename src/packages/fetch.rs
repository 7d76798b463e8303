//! One file, fetched whole and compared with its hash before it has its name.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::index::{Index, Trouble};
use super::page::Remote;
use super::{Heard, PackageFile, PackagesError};

/// No package is larger than this; the largest that was seen has 38 MB.
const MOST_BYTES: u64 = 1 << 30;

/// Fetches a file into a folder, or finds it there. Gives its place and its hash.
pub(super) async fn fetch(
    index: &Index,
    file: &PackageFile,
    remote: &Remote,
    folder: &Path,
    heard: &(dyn Fn(Heard<'_>) + Sync),
) -> Result<(PathBuf, String), PackagesError> {
    let no_hash = || PackagesError::NoHash { index: index.to_string(), file: file.file.clone() };
    let wanted = remote.sha256.clone().ok_or_else(no_hash)?;
    let path = folder.join(&file.file);
    if sha256_of(&path).is_ok_and(|found| found == wanted) {
        heard(Heard::Bytes(remote.size.unwrap_or_default()));
        return Ok((path, wanted));
    }
    let draft = folder.join(format!("{}.part-{}", file.file, std::process::id()));
    let fetched = index.patiently(async || download(index, file, remote, &draft, heard).await).await;
    let kept = fetched.and_then(|found| {
        if found == wanted {
            std::fs::rename(&draft, &path).map_err(|source| write_failed(&path, source))
        } else {
            Err(PackagesError::WrongHash {
                index: index.to_string(),
                file: file.file.clone(),
                found,
                wanted: wanted.clone(),
            })
        }
    });
    if kept.is_err() {
        // What is left of it is removed by the next update, if not now.
        let _ = std::fs::remove_file(&draft);
    }
    kept.map(|()| (path, wanted))
}

/// Fetches the bytes and gives their hash.
async fn download(
    index: &Index,
    file: &PackageFile,
    remote: &Remote,
    draft: &Path,
    heard: &(dyn Fn(Heard<'_>) + Sync),
) -> Result<String, Trouble> {
    let name = file.file.as_str();
    let failed = |source| Trouble::Final(write_failed(draft, source));
    let mut response = index.ask(&remote.url, name, "*/*").await?;
    let mut out = File::create(draft).map_err(failed)?;
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    while let Some(piece) = response.chunk().await.map_err(|e| index.lost(name, &e))? {
        length += piece.len() as u64;
        if length > MOST_BYTES {
            let reason = format!("it is larger than {} MiB", MOST_BYTES >> 20);
            return Err(Trouble::Final(PackagesError::Cut { file: name.to_owned(), reason }));
        }
        hash.update(&piece);
        out.write_all(&piece).map_err(failed)?;
        heard(Heard::Bytes(piece.len() as u64));
    }
    match remote.size {
        Some(size) if length < size => {
            let reason = format!("only {length} of its {size} bytes came");
            Err(Trouble::Passing(PackagesError::Cut { file: name.to_owned(), reason }, None))
        }
        _ => Ok(hex::encode(hash.finalize())),
    }
}

fn write_failed(path: &Path, source: io::Error) -> PackagesError {
    PackagesError::Disk { what: "write", path: path.to_owned(), source }
}

/// The SHA-256 of a file, in lower case.
pub(super) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&piece[..read]);
    }
}
