//! Keys: those derived from the master key, and the data keys they wrap. No storage here.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{KeyringError, MasterKey, Result};

/// A wrapped key: version 1 | master generation u32 LE | nonce 24 | cipher text 32 | tag 16.
/// Always this long, so that SQLite overwrites it in place and leaves no second copy behind.
pub(crate) const WRAPPED_BYTES: usize = 1 + 4 + 24 + 32 + 16;
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;
const NONCE_BYTES: usize = 24;

/// HMAC-SHA-256 over the concatenation of `parts`.
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    // A key shorter than the block is padded with zeros (RFC 2104, section 2); done here, no length can be wrong.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyringError::Random)?;
    Ok(bytes)
}

/// A subject's key. On the heap behind an `Arc`, so that a moved map leaves no copies of it.
pub(crate) struct DataKey {
    pub(crate) bytes: Zeroizing<[u8; 32]>,
    /// Says which key sealed a text without telling anything about the key.
    pub(crate) id: [u8; 4],
}

impl DataKey {
    pub(crate) fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let digest = hmac(&bytes, &[b"wardlog keyring v1 key id"]);
        Self { id: [digest[0], digest[1], digest[2], digest[3]], bytes }
    }

    pub(crate) fn generate() -> Result<Zeroizing<[u8; 32]>> {
        Ok(Zeroizing::new(random()?))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

/// Why a stored key did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnwrapFault {
    /// Wrapped by a master key of another generation.
    OtherGeneration,
    /// Not a wrapped key, or changed.
    Damaged,
}

/// What the master key is used for, one derived key per purpose.
pub(crate) struct Wrapper {
    wrapping: Zeroizing<[u8; 32]>,
    check: Zeroizing<[u8; 32]>,
    /// The first index secret of a new keyring; afterwards the stored one counts.
    pub(crate) first_index_secret: Zeroizing<[u8; 32]>,
    pub(crate) generation: u32,
}

impl Wrapper {
    pub(crate) fn new(master: &MasterKey, generation: u32) -> Self {
        let derive = |label: &[u8]| hmac(master.bytes(), &[b"wardlog keyring v1 ", label]);
        Self {
            wrapping: derive(b"wrap"),
            check: derive(b"check"),
            first_index_secret: derive(b"index"),
            generation,
        }
    }

    /// Tells whether a master key is the right one, without a data key at hand.
    pub(crate) fn check_value(&self) -> [u8; 32] {
        *hmac(&self.check, &[&self.generation.to_le_bytes()])
    }

    /// Wraps a key; `owner` says whose it is and is bound to it.
    pub(crate) fn wrap(&self, key: &[u8; 32], owner: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE_BYTES>()?;
        let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
        wrapped.push(VERSION);
        wrapped.extend(self.generation.to_le_bytes());
        let aad = aad(&wrapped, owner);
        let sealed = cipher(&self.wrapping)
            .encrypt(&XNonce::from(nonce), Payload { msg: key, aad: &aad })
            .map_err(|_| KeyringError::Malformed)?;
        wrapped.extend(nonce);
        wrapped.extend(sealed);
        Ok(wrapped)
    }

    pub(crate) fn unwrap(&self, wrapped: &[u8], owner: &[u8]) -> Result<Zeroizing<[u8; 32]>, UnwrapFault> {
        if wrapped.len() != WRAPPED_BYTES || wrapped[0] != VERSION {
            return Err(UnwrapFault::Damaged);
        }
        let (header, body) = wrapped.split_at(HEADER_BYTES);
        if header[1..] != self.generation.to_le_bytes() {
            return Err(UnwrapFault::OtherGeneration);
        }
        let (nonce, sealed) = body.split_at(NONCE_BYTES);
        let nonce = XNonce::try_from(nonce).map_err(|_| UnwrapFault::Damaged)?;
        let opened = cipher(&self.wrapping)
            .decrypt(&nonce, Payload { msg: sealed, aad: &aad(header, owner) })
            .map(Zeroizing::new)
            .map_err(|_| UnwrapFault::Damaged)?;
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&opened);
        Ok(key)
    }
}

impl fmt::Debug for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wrapper(generation {}, redacted)", self.generation)
    }
}

fn aad(header: &[u8], owner: &[u8]) -> Vec<u8> {
    [b"wardlog keyring wrapped key".as_slice(), header, owner].concat()
}

pub(crate) fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}
