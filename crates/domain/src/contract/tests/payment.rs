use super::*;
use crate::rejection::common;

const SHIFT: ShiftId = ShiftId(uuid(41));

/// One guard at the gate on Monday 3 August, the whole window: 720 minutes at 30.00 yuan an hour.
fn worked() -> Vec<ContractEvent> {
    with(active(), [present(GATE, 41, WANG, "2026-08-03T08:00:00+08:00", "2026-08-03T20:00:00+08:00")])
}

fn issue(statement: StatementId, from: &str, to: &str) -> IssueStatement {
    IssueStatement {
        contract: CONTRACT,
        statement: Some(statement),
        from: day(from),
        to: day(to),
        replaces: None,
    }
}

fn august() -> IssueStatement {
    issue(STATEMENT, "2026-08-01", "2026-08-31")
}

/// 360 yuan for the hours, 500 and 1,200 fixed.
fn issued() -> Vec<ContractEvent> {
    let history = worked();
    let events = then(history.clone()).when(august()).events();
    with(history, events)
}

fn disputed() -> ContractEvent {
    ContractEvent::StatementDisputed { statement: STATEMENT, reason: "a night is missing".into() }
}

fn approved() -> ContractEvent {
    ContractEvent::StatementApproved { statement: STATEMENT, approved_by: client().id }
}

fn pay(amount: i64, reference: &str) -> RecordPayment {
    RecordPayment {
        contract: CONTRACT,
        statement: STATEMENT,
        amount: Fen(amount),
        paid_on: day("2026-09-05"),
        reference: reference.into(),
    }
}

fn paid(amount: i64, reference: &str) -> ContractEvent {
    ContractEvent::PaymentRecorded {
        statement: STATEMENT,
        amount: Fen(amount),
        paid_on: day("2026-09-05"),
        reference: reference.into(),
    }
}

fn payable(history: &[ContractEvent]) -> Fen {
    state(history.to_vec()).statements.values().find(|s| s.stands()).unwrap().payable
}

#[test]
fn a_statement_is_issued_once_for_a_period_that_has_ended() {
    assert_eq!(payable(&issued()), Fen(36_000 + 50_000 + 120_000));
    then(issued()).when(august()).then_nothing();
    then(issued())
        .when(IssueStatement { to: day("2026-08-30"), ..august() })
        .then_rejected(&common::ALREADY_EXISTS, Some("statement"));
    then(worked())
        .now("2026-08-31T23:59:00+08:00")
        .when(august())
        .then_rejected(&reason::PERIOD_OPEN, Some("to"));
    // The day is that of the contract's calendar, whatever the offset of the device.
    assert_eq!(then(worked()).now("2026-08-31T16:00:00Z").when(august()).events().len(), 1);
    let other = StatementId(uuid(62));
    then(worked())
        .when(issue(other, "2026-07-31", "2026-08-31"))
        .then_rejected(&reason::DAYS_RUN_BACKWARDS, Some("from"));
    then(worked())
        .when(issue(other, "2026-08-31", "2026-08-01"))
        .then_rejected(&reason::DAYS_RUN_BACKWARDS, Some("to"));
    then(vec![drafted(), signed()]).when(august()).then_rejected(&common::WRONG_PHASE, Some("contract"));
}

#[test]
fn periods_of_statements_do_not_overlap() {
    let other = StatementId(uuid(62));
    then(issued())
        .when(issue(other, "2026-08-31", "2026-09-04"))
        .then_rejected(&reason::PERIOD_OVERLAPS, Some("from"));
    assert_eq!(then(issued()).when(issue(other, "2026-09-01", "2026-09-04")).events().len(), 1);
}

#[test]
fn an_upheld_breach_is_settled_once_and_a_late_one_with_the_next_statement() {
    let late = BreachId(uuid(52));
    let first = [alleged(BREACH, BreachKind::OtherBreach, "2026-08-05", 1), upheld(BREACH, 1_000)];
    let history = with(worked(), first);
    let history = with(history.clone(), then(history).when(august()).events());
    assert_eq!(payable(&history), Fen(206_000 - 1_000));
    // Upheld after the statement, for a day in its period.
    let history = with(history, [alleged(late, BreachKind::OtherBreach, "2026-08-06", 1), upheld(late, 500)]);
    let (bill, breaches) = state(history).bill(day("2026-09-01"), day("2026-09-30"), None).unwrap();
    assert_eq!((bill.deductions, breaches), (Fen(500), vec![late]));
}

#[test]
fn a_settled_period_does_not_change() {
    let correct = CorrectAttendance {
        contract: CONTRACT,
        shift: SHIFT,
        person: WANG,
        from: at("2026-08-03T08:00:00+08:00"),
        to: at("2026-08-03T19:00:00+08:00"),
        reason: "left early".into(),
    };
    let worked_shift = WorkedShift {
        contract: Some(CONTRACT),
        post: Some(GATE),
        from: at("2026-08-03T08:00:00+08:00"),
        to: at("2026-08-03T20:00:00+08:00"),
        certified_minutes: Some(720),
    };
    let facts = Facts { person: Some(guard(WANG)), shift: Some(worked_shift), ..known() };
    then(issued())
        .facts(facts.clone())
        .when(correct.clone())
        .then_rejected(&reason::PERIOD_SETTLED, Some("from"));
    then(issued())
        .when(SuspendContract { contract: CONTRACT, from: day("2026-08-31"), reason: "x".into() })
        .then_rejected(&reason::PERIOD_SETTLED, Some("from"));
    then(issued())
        .when(TerminateContract { contract: CONTRACT, last_day: day("2026-08-30"), reason: "x".into() })
        .then_rejected(&reason::PERIOD_SETTLED, Some("lastDay"));
    assert_eq!(then(with(issued(), [disputed()])).facts(facts).when(correct).events().len(), 1);
}

