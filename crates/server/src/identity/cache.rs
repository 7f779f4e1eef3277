//! What was found out about a credential, for a while: a thousand requests a second must not each read a file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::plus_seconds;
use jiff::Timestamp;

use super::Authenticated;
use super::secret::Digest;

/// Seconds that an answer of the store is used; also how long a change by another process takes to be seen.
const FRESH: i64 = 3;
const MOST: usize = 4096;

#[derive(Debug)]
pub(super) struct Cache {
    /// Seconds that an answer is used.
    fresh: i64,
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts what was forgotten: an answer read before that must not be remembered after it.
    generation: u64,
    entries: HashMap<Digest, Entry>,
}

#[derive(Debug)]
struct Entry {
    authenticated: Arc<Authenticated>,
    read_at: Timestamp,
    ends_at: Timestamp,
}

impl Default for Cache {
    fn default() -> Self {
        Self::new(FRESH, MOST)
    }
}

impl Cache {
    pub(super) fn new(fresh: i64, most: usize) -> Self {
        Self { fresh, most, state: Mutex::default() }
    }

    /// The answer, if a fresh one is known, or the generation to remember another one with.
    pub(super) fn get(&self, digest: &Digest, now: Timestamp) -> Result<Arc<Authenticated>, u64> {
        let state = self.lock();
        state
            .entries
            .get(digest)
            .filter(|entry| {
                entry.read_at <= now && now < plus_seconds(entry.read_at, self.fresh) && now < entry.ends_at
            })
            .map(|entry| Arc::clone(&entry.authenticated))
            .ok_or(state.generation)
    }

    pub(super) fn put(
        &self,
        digest: Digest,
        authenticated: Arc<Authenticated>,
        now: Timestamp,
        generation: u64,
    ) {
        let mut state = self.lock();
        if state.generation != generation {
            return;
        }
        if state.entries.len() >= self.most && !state.entries.contains_key(&digest) {
            state.entries.retain(|_, entry| now < plus_seconds(entry.read_at, self.fresh));
            if state.entries.len() >= self.most {
                state.entries.clear();
            }
        }
        let ends_at = authenticated.ends_at;
        state.entries.insert(digest, Entry { authenticated, read_at: now, ends_at });
    }

    pub(super) fn clear(&self) {
        let mut state = self.lock();
        state.generation += 1;
        state.entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
