//! The file that a catalog is kept in.
//!
//! Layout, all numbers little-endian: the magic bytes, the CRC-32 and the length of the head
//! (4 bytes each), the head, then the sections. Head and sections are postcard, compressed with zstd. The head
//! holds the names of the services, and the place, length, and CRC-32 of each section: one per service, one
//! for the entries of all operations, one for the partitions. So a service costs nothing until it is asked for,
//! and the entries nothing until somebody searches.
//!
//! Where there are many services, what they have in common is kept once: a dictionary that lies among the sections
//! and with which the services are compressed.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shapes::{Operation, Service};
use super::{CatalogError, ServiceEntry};
use crate::plan::CloudName;

/// The first bytes of a snapshot; the last of them is the version of the layout.
const MAGIC: &[u8; 8] = b"PROVCAT\x04";
/// From so many services on a dictionary pays.
const SHARE_FROM: usize = 32;
/// The size of a dictionary, and of the part that one service gives to it.
const DICTIONARY: usize = 112 << 10;
const PART: usize = 8 << 10;
const HEAD: usize = 16;
/// Bytes that no index or section can have when unpacked.
const MOST_BYTES: usize = 256 << 20;

/// What a snapshot holds, by name and place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) cloud: CloudName,
    pub(super) source: String,
    pub(super) version: String,
    /// The services, by name, sorted.
    pub(super) services: Vec<ServicePlace>,
    /// A [`ServiceEntry`] per service, in the same order.
    pub(super) entries: Place,
    pub(super) partitions: Place,
    /// What the services have in common; nothing when each stands alone.
    dictionary: Option<Place>,
}

/// A service by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServicePlace {
    pub(super) name: String,
    pub(super) operations: u32,
    pub(super) place: Place,
}

/// Where a section lies, counted from the end of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    at: u32,
    length: u32,
    crc: u32,
}

/// Writes a snapshot.
///
/// `source` names the package, `version` its version. The partitions document is kept as it is.
///
/// # Errors
///
/// A section cannot be packed; this does not happen for services that were compiled.
pub fn write(
    cloud: CloudName,
    source: &str,
    version: &str,
    services: &[Service],
    partitions: &Value,
) -> Result<Vec<u8>, CatalogError> {
    let mut sections = Vec::new();
    let mut add = |packed: Vec<u8>| -> Result<Place, CatalogError> {
        let place =
            Place { at: size(sections.len())?, length: size(packed.len())?, crc: crc32fast::hash(&packed) };
        sections.extend(packed);
        Ok(place)
    };
    let plain: Vec<Vec<u8>> = services.iter().map(plain).collect::<Result<_, _>>()?;
    let dictionary = dictionary(&plain);
    let shared = if dictionary.is_empty() { None } else { Some(add(squeeze(&dictionary, &[])?)?) };
    let mut named = Vec::with_capacity(services.len());
    for (service, plain) in services.iter().zip(&plain) {
        named.push(ServicePlace {
            name: service.name.clone(),
            operations: size(service.operations.len())?,
            place: add(squeeze(plain, &dictionary)?)?,
        });
    }
    let entries: Vec<ServiceEntry> = services.iter().map(ServiceEntry::of).collect();
    let head = pack(&Head {
        cloud,
        source: source.to_owned(),
        version: version.to_owned(),
        services: named,
        entries: add(pack(&entries)?)?,
        partitions: add(pack(&partitions.to_string())?)?,
        dictionary: shared,
    })?;
    let mut out = MAGIC.to_vec();
    out.extend(crc32fast::hash(&head).to_le_bytes());
    out.extend(size(head.len())?.to_le_bytes());
    out.extend(head);
    out.extend(sections);
    Ok(out)
}

fn size(length: usize) -> Result<u32, CatalogError> {
    u32::try_from(length).map_err(|_| CatalogError::damaged("the file", "it would be larger than 4 GiB"))
}

fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, CatalogError> {
    squeeze(&plain(value)?, &[])
}

fn plain<T: Serialize>(value: &T) -> Result<Vec<u8>, CatalogError> {
    postcard::to_stdvec(value).map_err(|e| CatalogError::damaged("a section", e))
}

