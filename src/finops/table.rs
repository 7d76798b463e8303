//! The price table: sorted lines of text in one zstd frame, found by halving.
//!
//! The first line is `prices 1`; then one line per source and date,
//! `source<TAB>name<TAB>date<TAB>from where`; an empty line; then the prices,
//! `key<TAB>region<TAB>unit<TAB>dollars<TAB>number of the source line`, sorted by their bytes.
//! The region `*` stands for a price that is the same everywhere.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::FinopsError;

/// The first line of a table.
pub(super) const HEADER: &str = "prices 1";
/// The region of a price that is the same everywhere.
pub(super) const EVERYWHERE: &str = "*";
/// Largest table that is unpacked, so that a broken file cannot eat the memory.
const LARGEST: usize = 64 << 20;

/// Where prices come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) date: Date,
    pub(super) from: String,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Price<'a> {
    pub(super) unit: &'a str,
    pub(super) usd: Decimal,
    pub(super) source: &'a Source,
}

/// All prices of one file.
#[derive(Debug)]
pub(super) struct PriceTable {
    text: String,
    /// Where the price lines begin.
    start: usize,
    sources: Vec<Source>,
}

impl PriceTable {
    /// Unpacks a table; the price lines are read only when they are asked for.
    pub(super) fn open(file: &str, packed: &[u8]) -> Result<Self, FinopsError> {
        let wrong = |reason: String| FinopsError::Table { file: file.to_owned(), reason };
        let bytes = zstd::bulk::decompress(packed, LARGEST).map_err(|e| wrong(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not text".into()))?;
        let Some((head, _)) = text.split_once("\n\n") else {
            return Err(wrong("there is no empty line after the sources".into()));
        };
        let start = head.len() + 2;
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return Err(wrong(format!("the first line is not `{HEADER}`")));
        }
        let sources = lines.map(source).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        Ok(Self { text, start, sources })
    }

    /// The price for a key in a region, or the one that holds everywhere.
    pub(super) fn price(&self, key: &str, region: Option<&str>) -> Option<Price<'_>> {
        region.and_then(|region| self.row(key, region)).or_else(|| self.row(key, EVERYWHERE))
    }

    /// Whether a key has a price in any region.
    pub(super) fn knows(&self, key: &str) -> bool {
        let start = format!("{key}\t");
        self.first_from(&start).is_some_and(|line| line.starts_with(&start))
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(super) fn rows(&self) -> usize {
        self.text[self.start..].lines().count()
    }

    fn row(&self, key: &str, region: &str) -> Option<Price<'_>> {
        let start = format!("{key}\t{region}\t");
        let rest = self.first_from(&start)?.strip_prefix(&start)?;
        let mut fields = rest.split('\t');
        let (unit, usd, source) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Price { unit, usd: usd.parse().ok()?, source: self.sources.get(source.parse::<usize>().ok()?)? })
    }

    /// The first line that is not before `wanted`.
    fn first_from(&self, wanted: &str) -> Option<&str> {
        let text = &self.text[self.start..];
        let (mut low, mut high) = (0, text.len());
        // `low` is always the beginning of a line, `high` the beginning of a line or the end.
        while low < high {
            let middle = low + (high - low) / 2;
            let line =
                text.as_bytes()[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |n| low + n + 1);
            let end =
                text.as_bytes()[line..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| line + n);
            if text.as_bytes()[line..end] < *wanted.as_bytes() {
                low = (end + 1).min(text.len());
            } else {
                high = line;
            }
        }
        text[low..].lines().next()
    }
}

fn source(line: &str) -> Result<Source, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let ["source", name, date, from] = fields[..] else {
        return Err(format!("`{line}` is no source"));
    };
    let date = date.parse().map_err(|e| format!("source {name}: {e}"))?;
    Ok(Source { name: name.to_owned(), date, from: from.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn table(lines: &str) -> PriceTable {
        let text = format!("{HEADER}\nsource\tmine\t2026-01-02\tnowhere\n\n{lines}");
        PriceTable::open("t", &zstd::bulk::compress(text.as_bytes(), 3).unwrap()).unwrap()
    }

    #[test]
    fn every_row_is_found_and_nothing_else() {
        let mut rows: Vec<String> =
            (0..300).map(|n| format!("key.{n}\tregion-{}\thour\t0.{n}1\t0", n % 7)).collect();
        rows.sort();
        let table = table(&(rows.join("\n") + "\n"));
        for n in 0..300 {
            let price = table.price(&format!("key.{n}"), Some(&format!("region-{}", n % 7))).unwrap();
            assert_eq!((price.usd.to_string(), price.unit), (format!("0.{n}1"), "hour"));
            assert!(table.price(&format!("key.{n}"), Some("region-7")).is_none());
        }
        assert!(table.price("key.300", Some("region-6")).is_none());
        assert!(table.price("a", None).is_none() && table.price("z", None).is_none());
        assert_eq!(table.rows(), 300);
        assert!(table.knows("key.12") && !table.knows("key.") && !table.knows("zzz"));
    }

    #[test]
    fn a_price_that_holds_everywhere_needs_no_region() {
        let table = table("zone\t*\tmonth\t0.5\t0\nzone\teu\tmonth\t0.6\t0\n");
        assert_eq!(table.price("zone", None).unwrap().usd.to_string(), "0.5");
        assert_eq!(table.price("zone", Some("us")).unwrap().usd.to_string(), "0.5");
        assert_eq!(table.price("zone", Some("eu")).unwrap().usd.to_string(), "0.6");
    }

    #[test]
    fn a_file_that_is_no_table_says_so() {
        for (bytes, word) in [
            (b"prices 1".to_vec(), "not a price table"),
            (zstd::bulk::compress(b"prices 2\n\n", 3).unwrap(), "prices 1"),
            (zstd::bulk::compress(b"prices 1\nsource\ta\n\n", 3).unwrap(), "is no source"),
        ] {
            let message = PriceTable::open("own.table", &bytes).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains("own.table"), "{message}");
        }
    }
}
