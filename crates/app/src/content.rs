//! The digest of a command's content: tells a repetition from a reused id. It is keyed, because a plain digest of a few
//! personal fields could be guessed back.

use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};

struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// SHA-256 over the fields of a command, as text for the keyed index.
pub(crate) fn digest(category: &str, command: &impl Hash) -> String {
    let mut sha = Sha(Sha256::new());
    category.hash(&mut sha);
    command.hash(&mut sha);
    hex(&sha.0.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
        text
    })
}
