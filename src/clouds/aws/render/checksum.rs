//! Checksums of request bodies.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::draft::Draft;
use super::given::Given;
use crate::catalog::shapes::{Operation, Service};
use crate::clouds::aws::field::Field;

/// The algorithm when the caller names none.
const DEFAULT: &str = "CRC32";

/// Adds the checksum header that the operation asks for or allows, unless the caller gave one.
///
/// # Errors
///
/// The caller asks for an algorithm that is not known here.
pub(super) fn add(
    service: &Service,
    operation: &Operation,
    params: &Given<'_>,
    draft: &mut Draft,
) -> Result<(), String> {
    let traits = &operation.traits;
    if traits.checksum.is_none() && !traits.checksum_required {
        return Ok(());
    }
    let given = |name: &str| {
        name.starts_with("x-amz-checksum-")
            && !matches!(name, "x-amz-checksum-mode" | "x-amz-checksum-type" | "x-amz-checksum-algorithm")
    };
    if draft.headers.iter().any(|(name, _)| given(name)) {
        return Ok(());
    }
    let member = traits.checksum.as_ref().and_then(|c| c.algorithm_member.as_ref());
    let chosen = member.and_then(|m| params.get(m)).and_then(Value::as_str);
    let required = traits.checksum_required || traits.checksum.as_ref().is_some_and(|c| c.required);
    if chosen.is_none() && member.is_none() && !required {
        return Ok(());
    }
    let algorithm = chosen.unwrap_or(DEFAULT);
    let sum = sum(algorithm, &draft.body).ok_or_else(|| {
        let member = member.map_or("checksum", String::as_str);
        format!("$.{member}: {algorithm} is not supported here: use CRC32, SHA1, SHA256, or SHA512")
    })?;
    if let (None, Some(member), Some(input)) = (chosen, member, operation.input)
        && let Some(member) = service.shape(input).member(member)
    {
        draft.set_header(Field::new(service, member).wire(), algorithm);
    }
    draft.set_header(&format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase()), sum);
    Ok(())
}

fn sum(algorithm: &str, body: &[u8]) -> Option<String> {
    let bytes = match algorithm.to_ascii_uppercase().as_str() {
        "CRC32" => crc32fast::hash(body).to_be_bytes().to_vec(),
        "SHA1" => Sha1::digest(body).to_vec(),
        "SHA256" => Sha256::digest(body).to_vec(),
        "SHA512" => Sha512::digest(body).to_vec(),
        _ => return None,
    };
    Some(BASE64_STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_algorithms_give_their_known_sums() {
        assert_eq!(sum("CRC32", b"hello").unwrap(), "NhCmhg==");
        assert_eq!(sum("sha1", b"").unwrap(), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
        assert!(sum("SHA512", b"").unwrap().starts_with("z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8"));
        assert!(sum("XXHASH3", b"").is_none());
    }
}
