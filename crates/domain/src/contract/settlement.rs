//! The figures of a contract as plain functions on plain input: no state, no clock.
//!
//! A window is the stretch of one day in which a post must be covered. It belongs, as a whole, to the local day on which
//! it begins: the terms of that day rule it, and it counts in the period that holds that day, also when it runs over
//! midnight. Callers choose the days (those in force), so that a suspension or an early end needs no rule here.
//! Instants are whole minutes since the Unix epoch; the local calendar is a fixed `offset`, +08:00 in China.

mod coverage;
mod money;

pub use coverage::{Coverage, coverage, coverage_of, covered_minutes_by_rate};
pub use money::{Bill, bill, fixed_amount, lines};

use jiff::{civil::Date, tz::Offset};

use super::PostTerms;
use crate::{Day, Fen, When};

/// Presence of one person on a post, from minute `from` up to but without minute `to`, counted since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Presence {
    pub from: i64,
    pub to: i64,
}

impl Presence {
    /// Cut inwards to whole minutes, so that it never grows; empty when no whole minute is left.
    pub fn new(from: &When, to: &When) -> Self {
        let from = from.at.as_second().saturating_add(59).div_euclid(60);
        let to = to.at.as_second().div_euclid(60);
        Self { from, to: to.max(from) }
    }

    pub const fn minutes(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

/// A stretch of time in which a post must be covered by `heads` people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The day it belongs to: that on which it begins.
    pub day: Day,
    /// First minute since the Unix epoch.
    pub from: i64,
    /// The minute after the last.
    pub to: i64,
    pub heads: u16,
    pub rate_per_hour: Fen,
}

impl Window {
    /// Minutes × heads.
    pub fn required_minutes(&self) -> u64 {
        u64::try_from(self.to.saturating_sub(self.from)).unwrap_or(0) * u64::from(self.heads)
    }
}

/// The day on the local calendar.
pub fn local_day(when: &When, offset: Offset) -> Day {
    Day(offset.to_datetime(when.at).date())
}

/// The local day of a minute since the Unix epoch.
pub fn day_of_minute(minute: i64, offset: Offset) -> Day {
    let at = crate::time::plus_seconds(jiff::Timestamp::UNIX_EPOCH, minute.saturating_mul(60));
    local_day(&When::utc(at), offset)
}

/// Every day from the first to the last; none when the last lies before the first.
pub fn days(from: Day, to: Day) -> impl Iterator<Item = Day> {
    std::iter::successors(Some(from.0), |day| day.tomorrow().ok())
        .take_while(move |day| *day <= to.0)
        .map(Day)
}

/// Of things with an effective date, the one in force on `day`: the latest that has begun; of two with the same date,
/// the one defined later.
pub fn in_force<T>(things: &[T], day: Day, effective_from: impl Fn(&T) -> Day) -> Option<&T> {
    things.iter().filter(|thing| effective_from(thing) <= day).max_by_key(|thing| effective_from(thing))
}

/// The terms of a post on a day; `None` when the post is not defined yet or no longer.
pub fn post_terms_on(terms: &[PostTerms], day: Day) -> Option<&PostTerms> {
    in_force(terms, day, |t| t.effective_from).filter(|t| t.effective_until.is_none_or(|last| day <= last))
}

/// The windows of a post that begin on these days, in the order of the days. A window that runs over midnight ends at
/// the latest where the window of the following day begins, so that no minute is required twice.
pub fn windows(terms: &[PostTerms], days: &[Day], offset: Offset) -> Vec<Window> {
    let window = |day: Day| {
        let terms = post_terms_on(terms, day)?;
        let weekday = day.0.weekday().to_monday_zero_offset();
        if terms.weekdays & (1 << weekday) == 0 {
            return None;
        }
        let from = midnight(day.0, offset)?.saturating_add(i64::from(terms.from_minute));
        let to = from.saturating_add(i64::from(terms.window_minutes()));
        Some(Window { day, from, to, heads: terms.heads, rate_per_hour: terms.rate_per_hour })
    };
    days.iter()
        .filter_map(|day| {
            let today = window(*day)?;
            let next = day.0.tomorrow().ok().and_then(|next| window(Day(next)));
            let to = next.map_or(today.to, |next| today.to.min(next.from));
            Some(Window { to, ..today })
        })
        .collect()
}

/// Required minutes of a post on these days: Σ heads × length of the window.
pub fn required_minutes(windows: &[Window]) -> u64 {
    windows.iter().map(Window::required_minutes).sum()
}

fn midnight(day: Date, offset: Offset) -> Option<i64> {
    let at = offset.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?;
    Some(at.as_second().div_euclid(60))
}
