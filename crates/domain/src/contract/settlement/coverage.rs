//! Who stood where: certified presence against required windows, minute by minute.

use std::collections::BTreeMap;

use super::{Presence, Window};
use crate::Fen;

/// Minutes × heads of one or more windows. `required` = `covered` + `late` + `early` + `absent` + `gap`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub required_minutes: u64,
    /// Certified ∩ required, never more people at once than heads.
    pub covered_minutes: u64,
    /// From the begin of the window until a head was there for the first time.
    pub late_minutes: u64,
    /// From when a head was there for the last time until the end of the window.
    pub early_minutes: u64,
    /// Whole windows of heads that were never there.
    pub absent_minutes: u64,
    /// Holes between, for instance at a late relief.
    pub gap_minutes: u64,
}

impl Coverage {
    /// Required but not covered, for whatever reason.
    pub const fn uncovered_minutes(&self) -> u64 {
        self.required_minutes.saturating_sub(self.covered_minutes)
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            required_minutes: self.required_minutes + other.required_minutes,
            covered_minutes: self.covered_minutes + other.covered_minutes,
            late_minutes: self.late_minutes + other.late_minutes,
            early_minutes: self.early_minutes + other.early_minutes,
            absent_minutes: self.absent_minutes + other.absent_minutes,
            gap_minutes: self.gap_minutes + other.gap_minutes,
        }
    }
}

/// Coverage of one window by the presences at its post, in any order. Interchangeable heads: the first head is there
/// as long as at least one person is, the second as long as at least two are, and so on.
pub fn coverage_of(window: &Window, presences: &[Presence]) -> Coverage {
    let mut steps: Vec<(i64, i32)> = Vec::new();
    for presence in presences {
        let (from, to) = (presence.from.max(window.from), presence.to.min(window.to));
        if from < to {
            steps.push((from, 1));
            steps.push((to, -1));
        }
    }
    steps.sort_unstable();
    let heads = usize::from(window.heads);
    // For each head, when it was there first and last.
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let (mut people, mut since, mut covered) = (0_i32, window.from, 0_i64);
    for (at, change) in steps {
        if at > since {
            let there = usize::try_from(people).unwrap_or(0).min(heads);
            covered += (at - since) * i64::try_from(there).unwrap_or(0);
            while spans.len() < there {
                spans.push((since, at));
            }
            spans[..there].iter_mut().for_each(|span| span.1 = at);
            since = at;
        }
        people += change;
    }
    let minutes = |minutes: i64| u64::try_from(minutes).unwrap_or(0);
    let required = window.required_minutes();
    let covered = minutes(covered);
    let late = minutes(spans.iter().map(|span| span.0 - window.from).sum());
    let early = minutes(spans.iter().map(|span| window.to - span.1).sum());
    let absent = minutes(window.to - window.from) * minutes(i64::try_from(heads - spans.len()).unwrap_or(0));
    Coverage {
        required_minutes: required,
        covered_minutes: covered,
        late_minutes: late,
        early_minutes: early,
        absent_minutes: absent,
        gap_minutes: required.saturating_sub(covered + late + early + absent),
    }
}

/// Coverage of all windows of one post.
pub fn coverage(windows: &[Window], presences: &[Presence]) -> Coverage {
    each(windows, presences).fold(Coverage::default(), |sum, (_, coverage)| sum.plus(coverage))
}

/// Covered minutes of one post by the rate in force: what can be billed. Rates with nothing covered are left out.
pub fn covered_minutes_by_rate(windows: &[Window], presences: &[Presence]) -> BTreeMap<Fen, u64> {
    let mut by_rate = BTreeMap::new();
    for (window, coverage) in each(windows, presences) {
        if coverage.covered_minutes > 0 {
            *by_rate.entry(window.rate_per_hour).or_default() += coverage.covered_minutes;
        }
    }
    by_rate
}

/// Each window with its coverage; looks only at the presences that can reach into it.
fn each<'a>(
    windows: &'a [Window],
    presences: &[Presence],
) -> impl Iterator<Item = (&'a Window, Coverage)> + use<'a> {
    let mut sorted = presences.to_vec();
    sorted.sort_unstable();
    let longest = sorted.iter().map(Presence::minutes).max().unwrap_or(0);
    windows.iter().map(move |window| {
        let first = sorted.partition_point(|p| p.from < window.from.saturating_sub(longest));
        let end = sorted.partition_point(|p| p.from < window.to);
        (window, coverage_of(window, sorted.get(first..end).unwrap_or_default()))
    })
}
