//! Counters of the adapter, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// What has happened since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Appends acknowledged.
    pub appends: u64,
    /// Events of those appends.
    pub events: u64,
    /// Appends recognised as repetitions.
    pub already_there: u64,
    /// Appends refused because the stream had moved on.
    pub conflicts: u64,
    /// Appends without an answer of the kinds above.
    pub failures: u64,
    /// Attempts repeated within a call.
    pub retries: u64,
    /// Clients replaced after a fault.
    pub renewals: u64,
    /// Subscriptions restarted from the last event handed on.
    pub restarts: u64,
    /// Highest position seen: acknowledged, read or delivered.
    pub highest_position: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub appends: AtomicU64,
    pub events: AtomicU64,
    pub already_there: AtomicU64,
    pub conflicts: AtomicU64,
    pub failures: AtomicU64,
    pub retries: AtomicU64,
    pub renewals: AtomicU64,
    pub restarts: AtomicU64,
    /// One more than the highest position seen: 0 is a position.
    pub seen: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn seen(&self, position: u64) {
        self.seen.fetch_max(position.saturating_add(1), Ordering::AcqRel);
    }

    pub(crate) fn read(&self) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        Stats {
            appends: of(&self.appends),
            events: of(&self.events),
            already_there: of(&self.already_there),
            conflicts: of(&self.conflicts),
            failures: of(&self.failures),
            retries: of(&self.retries),
            renewals: of(&self.renewals),
            restarts: of(&self.restarts),
            highest_position: of(&self.seen).checked_sub(1),
        }
    }
}
