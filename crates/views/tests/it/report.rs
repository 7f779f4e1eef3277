//! The report of a contract, by hand and against the statement that the domain would issue.

use domain::{
    Aggregate as _, BasisPoints, BreachId, ContractId, Fen, PostId, RectificationId, ShiftId, StatementId,
    contract::{BreachKind, Contract, ContractEvent},
};
use uuid::Uuid;
use views::{
    Period, Scope, ViewsError,
    query::{ContractReport, LeftOut, LeftOutReason},
    rows::{BreachPhase, StatementPhase},
};

use super::world::{
    ABROAD, COMMITTEE, COMPANY, EAST, History, OTHER_COMPANY, Reported, WEST, World, area, at, day, period,
    person, uuid,
};

pub const CONTRACT: ContractId = ContractId(uuid(0x9000));
const POST: PostId = PostId(uuid(0x9001));
const BREACH: BreachId = BreachId(uuid(0x9002));
const STATEMENT: StatementId = StatementId(uuid(0x9003));

pub struct Told {
    pub history: History,
    events: Vec<ContractEvent>,
    post: Uuid,
    attended: Vec<Uuid>,
    breach: Vec<Uuid>,
}

impl Told {
    fn add(&mut self, event: ContractEvent) -> Uuid {
        let id = self.history.contract_event(CONTRACT, &event);
        self.events.push(event);
        id
    }

    fn attendance(&mut self, shift: u128, from: &str, to: &str) -> Uuid {
        let (from, to) = (at(from), at(to));
        self.add(ContractEvent::AttendanceCertified {
            post: POST,
            shift: ShiftId(uuid(0x9100 + shift)),
            person: person(1),
            from,
            to,
            minutes: u32::try_from(from.minutes_until(&to)).unwrap(),
        })
    }
}

fn two_days() -> Period {
    period("2026-08-10", "2026-08-11")
}

/// Two days in August: late on the first, early on the second after a correction, one breach upheld.
pub fn august() -> Told {
    let mut history = History::new();
    let post = history.contract(CONTRACT, COMPANY, POST);
    let events = history.records.iter().filter(|record| record.stream.category() == "contract");
    let events =
        events.map(|record| domain::event::decode(&record.kind, record.version, &record.data).unwrap());
    let events = events.collect();
    let mut told = Told { history, events, post, attended: vec![], breach: vec![] };
    let first = told.attendance(1, "2026-08-10T08:10", "2026-08-10T18:00");
    let second = told.attendance(2, "2026-08-11T08:00", "2026-08-11T17:30");
    let corrected = told.add(ContractEvent::AttendanceCorrected {
        shift: ShiftId(uuid(0x9102)),
        person: person(1),
        from: at("2026-08-11T08:00"),
        to: at("2026-08-11T17:40"),
        minutes: 580,
        reason: "seen on camera".into(),
    });
    told.attended = vec![first, second, corrected];
    // Of another day: not in the report.
    told.attendance(3, "2026-08-12T08:00", "2026-08-12T18:00");
    let alleged = told.add(breach(BREACH, 30));
    let upheld =
        told.add(ContractEvent::BreachUpheld { breach: BREACH, deduction: Fen(10_000), reason: "x".into() });
    told.breach = vec![alleged, upheld];
    told.add(breach(BreachId(uuid(0x9004)), 5));
    told
}

fn breach(breach: BreachId, units: u32) -> ContractEvent {
    ContractEvent::BreachAlleged {
        breach,
        kind: BreachKind::UncoveredPost,
        post: Some(POST),
        on: day("2026-08-10"),
        units,
        description: "nobody there".into(),
        alleged_by: domain::ActorId(uuid(1)),
    }
}

fn report(world: &World, scope: &Scope, period: Period) -> Result<Option<ContractReport>, ViewsError> {
    world.views.read_now(|views| views.contract_report(scope, CONTRACT, period))
}

fn whole(world: &World) -> ContractReport {
    report(world, &Scope::everything(), two_days()).unwrap().unwrap()
}

#[test]
fn coverage_and_money_by_hand() {
    let told = august();
    let report = whole(&told.history.views());
    assert_eq!((report.coverage.numerator, report.coverage.denominator), (1_170, Some(1_200)));
    assert_eq!((report.uncovered_minutes, report.late_minutes, report.early_minutes), (30, 10, 20));
    // 1,170 minutes at 30 yuan an hour; 2 of 31 days of 310 yuan; a cap of a tenth of the whole.
    assert_eq!((report.gross, report.fixed), (Fen(60_500), Fen(2_000)));
    assert_eq!((report.deductions, report.cap, report.deducted), (Fen(10_000), Fen(6_050), Fen(6_050)));
    assert_eq!(report.payable, Fen(54_450));
    let [post] = &report.posts[..] else { panic!("{:?}", report.posts) };
    let [line] = &post.lines[..] else { panic!("{:?}", post.lines) };
    assert_eq!((line.minutes, line.rate_per_hour, line.amount), (1_170, Fen(3_000), Fen(58_500)));
    let phases: Vec<_> = report.breaches.iter().map(|breach| (breach.phase, breach.deduction)).collect();
    assert_eq!(phases, [(BreachPhase::Upheld, Some(Fen(10_000))), (BreachPhase::Alleged, None)]);
}

#[test]
fn every_figure_names_its_events() {
    let told = august();
    let report = whole(&told.history.views());
    assert_eq!(report.coverage.events, told.attended);
    assert_eq!(
        (&report.posts[0].coverage.events, &report.posts[0].definitions),
        (&told.attended, &vec![told.post])
    );
    assert_eq!((report.upheld_breaches.numerator, &report.upheld_breaches.events), (1, &told.breach));
    assert_eq!(report.breaches[0].events, told.breach);
    let behind = [told.attended, vec![told.post], told.breach].concat();
    assert_eq!(report.payable_events, behind);
    assert_eq!(report.payable_events_total, 6);
}

