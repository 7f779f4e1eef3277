use super::*;
use crate::{
    Aggregate, AreaCode, CertificateStanding, ContractId, DutyKind, OrganisationId, Payer, PersonId,
    PersonRole, ShiftId, Standing, TradeId,
    event::{decode, encode},
    rejection::common,
    testing::{at, given, uuid},
};

const SHIFT: ShiftId = ShiftId(uuid(1));
const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const STATION: OrganisationId = OrganisationId(uuid(21));

fn area() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn scheduled(places: u16) -> ShiftEvent {
    ShiftEvent::ShiftScheduled {
        area: area(),
        organisation: STATION,
        team: None,
        contract: None,
        post: None,
        duty: DutyKind::Patrol,
        payer: Payer::Community,
        starts_at: at("2026-08-01T08:00:00+08:00"),
        ends_at: at("2026-08-01T12:00:00+08:00"),
        places,
    }
}

fn schedule() -> ScheduleShift {
    ScheduleShift {
        shift: Some(SHIFT),
        area: area(),
        organisation: STATION,
        team: None,
        contract: None,
        post: None,
        duty: DutyKind::Patrol,
        payer: Payer::Community,
        starts_at: at("2026-08-01T08:00:00+08:00"),
        ends_at: at("2026-08-01T12:00:00+08:00"),
        places: 2,
    }
}

fn guard(certificate: CertificateStanding, age: Option<u8>, barred: bool) -> Facts {
    let standing = Standing {
        person: WANG,
        roles: [(PersonRole::Guard, STATION)].into(),
        guard_certificate: certificate,
        age,
        barred,
    };
    Facts { assignee: Some(standing), ..known() }
}

fn volunteer() -> Facts {
    let mut facts = guard(CertificateStanding::None, None, false);
    if let Some(standing) = &mut facts.assignee {
        standing.roles = [(PersonRole::Volunteer, STATION)].into();
    }
    facts
}

fn known() -> Facts {
    Facts {
        area_known: true,
        organisation_known: true,
        team_known: true,
        contract_known: true,
        assignee: None,
    }
}

fn published() -> Vec<ShiftEvent> {
    vec![scheduled(2), ShiftEvent::ShiftPublished {}]
}

fn with(mut history: Vec<ShiftEvent>, more: impl IntoIterator<Item = ShiftEvent>) -> Vec<ShiftEvent> {
    history.extend(more);
    history
}

fn assigned(person: PersonId) -> ShiftEvent {
    ShiftEvent::ShiftAssigned { person }
}

fn clocked_in(person: PersonId, time: &str) -> ShiftEvent {
    ShiftEvent::ClockedIn { person, at: at(time), late: false }
}

#[test]
fn a_shift_is_scheduled_once() {
    given::<Shift>([]).facts(known()).when(schedule()).then([scheduled(2)]);
    given::<Shift>([scheduled(2)])
        .facts(known())
        .when(schedule())
        .then_rejected(&common::ALREADY_EXISTS, Some("shift"));
}

#[test]
fn an_unknown_area_is_refused() {
    given::<Shift>([])
        .facts(Facts { area_known: false, ..known() })
        .when(schedule())
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
}

#[test]
fn times_must_not_run_backwards() {
    let body = ScheduleShift { ends_at: at("2026-08-01T07:00:00+08:00"), ..schedule() };
    given::<Shift>([]).facts(known()).when(body).then_rejected(&common::TIMES_RUN_BACKWARDS, Some("endsAt"));
    given::<Shift>(with(published(), [assigned(WANG), clocked_in(WANG, "2026-08-01T08:00:00+08:00")]))
        .now("2026-08-01T07:59:00+08:00")
        .when(ClockOut { shift: SHIFT, person: WANG })
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
}

#[test]
fn publishing_twice_is_nothing_new() {
    given::<Shift>([scheduled(2)]).when(PublishShift { shift: SHIFT }).then([ShiftEvent::ShiftPublished {}]);
    given::<Shift>(published()).when(PublishShift { shift: SHIFT }).then_nothing();
}

#[test]
fn the_shift_owns_its_places() {
    let full = with(vec![scheduled(1), ShiftEvent::ShiftPublished {}], [assigned(LI)]);
    given::<Shift>(full)
        .facts(volunteer())
        .when(AssignShift { shift: SHIFT, person: WANG })
        .then_rejected(&reason::NO_PLACE_LEFT, Some("shift"));
}

