//! The part of the log that the stream index does not hold yet.
//!
//! A random page of the index per event would cost more than the event itself. So the newest events are found
//! through this tail in memory, and a full segment of it is merged into the index sorted by key (see `merge`).

use std::collections::HashMap;
use std::sync::Arc;

use super::key::{BuildKeyHasher, StreamKey};

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: StreamKey,
    pub(super) revision: u64,
    pub(super) position: u64,
    /// Index of the entry before this one in the same stream and segment; `NONE` for the first.
    previous: u32,
}

const NONE: u32 = u32::MAX;

/// Events in global order, chained by stream.
#[derive(Debug, Default)]
pub(super) struct Segment {
    entries: Vec<Entry>,
    last: HashMap<StreamKey, u32, BuildKeyHasher>,
}

impl Segment {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn push(&mut self, key: StreamKey, revision: u64, position: u64) {
        let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
        let previous = self.last.insert(key, at).unwrap_or(NONE);
        self.entries.push(Entry { key, revision, position, previous });
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.last.clear();
    }

    /// Last revision of the stream, if an event of it is here.
    pub(super) fn head(&self, key: StreamKey) -> Option<u64> {
        self.entries.get(*self.last.get(&key)? as usize).map(|entry| entry.revision)
    }

    /// Appends `(revision, position)` of the stream's events from `from` on, ascending.
    pub(super) fn collect(&self, key: StreamKey, from: u64, found: &mut Vec<(u64, u64)>) {
        let start = found.len();
        let mut at = self.last.get(&key).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.revision < from {
                break;
            }
            found.push((entry.revision, entry.position));
            at = entry.previous;
        }
        found[start..].reverse();
    }
}

/// Everything after the index: at most one segment that is being merged, and the one that grows.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub(super) frozen: Option<Arc<Segment>>,
    pub(super) active: Segment,
}

impl Tail {
    pub(super) fn head(&self, key: StreamKey) -> Option<u64> {
        self.active.head(key).or_else(|| self.frozen.as_ref()?.head(key))
    }

    /// `(revision, position)` of the stream's events from `from` on, ascending and without a gap.
    pub(super) fn collect(&self, key: StreamKey, from: u64, found: &mut Vec<(u64, u64)>) {
        if let Some(frozen) = &self.frozen {
            frozen.collect(key, from, found);
        }
        self.active.collect(key, from, found);
    }
}
