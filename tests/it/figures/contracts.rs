//! What is owed for a contract, minute by minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use super::naive::{Export, Period, instant};

/// What a report shows, in minutes and fen.
#[derive(Debug, Default)]
pub struct Bill {
    pub required: i64,
    pub covered: i64,
    pub fixed: i64,
    pub gross: i64,
    pub deductions: i64,
    pub cap: i64,
}

type Events<'a> = Vec<(&'a str, &'a Value)>;

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn date(value: &Value) -> Date {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no day: {value}"))
}

fn days(period: &Period) -> Vec<Date> {
    let (from, to): (Date, Date) = (period.from.parse().expect("a day"), period.to.parse().expect("a day"));
    from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to).collect()
}

/// Minute since 1970 at which a day begins in Beijing.
fn midnight(day: Date) -> i64 {
    let beijing = jiff::tz::Offset::constant(8);
    beijing.to_timestamp(day.at(0, 0, 0, 0)).expect("a day").as_second() / 60
}

pub fn bill(export: &Export, contract: &str, period: &Period) -> Bill {
    let streams = export.streams("contract");
    let events = &streams[contract];
    let days: Vec<Date> = days(period).into_iter().filter(|day| in_force(events, *day)).collect();
    let mut bill = Bill::default();
    let mut hours = 0;
    for post in posts(events) {
        let mut by_rate: BTreeMap<i64, i64> = BTreeMap::new();
        for day in &days {
            let Some(terms) = terms_on(&post, *day) else { continue };
            let (from, mut to) = window(terms, *day);
            // A window over midnight gives way to the one of the next day.
            let tomorrow = day.tomorrow().expect("a day");
            if let Some(next) = terms_on(&post, tomorrow) {
                to = to.min(window(next, tomorrow).0);
            }
            let heads = number(&terms["heads"]);
            let presences = presences(events, &terms["post"]);
            for minute in from..to {
                let there = presences.iter().filter(|(begin, end)| (*begin..*end).contains(&minute)).count();
                let covered = heads.min(i64::try_from(there).expect("a count"));
                bill.required += heads;
                bill.covered += covered;
                *by_rate.entry(number(&terms["rate_per_hour"])).or_default() += covered;
            }
        }
        hours += by_rate.into_iter().map(|(rate, minutes)| rate * minutes / 60).sum::<i64>();
    }
    bill.fixed = fixed(events, &days);
    bill.gross = hours + bill.fixed;
    bill.deductions = deductions(events, period);
    let last: Date = period.to.parse().expect("a day");
    let share = money_terms(events, last).map_or(0, |terms| number(terms.cap));
    bill.cap = bill.gross * share / 10_000;
    bill
}

/// Between its first and last day, once activated, outside of suspensions.
fn in_force(events: &Events<'_>, day: Date) -> bool {
    let (_, draft) = events[0];
    let mut last = date(&draft["ends_on"]);
    let (mut activated, mut suspended) = (false, Vec::new());
    for (kind, data) in events {
        match *kind {
            "ContractActivated" => activated = true,
            "ContractRenewed" => last = date(&data["ends_on"]),
            "ContractTerminated" => last = last.min(date(&data["last_day"])),
            "ContractSuspended" => suspended.push((date(&data["from"]), Date::MAX)),
            "ContractResumed" => suspended.last_mut().expect("a suspension").1 = date(&data["from"]),
            _ => {}
        }
    }
    let off = suspended.iter().any(|(from, until)| *from <= day && day < *until);
    activated && date(&draft["starts_on"]) <= day && day <= last && !off
}

/// The definitions of each post.
fn posts<'a>(events: &Events<'a>) -> Vec<Vec<&'a Value>> {
    let defined: Vec<&Value> =
        events.iter().filter(|(kind, _)| *kind == "PostDefined").map(|(_, data)| *data).collect();
    let names: BTreeSet<&str> = defined.iter().map(|data| data["post"].as_str().expect("a post")).collect();
    names
        .into_iter()
        .map(|name| defined.iter().filter(|data| data["post"] == name).copied().collect())
        .collect()
}