#[test]
fn art_16_and_17_of_the_security_services_regulation_bind_a_guard() {
    let assign = AssignShift { shift: SHIFT, person: WANG };
    let valid = CertificateStanding::Valid;
    given::<Shift>(published())
        .facts(guard(valid, Some(18), false))
        .when(assign.clone())
        .then([assigned(WANG)]);
    given::<Shift>(published())
        .facts(guard(valid, Some(17), false))
        .when(assign.clone())
        .then_rejected(&reason::GUARD_UNDER_18, Some("person"));
    given::<Shift>(published())
        .facts(guard(CertificateStanding::Expired, Some(40), false))
        .when(assign.clone())
        .then_rejected(&reason::GUARD_CERTIFICATE, Some("person"));
    given::<Shift>(published())
        .facts(guard(valid, Some(40), true))
        .when(assign)
        .then_rejected(&reason::GUARD_BARRED, Some("person"));
}

#[test]
fn contract_duty_is_guard_work_whatever_the_role() {
    let ShiftEvent::ShiftScheduled {
        area,
        organisation,
        team,
        post,
        duty,
        payer,
        starts_at,
        ends_at,
        places,
        ..
    } = scheduled(2)
    else {
        unreachable!()
    };
    let contract = Some(ContractId(uuid(5)));
    let scheduled = ShiftEvent::ShiftScheduled {
        area,
        organisation,
        team,
        contract,
        post,
        duty,
        payer,
        starts_at,
        ends_at,
        places,
    };
    let mut facts = volunteer();
    if let Some(standing) = &mut facts.assignee {
        standing.age = Some(30);
    }
    given::<Shift>([scheduled, ShiftEvent::ShiftPublished {}])
        .facts(facts)
        .when(AssignShift { shift: SHIFT, person: WANG })
        .then_rejected(&reason::NOT_A_GUARD, Some("person"));
}

#[test]
fn a_guard_of_another_company_is_no_guard_here() {
    let mut facts = guard(CertificateStanding::Valid, Some(30), false);
    if let Some(standing) = &mut facts.assignee {
        standing.roles =
            [(PersonRole::Guard, OrganisationId(uuid(99))), (PersonRole::Volunteer, STATION)].into();
    }
    let contract = Some(ContractId(uuid(5)));
    let mut scheduled = scheduled(1);
    if let ShiftEvent::ShiftScheduled { contract: of, .. } = &mut scheduled {
        *of = contract;
    }
    given::<Shift>([scheduled, ShiftEvent::ShiftPublished {}])
        .facts(facts)
        .when(AssignShift { shift: SHIFT, person: WANG })
        .then_rejected(&reason::NOT_A_GUARD, Some("person"));
}

#[test]
fn nobody_plans_under_the_contract_of_another() {
    let body = ScheduleShift { contract: Some(ContractId(uuid(5))), ..schedule() };
    given::<Shift>([])
        .facts(Facts { contract_known: false, ..known() })
        .when(body)
        .then_rejected(&reason::CONTRACT_OF_ANOTHER, Some("contract"));
}

#[test]
fn a_trade_moves_the_place() {
    let trade = TradeId(uuid(31));
    let proposed = ShiftEvent::TradeProposed { trade, from: WANG, to: LI };
    let history = with(published(), [assigned(WANG), proposed]);
    given::<Shift>(history.clone())
        .facts(volunteer())
        .when(AcceptTrade { shift: SHIFT, trade })
        .then([ShiftEvent::TradeAccepted { trade, from: WANG, to: LI }]);
    let accepted = with(history, [ShiftEvent::TradeAccepted { trade, from: WANG, to: LI }]);
    given::<Shift>(accepted.clone())
        .now("2026-08-01T08:00:00+08:00")
        .when(ClockIn { shift: SHIFT, person: WANG })
        .then_rejected(&reason::NOT_ASSIGNED, Some("person"));
    given::<Shift>(accepted)
        .when(DeclineTrade { shift: SHIFT, trade })
        .then_rejected(&reason::TRADE_CLOSED, Some("trade"));
}

#[test]
fn a_late_report_is_marked_and_kept() {
    given::<Shift>(with(published(), [assigned(WANG)]))
        .now("2026-08-01T08:01:00+08:00")
        .received("2026-08-01T09:00:00+08:00")
        .when(ClockIn { shift: SHIFT, person: WANG })
        .then([ShiftEvent::ClockedIn { person: WANG, at: at("2026-08-01T08:01:00+08:00"), late: true }]);
}

