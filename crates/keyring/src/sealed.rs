//! The form of a sealed text: base64url without padding of
//! version 1 | key id 4 | nonce 24 | cipher text n | tag 16, so 60 characters and 4/3 of the plain text's bytes.
//! The version, the key id and the subject are bound to it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::wrap::{DataKey, cipher, random};
use crate::{KeyringError, Result};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The bytes of a text that has the right form; not yet checked against a key.
#[derive(Debug)]
pub(crate) struct Sealed {
    bytes: Vec<u8>,
}

pub(crate) fn seal(key: &DataKey, subject: Uuid, plain: &str) -> Result<String> {
    let nonce = random::<NONCE_BYTES>()?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + NONCE_BYTES + plain.len() + TAG_BYTES);
    bytes.push(VERSION);
    bytes.extend(key.id);
    let payload = Payload { msg: plain.as_bytes(), aad: &aad(&bytes, subject) };
    // Fails only for a text beyond 256 GiB.
    let sealed =
        cipher(&key.bytes).encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyringError::Malformed)?;
    bytes.extend(nonce);
    bytes.extend(sealed);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl Sealed {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyringError::Malformed)?;
        if bytes.len() < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] != VERSION {
            return Err(KeyringError::Malformed);
        }
        Ok(Self { bytes })
    }

    pub(crate) fn open(&self, key: &DataKey, subject: Uuid) -> Result<Zeroizing<String>> {
        let (header, body) = self.bytes.split_at(HEADER_BYTES);
        if header[1..] != key.id {
            return Err(KeyringError::OtherKey { subject });
        }
        let (nonce, sealed) = body.split_at(NONCE_BYTES);
        let nonce = XNonce::try_from(nonce).map_err(|_| KeyringError::Malformed)?;
        let plain = cipher(&key.bytes)
            .decrypt(&nonce, Payload { msg: sealed, aad: &aad(header, subject) })
            .map_err(|_| KeyringError::Tampered { subject })?;
        String::from_utf8(plain).map(Zeroizing::new).map_err(|error| {
            error.into_bytes().zeroize();
            KeyringError::Tampered { subject }
        })
    }
}

fn aad(header: &[u8], subject: Uuid) -> Vec<u8> {
    [b"wardlog sealed text".as_slice(), header, subject.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two subjects never share a key, so only here can the binding of the subject be seen apart from the key.
    #[test]
    fn a_sealed_text_is_bound_to_its_subject_and_not_only_to_its_key() {
        let key = DataKey::new(DataKey::generate().unwrap());
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = Sealed::parse(&seal(&key, one, "李雷").unwrap()).unwrap();
        assert_eq!(sealed.open(&key, one).unwrap().as_str(), "李雷");
        assert!(
            matches!(sealed.open(&key, other), Err(KeyringError::Tampered { subject }) if subject == other)
        );
    }
}
