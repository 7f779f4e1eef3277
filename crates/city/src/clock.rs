//! The clock of a scenario: settable, and different for commands that run side by side.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use event_log::EventLog;
use jiff::Timestamp;

use crate::pace::{Pace, PacedLog};

tokio::task_local! {
    /// The instant at which the command that is being run reaches the server.
    static INSTANT: Timestamp;
}

/// An instant that is set, in milliseconds since 1970. Hand [`SimClock::clock`] to the application as its clock.
///
/// Commands of one stretch of the scenario run concurrently, each at its own instant: inside such a command the clock
/// tells that instant, elsewhere the one that was set last.
#[derive(Debug)]
pub struct SimClock {
    milliseconds: AtomicI64,
    pub(crate) pace: Arc<Pace>,
}

impl SimClock {
    pub fn new(at: Timestamp) -> Self {
        Self { milliseconds: AtomicI64::new(at.as_millisecond()), pace: Arc::new(Pace::new()) }
    }

    pub fn now(&self) -> Timestamp {
        INSTANT.try_with(|instant| *instant).unwrap_or_else(|_| {
            Timestamp::from_millisecond(self.milliseconds.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
        })
    }

    pub fn set(&self, at: Timestamp) {
        self.milliseconds.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// This clock as the application takes it.
    pub fn clock(self: &Arc<Self>) -> app::Clock {
        let clock = Arc::clone(self);
        Arc::new(move || clock.now())
    }

    /// The log as the views should follow it during a load: they then take up events in large groups, whenever the
    /// load needs them to, instead of a few at a time. Before and after a load it is the log itself. Without it a load
    /// works all the same, but takes about twice as long.
    pub fn paced(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        Arc::new(PacedLog { log, pace: Arc::clone(&self.pace) })
    }

    /// Runs a future inside which every [`SimClock`] tells `at`.
    pub(crate) async fn at<F: Future>(at: Timestamp, future: F) -> F::Output {
        INSTANT.scope(at, future).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_its_own_instant() {
        let [morning, noon]: [Timestamp; 2] =
            ["2026-08-01T00:00:00Z", "2026-08-01T04:00:00Z"].map(|text| text.parse().unwrap());
        let clock = Arc::new(SimClock::new(noon));
        let read = clock.clock();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let inside = runtime.block_on(SimClock::at(morning, async { read() }));
        assert_eq!(inside, morning);
        assert_eq!(read(), noon);
    }
}
