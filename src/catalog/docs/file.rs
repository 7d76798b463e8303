//! The file that documentation is kept in.
//!
//! Layout, all numbers little-endian: the magic bytes, the CRC-32 and the length of what follows (4 bytes each), then
//! cloud and sentences as postcard, compressed with zstd.

use crate::catalog::CatalogError;
use crate::catalog::docs::Docs;
use crate::plan::CloudName;

/// The first bytes of the file; the last of them is the version of the layout.
const MAGIC: &[u8; 8] = b"PROVDOC\x01";
const HEAD: usize = 16;
/// Bytes that the file can never have when unpacked.
const MOST_BYTES: usize = 64 << 20;
/// How hard it is packed: it is written on the user's machine, so time counts.
const LEVEL: i32 = 9;
const PART: &str = "the documentation";

/// Writes documentation of a cloud.
///
/// # Errors
///
/// It cannot be packed; this does not happen for what was compiled.
pub fn write(cloud: CloudName, docs: &Docs) -> Result<Vec<u8>, CatalogError> {
    let plain = postcard::to_stdvec(&(cloud, docs)).map_err(|e| CatalogError::damaged(PART, e))?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(|e| CatalogError::damaged(PART, e))?;
    let length = u32::try_from(packed.len()).map_err(|e| CatalogError::damaged(PART, e))?;
    let mut out = MAGIC.to_vec();
    out.extend(crc32fast::hash(&packed).to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(packed);
    Ok(out)
}

/// Reads documentation, and which cloud it is of.
///
/// # Errors
///
/// The bytes are no documentation of a version that this program reads, cut off, or damaged.
pub fn read(bytes: &[u8]) -> Result<(CloudName, Docs), CatalogError> {
    let bad = |reason: &str| CatalogError::damaged(PART, reason);
    let packed = whole(bytes)?;
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(0);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > MOST_BYTES {
        return Err(bad("it claims an impossible size"));
    }
    let plain = zstd::bulk::decompress(packed, size).map_err(|e| CatalogError::damaged(PART, e))?;
    postcard::from_bytes(&plain).map_err(|e| CatalogError::damaged(PART, e))
}

/// The packed part of documentation that is whole by its checksum; nothing is unpacked, so it costs little.
///
/// # Errors
///
/// The bytes are no documentation of a version that this program reads, cut off, or damaged.
pub fn whole(bytes: &[u8]) -> Result<&[u8], CatalogError> {
    let bad = |reason: &str| CatalogError::damaged(PART, reason);
    if bytes.get(..8) != Some(MAGIC.as_slice()) {
        return Err(bad("this is no documentation of a version that this program reads"));
    }
    let number =
        |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let (Some(crc), Some(length)) = (number(8), number(12)) else { return Err(bad("it is cut off")) };
    let end = HEAD.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    let packed = bytes.get(HEAD..end).ok_or_else(|| bad("it is cut off"))?;
    if crc32fast::hash(packed) != crc {
        return Err(bad("its checksum is wrong"));
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Docs {
        let mut docs = Docs::default();
        docs.add("s3", "CreateBucket", "Creates a new bucket.".into());
        docs.add("s3", "ListBuckets", "Lists the buckets that you own.".into());
        docs
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(CloudName::Aws, &some()).unwrap();
        assert_eq!(read(&bytes).unwrap(), (CloudName::Aws, some()));
    }

    #[test]
    fn a_single_changed_or_missing_byte_is_noticed() {
        let bytes = write(CloudName::Aws, &some()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            assert!(read(&changed).is_err(), "byte {at}");
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn bytes_that_somebody_made_up_are_no_documentation(bytes in proptest::collection::vec(0u8.., 0..80)) {
            let mut all = MAGIC.to_vec();
            all.extend(crc32fast::hash(&bytes).to_le_bytes());
            all.extend((bytes.len() as u32).to_le_bytes());
            all.extend(bytes);
            proptest::prop_assert!(read(&all).is_err());
        }
    }
}
