//! Day rollups: for every dimension and local day, counters and exact histograms of the measures. Always the sum of what
//! the rows contribute; a row that changes takes its old contribution back and gives its new one.

use std::collections::{BTreeMap, HashMap};

use domain::AreaCode;
use rusqlite::{Connection, OptionalExtension as _};

use crate::ViewsError;

/// What a rollup is about: the text of an area code, or of an id.
pub type Dimension = Box<str>;

/// The day of what has no day: the current state (teams, members).
pub const TIMELESS: i32 = i32::MIN;

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What is counted. The numbers are stored; the value of each measure is said with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Measure { $($(#[$doc])* $name = $number,)* }

        impl Measure {
            /// Every measure.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

measures! {
    /// Reports that count: no drills, no merged duplicates, not self-initiated. Value: priority.
    Incidents = 1,
    /// Left out of the counts above. Value: 0.
    Drills = 2,
    MergedDuplicates = 3,
    SelfInitiated = 4,
    /// Value: incident kind.
    IncidentKinds = 5,
    Unfounded = 6,
    Reopened = 7,
    /// Closed reports. Value: 1 with a disposition that is complete, else 0.
    Closed = 8,
    /// Value: seconds from the report to the first dispatch.
    QueueSeconds = 9,
    /// Value: seconds from the report to the first arrival.
    ResponseSeconds = 10,
    /// Value: seconds from the dispatch to the arrival of a unit.
    TravelSeconds = 11,
    /// Value: seconds from the arrival to the clearing of a unit.
    OnSceneSeconds = 12,
    /// The same as ResponseSeconds, of emergencies alone.
    EmergencyResponseSeconds = 13,
    /// Reports with a due time. Value: 1 when closed by then, else 0.
    ClosedByDue = 14,
    /// Reports with a place, in a rollup of their own. Value: the place as a number.
    Places = 15,
    /// Shifts by payer. Value: payer.
    Shifts = 20,
    /// Places of published shifts times their minutes. Value: payer; n: minutes.
    RequiredMinutes = 21,
    /// Certified minutes. Value: payer; n: minutes.
    CertifiedMinutes = 22,
    /// Places empty at the begin. Value: payer; n: places.
    UncoveredPlaces = 23,
    /// Certified minutes of volunteers. n: minutes.
    VolunteerMinutes = 24,
    /// Assigned people who never clocked in. Value: payer.
    NoShows = 25,
    /// Corrections of certified minutes.
    Corrections = 26,
    /// Required minutes of police rooms. n: minutes.
    PoliceRoomRequired = 27,
    /// Certified or running minutes of police rooms. n: minutes.
    PoliceRoomStaffed = 28,
    /// Checkpoints due.
    CheckpointsDue = 30,
    /// Checkpoints hit in their window.
    CheckpointsHit = 31,
    /// Checkpoints missed and not rescinded.
    CheckpointsMissed = 32,
    CheckpointsSkipped = 33,
    Runs = 34,
    /// Value: [`team_class`].
    Teams = 40,
    /// Value: [`team_class`]; n: members.
    TeamMembers = 41,
    Households = 42,
}

/// The value of [`Measure::Teams`]: kind and payer of a team in one number.
pub fn team_class(kind: domain::TeamKind, payer: domain::Payer) -> i64 {
    i64::from(kind as u8) * 10 + i64::from(payer as u8)
}

/// Exact counts by value, in the order of the values; none of them is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(Vec<(i64, i64)>);

impl Histogram {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub fn add(&mut self, value: i64, n: i64) {
        match self.0.binary_search_by_key(&value, |(known, _)| *known) {
            Ok(at) if self.0[at].1 + n == 0 => drop(self.0.remove(at)),
            Ok(at) => self.0[at].1 += n,
            Err(_) if n == 0 => {}
            Err(at) => self.0.insert(at, (value, n)),
        }
    }

    /// Sum of the counts.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    pub fn of(&self, value: i64) -> i64 {
        self.0.binary_search_by_key(&value, |(known, _)| *known).map_or(0, |at| self.0[at].1)
    }

    pub fn values(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.iter().copied()
    }

    /// How many have a value of at most `most`.
    pub fn at_most(&self, most: i64) -> i64 {
        let end = self.0.partition_point(|(value, _)| *value <= most);
        self.0.iter().take(end).map(|(_, n)| n).sum()
    }

    /// The smallest value that at least `percent` of the whole do not exceed (nearest rank); `None` when empty.
    pub fn percentile(&self, percent: i64) -> Option<i64> {
        let rank = (self.total() * percent + 99) / 100;
        let mut seen = 0;
        self.0.iter().find_map(|(value, n)| {
            seen += n;
            (seen >= rank).then_some(*value)
        })
    }

    /// From counts in any order, values may repeat.
    fn from_counts(mut counts: Vec<(i64, i64)>) -> Self {
        // The counts of each day are in order already: a sort that finds runs is cheap.
        counts.sort_by_key(|(value, _)| *value);
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        counts.retain(|(_, n)| *n != 0);
        Self(counts)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 4);
        let mut last = 0;
        for (value, n) in &self.0 {
            write_varint(&mut bytes, value.wrapping_sub(last));
            write_varint(&mut bytes, *n);
            last = *value;
        }
        bytes
    }

    /// Adds what `to_bytes` wrote.
    fn merge_bytes(&mut self, bytes: &[u8]) {
        let known = std::mem::take(&mut self.0);
        *self = Self::from_counts(counts(bytes).chain(known).collect());
    }
}

/// Reads what `to_bytes` wrote, in the order of the values.
fn counts(bytes: &[u8]) -> impl Iterator<Item = (i64, i64)> + '_ {
    let (mut rest, mut value) = (bytes, 0_i64);
    std::iter::from_fn(move || {
        value = value.wrapping_add(read_varint(&mut rest)?);
        Some((value, read_varint(&mut rest)?))
    })
}

fn write_varint(bytes: &mut Vec<u8>, value: i64) {
    #[expect(clippy::cast_sign_loss, reason = "zigzag maps signed to unsigned")]
    let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
    while zigzag >= 0x80 {
        bytes.push((zigzag & 0x7f) as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
}

fn read_varint(rest: &mut &[u8]) -> Option<i64> {
    let mut zigzag = 0_u64;
    for shift in (0..70).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        zigzag |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            break;
        }
    }
    #[expect(clippy::cast_possible_wrap, reason = "zigzag maps unsigned back to signed")]
    Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
}

/// The dimension of the places of an area.
pub(crate) fn places_of(area: &AreaCode) -> Dimension {
    format!("{area}/places").into()
}

/// What one row adds.
#[derive(Clone, Debug, Default)]
pub struct Contributions(pub(crate) Vec<Contribution>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contribution {
    cell: Cell,
    value: i64,
    n: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Cell {
    dimension: Dimension,
    day: i32,
    measure: Measure,
}

impl Contributions {
    /// Adds to the community or village, the township and the county of an area, so that every level reads one row a day.
    pub fn area(&mut self, area: &AreaCode, day: i32, measure: Measure, value: i64, n: i64) {
        for dimension in area.lineage().filter(|a| matches!(a.as_str().len(), 6 | 9 | 12)) {
            self.add(dimension.as_str(), day, measure, value, n);
        }
    }

    /// A report at a place. Kept apart from the other measures, because only the search for repeated places reads it.
    pub fn place(&mut self, area: &AreaCode, day: i32, place: i64) {
        for dimension in area.lineage().filter(|a| matches!(a.as_str().len(), 6 | 9 | 12)) {
            self.add(&places_of(&dimension), day, Measure::Places, place, 1);
        }
    }

    pub fn add(&mut self, dimension: &str, day: i32, measure: Measure, value: i64, n: i64) {
        if n != 0 {
            self.0.push(Contribution { cell: Cell { dimension: dimension.into(), day, measure }, value, n });
        }
    }
}

/// Pending changes of rollups, between two commits.
#[derive(Debug, Default)]
pub(crate) struct Pending(HashMap<Cell, Histogram>);

impl Pending {
    pub fn apply(&mut self, contributions: &[Contribution], sign: i64) {
        for contribution in contributions {
            let cell = self.0.entry(contribution.cell.clone()).or_default();
            cell.add(contribution.value, sign * contribution.n);
        }
    }

    pub fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut read = connection
            .prepare_cached("SELECT counts FROM rollup WHERE dimension = ? AND day = ? AND measure = ?")?;
        let mut write = connection.prepare_cached(
            "INSERT INTO rollup (dimension, day, measure, counts) VALUES (?, ?, ?, ?)
             ON CONFLICT (dimension, day, measure) DO UPDATE SET counts = excluded.counts",
        )?;
        let mut remove = connection
            .prepare_cached("DELETE FROM rollup WHERE dimension = ? AND day = ? AND measure = ?")?;
        let mut changes: Vec<_> = self.0.drain().filter(|(_, change)| !change.0.is_empty()).collect();
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        for (cell, mut counts) in changes {
            let key = (&*cell.dimension, cell.day, cell.measure as u8);
            let before: Option<Vec<u8>> = read.query_row(key, |row| row.get(0)).optional()?;
            counts.merge_bytes(before.as_deref().unwrap_or_default());
            if counts.0.is_empty() {
                remove.execute(key)?;
            } else {
                write.execute((key.0, key.1, key.2, counts.to_bytes()))?;
            }
        }
        Ok(())
    }
}

pub(crate) const DDL: &str = "CREATE TABLE rollup (
    dimension TEXT NOT NULL, day INTEGER NOT NULL, measure INTEGER NOT NULL, counts BLOB NOT NULL,
    PRIMARY KEY (dimension, day, measure)) WITHOUT ROWID;";

/// The measures of some dimensions over some days, summed.
pub type Rollups = BTreeMap<Measure, Histogram>;

/// Reads one row a day, measure and dimension. `days` are both included.
pub(crate) fn read(
    connection: &Connection,
    dimensions: &[Dimension],
    days: (i32, i32),
) -> Result<Rollups, ViewsError> {
    let mut found: BTreeMap<Measure, Vec<(i64, i64)>> = BTreeMap::new();
    let mut statement = connection
        .prepare_cached("SELECT measure, counts FROM rollup WHERE dimension = ? AND day BETWEEN ? AND ?")?;
    for dimension in dimensions {
        let mut rows = statement.query((&**dimension, days.0, days.1))?;
        while let Some(row) = rows.next()? {
            if let Some(measure) = Measure::from_number(row.get(0)?) {
                let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                found.entry(measure).or_default().extend(counts(bytes));
            }
        }
    }
    Ok(found.into_iter().map(|(measure, counts)| (measure, Histogram::from_counts(counts))).collect())
}

/// The total of one measure.
pub(crate) fn total(
    connection: &Connection,
    dimensions: &[Dimension],
    days: (i32, i32),
    measure: Measure,
) -> Result<i64, ViewsError> {
    let mut statement = connection.prepare_cached(
        "SELECT counts FROM rollup WHERE dimension = ? AND day BETWEEN ? AND ? AND measure = ?",
    )?;
    let mut total = 0;
    for dimension in dimensions {
        let mut rows = statement.query((&**dimension, days.0, days.1, measure as u8))?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            total += counts(bytes).map(|(_, n)| n).sum::<i64>();
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_survives_its_bytes() {
        let mut histogram = Histogram::default();
        for (value, n) in [(0, 3), (-5, 1), (i64::MAX, 2), (300, 70_000)] {
            histogram.add(value, n);
        }
        let mut back = Histogram::default();
        back.merge_bytes(&histogram.to_bytes());
        assert_eq!(back, histogram);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        for value in 1..=10 {
            histogram.add(value, 1);
        }
        assert_eq!((histogram.percentile(50), histogram.percentile(90)), (Some(5), Some(9)));
        histogram.add(1, -1);
        assert_eq!(histogram.total(), 9);
    }
}
