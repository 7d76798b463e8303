//! Append-only logs, and the form of their lines.
//!
//! A line is a checksum (CRC-32, eight hexadecimal digits), a space, the record's number counted
//! from 1, a space, the record, and a newline. The checksum covers number and record. A last line without
//! its newline was never acknowledged by the disk and is dropped; anything else that does not fit
//! is damage and is named.

use super::StoreError;

/// Records in the order in which they were appended. Records hold no newline.
pub trait Log: Send + Sync {
    /// Adds records; they are durable after the next [`Log::sync`]. Returns how many
    /// records the log then has.
    ///
    /// # Errors
    ///
    /// The disk refused, and the log is as it was; or the log is damaged.
    fn append(&self, records: &[Vec<u8>]) -> Result<u64, StoreError>;

    /// Returns when everything appended before is on disk.
    ///
    /// # Errors
    ///
    /// The disk refused: what was appended last may or may not be there.
    fn sync(&self) -> Result<(), StoreError>;

    /// Everything that can be read.
    ///
    /// # Errors
    ///
    /// The file cannot be read at all.
    fn read(&self) -> Result<LogContent, StoreError>;

    /// How many bytes the log takes.
    fn bytes(&self) -> u64;
}

/// What is in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogContent {
    /// The records up to the first damage.
    pub records: Vec<Vec<u8>>,
    /// How many bytes of an unfinished last line were left out, if there was one.
    pub torn: Option<usize>,
    /// The number of the first damaged record and what is wrong with it.
    pub damaged: Option<(u64, String)>,
}

/// The line of a record.
pub(super) fn frame(number: u64, record: &[u8], out: &mut Vec<u8>) {
    let body = format!("{number} ");
    let mut sum = crc32fast::Hasher::new();
    sum.update(body.as_bytes());
    sum.update(record);
    out.extend_from_slice(format!("{:08x} {body}", sum.finalize()).as_bytes());
    out.extend_from_slice(record);
    out.push(b'\n');
}

/// The records of a file, and how many of its bytes hold them.
pub(super) fn parse(bytes: &[u8]) -> (LogContent, usize) {
    let mut content = LogContent::default();
    let mut good = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let number = content.records.len() as u64 + 1;
        let Some(body) = line.strip_suffix(b"\n") else {
            content.torn = Some(line.len());
            break;
        };
        match parse_line(number, body) {
            Ok(record) => content.records.push(record.to_vec()),
            Err(reason) => {
                content.damaged = Some((number, reason));
                break;
            }
        }
        good += line.len();
    }
    (content, good)
}

fn parse_line(number: u64, line: &[u8]) -> Result<&[u8], String> {
    let (sum, body) = line.split_at_checked(8).ok_or("the line is too short")?;
    let body = body.strip_prefix(b" ").ok_or("the line has no checksum")?;
    // Compared as it was written: `A` for `a` is a changed byte too.
    if sum != format!("{:08x}", crc32fast::hash(body)).as_bytes() {
        return Err("its checksum does not fit its content".to_owned());
    }
    let space = body.iter().position(|b| *b == b' ').ok_or("the line has no number")?;
    let found = std::str::from_utf8(&body[..space]).ok().and_then(|s| s.parse::<u64>().ok());
    if found != Some(number) {
        let found = found.map_or_else(|| "none".to_owned(), |n| n.to_string());
        return Err(format!(
            "number {found} stands where {number} belongs: records are missing or were moved"
        ));
    }
    Ok(&body[space + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn file(records: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, record) in records.iter().enumerate() {
            frame(index as u64 + 1, record.as_bytes(), &mut out);
        }
        out
    }

    #[test]
    fn a_file_cut_at_any_byte_gives_the_whole_lines_before_the_cut() {
        let whole = file(&["{\"a\":1}", "", "three"]);
        for cut in 0..whole.len() {
            let (content, good) = parse(&whole[..cut]);
            let lines = whole[..cut].iter().filter(|b| **b == b'\n').count();
            assert_eq!((content.records.len(), content.damaged), (lines, None), "cut at {cut}");
            assert_eq!(content.torn, (good < cut).then(|| cut - good));
        }
    }

    #[test]
    fn a_checksum_in_another_case_is_a_changed_one() {
        let mut bytes = file(&["{\"a\":1}", "two", "three", "four"]);
        let letter = bytes[..8].iter().position(u8::is_ascii_lowercase).unwrap();
        bytes[letter] = bytes[letter].to_ascii_uppercase();
        assert_eq!(parse(&bytes).0.damaged.map(|d| d.0), Some(1));
    }

    #[test]
    fn a_missing_record_is_named_by_its_number() {
        let whole = file(&["a", "b", "c"]);
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let (content, _) = parse(&[lines[0], lines[2]].concat());
        assert_eq!(content.damaged.as_ref().map(|d| d.0), Some(2), "{content:?}");
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(at in 0_usize..60, flip in 1_u8..=255) {
            let mut bytes = file(&["{\"a\":1}", "{\"b\":[1,2,3]}", "{\"c\":null}"]);
            let at = at % bytes.len();
            let line = bytes[..at].iter().filter(|b| **b == b'\n').count();
            bytes[at] ^= flip;
            let (content, _) = parse(&bytes);
            prop_assert!(content.damaged.is_some() || content.torn.is_some());
            prop_assert_eq!(content.records.len(), line);
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (content, good) = parse(&bytes);
            prop_assert!(good <= bytes.len() && content.records.len() <= bytes.len());
        }
    }
}
