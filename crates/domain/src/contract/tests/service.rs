use super::*;
use crate::{Aggregate, PostOrderId, rejection::common, shift, testing::Decided};

const SHIFT: ShiftId = ShiftId(uuid(41));

fn define() -> DefinePost {
    DefinePost {
        contract: CONTRACT,
        post: Some(GATE),
        name: "east gate".into(),
        area: area(),
        heads: 2,
        weekdays: vec![5, 4, 3, 2, 1],
        from_minute: 480,
        to_minute: 1_200,
        rate_per_hour: Fen(3_000),
        effective_from: day("2026-08-01"),
        effective_until: None,
    }
}

#[test]
fn a_post_is_defined_and_defined_anew_from_a_day_on() {
    then(vec![drafted()]).when(define()).then([gate_defined("2026-08-01", 3_000)]);
    then(active()).when(define()).then_nothing();
    then(active())
        .when(DefinePost { rate_per_hour: Fen(3_333), effective_from: day("2026-08-17"), ..define() })
        .then([gate_defined("2026-08-17", 3_333)]);
}

#[test]
fn a_post_has_sensible_bounds() {
    let refused = |body: DefinePost, why, field| then(active()).when(body).then_rejected(why, Some(field));
    refused(DefinePost { heads: 0, ..define() }, &common::OUT_OF_RANGE, "heads");
    refused(DefinePost { weekdays: vec![], ..define() }, &reason::WEEKDAY, "weekdays");
    refused(DefinePost { weekdays: vec![0, 1], ..define() }, &reason::WEEKDAY, "weekdays");
    refused(DefinePost { from_minute: 1_440, ..define() }, &common::OUT_OF_RANGE, "fromMinute");
    refused(DefinePost { to_minute: 1_441, ..define() }, &common::OUT_OF_RANGE, "toMinute");
    refused(DefinePost { to_minute: 480, ..define() }, &reason::EMPTY_WINDOW, "toMinute");
    refused(DefinePost { rate_per_hour: Fen(-1), ..define() }, &common::NEGATIVE_AMOUNT, "ratePerHour");
    let dear = DefinePost { rate_per_hour: Fen(10_000_001), ..define() };
    refused(dear, &common::AMOUNT_TOO_LARGE, "ratePerHour");
    let elsewhere = DefinePost { area: "421002001002".parse().unwrap(), ..define() };
    refused(elsewhere, &reason::POST_OUTSIDE_AREA, "area");
    let early = DefinePost { effective_from: day("2026-07-31"), ..define() };
    refused(early, &reason::OUTSIDE_CONTRACT, "effectiveFrom");
}

#[test]
fn art_30_a_guard_must_not_search_detain_collect_debts_or_use_violence() {
    let issue = |tasks: &[ContractTask]| IssuePostOrder {
        contract: CONTRACT,
        order: Some(PostOrderId(uuid(33))),
        post: GATE,
        tasks: tasks.to_vec(),
        text: "at the gate".into(),
    };
    let mut forbidden = vec![];
    for task in ContractTask::ALL {
        match task.forbidden() {
            Some(_) => {
                forbidden.extend(task.forbidden());
                then(active())
                    .when(issue(&[ContractTask::EntranceCheck, *task]))
                    .then_rejected(&reason::UNLAWFUL_TASK, Some("tasks.1"));
            }
            None => assert_eq!(then(active()).when(issue(&[*task])).events().len(), 1),
        }
    }
    assert_eq!(forbidden, ForbiddenTask::ALL);
    then(active()).when(issue(&[])).then_rejected(&common::EMPTY_TEXT, Some("tasks"));
}

#[test]
fn art_21_an_unlawful_request_is_refused_and_reported_to_the_police() {
    let refuse = RefuseUnlawfulRequest {
        contract: CONTRACT,
        task: ForbiddenTask::DebtCollection,
        requested_by: CLIENT,
        reported_to: STATION,
        note: "by telephone".into(),
    };
    then(active()).when(refuse.clone()).then([ContractEvent::UnlawfulRequestRefused {
        task: ForbiddenTask::DebtCollection,
        requested_by: CLIENT,
        reported_to: STATION,
        note: "by telephone".into(),
    }]);
    then(active())
        .facts(Facts { police_known: false, ..known() })
        .when(refuse)
        .then_rejected(&reason::UNKNOWN_POLICE_STATION, Some("reportedTo"));
}