fn squeeze(plain: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, CatalogError> {
    zstd::bulk::Compressor::with_dictionary(19, dictionary)
        .and_then(|mut compressor| compressor.compress(plain))
        .map_err(|e| CatalogError::damaged("a section", e))
}

/// What services have in common, by example: the ends of services of a middling size, where the shapes stand.
fn dictionary(services: &[Vec<u8>]) -> Vec<u8> {
    if services.len() < SHARE_FROM {
        return Vec::new();
    }
    let mut order: Vec<&Vec<u8>> = services.iter().collect();
    order.sort_by_key(|service| service.len());
    let parts = DICTIONARY / PART;
    let step = (order.len() / (parts + 1)).max(1);
    let chosen = order.iter().skip(step).step_by(step).take(parts);
    chosen.flat_map(|service| service.iter().skip(service.len().saturating_sub(PART)).copied()).collect()
}

fn unpack<T: DeserializeOwned>(name: &str, packed: &[u8], dictionary: &[u8]) -> Result<T, CatalogError> {
    let plain = expand(name, packed, dictionary)?;
    postcard::from_bytes(&plain).map_err(|e| CatalogError::damaged(name, e))
}

fn expand(name: &str, packed: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, CatalogError> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(0);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > MOST_BYTES {
        return Err(CatalogError::damaged(name, "it claims an impossible size"));
    }
    zstd::bulk::Decompressor::with_dictionary(dictionary)
        .and_then(|mut decompressor| decompressor.decompress(packed, size))
        .map_err(|e| CatalogError::damaged(name, e))
}

/// A head that was read.
pub(super) struct Opened {
    pub(super) head: Head,
    /// Where the sections begin.
    pub(super) start: usize,
}

/// Reads the head, and checks that the entries are whole.
pub(super) fn read_head(bytes: &[u8]) -> Result<Opened, CatalogError> {
    let (name, bad) = ("the head", |reason: &str| CatalogError::damaged("the head", reason));
    if bytes.get(..8) != Some(MAGIC.as_slice()) {
        return Err(bad("this is no catalog of a version that this program reads"));
    }
    let number =
        |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let (Some(crc), Some(length)) = (number(8), number(12)) else { return Err(bad("it is cut off")) };
    let start = HEAD.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    let packed = bytes.get(HEAD..start).ok_or_else(|| bad("it is cut off"))?;
    if crc32fast::hash(packed) != crc {
        return Err(bad("its checksum is wrong"));
    }
    let head: Head = unpack(name, packed, &[])?;
    packed_section("the entries", bytes, start, head.entries)?;
    Ok(Opened { head, start })
}

/// Reads what the services have in common; empty when each stands alone.
pub(super) fn read_dictionary(bytes: &[u8], opened: &Opened) -> Result<Vec<u8>, CatalogError> {
    let name = "the dictionary";
    match opened.head.dictionary {
        None => Ok(Vec::new()),
        Some(place) => expand(name, packed_section(name, bytes, opened.start, place)?, &[]),
    }
}

/// Reads a section; one that was compressed with the dictionary needs it.
pub(super) fn read_section<T: DeserializeOwned>(
    name: &str,
    bytes: &[u8],
    start: usize,
    place: Place,
    dictionary: &[u8],
) -> Result<T, CatalogError> {
    unpack(name, packed_section(name, bytes, start, place)?, dictionary)
}

fn packed_section<'a>(
    name: &str,
    bytes: &'a [u8],
    start: usize,
    place: Place,
) -> Result<&'a [u8], CatalogError> {
    let bounds = || {
        let from = start.checked_add(usize::try_from(place.at).ok()?)?;
        Some(from..from.checked_add(usize::try_from(place.length).ok()?)?)
    };
    let packed = bounds().and_then(|range| bytes.get(range));
    let packed = packed.ok_or_else(|| CatalogError::damaged(name, "it is cut off"))?;
    if crc32fast::hash(packed) != place.crc {
        return Err(CatalogError::damaged(name, "its checksum is wrong"));
    }
    Ok(packed)
}

impl ServiceEntry {
    /// What a service says of itself.
    pub(super) fn of(service: &Service) -> Self {
        Self {
            name: service.name.clone(),
            title: service.title.clone(),
            api_version: service.api_version.clone(),
            signing_name: service.traits.signing_name.clone(),
            operations: service.operations.iter().map(|o| super::OperationEntry::of(service, o)).collect(),
        }
    }
}

impl super::OperationEntry {
    fn of(service: &Service, operation: &Operation) -> Self {
        let required = operation
            .input
            .map(|id| service.shape(id))
            .map(|input| input.members().iter().filter(|m| m.required).map(|m| m.name.clone()).collect());
        Self {
            name: operation.name.clone(),
            readonly: operation.traits.readonly,
            deprecated: operation.traits.deprecated,
            required: required.unwrap_or_default(),
        }
    }
}
