//! The present of a station: duty, gaps and open incidents. Reads indexed columns only, no documents.

use std::collections::BTreeMap;

use domain::{AreaCode, DutyKind, Priority, ShiftId, When};
use jiff::Timestamp;
use rusqlite::types::Value;
use uuid::Uuid;

use super::{AgeBand, DutyGap, DutyNow, OpenIncidents, area::inside};
use crate::{ViewsError, query::Snapshot};

/// Gaps listed at most; the total is told beside them.
const MAX_GAPS: usize = 50;
/// Gaps are looked for this far ahead.
const AHEAD_SECONDS: i64 = 2 * 3_600;

/// Duty now, and the shifts with empty places, the earliest first.
pub(super) struct Duty {
    pub now: Vec<DutyNow>,
    pub gaps: Vec<DutyGap>,
    pub gaps_total: i64,
}

pub(super) struct Open {
    pub incidents: Vec<OpenIncidents>,
    pub total: i64,
    /// Drills, which are not among them.
    pub drills: i64,
}

/// A published shift that is running or begins soon.
struct Live {
    id: Uuid,
    area: AreaCode,
    duty: DutyKind,
    starts_at: i64,
    ends_at: i64,
    places: i64,
    assigned: i64,
    present: i64,
}

impl Live {
    const fn running(&self, now: i64) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Once it has begun those count who are there, before that those who are assigned.
    const fn filled(&self, now: i64) -> i64 {
        if self.running(now) { self.present } else { self.assigned }
    }
}

impl Snapshot<'_> {
    pub(super) fn duty(&self, areas: &[AreaCode], now: Timestamp) -> Result<Duty, ViewsError> {
        let second = now.as_second();
        let mut kinds: BTreeMap<DutyKind, DutyNow> = BTreeMap::new();
        let mut short = Vec::new();
        for shift in self.live_shifts(areas, second)? {
            if shift.running(second) {
                let none = DutyNow { duty: shift.duty, shifts: 0, places: 0, on_duty: 0 };
                let figures = kinds.entry(shift.duty).or_insert(none);
                figures.shifts += 1;
                figures.places += shift.places;
                figures.on_duty += shift.present;
            }
            if shift.filled(second) < shift.places {
                short.push(shift);
            }
        }
        let gaps_total = i64::try_from(short.len()).unwrap_or(i64::MAX);
        short.sort_unstable_by_key(|shift| (shift.starts_at, shift.id));
        let gaps = short.iter().take(MAX_GAPS).map(|shift| self.gap(shift, second)).collect();
        Ok(Duty { now: kinds.into_values().collect(), gaps, gaps_total })
    }

    fn live_shifts(&self, areas: &[AreaCode], now: i64) -> Result<Vec<Live>, ViewsError> {
        // The plus signs keep the search on the few shifts that are open.
        let (inside, values) = inside(areas);
        let sql = format!(
            "SELECT id, area, duty, starts_at, open_until, places, assigned, present FROM shift
             WHERE open_until > ? AND +starts_at <= ? AND {inside}"
        );
        let given = [Value::Integer(now), Value::Integer(now + AHEAD_SECONDS)];
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(given.into_iter().chain(values)))?;
        let mut shifts = Vec::new();
        while let Some(row) = rows.next()? {
            let duty = named(DutyKind::ALL, row.get(2)?);
            let area = row.get_ref(1)?.as_str().ok().and_then(|code| code.parse().ok());
            let (Some(duty), Some(area)) = (duty, area) else { continue };
            shifts.push(Live {
                id: Uuid::from_bytes(row.get(0)?),
                area,
                duty,
                starts_at: row.get(3)?,
                ends_at: row.get(4)?,
                places: row.get(5)?,
                assigned: row.get(6)?,
                present: row.get(7)?,
            });
        }
        Ok(shifts)
    }

    fn gap(&self, shift: &Live, now: i64) -> DutyGap {
        let short = |n: i64| u16::try_from(n.max(0)).unwrap_or(u16::MAX);
        DutyGap {
            shift: ShiftId(shift.id),
            area: shift.area,
            duty: shift.duty,
            starts_at: self.local(shift.starts_at),
            ends_at: self.local(shift.ends_at),
            places: short(shift.places),
            filled: short(shift.filled(now)),
            missing: short(shift.places - shift.filled(now)),
        }
    }

    fn local(&self, second: i64) -> When {
        self.calendar().local(Timestamp::from_second(second).unwrap_or_default())
    }

    pub(super) fn open_incidents(&self, areas: &[AreaCode], now: Timestamp) -> Result<Open, ViewsError> {
        let (inside, mut values) = inside(areas);
        let sql =
            format!("SELECT priority, open_since, counted FROM incident WHERE open_since > ? AND {inside}");
        values.insert(0, Value::Integer(i64::MIN));
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut counts: BTreeMap<(i64, AgeBand), i64> = BTreeMap::new();
        let (mut total, mut drills) = (0, 0);
        while let Some(row) = rows.next()? {
            if row.get(2)? {
                let since: i64 = row.get(1)?;
                *counts.entry((row.get(0)?, age(now.as_second() - since))).or_default() += 1;
                total += 1;
            } else {
                drills += 1;
            }
        }
        let named = counts.into_iter().filter_map(|((priority, age), count)| {
            Some(OpenIncidents { priority: named(Priority::ALL, priority)?, age, count })
        });
        Ok(Open { incidents: named.collect(), total, drills })
    }
}

/// The value of a vocabulary with this ordinal.
fn named<T: Copy>(all: &[T], ordinal: i64) -> Option<T> {
    all.get(usize::try_from(ordinal).ok()?).copied()
}

const fn age(seconds: i64) -> AgeBand {
    match seconds {
        ..900 => AgeBand::Under15Minutes,
        900..3_600 => AgeBand::Under1Hour,
        3_600..14_400 => AgeBand::Under4Hours,
        14_400..86_400 => AgeBand::Under24Hours,
        _ => AgeBand::Older,
    }
}
