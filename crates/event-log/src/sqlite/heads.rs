//! A bounded cache of the last revision of recently written streams.

use std::collections::HashMap;

use super::key::{BuildKeyHasher, StreamKey};

/// Streams of one generation; the cache holds two.
const GENERATION: usize = 65_536;

/// Two generations: when the young one is full it becomes the old one, and the former old one is forgotten. That
/// keeps what was used lately without a list to maintain.
#[derive(Debug, Default)]
pub(super) struct Heads {
    young: HashMap<StreamKey, u64, BuildKeyHasher>,
    old: HashMap<StreamKey, u64, BuildKeyHasher>,
}

impl Heads {
    pub(super) fn get(&self, key: StreamKey) -> Option<u64> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    pub(super) fn set(&mut self, key: StreamKey, revision: u64) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, revision);
    }
}
