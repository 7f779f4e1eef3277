//! Figures that show what they are made of: numerator, denominator, what was left out, and the events behind them.

use uuid::Uuid;

use crate::{Histogram, rows::phases};

/// Most event ids that one figure names; `events_total` tells how many there are.
pub const MAX_EVENTS: usize = 1_000;

phases! {
    /// Why something is not part of a figure.
    LeftOutReason {
        /// Part of a drill.
        Drill,
        /// Reported twice; the other report counts.
        MergedDuplicate,
        /// Found by a patrol itself.
        SelfInitiated,
        /// It has not happened yet, or nobody told.
        NotYet,
        /// Skipped with a reason.
        Skipped,
    }
}

/// How much was left out, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub reason: LeftOutReason,
    pub count: i64,
}

/// A share or a sum. A figure without a denominator is a plain count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    pub numerator: i64,
    pub denominator: Option<i64>,
    pub left_out: Vec<LeftOut>,
    /// Ids of the events behind it, at most [`MAX_EVENTS`].
    pub events: Vec<Uuid>,
    pub events_total: u64,
}

impl Figure {
    pub fn count(numerator: i64) -> Self {
        Self { numerator, ..Self::default() }
    }

    pub fn share(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator: Some(denominator), ..Self::default() }
    }

    #[must_use]
    pub fn without(mut self, reason: LeftOutReason, count: i64) -> Self {
        if count != 0 {
            self.left_out.push(LeftOut { reason, count });
        }
        self
    }

    #[must_use]
    pub fn from_events(mut self, events: impl IntoIterator<Item = Uuid>) -> Self {
        for event in events {
            self.events_total += 1;
            if self.events.len() < MAX_EVENTS {
                self.events.push(event);
            }
        }
        self
    }

    /// Numerator ÷ denominator in 1/10,000, rounded down; `None` without a denominator and where it is 0.
    pub fn basis_points(&self) -> Option<i64> {
        let denominator = self.denominator.filter(|denominator| *denominator != 0)?;
        let share = i128::from(self.numerator) * 10_000 / i128::from(denominator);
        i64::try_from(share).ok()
    }
}

/// Durations of things that have both ends. Percentiles are nearest rank over the exact seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    pub count: i64,
    pub p50_seconds: Option<i64>,
    pub p90_seconds: Option<i64>,
    pub left_out: Vec<LeftOut>,
}

impl Durations {
    pub fn of(histogram: &Histogram) -> Self {
        Self {
            count: histogram.total(),
            p50_seconds: histogram.percentile(50),
            p90_seconds: histogram.percentile(90),
            left_out: vec![],
        }
    }

    #[must_use]
    pub fn without(mut self, reason: LeftOutReason, count: i64) -> Self {
        if count != 0 {
            self.left_out.push(LeftOut { reason, count });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_has_no_value() {
        assert_eq!(Figure::share(0, 0).basis_points(), None);
        assert_eq!(Figure::count(5).basis_points(), None);
        assert_eq!(Figure::share(1, 3).basis_points(), Some(3_333));
    }
}
