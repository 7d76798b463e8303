//! Host labels and bucket names.

/// Whether a text can stand between two dots of a host name; with `dots`, whether every part
/// of it can.
pub(super) fn is_label(text: &str, dots: bool) -> bool {
    if dots {
        return text.split('.').all(|part| is_label(part, false));
    }
    let length = text.len();
    (1..=63).contains(&length)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a bucket can be addressed through the host name.
pub(super) fn is_virtual_bucket(bucket: &str, dots: bool) -> bool {
    bucket.len() >= 3
        && !bucket.bytes().any(|b| b.is_ascii_uppercase())
        && !looks_like_address(bucket)
        && is_label(bucket, dots)
}

fn looks_like_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_buckets_are_told_apart() {
        assert!(
            is_label("a-B9", false)
                && !is_label("-a", false)
                && !is_label("a.b", false)
                && is_label("a.b", true)
        );
        assert!(!is_label("", false) && !is_label(&"a".repeat(64), false));
        assert!(is_virtual_bucket("my-bucket", false) && !is_virtual_bucket("My", false));
        assert!(!is_virtual_bucket("a.bucket", false) && is_virtual_bucket("abc.bucket", true));
        assert!(!is_virtual_bucket("aa", true) && !is_virtual_bucket("bucket-", false));
        assert!(!is_virtual_bucket("192.168.1.1", true));
    }
}
