//! One try at a name after the other: whether a password is right is known, and counted, before the next is looked at.
//!
//! So many right ones at once do not count against each other, and many wrong ones at once gain nothing. Only names
//! that somebody waits for are remembered, and only so many may wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::secret::Digest;
use super::{IdentityError, Result};

/// How many wait for one name, the one at work included, before others are turned away.
const MOST_OF_A_NAME: usize = 64;
/// The same for all names together.
const MOST: usize = 512;

/// Longest wait for a turn. Healthy machines are far below: 64 hashes take some seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    names: HashMap<Digest, Name>,
}

#[derive(Debug, Default)]
struct Name {
    turn: Arc<Turn<()>>,
    waiting: usize,
}

/// The turn of a name, until it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    // In this order: the next has its turn before this place is given up.
    _turn: OwnedMutexGuard<()>,
    _place: Place,
}

#[derive(Debug)]
struct Place {
    turns: Turns,
    name: Digest,
}

impl Turns {
    /// Waits for the turn of a name, told by its digest.
    pub(super) async fn take(&self, name: Digest) -> Result<Taken> {
        let (place, turn) = self.place(name).ok_or(IdentityError::Busy)?;
        let turn =
            tokio::time::timeout(PATIENCE, turn.lock_owned()).await.map_err(|_| IdentityError::Busy)?;
        Ok(Taken { _turn: turn, _place: place })
    }

    fn place(&self, name: Digest) -> Option<(Place, Arc<Turn<()>>)> {
        let mut waiting = self.lock();
        if waiting.all >= MOST {
            return None;
        }
        let entry = waiting.names.entry(name).or_default();
        if entry.waiting >= MOST_OF_A_NAME {
            return None;
        }
        entry.waiting += 1;
        let turn = Arc::clone(&entry.turn);
        waiting.all += 1;
        Some((Place { turns: self.clone(), name }, turn))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.turns.lock();
        waiting.all = waiting.all.saturating_sub(1);
        if let Some(entry) = waiting.names.get_mut(&self.name) {
            entry.waiting = entry.waiting.saturating_sub(1);
            if entry.waiting == 0 {
                waiting.names.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_a_name_and_in_all_and_given_back() {
        let turns = Turns::default();
        let of_one: Vec<_> = (0..MOST_OF_A_NAME).map(|_| turns.place([1; 32]).unwrap()).collect();
        assert!(turns.place([1; 32]).is_none());
        assert!(turns.place([2; 32]).is_some(), "another name is not held up");
        drop(of_one);
        assert!(turns.place([1; 32]).is_some());
        let of_many: Vec<_> = (0..MOST)
            .map(|number| {
                let mut name = [0; 32];
                name[..8].copy_from_slice(&number.to_le_bytes());
                turns.place(name).unwrap()
            })
            .collect();
        assert!(turns.place([1; 32]).is_none());
        drop(of_many);
        let waiting = turns.lock();
        assert_eq!((waiting.all, waiting.names.len()), (0, 0));
    }
}
