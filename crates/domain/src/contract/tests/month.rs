//! August 2026, computed by hand. It has 21 working days (10 before the 17th, 11 from it on) and begins on a Saturday.
//!
//! Gate: working days 08:00–20:00, 2 heads, 30.00 yuan an hour, from the 17th 33.33 yuan.
//! Night watch: every night 22:00–06:00, 1 head, 28.01 yuan an hour.

use super::*;

/// Presence of one guard at the gate on one day of August.
fn gate(date: u32, person: PersonId, from: &str, to: &str) -> ContractEvent {
    let shift = u128::from(date) * 10 + person.0.as_u128() % 10;
    let time = |time| format!("2026-08-{date:02}T{time}:00+08:00");
    present(GATE, shift, person, &time(from), &time(to))
}

fn working_day(date: u32) -> bool {
    // 1 August is a Saturday.
    !matches!(date % 7, 1 | 2)
}

fn gate_month() -> Vec<ContractEvent> {
    let mut events = vec![];
    for date in (1..=31).filter(|date| working_day(*date)) {
        let (from, to) = ("08:00", "20:00");
        match date {
            // Wang comes 30 minutes late.
            4 => events.extend([gate(4, WANG, "08:30", to), gate(4, LI, from, to)]),
            // Li is not there at all.
            5 => events.push(gate(5, WANG, from, to)),
            // Li leaves 45 minutes early.
            6 => events.extend([gate(6, WANG, from, to), gate(6, LI, from, "19:15")]),
            // A third guard, whom nobody has ordered.
            7 => events.extend([gate(7, WANG, from, to), gate(7, LI, from, to), gate(7, ZHAO, from, to)]),
            // Zhao relieves Wang 20 minutes late; he also stays longer than ordered.
            18 => events.extend([
                gate(18, WANG, from, "12:00"),
                gate(18, LI, from, to),
                gate(18, ZHAO, "12:20", "20:30"),
            ]),
            _ => events.extend([gate(date, WANG, from, to), gate(date, LI, from, to)]),
        }
    }
    events
}

fn night_month() -> Vec<ContractEvent> {
    let night = |date: u32| {
        let (from, to) = match date {
            // Seconds are cut inwards: one minute late, one early.
            20 => ("22:00:30", "05:59:30"),
            _ => ("22:00:00", "06:00:00"),
        };
        let end = if date == 31 { "2026-09-01".into() } else { format!("2026-08-{:02}", date + 1) };
        let from = format!("2026-08-{date:02}T{from}+08:00");
        present(NIGHT, 1_000 + u128::from(date), WANG, &from, &format!("{end}T{to}+08:00"))
    };
    // Nobody comes on the 10th.
    (1..=31).filter(|date| *date != 10).map(night).collect()
}

fn breaches() -> Vec<ContractEvent> {
    let breach = |number| BreachId(uuid(number));
    vec![
        alleged(breach(501), BreachKind::UncoveredPost, "2026-08-05", 720),
        alleged(breach(502), BreachKind::UncoveredPost, "2026-08-10", 480),
        alleged(breach(503), BreachKind::LateOrEarly, "2026-08-04", 30),
        alleged(breach(504), BreachKind::LateOrEarly, "2026-08-06", 45),
        alleged(breach(505), BreachKind::OtherBreach, "2026-09-01", 1),
        upheld(breach(501), 72_000),
        upheld(breach(502), 48_000),
        upheld(breach(503), 1_500),
        // The fourth is waived, the fifth is of September.
        ContractEvent::BreachWaived { breach: breach(504), reason: "the bus broke down".into() },
        upheld(breach(505), 20_000),
    ]
}

fn august() -> Vec<ContractEvent> {
    let rate = gate_defined("2026-08-17", 3_333);
    with(active(), [vec![rate], gate_month(), night_month(), breaches()].concat())
}