/// The latest definition that has begun, unless it has ended or needs nobody on this day of the week.
fn terms_on<'a>(definitions: &[&'a Value], day: Date) -> Option<&'a Value> {
    let begun = definitions.iter().filter(|data| date(&data["effective_from"]) <= day);
    let terms = *begun.max_by_key(|data| date(&data["effective_from"]))?;
    let ended = terms["effective_until"].is_string() && date(&terms["effective_until"]) < day;
    let weekday = i64::from(day.weekday().to_monday_one_offset());
    let needed = terms["weekdays"].as_array().expect("days").iter().any(|known| number(known) == weekday);
    (!ended && needed).then_some(terms)
}

fn window(terms: &Value, day: Date) -> (i64, i64) {
    let (from, to) = (number(&terms["from_minute"]), number(&terms["to_minute"]));
    let length = if to > from { to - from } else { to + 24 * 60 - from };
    (midnight(day) + from, midnight(day) + from + length)
}

/// Whole minutes of certified presence at a post, with corrections.
fn presences(events: &Events<'_>, post: &Value) -> Vec<(i64, i64)> {
    let mut presences: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (kind, data) in events {
        let key = format!("{} {}", data["shift"], data["person"]);
        let span = || {
            let from = (instant(&data["from"]).as_second() + 59).div_euclid(60);
            (from, instant(&data["to"]).as_second().div_euclid(60))
        };
        match *kind {
            "AttendanceCertified" if data["post"] == *post => drop(presences.insert(key, span())),
            "AttendanceCorrected" => {
                // One that is not of this post stays out.
                if let Some(known) = presences.get_mut(&key) {
                    *known = span();
                }
            }
            _ => {}
        }
    }
    presences.into_values().collect()
}

struct Money<'a> {
    cap: &'a Value,
    items: &'a Value,
}

/// What was agreed about money, in force on a day.
fn money_terms<'a>(events: &Events<'a>, day: Date) -> Option<Money<'a>> {
    let (_, draft) = events[0];
    let mut steps: Vec<(Date, &Value)> = vec![(date(&draft["starts_on"]), draft)];
    for (kind, data) in events {
        if *kind == "ContractAmended" {
            steps.push((date(&data["effective_from"]), data));
        }
    }
    steps.sort_by_key(|(from, _)| *from);
    let mut known = None;
    for (from, data) in steps {
        if from > day {
            break;
        }
        let before = known.unwrap_or(Money { cap: &draft["deduction_cap"], items: &draft["fixed_items"] });
        let cap = if data["deduction_cap"].is_null() { before.cap } else { &data["deduction_cap"] };
        let items = if data["fixed_items"].is_null() { before.items } else { &data["fixed_items"] };
        known = Some(Money { cap, items });
    }
    known
}

/// Monthly items by the share of the month's days under the same terms, single items on their day.
fn fixed(events: &Events<'_>, days: &[Date]) -> i64 {
    let mut sum = 0;
    // Days of a month under the same amounts.
    let mut months: BTreeMap<(i16, i8, String), i64> = BTreeMap::new();
    for day in days {
        let Some(terms) = money_terms(events, *day) else { continue };
        for item in terms.items.as_array().expect("items") {
            if item["due_on"].is_null() {
                *months.entry((day.year(), day.month(), item.to_string())).or_default() += 1;
            } else if date(&item["due_on"]) == *day {
                sum += number(&item["amount"]);
            }
        }
    }
    for ((year, month, item), count) in months {
        let item: Value = serde_json::from_str(&item).expect("an item");
        let length = i64::from(jiff::civil::date(year, month, 1).days_in_month());
        sum += number(&item["amount"]) * count / length;
    }
    sum
}

/// Upheld breaches up to the end of the period. (No contract of the small demo has settled any in a statement.)
fn deductions(events: &Events<'_>, period: &Period) -> i64 {
    assert!(
        events.iter().all(|(kind, _)| *kind != "StatementIssued"),
        "a statement would settle its breaches"
    );
    let alleged = events.iter().filter(|(kind, _)| *kind == "BreachAlleged");
    let until: Date = period.to.parse().expect("a day");
    let due = alleged.filter(|(_, data)| date(&data["on"]) <= until);
    due.filter_map(|(_, data)| {
        let upheld =
            |known: &&(&str, &Value)| known.0 == "BreachUpheld" && known.1["breach"] == data["breach"];
        events.iter().find(upheld).map(|(_, upheld)| number(&upheld["deduction"]))
    })
    .sum()
}
