use jiff::tz::Offset;

use super::*;
use crate::contract::settlement::{Presence, Window, coverage, coverage_of, days, fixed_amount, windows};

const CHINA: Offset = Offset::constant(8);

fn terms(effective_from: &str, from_minute: u16, to_minute: u16) -> PostTerms {
    PostTerms {
        effective_from: day(effective_from),
        effective_until: None,
        heads: 1,
        weekdays: 0b111_1111,
        from_minute,
        to_minute,
        rate_per_hour: Fen(100),
    }
}

fn period(from: &str, to: &str) -> Vec<Day> {
    days(day(from), day(to)).collect()
}

/// Small numbers that look random and are the same every time.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

#[test]
fn a_presence_is_cut_inwards() {
    let minutes = |from: &str, to: &str| Presence::new(&at(from), &at(to)).minutes();
    assert_eq!(minutes("2026-08-01T08:00:00Z", "2026-08-01T08:01:00Z"), 1);
    assert_eq!(minutes("2026-08-01T08:00:01Z", "2026-08-01T08:01:59Z"), 0);
    assert_eq!(minutes("2026-08-01T08:00:59Z", "2026-08-01T08:00:59Z"), 0);
    assert_eq!(minutes("1969-12-31T23:58:30Z", "1970-01-01T00:00:30Z"), 1);
}

#[test]
fn windows_follow_weekday_effective_date_and_midnight() {
    let mut weekdays = terms("2026-08-03", 480, 1_200);
    weekdays.weekdays = PostTerms::weekday_bits(&[6, 7]);
    let found = windows(&[weekdays], &period("2026-08-01", "2026-08-09"), CHINA);
    assert_eq!(found.iter().map(|w| w.day).collect::<Vec<_>>(), ["2026-08-08", "2026-08-09"].map(day));
    assert_eq!(found[0].from * 60, at("2026-08-08T08:00:00+08:00").at.as_second());
    assert_eq!(found[0].to * 60, at("2026-08-08T20:00:00+08:00").at.as_second());

    let whole_day = windows(&[terms("2026-08-01", 0, 1_440)], &period("2026-08-01", "2026-08-02"), CHINA);
    assert_eq!((whole_day[0].to, settlement::required_minutes(&whole_day)), (whole_day[1].from, 2_880));
    let until_midnight = windows(&[terms("2026-08-01", 1_320, 0)], &[day("2026-08-01")], CHINA);
    assert_eq!(settlement::required_minutes(&until_midnight), 120);

    let ended = PostTerms { effective_until: Some(day("2026-08-02")), ..terms("2026-08-01", 0, 60) };
    assert_eq!(windows(&[ended], &period("2026-08-01", "2026-08-05"), CHINA).len(), 2);
}

#[test]
fn no_minute_is_required_twice_when_terms_change_overnight() {
    let terms = [terms("2026-08-01", 1_320, 360), terms("2026-08-02", 0, 1_440)];
    let found = windows(&terms, &period("2026-08-01", "2026-08-02"), CHINA);
    assert_eq!(settlement::required_minutes(&found), 120 + 1_440);
    // The first day alone, as in a statement of its own, gives the same.
    assert_eq!(windows(&terms, &[day("2026-08-01")], CHINA), found[..1]);
}