#[test]
fn the_report_equals_the_statement_that_the_domain_issues() {
    let mut told = august();
    let contract = told.events.iter().fold(Contract::default(), |mut contract, event| {
        contract.evolve(event);
        contract
    });
    let (bill, settles) = contract.bill(day("2026-08-10"), day("2026-08-11"), None).unwrap();
    let before = whole(&told.history.views());
    assert_eq!(
        (before.gross, before.fixed, before.deductions, before.cap, before.deducted, before.payable),
        (bill.gross, bill.fixed, bill.deductions, bill.cap, bill.deducted, bill.payable)
    );
    assert_eq!((&before.posts[0].lines, settles.clone()), (&bill.lines, vec![BREACH]));
    // Once it is issued, and whatever is upheld later, this period keeps its figures.
    let issued = told.add(ContractEvent::StatementIssued {
        statement: STATEMENT,
        from: day("2026-08-10"),
        to: day("2026-08-11"),
        lines: bill.lines,
        fixed: bill.fixed,
        gross: bill.gross,
        deductions: bill.deductions,
        cap: bill.cap,
        deducted: bill.deducted,
        payable: bill.payable,
        breaches: settles,
        replaces: None,
    });
    let world = told.history.views();
    let after = whole(&world);
    assert_eq!((after.payable, after.deductions), (before.payable, before.deductions));
    let [statement] = &after.statements[..] else { panic!("{:?}", after.statements) };
    assert_eq!((statement.phase, statement.payable), (StatementPhase::Issued, Fen(54_450)));
    assert_eq!(statement.events, [issued]);
    let next = report(&world, &Scope::everything(), period("2026-08-12", "2026-08-12")).unwrap().unwrap();
    assert_eq!((next.deductions, next.upheld_breaches.numerator), (Fen(0), 0));
}

#[test]
fn days_out_of_force_require_nothing() {
    let mut told = august();
    told.add(ContractEvent::ContractSuspended { from: day("2026-08-11"), reason: "licence".into() });
    let report = whole(&told.history.views());
    assert_eq!((report.coverage.numerator, report.coverage.denominator), (590, Some(600)));
    assert_eq!(report.coverage.events, told.attended[..1]);
    assert_eq!((report.fixed, report.gross), (Fen(1_000), Fen(30_500)));
}

#[test]
fn incidents_rectifications_and_the_assessment() {
    let mut told = august();
    told.add(ContractEvent::ServiceLevelSet {
        effective_from: day("2026-08-01"),
        coverage_target: BasisPoints(9_800),
        incident_report_minutes: 10,
        rectification_days: 7,
        per_uncovered_minute: None,
        per_late_minute: None,
        per_case: None,
    });
    let of_contract = Reported { contract: Some(CONTRACT), ..Reported::default() };
    told.history.recorded(at("2026-08-10T10:10"));
    let in_time = told.history.report(1, &of_contract);
    told.history.recorded(at("2026-08-10T10:11"));
    let late = told.history.report(2, &of_contract);
    told.history.report(3, &Reported { drill: true, ..of_contract });
    told.history.report(4, &Reported::default());
    let rectification = RectificationId(uuid(0x9005));
    let ordered = told.add(ContractEvent::RectificationOrdered {
        rectification,
        breach: Some(BREACH),
        text: "staff the gate".into(),
        due_on: day("2026-08-11"),
    });
    let completed = told.add(ContractEvent::RectificationCompleted {
        rectification,
        completed_on: day("2026-08-11"),
        result: "done".into(),
    });
    let scored = told.add(ContractEvent::AssessmentScored {
        from: day("2026-08-01"),
        to: day("2026-08-11"),
        scores: vec![],
        total: BasisPoints(9_100),
    });
    let report = whole(&told.history.views());
    assert_eq!((report.incidents.numerator, &report.incidents.events), (2, &vec![in_time, late]));
    assert_eq!(report.incidents.left_out, [LeftOut { reason: LeftOutReason::Drill, count: 1 }]);
    let timely = &report.incident_reports_in_time;
    assert_eq!((timely.numerator, timely.denominator), (1, Some(2)));
    let rectified = &report.rectifications_on_time;
    assert_eq!((rectified.numerator, rectified.denominator), (1, Some(1)));
    assert_eq!(rectified.events, [ordered, completed]);
    assert_eq!((report.assessment, report.assessment_event), (Some(BasisPoints(9_100)), Some(scored)));
}

#[test]
fn only_the_parties_and_the_police_of_the_place_read_it() {
    let world = august().history.views();
    let seen = |scope: Scope| report(&world, &scope, two_days()).unwrap().is_some();
    for organisation in [COMPANY, COMMITTEE] {
        assert!(seen(Scope { organisations: vec![organisation], ..Scope::default() }));
    }
    assert!(seen(Scope { areas: vec![area("421002")], ..Scope::default() }));
    assert!(seen(Scope { areas: vec![area(EAST)], ..Scope::default() }));
    assert!(!seen(Scope { organisations: vec![OTHER_COMPANY], ..Scope::default() }));
    for place in [WEST, ABROAD] {
        assert!(!seen(Scope { areas: vec![area(place)], ..Scope::default() }));
    }
    assert!(!seen(Scope { person: Some(person(1)), ..Scope::default() }));
    assert!(!seen(Scope::default()));
}

#[test]
fn a_report_covers_at_most_366_days() {
    let world = august().history.views();
    let of = |from, to| report(&world, &Scope::everything(), period(from, to));
    assert!(of("2026-08-01", "2027-08-01").unwrap().is_some());
    assert!(of("2026-08-01", "2027-08-02").is_err());
}
