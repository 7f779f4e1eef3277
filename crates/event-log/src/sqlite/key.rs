//! How a stream is known in memory and in the index.

use std::hash::{BuildHasherDefault, Hasher};

use sha2::{Digest as _, Sha256};

use crate::StreamName;

/// The first 128 bits of the SHA-256 of a stream's name. In memory it stands for the name: no two names that
/// anyone can make share it. The index on disk keeps its first 64 bits only, and whoever reads the index compares
/// the name in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey(u128);

impl StreamKey {
    pub(super) fn of(stream: &StreamName) -> Self {
        Self::of_name(stream.as_str())
    }

    pub(super) fn of_name(name: &str) -> Self {
        let sha = Sha256::digest(name.as_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&sha[..16]);
        Self(u128::from_be_bytes(first))
    }

    /// The column `stream_hash`.
    pub(super) fn stream_hash(self) -> i64 {
        let upper = (self.0 >> 64) as u64;
        upper.cast_signed()
    }
}

/// The key is a hash already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, value: u128) {
        // Half of a hash is a hash.
        self.0 = value as u64;
    }
}

pub(super) type BuildKeyHasher = BuildHasherDefault<KeyHasher>;