#[test]
fn a_clock_in_from_the_future_is_refused() {
    given::<Shift>(with(published(), [assigned(WANG)]))
        .now("2026-08-01T09:00:00+08:00")
        .received("2026-08-01T08:00:00+08:00")
        .when(ClockIn { shift: SHIFT, person: WANG })
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
}

#[test]
fn empty_places_are_marked_once() {
    let history = with(published(), [assigned(WANG), clocked_in(WANG, "2026-08-01T08:00:00+08:00")]);
    let marked = ShiftEvent::MarkedUncovered { missing: 1, at: at("2026-08-01T08:15:00+08:00") };
    given::<Shift>(history.clone())
        .now("2026-08-01T08:15:00+08:00")
        .when(MarkUncovered { shift: SHIFT })
        .then([marked.clone()]);
    given::<Shift>(with(history, [marked]))
        .now("2026-08-01T08:16:00+08:00")
        .when(MarkUncovered { shift: SHIFT })
        .then_nothing();
}

#[test]
fn certified_minutes_are_those_on_duty_inside_the_shift() {
    let history = with(
        published(),
        [
            assigned(WANG),
            assigned(LI),
            clocked_in(WANG, "2026-08-01T07:40:00+08:00"),
            clocked_in(LI, "2026-08-01T08:30:00+08:00"),
            ShiftEvent::ClockedOut { person: LI, at: at("2026-08-01T11:00:00+08:00") },
        ],
    );
    let closed = given::<Shift>(history.clone())
        .now("2026-08-01T12:05:00+08:00")
        .when(CloseShift { shift: SHIFT })
        .events();
    assert_eq!(closed[0], ShiftEvent::ClockedOut { person: WANG, at: at("2026-08-01T12:00:00+08:00") });
    let minutes =
        vec![CertifiedMinutes { person: WANG, minutes: 240 }, CertifiedMinutes { person: LI, minutes: 150 }];
    given::<Shift>(with(history, closed))
        .when(CertifyShift { shift: SHIFT })
        .then([ShiftEvent::ShiftCertified { minutes }]);
}

#[test]
fn certified_time_changes_only_by_a_correction_within_the_shift() {
    let minutes = vec![CertifiedMinutes { person: WANG, minutes: 240 }];
    let certified = with(
        published(),
        [
            assigned(WANG),
            ShiftEvent::ShiftClosed { at: at("2026-08-01T12:05:00+08:00") },
            ShiftEvent::ShiftCertified { minutes },
        ],
    );
    let correct =
        |minutes| CorrectCertification { shift: SHIFT, person: WANG, minutes, reason: "left early".into() };
    given::<Shift>(certified.clone()).when(correct(200)).then([ShiftEvent::CertificationCorrected {
        person: WANG,
        minutes: 200,
        reason: "left early".into(),
    }]);
    given::<Shift>(certified.clone()).when(correct(240)).then_nothing();
    given::<Shift>(certified.clone())
        .when(correct(241))
        .then_rejected(&reason::OVER_SHIFT_LENGTH, Some("minutes"));
    given::<Shift>(certified)
        .when(CancelShift { shift: SHIFT, reason: "rain".into() })
        .then_rejected(&common::WRONG_PHASE, Some("shift"));
}

#[test]
fn the_first_version_of_a_scheduled_shift_is_lifted() {
    let v1 =
        br#"{"area":"421002001001","organisation":"00000000-0000-0000-0000-000000000015","duty":"patrol",
        "payer":"community","starts_at":"2026-08-01T08:00:00+08:00","minutes":240}"#;
    let lifted: ShiftEvent = decode("ShiftScheduled", 1, v1).unwrap();
    assert_eq!(lifted, scheduled(1));
    let written = encode(&lifted).unwrap();
    assert_eq!((&*written.kind, written.version), ("ShiftScheduled", 2));
    assert!(decode::<ShiftEvent>("ShiftScheduled", 3, &written.data).is_err());
    assert_eq!(decode::<ShiftEvent>("ShiftScheduled", 2, &written.data).unwrap(), lifted);
    assert!(crate::event::kinds::<ShiftEvent>().contains(&"CertificationCorrected"));
    assert_eq!(Shift::CATEGORY, "shift");
}
