//! Private keys as people have them: PKCS#8 and PKCS#1, plain or under a pass phrase.

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipher, BlockDecryptMut, KeyInit, KeyIvInit};
use des::TdesEde3;
use md5::{Digest, Md5};
use pem::Pem;
use pkcs8::EncryptedPrivateKeyInfo;
use thiserror::Error;

/// Why a text is no usable private key. What the key holds is never part of the message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There is no PEM block.
    #[error("it is no PEM file: {0}")]
    NotPem(String),
    /// It holds something else.
    #[error("it holds a {0}, not an RSA private key")]
    NotPrivate(String),
    /// It needs a pass phrase.
    #[error("it is encrypted and no pass phrase is given")]
    NeedsPassphrase,
    /// The pass phrase does not open it.
    #[error("the pass phrase does not open it, or it is damaged")]
    WrongPassphrase,
    /// It is encrypted in a way that is not read here.
    #[error("it is encrypted with {0}, which is not read; `openssl pkcs8 -topk8` writes one that is")]
    Cipher(String),
    /// It is no RSA key that can sign.
    #[error("it is no RSA key of 2048 to 8192 bits: {0}")]
    Unusable(String),
}

/// An RSA private key that signs.
pub struct PrivateKey {
    pair: RsaKeyPair,
    random: SystemRandom,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PrivateKey {
    /// Reads a key from the text of a PEM file. A pass phrase that is not needed is ignored: profiles
    /// inherit it from the default one.
    ///
    /// # Errors
    ///
    /// It is no private key, or the pass phrase is missing or wrong.
    pub fn from_pem(text: &str, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let block = pem::parse(text).map_err(|e| KeyError::NotPem(e.to_string()))?;
        let unusable = |e: aws_lc_rs::error::KeyRejected| KeyError::Unusable(e.to_string());
        let given = passphrase.filter(|phrase| !phrase.is_empty());
        let pair = match block.tag() {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(block.contents()).map_err(unusable)?,
            "RSA PRIVATE KEY" if block.headers().get("DEK-Info").is_some() => {
                let phrase = given.ok_or(KeyError::NeedsPassphrase)?;
                let plain = open_traditional(&block, phrase)?;
                RsaKeyPair::from_der(&plain).map_err(|_| KeyError::WrongPassphrase)?
            }
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(block.contents()).map_err(unusable)?,
            "ENCRYPTED PRIVATE KEY" => {
                let phrase = given.ok_or(KeyError::NeedsPassphrase)?;
                let sealed = EncryptedPrivateKeyInfo::try_from(block.contents())
                    .map_err(|e| KeyError::Cipher(format!("an unknown scheme ({e})")))?;
                let plain = sealed.decrypt(phrase).map_err(|_| KeyError::WrongPassphrase)?;
                RsaKeyPair::from_pkcs8(plain.as_bytes()).map_err(unusable)?
            }
            other => return Err(KeyError::NotPrivate(other.to_ascii_lowercase())),
        };
        Ok(Self { pair, random: SystemRandom::new() })
    }

    /// A fresh key of 2048 bits, for sessions.
    ///
    /// # Errors
    ///
    /// The system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| KeyError::Unusable("none could be made".into()))?;
        Ok(Self { pair, random: SystemRandom::new() })
    }

    /// The signature of a message: PKCS#1 version 1.5 with SHA-256.
    ///
    /// # Errors
    ///
    /// The library refuses the key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature)
            .map_err(|_| KeyError::Unusable("it does not sign".into()))?;
        Ok(signature)
    }

    /// The public key as X.509 writes it (`SubjectPublicKeyInfo`, DER).
    #[must_use]
    pub fn public_der(&self) -> Vec<u8> {
        // rsaEncryption with NULL parameters, then the key as a bit string without unused bits.
        const ALGORITHM: [u8; 15] =
            [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
        let mut bits = vec![0];
        bits.extend_from_slice(self.pair.public_key().as_ref());
        let inner = [ALGORITHM.to_vec(), tagged(0x03, &bits)].concat();
        tagged(0x30, &inner)
    }

    /// The fingerprint under which the console lists the key: MD5 of the public key, in pairs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_der())
    }
}

/// MD5 in pairs, joined by colons.
pub(super) fn fingerprint(der: &[u8]) -> String {
    pairs(&Md5::digest(der))
}

/// Bytes in hexadecimal pairs, joined by colons.
pub(super) fn pairs(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// One element of DER.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match (content.len(), u8::try_from(significant.len())) {
        (short @ 0..128, _) => out.extend(u8::try_from(short)),
        (_, Ok(count)) => {
            out.push(0x80 | count);
            out.extend(significant);
        }
        // No length of this machine has more than eight bytes.
        (_, Err(_)) => {}
    }
    out.extend_from_slice(content);
    out
}

