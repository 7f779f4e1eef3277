//! How long to wait before trying again.

use std::time::Duration;

/// Doubles from `first` to 16 times `first`, each time with full jitter over its upper half, so that many callers do not
/// come back at the same moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    tries: u32,
}

impl Backoff {
    pub(crate) const fn new(first: Duration) -> Self {
        Self { first, tries: 0 }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let whole = self.first * (1 << self.tries.min(4));
        self.tries = self.tries.saturating_add(1);
        whole.mul_f64(0.5 + 0.5 * fastrand::f64())
    }

    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_bound_and_begins_anew() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        for whole in [100, 200, 400, 800, 1_600, 1_600, 1_600] {
            let wait = backoff.next().as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} ms of {whole}");
        }
        backoff.reset();
        assert!(backoff.next().as_millis() <= 100);
    }
}
