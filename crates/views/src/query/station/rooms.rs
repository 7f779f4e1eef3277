//! Continuity of police rooms 警务室: staffed ÷ required minutes, and the longest time that a room stood empty.

use std::collections::HashMap;

use domain::AreaCode;
use jiff::Timestamp;
use rusqlite::types::Value;

use super::{Continuity, area::inside};
use crate::{Histogram, Measure, Period, Rollups, ViewsError, query::Snapshot, rows::ShiftRow};

/// A shift of the day before can reach into the period.
const DAY: i64 = 86_400;

/// One room: the area that its shifts name.
struct Room {
    /// Begin of its first shift.
    since: i64,
    /// When somebody was there.
    stretches: Vec<(i64, i64)>,
}

impl Snapshot<'_> {
    pub(super) fn police_rooms(
        &self,
        areas: &[AreaCode],
        period: Period,
        now: Timestamp,
        sums: &Rollups,
    ) -> Result<Continuity, ViewsError> {
        let of = |measure| sums.get(&measure).map_or(0, Histogram::total);
        let mut longest = None;
        if of(Measure::PoliceRoomRequired) > 0
            && let Some((from, until)) = period.instants(self.calendar())
        {
            let (from, until) = (from.as_second(), until.min(now).as_second());
            let rooms = self.rooms(areas, from, until)?;
            longest = rooms.into_values().map(|room| room.longest_gap(from, until)).max();
        }
        Ok(Continuity {
            required_minutes: of(Measure::PoliceRoomRequired),
            staffed_minutes: of(Measure::PoliceRoomStaffed),
            longest_gap_minutes: longest,
        })
    }

    fn rooms(
        &self,
        areas: &[AreaCode],
        from: i64,
        until: i64,
    ) -> Result<HashMap<[u8; 15], Room>, ViewsError> {
        let (inside, values) = inside(areas);
        let sql = format!(
            "SELECT area, starts_at, stretches FROM shift
             WHERE stretches IS NOT NULL AND starts_at >= ? AND starts_at < ? AND {inside}"
        );
        let given = [Value::Integer(from - DAY), Value::Integer(until)];
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(given.into_iter().chain(values)))?;
        let mut rooms = HashMap::new();
        while let Some(row) = rows.next()? {
            let area = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
            let mut key = [0; 15];
            key.iter_mut().zip(area).for_each(|(to, from)| *to = *from);
            let since: i64 = row.get(1)?;
            let room = rooms.entry(key).or_insert_with(|| Room { since, stretches: vec![] });
            room.since = room.since.min(since);
            let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            room.stretches.extend(ShiftRow::read_stretches(bytes));
        }
        Ok(rooms)
    }
}

impl Room {
    /// Longest time inside `[from, until)` without anybody, in minutes; before its first shift a room does not count.
    fn longest_gap(mut self, from: i64, until: i64) -> i64 {
        self.stretches.sort_unstable();
        let mut covered_until = from.max(self.since);
        let mut longest = 0;
        for (begin, end) in self.stretches {
            longest = longest.max(begin.min(until) - covered_until);
            covered_until = covered_until.max(end.min(until));
        }
        longest.max(until - covered_until).max(0) / 60
    }
}
