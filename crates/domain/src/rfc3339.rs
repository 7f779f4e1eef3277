//! Dates and times exactly as RFC 3339 writes them, for what comes from outside. What is recorded already is read more
//! freely, by the types themselves.

use jiff::Timestamp;

use crate::{Day, When};

/// `full-date`: `2026-08-01`.
pub fn date(text: &str) -> Option<Day> {
    is_like(text.as_bytes(), b"dddd-dd-dd").then(|| text.parse().ok().map(Day))?
}

/// `date-time`: `2026-08-01T08:00:00.5+08:00`, with `Z` for UTC; both letters may be small. Fractions are kept to
/// nanoseconds. A leap second, which no clock here has, counts as the second before it, where there can be one.
pub fn date_time(text: &str) -> Option<When> {
    let (local, rest) = text.split_at_checked(19)?;
    let [t, after @ ..] = local.get(10..)?.as_bytes() else { return None };
    date(local.get(..10)?)?;
    if !matches!(t, b'T' | b't') || !is_like(after, b"dd:dd:dd") {
        return None;
    }
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest.split_at_checked(digits).filter(|(digits, _)| !digits.is_empty())?
        }
        None => ("", rest),
    };
    if !is_offset(offset) {
        return None;
    }
    let leap = local.ends_with(":60");
    let seconds = match local.strip_suffix(":60") {
        Some(minute) => format!("{minute}:59"),
        None => local.to_owned(),
    };
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let point = if fraction.is_empty() { "" } else { "." };
    // `-00:00` says that the offset is not known; the time is then told in UTC.
    let offset = if offset == "-00:00" { "Z" } else { offset };
    let when: When = format!("{seconds}{point}{fraction}{offset}").parse().ok()?;
    (!leap || has_leap_second(when.at)).then_some(when)
}

/// Whether the text has these digits (`d`) and signs.
fn is_like(text: &[u8], form: &[u8]) -> bool {
    let fits = |(letter, wanted): (&u8, &u8)| {
        if *wanted == b'd' { letter.is_ascii_digit() } else { letter == wanted }
    };
    text.len() == form.len() && text.iter().zip(form).all(fits)
}

fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', rest @ ..] => {
            let below = |from: usize, most: &str| text.get(from..from + 2).is_some_and(|part| part <= most);
            is_like(rest, b"dd:dd") && below(1, "23") && below(4, "59")
        }
        _ => false,
    }
}

/// Leap seconds come at the end of a June or a December, by UTC (RFC 3339, section 5.7).
fn has_leap_second(at: Timestamp) -> bool {
    let text = at.to_string();
    text.get(4..)
        .is_some_and(|rest| rest.starts_with("-06-30T23:59:59") || rest.starts_with("-12-31T23:59:59"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_full_date() {
        for good in ["2026-08-01", "0000-01-01", "9999-12-31", "2024-02-29"] {
            assert_eq!(date(good).map(|day| day.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "20260801",
            "2026-W31-6",
            "2026-8-1",
            "2026-02-29",
            "2026-13-01",
            "+002026-08-01",
            "-009999-01-01",
            "2026-08-01T00:00:00Z",
            "2026-08-01[Asia/Shanghai]",
            " 2026-08-01",
            "2026-08-01Z",
            "２026-08-01",
            "2026/08/01",
            "",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_is_a_date_time_with_its_offset() {
        let same = |text: &str, told: &str| {
            assert_eq!(date_time(text).unwrap_or_else(|| panic!("{text}")), told.parse().unwrap(), "{text}");
        };
        same("2026-08-01T08:00:00+08:00", "2026-08-01T08:00:00+08:00");
        same("2026-08-01t00:00:00z", "2026-08-01T00:00:00Z");
        same("2026-08-01T08:00:00.123456789123-03:30", "2026-08-01T08:00:00.123456789-03:30");
        same("2026-08-01T08:00:00.5Z", "2026-08-01T08:00:00.5Z");
        same("2026-08-01T08:00:00-00:00", "2026-08-01T08:00:00Z");
        same("2026-08-01T23:59:59+23:59", "2026-08-01T23:59:59+23:59");
        for bad in [
            "2026-08-01T08:00:00",
            "2026-08-01T08:00:00+08:00[Asia/Shanghai]",
            "2026-08-01 08:00:00Z",
            "2026-08-01T08:00Z",
            "2026-08-01T08Z",
            "20260801T080000Z",
            "2026-08-01T08:00:00+0800",
            "2026-08-01T08:00:00+08",
            "2026-08-01T08:00:00,5Z",
            "2026-08-01T08:00:00.Z",
            "2026-08-01T24:00:00Z",
            "2026-08-01T08:60:00Z",
            "2026-08-01T08:00:00+24:00",
            "2026-08-01T08:00:00+08:60",
            "2026-08-01T08:00:00+08:00:00",
            "2026-02-29T08:00:00Z",
            "-002026-08-01T08:00:00Z",
            "2026-08-01T08:00:00Z ",
            "2026-08-01T08:00:00UTC",
            "2026-08-01T08:00:00é",
            "区区区区区区区",
            "",
        ] {
            assert_eq!(date_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_leap_second_counts_as_the_one_before_it() {
        for (text, second) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2017-01-01T07:59:60+08:00", "2017-01-01T07:59:59+08:00"),
            ("2015-06-30T23:59:60.5Z", "2015-06-30T23:59:59.5Z"),
        ] {
            assert_eq!(date_time(text), Some(second.parse().unwrap()), "{text}");
        }
        for none in [
            "2016-12-31T23:58:60Z",
            "2016-12-30T23:59:60Z",
            "2016-12-31T23:59:60+08:00",
            "2016-12-31T23:59:61Z",
        ] {
            assert_eq!(date_time(none), None, "{none}");
        }
    }
}
