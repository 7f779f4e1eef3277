//! What became of the spans of traces.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// All zero while nothing is exported.
#[derive(Debug, Default)]
pub(crate) struct SpanCounts {
    waiting: AtomicUsize,
    exported: AtomicU64,
    /// There was no room.
    crowded: AtomicU64,
    /// The collector did not take them.
    refused: AtomicU64,
}

/// One reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanFigures {
    pub waiting: u64,
    pub exported: u64,
    pub crowded: u64,
    pub refused: u64,
}

impl SpanCounts {
    /// Takes room for one, of `most`; `false`: it is dropped.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is exported"))]
    pub(super) fn enter(&self, most: usize) -> bool {
        if self.waiting.fetch_add(1, Relaxed) < most {
            return true;
        }
        self.waiting.fetch_sub(1, Relaxed);
        self.crowded.fetch_add(1, Relaxed);
        false
    }

    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nothing is exported"))]
    pub(super) fn leave(&self, spans: usize, taken: bool) {
        self.waiting.fetch_sub(spans, Relaxed);
        let counter = if taken { &self.exported } else { &self.refused };
        counter.fetch_add(spans as u64, Relaxed);
    }

    pub(super) fn read(&self) -> SpanFigures {
        SpanFigures {
            waiting: self.waiting.load(Relaxed) as u64,
            exported: self.exported.load(Relaxed),
            crowded: self.crowded.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_dropped_and_counted() {
        let counts = SpanCounts::default();
        assert_eq!([counts.enter(2), counts.enter(2), counts.enter(2)], [true, true, false]);
        counts.leave(1, false);
        assert!(counts.enter(2));
        counts.leave(2, true);
        assert_eq!(counts.read(), SpanFigures { waiting: 0, exported: 2, crowded: 1, refused: 1 });
    }
}
