use super::*;
use crate::{
    Aggregate, CommandId, PersonId, ShiftId,
    rejection::common,
    shift::reason::{OVERLAPPING_SHIFT, SHIFT_TOO_LONG},
    testing::{at, check_golden, given, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const MORNING: ShiftId = ShiftId(uuid(1));
const NOON: ShiftId = ShiftId(uuid(2));
const COMMAND: CommandId = CommandId(uuid(21));
const NOW: &str = "2026-07-30T09:00:00+08:00";

fn reserve(shift: ShiftId, starts_at: &str, ends_at: &str) -> ReserveAssignment {
    ReserveAssignment {
        person: WANG,
        shift,
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        command: COMMAND,
    }
}

fn reserved(shift: ShiftId, starts_at: &str, ends_at: &str, now: &str) -> DutyEvent {
    let expires_at = at(now).plus_minutes(RESERVATION_MINUTES);
    let (starts_at, ends_at) = (at(starts_at), at(ends_at));
    DutyEvent::AssignmentReserved { shift, starts_at, ends_at, expires_at, command: Some(COMMAND) }
}

fn morning() -> DutyEvent {
    reserved(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00", NOW)
}

fn confirmed(shift: ShiftId) -> DutyEvent {
    DutyEvent::AssignmentConfirmed { shift }
}

fn folded(history: impl IntoIterator<Item = DutyEvent>) -> Duty {
    let mut duty = Duty::default();
    for event in history {
        duty.evolve(&event);
    }
    duty
}

#[test]
fn time_is_reserved_confirmed_and_released() {
    given::<Duty>([])
        .now(NOW)
        .when(reserve(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00"))
        .then([morning()]);
    let confirm = ConfirmAssignment { person: WANG, shift: MORNING };
    given::<Duty>([morning()]).when(confirm.clone()).then([confirmed(MORNING)]);
    given::<Duty>([morning(), confirmed(MORNING)]).when(confirm).then_nothing();
    let release =
        ReleaseAssignment { person: WANG, shift: MORNING, reason: "traded".into(), reserved_by: None };
    let released = DutyEvent::AssignmentReleased { shift: MORNING, reason: "traded".into() };
    given::<Duty>([morning(), confirmed(MORNING)]).when(release.clone()).then([released.clone()]);
    given::<Duty>([morning(), released]).when(release).then_nothing();
}

#[test]
fn nobody_has_two_overlapping_shifts() {
    let overlapping = [
        ("2026-08-01T11:59:59+08:00", "2026-08-01T16:00:00+08:00"),
        ("2026-08-01T04:00:00+08:00", "2026-08-01T08:00:01+08:00"),
        ("2026-08-01T09:00:00+08:00", "2026-08-01T10:00:00+08:00"),
        ("2026-08-01T00:00:00Z", "2026-08-01T04:00:00Z"),
        ("2026-08-01T06:00:00+08:00", "2026-08-01T18:00:00+08:00"),
    ];
    for history in [vec![morning()], vec![morning(), confirmed(MORNING)]] {
        for (from, to) in overlapping {
            given::<Duty>(history.clone())
                .now(NOW)
                .when(reserve(NOON, from, to))
                .then_rejected(&OVERLAPPING_SHIFT, Some("person"));
        }
    }
}

#[test]
fn one_shift_may_begin_when_the_other_ends() {
    for (from, to) in [
        ("2026-08-01T12:00:00+08:00", "2026-08-01T16:00:00+08:00"),
        ("2026-08-01T04:00:00+08:00", "2026-08-01T08:00:00+08:00"),
    ] {
        given::<Duty>([morning()])
            .now(NOW)
            .when(reserve(NOON, from, to))
            .then([reserved(NOON, from, to, NOW)]);
    }
}

#[test]
fn a_repeated_reservation_is_nothing_new() {
    let again = reserve(MORNING, "2026-08-01T00:00:00Z", "2026-08-01T04:00:00Z");
    given::<Duty>([morning()]).when(again.clone()).then_nothing();
    given::<Duty>([morning(), confirmed(MORNING)]).when(again).then_nothing();
    given::<Duty>([morning()])
        .when(reserve(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-01T13:00:00+08:00"))
        .then_rejected(&common::ALREADY_EXISTS, Some("shift"));
}

#[test]
fn a_place_that_another_command_is_giving_is_neither_taken_over_nor_taken_back() {
    let other = CommandId(uuid(22));
    let again = ReserveAssignment {
        command: other,
        ..reserve(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00")
    };
    let release = |reserved_by| ReleaseAssignment {
        person: WANG,
        shift: MORNING,
        reason: "refused".into(),
        reserved_by,
    };
    let released = DutyEvent::AssignmentReleased { shift: MORNING, reason: "refused".into() };
    let mut unnamed = morning();
    if let DutyEvent::AssignmentReserved { command, .. } = &mut unnamed {
        *command = None;
    }
    for history in [vec![morning()], vec![unnamed.clone()]] {
        given::<Duty>(history.clone())
            .now(NOW)
            .when(again.clone())
            .then_rejected(&reason::BEING_ASSIGNED, Some("person"));
        given::<Duty>(history).when(release(Some(other))).then_nothing();
    }
    given::<Duty>([morning()]).when(release(None)).then_nothing();
    given::<Duty>([unnamed]).when(release(None)).then([released.clone()]);
    // What was given and withdrawn since is free for the next, whose reservation no release of the former takes back.
    let given_before = [morning(), confirmed(MORNING)];
    given::<Duty>(given_before.clone()).when(release(Some(other))).then_nothing();
    given::<Duty>(given_before.clone()).when(release(None)).then([released.clone()]);
    let mut taken_over = morning();
    if let DutyEvent::AssignmentReserved { command, .. } = &mut taken_over {
        *command = Some(other);
    }
    given::<Duty>(given_before.clone()).now(NOW).when(again).then([taken_over.clone()]);
    let history = [given_before.to_vec(), vec![taken_over]].concat();
    given::<Duty>(history.clone()).when(release(None)).then_nothing();
    given::<Duty>(history).when(release(Some(COMMAND))).then_nothing();
    given::<Duty>([morning()]).when(release(Some(COMMAND))).then([released]);
}

#[test]
fn a_reservation_left_behind_blocks_until_it_is_released() {
    let later = "2026-07-30T12:00:00+08:00";
    let noon = reserve(NOON, "2026-08-01T11:00:00+08:00", "2026-08-01T15:00:00+08:00");
    given::<Duty>([morning()])
        .now(later)
        .when(noon.clone())
        .then_rejected(&OVERLAPPING_SHIFT, Some("person"));
    let left_behind = |at_time: &str| folded([morning()]).left_behind(at(at_time).at).collect::<Vec<_>>();
    assert_eq!(left_behind("2026-07-30T09:09:59+08:00"), []);
    assert_eq!(left_behind("2026-07-30T09:10:00+08:00"), [MORNING]);
    assert_eq!(folded([morning(), confirmed(MORNING)]).left_behind(at(later).at).count(), 0);
    let released = DutyEvent::AssignmentReleased { shift: MORNING, reason: "expired".into() };
    given::<Duty>([morning(), released]).now(later).when(noon).then([reserved(
        NOON,
        "2026-08-01T11:00:00+08:00",
        "2026-08-01T15:00:00+08:00",
        later,
    )]);
}

#[test]
fn what_is_not_reserved_can_not_be_confirmed() {
    given::<Duty>([morning()])
        .when(ConfirmAssignment { person: WANG, shift: NOON })
        .then_rejected(&reason::NOT_RESERVED, Some("shift"));
}

#[test]
fn times_must_not_run_backwards() {
    for ends_at in ["2026-08-01T08:00:00+08:00", "2026-08-01T07:00:00+08:00"] {
        given::<Duty>([])
            .when(reserve(MORNING, "2026-08-01T08:00:00+08:00", ends_at))
            .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("endsAt"));
    }
    given::<Duty>([])
        .when(reserve(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-02T08:01:00+08:00"))
        .then_rejected(&SHIFT_TOO_LONG, Some("endsAt"));
}

#[test]
fn what_ended_more_than_a_week_ago_is_forgotten_and_closed() {
    let later =
        reserved(NOON, "2026-08-08T12:00:01+08:00", "2026-08-08T16:00:00+08:00", "2026-08-08T12:00:01+08:00");
    let open = folded([morning(), later.clone()]);
    assert!(open.assignments.contains_key(&MORNING), "an open reservation still has to be settled");
    let history = [morning(), confirmed(MORNING), later];
    assert!(!folded(history.clone()).assignments.contains_key(&MORNING));
    given::<Duty>(history)
        .when(reserve(ShiftId(uuid(3)), "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00"))
        .then_rejected(&reason::DUTY_TOO_OLD, Some("endsAt"));
}

#[test]
fn a_roster_made_weeks_ahead_does_not_hide_tomorrow() {
    let ahead = reserved(NOON, "2026-09-01T08:00:00+08:00", "2026-09-01T12:00:00+08:00", NOW);
    given::<Duty>([morning(), confirmed(MORNING), ahead])
        .now(NOW)
        .when(reserve(ShiftId(uuid(3)), "2026-08-01T10:00:00+08:00", "2026-08-01T14:00:00+08:00"))
        .then_rejected(&OVERLAPPING_SHIFT, Some("person"));
}

#[test]
fn a_roster_entered_afterwards_is_checked_as_well() {
    let entered = "2026-12-01T09:00:00+08:00";
    let morning = reserved(MORNING, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00", entered);
    given::<Duty>([morning, confirmed(MORNING)])
        .now(entered)
        .when(reserve(NOON, "2026-08-01T11:00:00+08:00", "2026-08-01T14:00:00+08:00"))
        .then_rejected(&OVERLAPPING_SHIFT, Some("person"));
}

#[test]
fn a_duty_belongs_to_a_person_and_to_no_area() {
    assert_eq!(Duty::CATEGORY, "duty");
    assert!(!Duty::default().exists());
    let duty = folded([morning()]);
    assert!(duty.exists());
    assert_eq!(duty.area(), None);
    let command: DutyCommand = ConfirmAssignment { person: WANG, shift: MORNING }.into();
    assert_eq!((command.name(), command.target()), ("ConfirmAssignment", WANG));
}

#[test]
fn golden_files_match() {
    check_golden(samples::samples());
}
