//! The identity of a plan: SHA-256 over its canonical JSON (RFC 8785).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of any serialisable value in canonical form.
    ///
    /// # Errors
    ///
    /// Fails only for values that JSON cannot hold, such as a map with keys that are no strings.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        let canonical = serde_json_canonicalizer::to_vec(value)?;
        Ok(Self::of_bytes(&canonical))
    }

    /// The digest of bytes as they are.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }

    /// The whole text, `sha256:` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve hexadecimal digits, enough for a person to compare.
    #[must_use]
    pub fn short(&self) -> &str {
        let hex = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        hex.get(..12).unwrap_or(hex)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter() {
        let a = Digest::of(&json!({"a": 1, "b": [true, null]})).unwrap();
        let b = Digest::of(&json!({"b": [true, null], "a": 1.0})).unwrap();
        assert_eq!(a, b);
        assert_eq!(a.short().len(), 12);
    }

    #[test]
    fn any_other_value_has_another_digest() {
        assert_ne!(Digest::of(&json!({"a": 1})).unwrap(), Digest::of(&json!({"a": 2})).unwrap());
    }
}