#[test]
fn the_coverage_of_the_month() {
    let state = state(august());
    let coverage = |post| state.coverage(post, day("2026-08-01"), day("2026-08-31")).unwrap();
    // 21 days × 2 heads × 720 minutes.
    let expected = settlement::Coverage {
        required_minutes: 30_240,
        covered_minutes: 30_240 - 30 - 45 - 720 - 20,
        late_minutes: 30,
        early_minutes: 45,
        absent_minutes: 720,
        gap_minutes: 20,
    };
    assert_eq!(coverage(GATE), expected);
    assert_eq!(coverage(GATE).uncovered_minutes(), 815);
    // 31 nights × 480 minutes; the last one runs into September and counts as a whole.
    let expected = settlement::Coverage {
        required_minutes: 14_880,
        covered_minutes: 14_880 - 480 - 2,
        late_minutes: 1,
        early_minutes: 1,
        absent_minutes: 480,
        gap_minutes: 0,
    };
    assert_eq!(coverage(NIGHT), expected);
}

#[test]
fn the_statement_of_the_month() {
    let line = |post, minutes, rate, amount| StatementLine {
        post,
        minutes,
        rate_per_hour: Fen(rate),
        amount: Fen(amount),
    };
    let issue = IssueStatement {
        contract: CONTRACT,
        statement: Some(STATEMENT),
        from: day("2026-08-01"),
        to: day("2026-08-31"),
        replaces: None,
    };
    then(august()).when(issue).then([ContractEvent::StatementIssued {
        statement: STATEMENT,
        from: day("2026-08-01"),
        to: day("2026-08-31"),
        lines: vec![
            // 10 days × 1,440 − 30 − 720 − 45 = 13,605 minutes × 3,000 ÷ 60.
            line(GATE, 13_605, 3_000, 680_250),
            // 11 days × 1,440 − 20 = 15,820 minutes × 3,333 ÷ 60.
            line(GATE, 15_820, 3_333, 878_801),
            // 14,398 minutes × 2,801 ÷ 60 = 672,146.63…
            line(NIGHT, 14_398, 2_801, 672_146),
        ],
        // 500 yuan a month and the training of 10 August.
        fixed: Fen(170_000),
        gross: Fen(2_401_197),
        deductions: Fen(121_500),
        // A fifth of the gross, rounded down.
        cap: Fen(480_239),
        deducted: Fen(121_500),
        payable: Fen(2_279_697),
        breaches: [501, 502, 503].map(|number| BreachId(uuid(number))).into(),
        replaces: None,
    }]);
}

#[test]
fn deductions_stop_at_the_cap() {
    let capped = ContractEvent::ContractAmended {
        effective_from: day("2026-08-31"),
        service: None,
        rights_and_duties: None,
        fixed_items: None,
        deduction_cap: Some(BasisPoints(300)),
        assessment_weights: None,
        reason: "agreed".into(),
    };
    let state = state(with(august(), [capped]));
    let (bill, _) = state.bill(day("2026-08-01"), day("2026-08-31"), None).unwrap();
    // 3 % of 24,011.96 yuan = 720.3588. The fixed items fall into two parts of the month: 30/31 and 1/31 of 500 yuan,
    // each rounded down to whole fen, one fen less than the whole.
    assert_eq!(bill.gross, Fen(2_401_196));
    assert_eq!((bill.cap, bill.deductions, bill.deducted), (Fen(72_035), Fen(121_500), Fen(72_035)));
    assert_eq!(bill.payable, Fen(2_329_161));
}

#[test]
fn a_suspension_takes_its_days_out_of_requirement_and_bill() {
    // Monday 24 to Sunday 30 August: five days at the gate, seven nights, 7/31 of the monthly item.
    let history = with(
        august(),
        [
            ContractEvent::ContractSuspended { from: day("2026-08-24"), reason: "licence".into() },
            ContractEvent::ContractResumed { from: day("2026-08-31") },
        ],
    );
    let state = state(history);
    let (from, to) = (day("2026-08-01"), day("2026-08-31"));
    assert_eq!(state.coverage(GATE, from, to).unwrap().required_minutes, 30_240 - 5 * 1_440);
    assert_eq!(state.coverage(NIGHT, from, to).unwrap().required_minutes, 14_880 - 7 * 480);
    let (bill, _) = state.bill(from, to, None).unwrap();
    let minutes: Vec<u64> = bill.lines.iter().map(|line| line.minutes).collect();
    assert_eq!(minutes, [13_605, 15_820 - 5 * 1_440, 14_398 - 7 * 480]);
    // 24/31 of 500 yuan, rounded down, and the training.
    assert_eq!(bill.fixed, Fen(38_709 + 120_000));
}
