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
}

/// Whether a bucket can be addressed through the host name.
pub(super) fn is_virtual_bucket(bucket: &str, dots: bool) -> bool {
    if dots && bucket.contains('.') {
        return !looks_like_address(bucket) && bucket.split('.').all(|part| is_virtual_bucket(part, false));
    }
    if dots && bucket.is_empty() {
        return false;
    }
    // Parts of a dotted name may be shorter than a whole name.
    let least = if dots { 1 } else { 3 };
    (least..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
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
        assert!(!is_virtual_bucket("192.168.1.1", true));
    }
}
