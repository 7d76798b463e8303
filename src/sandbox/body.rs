//! Encodings of bodies: chunks with signatures, and gzip.

use std::io::Read;

use super::http::Request;

/// Bytes that a compressed body may become.
const MOST_BYTES: u64 = 128 << 20;

/// Replaces the body by what was meant.
///
/// # Errors
///
/// The body is not encoded as its headers say, in words.
pub(super) fn decode(request: &mut Request) -> Result<(), String> {
    let encoding = request.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let streaming = request.header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    if streaming || encoding.split(',').any(|part| part.trim() == "aws-chunked") {
        request.body = unchunk(&request.body).ok_or("the chunks of the body are broken")?;
        let rest: Vec<&str> =
            encoding.split(',').map(str::trim).filter(|part| !matches!(*part, "aws-chunked" | "")).collect();
        request.headers.retain(|(name, _)| name != "content-encoding");
        if !rest.is_empty() {
            request.headers.push(("content-encoding".into(), rest.join(",")));
        }
    }
    let form = request.header("x-amz-target").is_some()
        || request.header("content-type").is_some_and(|kind| kind.contains("form") || kind.contains("cbor"));
    if form && encoding.split(',').any(|part| part.trim() == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(request.body.as_slice())
            .take(MOST_BYTES)
            .read_to_end(&mut plain)
            .map_err(|e| format!("the body is no gzip: {e}"))?;
        request.body = plain;
    }
    Ok(())
}

/// `size;chunk-signature=…`, the bytes, and so on until a chunk of no bytes; trailers follow.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = rest.get(end + 2..)?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn chunks_are_put_together() {
        let body = b"3;chunk-signature=x\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:y\r\n\r\n";
        assert_eq!(unchunk(body).unwrap(), b"abcde");
    }

    #[test]
    fn broken_chunks_are_an_error() {
        for body in [&b"zz\r\n"[..], b"5\r\nabc\r\n", b"", b"ffffffffffffffff\r\nabc", b"3\r\nabcde"] {
            assert_eq!(unchunk(body), None);
        }
    }
}
