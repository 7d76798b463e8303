//! The file that a price book is kept in.
//!
//! Layout, numbers little-endian: the magic bytes, the CRC-32 and the length of the index (4 bytes
//! each), the index, then one section per kind of price, such as `aws/vm`. Index and sections are
//! postcard, compressed with zstd; the index holds the place, length, and CRC-32 of each section, so
//! that prices cost nothing until one of their kind is asked for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Figure, FinopsError};

/// The first bytes; the last of them is the version of the layout.
const MAGIC: &[u8; 8] = b"PROVPRC\x01";
const HEAD: usize = 16;
/// Bytes that no index or section can have when unpacked.
const MOST_BYTES: usize = 64 << 20;

/// A name, its place, and what it holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SectionEntry {
    pub(super) name: String,
    at: u32,
    length: u32,
    crc: u32,
    /// Source, oldest and newest date, and number of prices.
    sources: Vec<(String, String, String, u32)>,
}

impl SectionEntry {
    /// Every source with its oldest and newest date and the number of its prices.
    pub(super) fn sources(&self) -> impl Iterator<Item = (String, (Date, Date, usize))> {
        self.sources.iter().filter_map(|(name, oldest, newest, prices)| {
            let prices = usize::try_from(*prices).ok()?;
            Some((name.clone(), (oldest.parse().ok()?, newest.parse().ok()?, prices)))
        })
    }
}

/// Prices of one kind.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Section {
    regions: Vec<String>,
    units: Vec<String>,
    origins: Vec<(String, String)>,
    keys: Vec<(String, Vec<Row>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    region: u16,
    unit: u16,
    origin: u16,
    mantissa: i64,
    scale: u8,
}

impl Section {
    /// The price of a key in a region; `*` stands for every region.
    pub(super) fn find(&self, key: &str, region: &str) -> Option<Figure> {
        let at = self.keys.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok()?;
        let (_, rows) = self.keys.get(at)?;
        let index = self.regions.binary_search_by(|name| name.as_str().cmp(region)).ok()?;
        let row = rows.iter().find(|row| usize::from(row.region) == index)?;
        let (source, date) = self.origins.get(usize::from(row.origin))?;
        Some(Figure {
            key: key.to_owned(),
            region: region.to_owned(),
            unit: self.units.get(usize::from(row.unit))?.clone(),
            usd: Decimal::try_new(row.mantissa, u32::from(row.scale)).ok()?,
            date: date.parse::<Date>().ok()?,
            source: source.clone(),
        })
    }