#[test]
fn a_post_order_is_acknowledged_once_by_people_of_the_company() {
    let order = PostOrderId(uuid(33));
    let issued = ContractEvent::PostOrderIssued {
        order,
        post: GATE,
        tasks: vec![ContractTask::EntranceCheck],
        text: "check papers".into(),
    };
    let history = with(active(), [issued]);
    let acknowledge = AcknowledgePostOrder { contract: CONTRACT, order, person: WANG };
    let acknowledged = ContractEvent::PostOrderAcknowledged { order, person: WANG };
    let facts = |person| Facts { person: Some(person), ..known() };
    then(history.clone()).facts(facts(guard(WANG))).when(acknowledge.clone()).then([acknowledged.clone()]);
    then(with(history.clone(), [acknowledged])).when(acknowledge.clone()).then_nothing();
    let stranger = Standing { roles: [(PersonRole::Guard, CLIENT)].into(), ..guard(WANG) };
    then(history.clone())
        .facts(facts(stranger))
        .when(acknowledge.clone())
        .then_rejected(&reason::NOT_OF_COMPANY, Some("person"));
    then(history).when(acknowledge).then_rejected(&common::UNKNOWN_PERSON, Some("person"));
}

fn worked() -> WorkedShift {
    WorkedShift {
        contract: Some(CONTRACT),
        post: Some(GATE),
        from: at("2026-08-03T08:00:00+08:00"),
        to: at("2026-08-03T20:00:00+08:00"),
        certified_minutes: Some(720),
    }
}

fn facts(person: Standing, shift: WorkedShift) -> Facts {
    Facts { person: Some(person), shift: Some(shift), ..known() }
}

fn certify(from: &str, to: &str) -> CertifyAttendance {
    CertifyAttendance {
        contract: CONTRACT,
        post: GATE,
        shift: SHIFT,
        person: WANG,
        from: at(from),
        to: at(to),
    }
}

fn whole() -> CertifyAttendance {
    certify("2026-08-03T08:00:00+08:00", "2026-08-03T20:00:00+08:00")
}

fn certified() -> ContractEvent {
    present(GATE, 41, WANG, "2026-08-03T08:00:00+08:00", "2026-08-03T20:00:00+08:00")
}

fn certifying(facts: Facts, body: CertifyAttendance) -> Decided<Contract> {
    then(active()).facts(facts).when(body)
}

#[test]
fn attendance_is_certified_once_in_whole_minutes() {
    certifying(facts(guard(WANG), worked()), whole()).then([certified()]);
    certifying(
        facts(guard(WANG), worked()),
        certify("2026-08-03T08:00:01+08:00", "2026-08-03T19:59:59+08:00"),
    )
    .then([present(GATE, 41, WANG, "2026-08-03T08:01:00+08:00", "2026-08-03T19:59:00+08:00")]);
    then(with(active(), [certified()])).when(whole()).then_nothing();
    then(with(active(), [certified()]))
        .when(certify("2026-08-03T08:00:00+08:00", "2026-08-03T19:00:00+08:00"))
        .then_rejected(&reason::ALREADY_CERTIFIED, Some("shift"));
}

#[test]
fn billable_never_exceeds_certified_minutes() {
    let fewer = WorkedShift { certified_minutes: Some(719), ..worked() };
    certifying(facts(guard(WANG), fewer), whole()).then_rejected(&reason::OVER_CERTIFIED, Some("to"));
    let none = WorkedShift { certified_minutes: None, ..worked() };
    certifying(facts(guard(WANG), none), whole()).then_rejected(&reason::SHIFT_NOT_CERTIFIED, Some("shift"));
    let late = WorkedShift { from: at("2026-08-03T08:10:00+08:00"), ..worked() };
    certifying(facts(guard(WANG), late), whole()).then_rejected(&reason::OUTSIDE_SHIFT, Some("from"));
    let other = WorkedShift { post: Some(NIGHT), ..worked() };
    certifying(facts(guard(WANG), other), whole()).then_rejected(&reason::SHIFT_OF_OTHER_POST, Some("shift"));
    let elsewhere = WorkedShift { contract: None, ..worked() };
    certifying(facts(guard(WANG), elsewhere), whole())
        .then_rejected(&reason::SHIFT_OF_OTHER_POST, Some("shift"));
}

