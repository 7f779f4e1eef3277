//! Figures of a running log, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::{Appended, LogError};

/// Upper bounds of the buckets of [`Stats::append_latency`] and [`Stats::commit_latency`], in microseconds; behind the
/// last one is an open bucket.
pub const LATENCY_BUCKETS_MICROS: [u64; 14] =
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 250_000, 1_000_000, 5_000_000];

/// Upper bounds of the buckets of [`Stats::group_sizes`], in events; behind the last one is an open bucket.
pub const GROUP_BUCKETS_EVENTS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

/// Counts per bucket, not cumulative.
#[derive(Debug)]
struct Buckets<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Buckets<N> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl<const N: usize> Buckets<N> {
    fn count(&self, bounds: &[u64], value: u64) {
        self.0[bounds.partition_point(|&bound| bound < value)].fetch_add(1, Relaxed);
    }

    fn read(&self) -> [u64; N] {
        std::array::from_fn(|bucket| self.0[bucket].load(Relaxed))
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) appends: AtomicU64,
    pub(super) already_there: AtomicU64,
    pub(super) conflicts: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) events: AtomicU64,
    pub(super) event_bytes: AtomicU64,
    pub(super) groups: AtomicU64,
    pub(super) last_group_events: AtomicU64,
    commit_micros: AtomicU64,
    pub(super) checkpoints: AtomicU64,
    pub(super) wal_pages: AtomicU64,
    pub(super) tail_events: AtomicU64,
    latency_micros: AtomicU64,
    latency: Buckets<{ LATENCY_BUCKETS_MICROS.len() + 1 }>,
    commit_latency: Buckets<{ LATENCY_BUCKETS_MICROS.len() + 1 }>,
    group_sizes: Buckets<{ GROUP_BUCKETS_EVENTS.len() + 1 }>,
}

impl Counters {
    /// Counts a durable group that held events.
    pub(super) fn committed(&self, events: u64, commit: Duration) {
        self.groups.fetch_add(1, Relaxed);
        self.events.fetch_add(events, Relaxed);
        self.last_group_events.store(events, Relaxed);
        self.group_sizes.count(&GROUP_BUCKETS_EVENTS, events);
        let micros = micros(commit);
        self.commit_micros.fetch_add(micros, Relaxed);
        self.commit_latency.count(&LATENCY_BUCKETS_MICROS, micros);
    }

    /// Counts an append whose caller gets the outcome now.
    pub(super) fn answered(&self, took: Duration, outcome: &Result<Appended, LogError>) {
        let counter = match outcome {
            Ok(Appended::Done { .. }) => &self.appends,
            Ok(Appended::AlreadyThere { .. }) => &self.already_there,
            Ok(Appended::Conflict { .. }) => &self.conflicts,
            Err(_) => &self.failures,
        };
        counter.fetch_add(1, Relaxed);
        let micros = micros(took);
        self.latency.count(&LATENCY_BUCKETS_MICROS, micros);
        self.latency_micros.fetch_add(micros, Relaxed);
    }

    pub(super) fn read(&self, durable_head: u64) -> Stats {
        Stats {
            appends: self.appends.load(Relaxed),
            already_there: self.already_there.load(Relaxed),
            conflicts: self.conflicts.load(Relaxed),
            failures: self.failures.load(Relaxed),
            events: self.events.load(Relaxed),
            event_bytes: self.event_bytes.load(Relaxed),
            groups: self.groups.load(Relaxed),
            last_group_events: self.last_group_events.load(Relaxed),
            commit_seconds: seconds(self.commit_micros.load(Relaxed)),
            checkpoints: self.checkpoints.load(Relaxed),
            wal_pages: self.wal_pages.load(Relaxed),
            tail_events: self.tail_events.load(Relaxed),
            durable_head,
            append_seconds: seconds(self.latency_micros.load(Relaxed)),
            append_latency: self.latency.read(),
            commit_latency: self.commit_latency.read(),
            group_sizes: self.group_sizes.read(),
        }
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

/// One reading of the figures; counts are since the log was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Appends that became durable.
    pub appends: u64,
    /// Repeated appends that were recognised.
    pub already_there: u64,
    /// Appends refused for their expected revision.
    pub conflicts: u64,
    /// Appends answered with an error.
    pub failures: u64,
    /// Events that became durable.
    pub events: u64,
    /// Bytes of kind, metadata and data of those.
    pub event_bytes: u64,
    /// Commits that held at least one event; `events / groups` is the mean size of a group.
    pub groups: u64,
    pub last_group_events: u64,
    /// Time spent in commits of groups that held events, their sync included.
    pub commit_seconds: f64,
    pub checkpoints: u64,
    /// Pages in the write-ahead log when last looked at.
    pub wal_pages: u64,
    /// Events that are not in the stream index yet.
    pub tail_events: u64,
    /// Position of the last durable event, 0 when there is none.
    pub durable_head: u64,
    /// Sum of the times from call to answer of all appends.
    pub append_seconds: f64,
    /// Appends per bucket of [`LATENCY_BUCKETS_MICROS`], not cumulative; the last is open.
    pub append_latency: [u64; LATENCY_BUCKETS_MICROS.len() + 1],
    /// Commits per bucket, in the same way.
    pub commit_latency: [u64; LATENCY_BUCKETS_MICROS.len() + 1],
    /// Groups per bucket of [`GROUP_BUCKETS_EVENTS`], in the same way.
    pub group_sizes: [u64; GROUP_BUCKETS_EVENTS.len() + 1],
}

impl Stats {
    /// Events in a group, on average.
    pub fn mean_group_events(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
        let mean = self.events as f64 / self.groups.max(1) as f64;
        mean
    }
}
