//! Who goes first: commands to one stream, sagas over one person's time, and the same command sent twice at once.

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::{Arc, PoisonError},
};

use domain::{ActorId, CommandId, PersonId};
use event_log::StreamName;

use crate::App;

/// Streams are taken in turn by hash: two commands to one stream of this node never race.
pub(crate) const TURNS: usize = 1_024;

impl App {
    /// Holds one or two people's time for the length of a saga.
    pub(crate) async fn people_turn(&self, people: &[PersonId]) -> Vec<tokio::sync::MutexGuard<'_, ()>> {
        let mut places: Vec<usize> = people.iter().map(|person| place(&person.0)).collect();
        // Always in the same order, each once: two sagas never wait for each other.
        places.sort_unstable();
        places.dedup();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            turns.push(self.people[place].lock().await);
        }
        turns
    }

    /// Holds an account's accesses to personal data, so that each is counted before the next.
    pub(crate) async fn account_turn(&self, account: ActorId) -> tokio::sync::MutexGuard<'_, ()> {
        self.people[place(&account.0)].lock().await
    }

    pub(crate) async fn turn(&self, stream: &StreamName) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns[place(stream)].lock().await
    }
}

/// The same command twice at once: the second waits for the first and gets its outcome. Dropped also when the caller
/// goes away in the middle.
pub(crate) struct Flight<'a> {
    app: &'a App,
    command: CommandId,
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

impl<'a> Flight<'a> {
    pub fn begin(app: &'a App, command: CommandId) -> Self {
        let mut in_flight = app.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Arc::clone(in_flight.entry(command).or_default());
        Self { app, command, turn }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.app.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        // The map and this one: more means that somebody still waits.
        if in_flight.get(&self.command).is_some_and(|held| Arc::strong_count(held) == 2) {
            in_flight.remove(&self.command);
        }
    }
}

/// A place among [`TURNS`].
fn place(of: &impl std::hash::Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    usize::try_from(hasher.finish() % (TURNS as u64)).unwrap_or_default()
}
