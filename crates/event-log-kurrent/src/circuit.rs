//! Whether the cluster answers. After a time of nothing but failures new calls are refused at once, so that callers do
//! not pile up; a probe closes the circuit again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Whether the cluster answers, for `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The last call was answered, or none has failed for long enough to say otherwise.
    Answering,
    /// Calls are refused at once; the last fault says why.
    Unreachable(String),
}

#[derive(Debug)]
pub(crate) struct Circuit {
    tolerance: Duration,
    state: Mutex<State>,
    open: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// Since when nothing but failures was seen.
    failing_since: Option<Instant>,
    why: String,
}

impl Circuit {
    pub(crate) fn new(tolerance: Duration) -> Self {
        Self { tolerance, state: Mutex::default(), open: watch::Sender::new(false) }
    }

    pub(crate) fn succeeded(&self) {
        self.lock().failing_since = None;
        self.open.send_if_modified(|open| std::mem::replace(open, false));
    }

    /// Notes a failure. True when this one opened the circuit: then somebody has to probe.
    pub(crate) fn failed(&self, why: &str) -> bool {
        let mut state = self.lock();
        why.clone_into(&mut state.why);
        let since = *state.failing_since.get_or_insert_with(Instant::now);
        drop(state);
        since.elapsed() >= self.tolerance && self.open.send_if_modified(|open| !std::mem::replace(open, true))
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    pub(crate) fn health(&self) -> Health {
        if self.is_open() { Health::Unreachable(self.lock().why.clone()) } else { Health::Answering }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_once_after_nothing_but_failures_and_closes_at_a_success() {
        let circuit = Circuit::new(Duration::ZERO);
        assert!(circuit.failed("no answer"));
        assert!(!circuit.failed("still none"));
        assert_eq!(circuit.health(), Health::Unreachable("still none".to_owned()));
        circuit.succeeded();
        assert_eq!(circuit.health(), Health::Answering);
    }

    #[test]
    fn one_failure_is_tolerated() {
        let circuit = Circuit::new(Duration::from_secs(3_600));
        assert!(!circuit.failed("no answer"));
        assert_eq!(circuit.health(), Health::Answering);
    }
}
