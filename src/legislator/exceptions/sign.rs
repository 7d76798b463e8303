//! Signatures under approvals.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// The kind of PEM block that holds a private key.
const PRIVATE: &str = "PRIVATE KEY";

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// The text is no PEM.
    #[error("it is no PEM file with a private key: {0}")]
    Pem(String),
    /// The key is of another kind.
    #[error(
        "it is no ed25519 key in PKCS#8, as `provisioner rules exception key` and `openssl genpkey -algorithm ed25519` make it"
    )]
    Kind,
    /// The system gives no random numbers.
    #[error("a key cannot be made: the system gives no random numbers")]
    Random,
}

/// A private key that signs approvals. It is never shown.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a new key; the second part is its PEM text.
    ///
    /// # Errors
    ///
    /// The system gives no random numbers.
    pub fn generate() -> Result<(Self, String), SigningKeyError> {
        let document =
            Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| SigningKeyError::Random)?;
        let text = pem::encode(&pem::Pem::new(PRIVATE, document.as_ref()));
        Ok((Self::from_pem(&text)?, text))
    }

    /// Reads a key from PEM text.
    ///
    /// # Errors
    ///
    /// It is no PEM, or no ed25519 key.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        let block = pem::parse(text).map_err(|e| SigningKeyError::Pem(e.to_string()))?;
        if block.tag() != PRIVATE {
            return Err(SigningKeyError::Pem(format!("it holds a {}", block.tag())));
        }
        // Files of OpenSSL hold no public key, which this asks for nothing else.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(block.contents())
            .map(Self)
            .map_err(|_| SigningKeyError::Kind)
    }

    /// The public key as the book of roles holds it.
    #[must_use]
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).as_ref())
    }
}

/// Whether a signature is that of the key over the message.
pub(super) fn verifies(key: &[u8], message: &[u8], signature: &str) -> bool {
    STANDARD
        .decode(signature.trim())
        .is_ok_and(|signature| UnparsedPublicKey::new(&ED25519, key).verify(message, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_key_signed_no_other_key_and_no_other_text_verifies() {
        let (key, text) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let public = |key: &SigningKey| STANDARD.decode(key.public()).unwrap();
        let signature = SigningKey::from_pem(&text).unwrap().sign(b"this");
        assert!(verifies(&public(&key), b"this", &signature));
        assert!(!verifies(&public(&other), b"this", &signature));
        assert!(!verifies(&public(&key), b"that", &signature));
        assert!(!verifies(&public(&key), b"this", "no base64!"));
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        // The private key of RFC 8410, which has the public key of its example.
        let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        assert_eq!(
            SigningKey::from_pem(text).unwrap().public(),
            "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
        );
        assert!(matches!(SigningKey::from_pem("hello"), Err(SigningKeyError::Pem(_))));
        let rsa = "-----BEGIN RSA PRIVATE KEY-----\nMC4C\n-----END RSA PRIVATE KEY-----\n";
        assert!(matches!(SigningKey::from_pem(rsa), Err(SigningKeyError::Pem(_))));
    }
}