#[test]
fn the_night_into_the_next_month_belongs_to_the_month_in_which_it_began() {
    let certify = |shift: u128, from: &str, to: &str| CertifyAttendance {
        contract: CONTRACT,
        post: NIGHT,
        shift: ShiftId(uuid(shift)),
        person: WANG,
        from: at(from),
        to: at(to),
    };
    let shift = WorkedShift {
        contract: Some(CONTRACT),
        post: Some(NIGHT),
        from: at("2026-08-31T22:00:00+08:00"),
        to: at("2026-09-01T23:00:00+08:00"),
        certified_minutes: Some(1_000),
    };
    let facts = Facts { person: Some(guard(WANG)), shift: Some(shift), ..known() };
    let decide = |body| then(issued()).facts(facts.clone()).when(body);
    decide(certify(42, "2026-09-01T00:00:00+08:00", "2026-09-01T06:00:00+08:00"))
        .then_rejected(&reason::PERIOD_SETTLED, Some("from"));
    let evening = decide(certify(43, "2026-09-01T22:00:00+08:00", "2026-09-01T23:00:00+08:00"));
    assert_eq!(evening.events().len(), 1);
}

#[test]
fn a_disputed_statement_is_replaced_and_its_breaches_with_it() {
    let history =
        with(worked(), [alleged(BREACH, BreachKind::OtherBreach, "2026-08-05", 1), upheld(BREACH, 1_000)]);
    let history = with(history.clone(), then(history).when(august()).events());
    let new = StatementId(uuid(62));
    let replace = IssueStatement { statement: Some(new), replaces: Some(STATEMENT), ..august() };
    then(history.clone()).when(replace.clone()).then_rejected(&reason::NOT_DISPUTED, Some("replaces"));
    let history = with(
        history,
        [
            disputed(),
            ContractEvent::AttendanceCorrected {
                shift: SHIFT,
                person: WANG,
                from: at("2026-08-03T08:00:00+08:00"),
                to: at("2026-08-03T18:00:00+08:00"),
                minutes: 600,
                reason: "left early".into(),
            },
        ],
    );
    let history = with(history.clone(), then(history).when(replace).events());
    assert_eq!(payable(&history), Fen(30_000 + 170_000 - 1_000));
    let state = state(history.clone());
    assert_eq!(state.statements[&STATEMENT].phase, StatementPhase::Replaced);
    assert_eq!(state.breaches[&BREACH].settled_by, Some(new));
    then(history)
        .actor(client())
        .when(ApproveStatement { contract: CONTRACT, statement: STATEMENT })
        .then_rejected(&common::WRONG_PHASE, Some("statement"));
}

#[test]
fn only_a_party_disputes_and_only_the_client_approves() {
    let dispute =
        DisputeStatement { contract: CONTRACT, statement: STATEMENT, reason: "a night is missing".into() };
    let approve = ApproveStatement { contract: CONTRACT, statement: STATEMENT };
    then(issued()).actor(company()).when(dispute.clone()).then([disputed()]);
    then(issued()).actor(client()).when(dispute.clone()).then([disputed()]);
    then(issued()).when(dispute.clone()).then_rejected(&reason::NOT_A_PARTY, None);
    then(issued()).actor(client()).when(approve.clone()).then([approved()]);
    then(issued()).actor(company()).when(approve.clone()).then_rejected(&reason::NOT_THE_CLIENT, None);
    then(issued()).when(approve.clone()).then_rejected(&reason::NOT_THE_CLIENT, None);
    let history = with(issued(), [approved()]);
    then(history.clone()).actor(client()).when(approve).then_nothing();
    then(history).actor(client()).when(dispute).then_rejected(&common::WRONG_PHASE, Some("statement"));
}

#[test]
fn payments_never_exceed_what_is_outstanding() {
    let history = with(issued(), [approved()]);
    then(issued()).when(pay(1, "a")).then_rejected(&common::WRONG_PHASE, Some("statement"));
    then(history.clone()).when(pay(206_000, "a")).then([paid(206_000, "a")]);
    then(history.clone()).when(pay(206_001, "a")).then_rejected(&reason::OVERPAID, Some("amount"));
    then(history.clone()).when(pay(0, "a")).then_rejected(&common::OUT_OF_RANGE, Some("amount"));
    then(history.clone()).when(pay(-1, "a")).then_rejected(&common::NEGATIVE_AMOUNT, Some("amount"));
    let history = with(history, [paid(200_000, "a")]);
    then(history.clone()).when(pay(6_001, "b")).then_rejected(&reason::OVERPAID, Some("amount"));
    then(history.clone()).when(pay(6_000, "b")).then([paid(6_000, "b")]);
    then(history.clone()).when(pay(200_000, "a")).then_nothing();
    then(history).when(pay(1, "a")).then_rejected(&reason::REFERENCE_USED, Some("reference"));
}

#[test]
fn who_approved_does_not_record_the_payment() {
    let history = with(issued(), [approved()]);
    then(history.clone()).actor(client()).when(pay(1, "a")).then_rejected(&reason::PAYER_IS_APPROVER, None);
    then(history).actor(by(CLIENT, 105)).when(pay(1, "a")).then([paid(1, "a")]);
}