#[test]
fn coverage_agrees_with_counting_minute_by_minute() {
    let mut next = numbers(7);
    for _ in 0..500 {
        let heads = u16::try_from(1 + next(4)).unwrap();
        let window = Window { day: day("2026-08-01"), from: 100, to: 160, heads, rate_per_hour: Fen(1) };
        let count = next(7);
        let presences: Vec<Presence> = (0..count)
            .map(|_| {
                let from = 80 + i64::try_from(next(90)).unwrap();
                Presence { from, to: from + i64::try_from(next(60)).unwrap() }
            })
            .collect();
        let people_at = |minute: i64| {
            let there = presences.iter().filter(|p| p.from <= minute && minute < p.to).count();
            u16::try_from(there).unwrap().min(heads)
        };
        let covered: u64 = (100..160).map(|minute| u64::from(people_at(minute))).sum();
        let (mut late, mut early, mut absent) = (0, 0, 0);
        for head in 1..=heads {
            let first = (100..160).position(|minute| people_at(minute) >= head);
            let last = (100..160).rev().position(|minute| people_at(minute) >= head);
            match (first, last) {
                (Some(first), Some(last)) => {
                    late += first as u64;
                    early += last as u64;
                }
                _ => absent += 60,
            }
        }
        let found = coverage_of(&window, &presences);
        assert_eq!(found.covered_minutes, covered);
        assert_eq!((found.late_minutes, found.early_minutes, found.absent_minutes), (late, early, absent));
        let parts = covered + late + early + absent + found.gap_minutes;
        assert_eq!(parts, found.required_minutes);
    }
}

#[test]
fn the_parts_of_a_period_add_up_to_the_whole() {
    let mut next = numbers(11);
    let terms = [
        terms("2026-08-01", 1_320, 360),
        PostTerms { heads: 3, ..terms("2026-08-11", 1_200, 300) },
        PostTerms { heads: 2, ..terms("2026-08-20", 60, 1_300) },
    ];
    let begin = windows(&terms, &[day("2026-08-01")], CHINA)[0].from;
    let presences: Vec<Presence> = (0..80)
        .map(|_| {
            let from = begin + i64::try_from(next(31 * 1_440)).unwrap();
            Presence { from, to: from + 60 + i64::try_from(next(660)).unwrap() }
        })
        .collect();
    let covered = |from: &str, to: &str| coverage(&windows(&terms, &period(from, to), CHINA), &presences);
    let whole = covered("2026-08-01", "2026-08-31");
    assert!(whole.covered_minutes > 0);
    for (end, begin) in [("2026-08-10", "2026-08-11"), ("2026-08-15", "2026-08-16")] {
        assert_eq!(covered("2026-08-01", end).plus(covered(begin, "2026-08-31")), whole);
    }
    let present: i64 = presences.iter().map(Presence::minutes).sum();
    assert!(whole.covered_minutes <= u64::try_from(present).unwrap());
}

#[test]
fn fixed_items_earn_by_day_in_force_and_single_ones_on_their_day() {
    let item = |amount, due_on| FixedItem { name: "x".into(), amount: Fen(amount), due_on };
    let terms = |from: &str, fixed_items| MoneyTerms {
        effective_from: day(from),
        fixed_items,
        deduction_cap: BasisPoints(0),
    };
    let before = terms("2026-08-01", vec![item(31_000, None), item(500, Some(day("2026-08-20")))]);
    let after = terms("2026-09-11", vec![item(60_000, None)]);
    let all = [before, after];
    let amount = |from, to| fixed_amount(&all, &period(from, to)).unwrap();
    assert_eq!(amount("2026-08-01", "2026-08-31"), Fen(31_500));
    assert_eq!(amount("2026-08-01", "2026-08-10"), Fen(10_000));
    // 10/30 of 310 yuan, rounded down, and 20/30 of 600.
    assert_eq!(amount("2026-09-01", "2026-09-30"), Fen(10_333 + 40_000));
    assert_eq!(fixed_amount(&all, &[]), Some(Fen(0)));
    let huge = [terms("2026-08-01", vec![item(i64::MAX, None), item(i64::MAX, None)])];
    assert_eq!(fixed_amount(&huge, &period("2026-08-01", "2026-08-31")), None);
}

#[test]
fn an_amount_that_does_not_fit_is_no_amount() {
    let line = StatementLine { post: GATE, minutes: 1, rate_per_hour: Fen(1), amount: Fen(i64::MAX) };
    assert_eq!(settlement::bill(vec![line], Fen(1), [], BasisPoints(0)), None);
    let bill = settlement::bill(vec![], Fen(10), [Fen(7), Fen(8)], BasisPoints::WHOLE).unwrap();
    assert_eq!((bill.deducted, bill.payable), (Fen(10), Fen(0)));
}
