//! Instants with the offset they were told in, and local days.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant and the UTC offset of whoever told it (RFC 3339, e.g. `2026-08-01T08:00:00+08:00`).
/// Two are equal, and ordered, by instant and then by offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    pub at: Timestamp,
    pub offset: Offset,
}

/// A text that is not an RFC 3339 date and time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as in RFC 3339, with its offset: 2026-08-01T08:00:00+08:00")]
pub struct WhenError;

impl When {
    pub const fn utc(at: Timestamp) -> Self {
        Self { at, offset: Offset::UTC }
    }

    /// Whole minutes from `self` to `later`, rounded down; negative when `later` is earlier.
    pub fn minutes_until(&self, later: &Self) -> i64 {
        (later.at.as_second() - self.at.as_second()).div_euclid(60)
    }

    /// Whole seconds from `self` to `later`; negative when `later` is earlier.
    pub fn seconds_until(&self, later: &Self) -> i64 {
        later.at.as_second() - self.at.as_second()
    }

    /// The same offset, `minutes` later (saturating at the ends of time).
    pub fn plus_minutes(&self, minutes: i64) -> Self {
        Self { at: plus_seconds(self.at, minutes.saturating_mul(60)), offset: self.offset }
    }
}

/// `at` moved by `seconds`, saturating at the ends of time.
pub fn plus_seconds(at: Timestamp, seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(at.as_second().saturating_add(seconds)).unwrap_or(end)
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let at: Timestamp = text.parse().map_err(|_| WhenError)?;
        let bytes = text.as_bytes();
        let offset = match bytes.last() {
            Some(b'Z' | b'z') => Offset::UTC,
            _ => {
                // `+hh:mm`; anything else that the parser accepted is not RFC 3339.
                let tail = text.len().checked_sub(6).and_then(|start| text.get(start..)).ok_or(WhenError)?;
                let (hours, minutes) = tail.get(1..).and_then(|t| t.split_once(':')).ok_or(WhenError)?;
                let seconds = hours.parse::<i32>().map_err(|_| WhenError)? * 3600
                    + minutes.parse::<i32>().map_err(|_| WhenError)? * 60;
                let sign = match tail.as_bytes()[0] {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return Err(WhenError),
                };
                Offset::from_seconds(sign * seconds).map_err(|_| WhenError)?
            }
        };
        Ok(Self { at, offset })
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.display_with_offset(self.offset))
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time with its offset")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<When, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// A day of the local calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub Date);

/// Beijing time: one offset for the whole country and no summer time. Chinese law counts its days in it.
const BEIJING: Offset = Offset::constant(8);

impl Day {
    /// The day of Beijing at an instant.
    pub fn at(instant: Timestamp) -> Self {
        Self(BEIJING.to_datetime(instant).date())
    }

    /// The first instant after this day in Beijing (saturating at the end of time).
    pub fn end(self) -> Timestamp {
        let next = self.0.tomorrow().ok().map(|day| day.to_datetime(jiff::civil::Time::midnight()));
        next.and_then(|next| BEIJING.to_timestamp(next).ok()).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_offset() {
        for text in ["2026-08-01T08:00:00+08:00", "2026-08-01T08:00:00-03:30", "2026-08-01T00:00:00Z"] {
            let when: When = text.parse().unwrap();
            let shown = when.to_string();
            assert_eq!(shown.parse::<When>().unwrap(), when, "{shown}");
        }
        assert!("2026-08-01T08:00:00".parse::<When>().is_err());
        assert!("yesterday".parse::<When>().is_err());
        assert!("2026-08-01T08:00:00+08:00[Asia/Shanghai]".parse::<When>().is_err());
    }

    #[test]
    fn a_day_ends_at_midnight_in_beijing() {
        let day = Day("2026-08-01".parse().unwrap());
        assert_eq!(day.end().to_string(), "2026-08-01T16:00:00Z");
        assert_eq!(Day::at(plus_seconds(day.end(), -1)), day);
        assert_eq!(Day::at(day.end()).to_string(), "2026-08-02");
        assert_eq!(Day(Date::MAX).end(), Timestamp::MAX);
    }

    #[test]
    fn minutes_round_down() {
        let from: When = "2026-08-01T08:00:00+08:00".parse().unwrap();
        let to: When = "2026-08-01T00:01:59Z".parse().unwrap();
        assert_eq!(from.minutes_until(&to), 1);
        assert_eq!(to.minutes_until(&from), -2);
    }
}