/// Opens what OpenSSL wrote before PKCS#8: the cipher and its vector stand in a header.
fn open_traditional(block: &Pem, phrase: &str) -> Result<Vec<u8>, KeyError> {
    let header = block.headers().get("DEK-Info").unwrap_or_default();
    let (cipher, vector) = header.split_once(',').unwrap_or((header, ""));
    let vector = hex::decode(vector.trim()).map_err(|_| KeyError::WrongPassphrase)?;
    let sealed = block.contents();
    match cipher.trim() {
        "AES-128-CBC" => open_with::<Aes128>(sealed, &vector, phrase),
        "AES-192-CBC" => open_with::<Aes192>(sealed, &vector, phrase),
        "AES-256-CBC" => open_with::<Aes256>(sealed, &vector, phrase),
        "DES-EDE3-CBC" => open_with::<TdesEde3>(sealed, &vector, phrase),
        other => Err(KeyError::Cipher(other.to_owned())),
    }
}

fn open_with<C: BlockCipher + BlockDecryptMut + KeyInit>(
    sealed: &[u8],
    vector: &[u8],
    phrase: &str,
) -> Result<Vec<u8>, KeyError> {
    // The first eight bytes of the vector are the salt of the key.
    let salt = vector.get(..8).ok_or(KeyError::WrongPassphrase)?;
    let key = stretch(phrase.as_bytes(), salt, C::key_size());
    let mut plain = sealed.to_vec();
    cbc::Decryptor::<C>::new_from_slices(&key, vector)
        .map_err(|_| KeyError::WrongPassphrase)?
        .decrypt_padded_mut::<Pkcs7>(&mut plain)
        .map(<[u8]>::to_vec)
        .map_err(|_| KeyError::WrongPassphrase)
}

/// The key of a pass phrase: MD5 over the last round, the phrase, and the salt, until there is enough.
fn stretch(phrase: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut key = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        last = Md5::new().chain_update(&last).chain_update(phrase).chain_update(salt).finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Throwaway keys, one in all its forms; the pass phrase is `correct horse`.
    pub(crate) const PKCS8: &str = include_str!("testdata/pkcs8.pem");
    const PKCS1: &str = include_str!("testdata/pkcs1.pem");
    const SEALED: [&str; 4] = [
        include_str!("testdata/pbes2-aes256.pem"),
        include_str!("testdata/pbes2-des3.pem"),
        include_str!("testdata/traditional-aes128.pem"),
        include_str!("testdata/traditional-des3.pem"),
    ];

    #[test]
    fn one_key_in_all_its_forms_signs_alike() {
        let key = PrivateKey::from_pem(PKCS8, None).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(PrivateKey::from_pem(PKCS1, None).unwrap().sign(b"message").unwrap(), signature);
        for text in SEALED {
            let key = PrivateKey::from_pem(text, Some("correct horse")).unwrap();
            assert_eq!(key.sign(b"message").unwrap(), signature);
        }
    }

    #[test]
    fn what_is_missing_is_told_apart_from_what_is_wrong() {
        for text in SEALED {
            assert_eq!(PrivateKey::from_pem(text, None).unwrap_err(), KeyError::NeedsPassphrase);
            assert_eq!(PrivateKey::from_pem(text, Some("")).unwrap_err(), KeyError::NeedsPassphrase);
            assert_eq!(PrivateKey::from_pem(text, Some("wrong")).unwrap_err(), KeyError::WrongPassphrase);
        }
        let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        assert_eq!(
            PrivateKey::from_pem(public, None).unwrap_err(),
            KeyError::NotPrivate("public key".into())
        );
        assert!(matches!(PrivateKey::from_pem("ssh-rsa AAAA", None), Err(KeyError::NotPem(_))));
        let empty = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(matches!(PrivateKey::from_pem(empty, None), Err(KeyError::Unusable(_))));
    }

    #[test]
    fn a_pass_phrase_that_is_not_needed_does_no_harm() {
        assert!(PrivateKey::from_pem(PKCS8, Some("inherited")).is_ok());
    }

    #[test]
    fn the_fingerprint_is_the_one_that_openssl_gives() {
        let key = PrivateKey::from_pem(PKCS8, None).unwrap();
        assert_eq!(key.fingerprint(), include_str!("testdata/fingerprint.txt").trim());
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = PrivateKey::from_pem(PKCS8, None).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(…)");
    }
}