    fn of(name: &str, figures: &[&Figure]) -> Result<Self, FinopsError> {
        let sorted = |pick: fn(&Figure) -> String| -> Vec<String> {
            figures.iter().map(|f| pick(f)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let (regions, units) = (sorted(|f| f.region.clone()), sorted(|f| f.unit.clone()));
        let origins: BTreeSet<_> = figures.iter().map(|f| (f.source.clone(), f.date.to_string())).collect();
        let origins: Vec<_> = origins.into_iter().collect();
        let mut keys: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for figure in figures {
            let place = |found: Result<usize, usize>| {
                found.ok().and_then(|at| u16::try_from(at).ok()).ok_or_else(|| {
                    FinopsError::damaged(format!("section {name}"), "more than 65,535 regions or sources")
                })
            };
            let region = place(regions.binary_search(&figure.region))?;
            let rows = keys.entry(figure.key.clone()).or_default();
            if rows.iter().any(|row| row.region == region) {
                let twice = format!("{} in {} has two prices", figure.key, figure.region);
                return Err(FinopsError::damaged(format!("section {name}"), twice));
            }
            rows.push(Row {
                region,
                unit: place(units.binary_search(&figure.unit))?,
                origin: place(origins.binary_search(&(figure.source.clone(), figure.date.to_string())))?,
                mantissa: i64::try_from(figure.usd.mantissa())
                    .map_err(|e| FinopsError::damaged(&figure.key, e))?,
                scale: u8::try_from(figure.usd.scale()).map_err(|e| FinopsError::damaged(&figure.key, e))?,
            });
        }
        for rows in keys.values_mut() {
            rows.sort_by_key(|row| row.region);
        }
        Ok(Self { regions, units, origins, keys: keys.into_iter().collect() })
    }
}

/// The kind of price that a key asks for: its first two parts.
pub(super) fn kind(key: &str) -> &str {
    key.match_indices('/').nth(1).map_or(key, |(at, _)| &key[..at])
}

/// Makes a price book of prices.
///
/// # Errors
///
/// A key has two prices in one region, or a price does not fit the layout.
pub fn write_book(figures: &[Figure]) -> Result<Vec<u8>, FinopsError> {
    let mut kinds: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        kinds.entry(kind(&figure.key)).or_default().push(figure);
    }
    let (mut entries, mut sections) = (Vec::new(), Vec::new());
    for (name, figures) in kinds {
        let mut sources: BTreeMap<&str, (Date, Date, u32)> = BTreeMap::new();
        for figure in &figures {
            let entry = sources.entry(&figure.source).or_insert((figure.date, figure.date, 0));
            let (oldest, newest, count) = entry;
            *oldest = (*oldest).min(figure.date);
            *newest = (*newest).max(figure.date);
            *count += 1;
        }
        let packed = pack(&Section::of(name, &figures)?)?;
        entries.push(SectionEntry {
            name: name.to_owned(),
            at: size(sections.len())?,
            length: size(packed.len())?,
            crc: crc32fast::hash(&packed),
            sources: sources
                .into_iter()
                .map(|(s, (o, d, n))| (s.to_owned(), o.to_string(), d.to_string(), n))
                .collect(),
        });
        sections.extend(packed);
    }
    let index = pack(&entries)?;
    let mut out = MAGIC.to_vec();
    out.extend(crc32fast::hash(&index).to_le_bytes());
    out.extend(size(index.len())?.to_le_bytes());
    out.extend(index);
    out.extend(sections);
    Ok(out)
}

/// Reads the index. The second part is where the sections begin.
pub(super) fn read_index(bytes: &[u8]) -> Result<(Vec<SectionEntry>, usize), FinopsError> {
    let bad = |reason: &str| FinopsError::damaged("the index", reason);
    if bytes.get(..8) != Some(MAGIC.as_slice()) {
        return Err(bad("this is no price book of a version that this program reads"));
    }
    let number =
        |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let (Some(crc), Some(length)) = (number(8), number(12)) else { return Err(bad("it is cut off")) };
    let end = HEAD.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    let packed = bytes.get(HEAD..end).ok_or_else(|| bad("it is cut off"))?;
    if crc32fast::hash(packed) != crc {
        return Err(bad("its checksum is wrong"));
    }
    Ok((unpack("the index", packed)?, end))
}

/// Reads a section.
pub(super) fn read_section(bytes: &[u8], start: usize, entry: &SectionEntry) -> Result<Section, FinopsError> {
    let part = format!("section {}", entry.name);
    let bounds = || {
        let from = start.checked_add(usize::try_from(entry.at).ok()?)?;
        Some(from..from.checked_add(usize::try_from(entry.length).ok()?)?)
    };
    let packed = bounds().and_then(|range| bytes.get(range));
    let packed = packed.ok_or_else(|| FinopsError::damaged(&part, "it is cut off"))?;
    if crc32fast::hash(packed) != entry.crc {
        return Err(FinopsError::damaged(&part, "its checksum is wrong"));
    }
    unpack(&part, packed)
}

fn size(length: usize) -> Result<u32, FinopsError> {
    u32::try_from(length).map_err(|e| FinopsError::damaged("the file", e))
}

fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, FinopsError> {
    let plain = postcard::to_stdvec(value).map_err(|e| FinopsError::damaged("a section", e))?;
    zstd::bulk::compress(&plain, 19).map_err(|e| FinopsError::damaged("a section", e))
}

fn unpack<T: DeserializeOwned>(part: &str, packed: &[u8]) -> Result<T, FinopsError> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(0);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > MOST_BYTES {
        return Err(FinopsError::damaged(part, "it claims an impossible size"));
    }
    let plain = zstd::bulk::decompress(packed, size).map_err(|e| FinopsError::damaged(part, e))?;
    postcard::from_bytes(&plain).map_err(|e| FinopsError::damaged(part, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finops::read_figures;
    use pretty_assertions::assert_eq;

    fn figures() -> Vec<Figure> {
        read_figures(
            "test",
            "key,region,unit,usd,date,source\n\
             aws/vm/t3.micro/linux,eu-central-1,hour,0.012,2026-07-20,one\n\
             aws/vm/t3.micro/linux,us-east-1,hour,0.0104,2026-07-21,two\n\
             oci/part/B93113,*,OCPU-hour,0.025,2026-01-05,three\n",
        )
        .unwrap()
    }

    #[test]
    fn a_price_comes_back_as_it_was_written() {
        let bytes = write_book(&figures()).unwrap();
        let (index, start) = read_index(&bytes).unwrap();
        let section = read_section(&bytes, start, &index[0]).unwrap();
        assert_eq!(section.find("aws/vm/t3.micro/linux", "us-east-1"), Some(figures()[1].clone()));
        assert_eq!(section.find("aws/vm/t3.micro/linux", "eu-west-1"), None);
        assert_eq!(section.find("aws/vm/t3.nano/linux", "us-east-1"), None);
        let day = jiff::civil::date(2026, 1, 5);
        assert_eq!(index[1].sources().collect::<Vec<_>>(), [("three".to_owned(), (day, day, 1))]);
    }

    #[test]
    fn two_prices_for_one_key_are_refused() {
        let mut twice = figures();
        twice.push(twice[0].clone());
        assert!(write_book(&twice).unwrap_err().to_string().contains("two prices"));
    }

    #[test]
    fn a_damaged_book_is_an_error_at_every_byte_and_never_a_wrong_price() {
        let bytes = write_book(&figures()).unwrap();
        let read = |bytes: &[u8]| -> Result<(), FinopsError> {
            let (index, start) = read_index(bytes)?;
            index.iter().try_for_each(|entry| read_section(bytes, start, entry).map(drop))
        };
        read(&bytes).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            assert!(read(&damaged).is_err(), "byte {at}");
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
