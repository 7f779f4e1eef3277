//! Local days: periods and rollups follow the local calendar, whatever offset a device told.

use domain::{Day, When};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The calendar of the place (Asia/Shanghai unless configured).
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    name: String,
}

/// Whole local days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    pub from: Day,
    pub to: Day,
}

impl Calendar {
    /// # Errors
    /// When the name is not in the IANA time zone database.
    pub fn new(name: &str) -> Result<Self, String> {
        let zone = TimeZone::get(name).map_err(|cause| format!("time zone `{name}`: {cause}"))?;
        Ok(Self { zone, name: name.to_owned() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day of an instant.
    pub fn day(&self, at: Timestamp) -> Day {
        Day(self.zone.to_datetime(at).date())
    }

    /// Days since 1970-01-01 of the local day: the key of rollups.
    pub fn day_number(&self, at: Timestamp) -> i32 {
        day_number(self.day(at))
    }

    pub fn day_number_of(&self, when: When) -> i32 {
        self.day_number(when.at)
    }

    /// First instant of a local day; `None` at the ends of time.
    pub fn start_of(&self, day: Day) -> Option<Timestamp> {
        self.zone.to_timestamp(day.0.at(0, 0, 0, 0)).ok()
    }

    /// UTC offset in force at an instant.
    pub fn offset(&self, at: Timestamp) -> jiff::tz::Offset {
        self.zone.to_offset(at)
    }

    /// The same instant, told in local time.
    pub fn local(&self, at: Timestamp) -> When {
        When { at, offset: self.offset(at) }
    }
}

impl Period {
    pub fn day_numbers(&self) -> (i32, i32) {
        (day_number(self.from), day_number(self.to))
    }

    /// Number of days.
    pub fn days(&self) -> i32 {
        let (from, to) = self.day_numbers();
        to - from + 1
    }

    /// The same days one year earlier (29 February becomes the 28th).
    pub fn last_year(&self) -> Option<Self> {
        let back = |day: Day| day.0.checked_sub(jiff::Span::new().years(1)).ok().map(Day);
        Some(Self { from: back(self.from)?, to: back(self.to)? })
    }

    /// First instant of the period and first instant after it.
    pub fn instants(&self, calendar: &Calendar) -> Option<(Timestamp, Timestamp)> {
        let after = self.to.0.tomorrow().ok()?;
        Some((calendar.start_of(self.from)?, calendar.start_of(Day(after))?))
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Days since 1970-01-01.
pub fn day_number(day: Day) -> i32 {
    day.0.since(EPOCH).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_evening_in_utc_is_the_next_day_in_shanghai() {
        let calendar = Calendar::new("Asia/Shanghai").unwrap();
        let at: Timestamp = "2026-07-31T16:30:00Z".parse().unwrap();
        assert_eq!(calendar.day(at).0.to_string(), "2026-08-01");
        assert_eq!(calendar.start_of(calendar.day(at)).unwrap().to_string(), "2026-07-31T16:00:00Z");
        assert_eq!(calendar.day_number("1970-01-02T00:00:00+08:00".parse().unwrap()), 1);
        assert!(Calendar::new("Mars/Olympus").is_err());
    }
}