#[test]
fn a_volunteer_is_never_billable() {
    let volunteer = Standing { roles: [(PersonRole::Volunteer, COMPANY)].into(), ..guard(WANG) };
    certifying(facts(volunteer, worked()), whole()).then_rejected(&reason::NOT_BILLABLE, Some("person"));
}

#[test]
fn art_16_and_17_only_a_qualified_guard_is_billed() {
    let refused = |person, why| {
        certifying(facts(person, worked()), whole()).then_rejected(why, Some("person"));
    };
    refused(Standing { age: Some(17), ..guard(WANG) }, &shift::reason::GUARD_UNDER_18);
    refused(Standing { barred: true, ..guard(WANG) }, &shift::reason::GUARD_BARRED);
    let expired = Standing { guard_certificate: CertificateStanding::Expired, ..guard(WANG) };
    refused(expired, &shift::reason::GUARD_CERTIFICATE);
    refused(Standing { roles: [(PersonRole::Guard, CLIENT)].into(), ..guard(WANG) }, &reason::NOT_OF_COMPANY);
    refused(guard(LI), &common::UNKNOWN_PERSON);
}

#[test]
fn nothing_is_certified_for_days_out_of_force() {
    let suspended = ContractEvent::ContractSuspended { from: day("2026-08-01"), reason: "licence".into() };
    then(with(active(), [suspended]))
        .facts(facts(guard(WANG), worked()))
        .when(whole())
        .then_rejected(&reason::NOT_IN_FORCE, Some("from"));
    then(vec![drafted(), reviewed(true), signed(), gate_defined("2026-08-01", 3_000)])
        .facts(facts(guard(WANG), worked()))
        .when(whole())
        .then_rejected(&common::WRONG_PHASE, Some("contract"));
}

#[test]
fn a_correction_replaces_the_presence_and_may_empty_it() {
    let correct = |from, to| CorrectAttendance {
        contract: CONTRACT,
        shift: SHIFT,
        person: WANG,
        from: at(from),
        to: at(to),
        reason: "left early".into(),
    };
    let history = with(active(), [certified()]);
    let decide = |body| then(history.clone()).facts(facts(guard(WANG), worked())).when(body);
    let (from, to) = ("2026-08-03T08:00:00+08:00", "2026-08-03T18:30:00+08:00");
    decide(correct(from, to)).then([ContractEvent::AttendanceCorrected {
        shift: SHIFT,
        person: WANG,
        from: at(from),
        to: at(to),
        minutes: 630,
        reason: "left early".into(),
    }]);
    decide(correct(from, "2026-08-03T20:00:00+08:00")).then_nothing();
    assert_eq!(decide(correct(from, from)).events().len(), 1);
    decide(correct(to, from)).then_rejected(&common::TIMES_RUN_BACKWARDS, Some("to"));
    then(active()).when(correct(from, to)).then_rejected(&reason::NO_ATTENDANCE, Some("shift"));
}

#[test]
fn a_worked_shift_is_read_off_the_shift() {
    let mut shift = crate::shift::Shift::default();
    assert_eq!(WorkedShift::of(&shift, WANG), None);
    let minutes = vec![shift::CertifiedMinutes { person: WANG, minutes: 720 }];
    for event in [
        shift::ShiftEvent::ShiftScheduled {
            area: area(),
            organisation: COMPANY,
            team: None,
            contract: Some(CONTRACT),
            post: Some(GATE),
            duty: crate::DutyKind::Post,
            payer: crate::Payer::Market,
            starts_at: at("2026-08-03T08:00:00+08:00"),
            ends_at: at("2026-08-03T20:00:00+08:00"),
            places: 1,
        },
        shift::ShiftEvent::ShiftAssigned { person: WANG },
        shift::ShiftEvent::ClockedIn { person: WANG, at: at("2026-08-03T07:50:00+08:00"), late: false },
        shift::ShiftEvent::ShiftCertified { minutes },
    ] {
        shift.evolve(&event);
    }
    assert_eq!(WorkedShift::of(&shift, WANG), Some(worked()));
    assert_eq!(WorkedShift::of(&shift, LI), None);
}
