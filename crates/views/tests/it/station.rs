//! The dashboard against figures computed by hand.

use std::collections::BTreeSet;

use domain::{
    CheckpointId, DutyKind, OrganisationKind, Payer, PersonId, PlanId, Priority, RouteId, RunId, TeamKind,
    incident::{DispositionCode, IncidentEvent, IncidentKind},
    organisation::OrganisationEvent,
    patrol_run::{DueStop, RunEvent, SkipReason},
    shift::ShiftEvent,
};
use views::{
    Period, Scope, compare,
    query::{AgeBand, LeftOut, LeftOutReason, OpenIncidents, StationDashboard, Targets, TeamFigures},
};

use super::world::{
    ABROAD, COMPANY, DISTRICT, EAST, History, Planned, Reported, SOUTH, STATION, WEST, World, area, at,
    incident, period, person, shift, uuid,
};

const NOW: &str = "2026-08-10T12:00";

pub fn today() -> Period {
    period("2026-08-10", "2026-08-10")
}

pub fn attended(history: &mut History, number: u128, dispatched: &str, arrived: &str, cleared: &str) {
    let unit = domain::TeamId(uuid(0x99));
    history.incident_event(number, &IncidentEvent::UnitDispatched { unit, at: at(dispatched) });
    history.incident_event(number, &IncidentEvent::UnitArrived { unit, at: at(arrived) });
    history.incident_event(number, &IncidentEvent::UnitCleared { unit, at: at(cleared) });
}

pub fn closed(history: &mut History, number: u128, code: DispositionCode, when: &str) {
    history.incident_event(number, &IncidentEvent::DispositionRecorded { code, note: None, at: at(when) });
    history.incident_event(number, &IncidentEvent::IncidentClosed { at: at(when) });
}

fn incidents(history: &mut History) {
    let emergency =
        Reported { priority: Priority::Emergency, kind: IncidentKind::Theft, ..Reported::default() };
    let first = Reported { place_key: Some("k1:a"), due: Some("2026-08-10T12:00"), ..emergency };
    history.report(1, &first);
    attended(history, 1, "2026-08-10T10:02", "2026-08-10T10:04", "2026-08-10T10:34");
    closed(history, 1, DispositionCode::Assisted, "2026-08-10T10:45");
    let second = Reported {
        at: "2026-08-10T10:10",
        place_key: Some("k1:c"),
        due: Some("2026-08-10T11:00"),
        ..emergency
    };
    history.report(2, &second);
    attended(history, 2, "2026-08-10T10:13", "2026-08-10T10:20", "2026-08-10T10:30");
    closed(history, 2, DispositionCode::Unfounded, "2026-08-10T11:50");
    let west =
        Reported { place: WEST, at: "2026-08-10T11:50", place_key: Some("k1:a"), ..Reported::default() };
    history.report(3, &west);
    history.report(4, &Reported { at: "2026-08-10T11:00", drill: true, ..Reported::default() });
    history.report(5, &Reported { at: "2026-08-10T11:55", ..Reported::default() });
    let merged = IncidentEvent::IncidentMerged { survivor: incident(3), at: at("2026-08-10T11:56") };
    history.incident_event(5, &merged);
    history.report(6, &Reported { at: "2026-08-10T11:20", self_initiated: true, ..Reported::default() });
    let south =
        Reported { place: SOUTH, at: "2026-08-10T09:00", place_key: Some("k1:b"), ..Reported::default() };
    history.report(7, &south);
    attended(history, 7, "2026-08-10T09:01", "2026-08-10T09:06", "2026-08-10T09:16");
    closed(history, 7, DispositionCode::Warned, "2026-08-10T09:30");
    let again = IncidentEvent::IncidentReopened { reason: "again".into(), at: at("2026-08-10T11:00") };
    history.incident_event(7, &again);
    history.report(8, &Reported { place: ABROAD, ..Reported::default() });
    // Last year's window, and places on and before the edge of the 90 days.
    for number in 0..5 {
        let before = Reported { at: "2025-08-10T10:00", ..Reported::default() };
        history.report(100 + number, &before);
        closed(history, 100 + number, DispositionCode::Assisted, "2025-08-10T11:00");
    }
    for (number, when, key) in [(110, "2026-05-13T00:00", "k1:b"), (111, "2026-05-12T23:59", "k1:c")] {
        history.report(number, &Reported { at: when, place_key: Some(key), ..Reported::default() });
        closed(history, number, DispositionCode::Assisted, when);
    }
}

fn shifts(history: &mut History) {
    let volunteers = history.team(1, TeamKind::Volunteer, Payer::Community, WEST, 3);
    history.team(2, TeamKind::Volunteer, Payer::Community, EAST, 4);
    history.team(3, TeamKind::Paid, Payer::Market, SOUTH, 2);
    let gone = history.team(4, TeamKind::Paid, Payer::Market, SOUTH, 2);
    history.add(&STATION.to_string(), &OrganisationEvent::TeamDisbanded { team: gone, reason: "x".into() });
    let patrol =
        Planned { from: "2026-08-10T08:00", to: "2026-08-10T16:00", places: 2, ..Planned::default() };
    history.roster(1, &patrol, &[person(1), person(2)]);
    history.clock_in(1, person(1), "2026-08-10T08:00");
    let room = Planned { duty: DutyKind::PoliceRoom, ..Planned::default() };
    history.roster(2, &Planned { from: "2026-08-10T00:00", to: "2026-08-10T08:00", ..room }, &[person(3)]);
    history.clock_in(2, person(3), "2026-08-10T00:00");
    history.certify(2, "2026-08-10T07:00", &[(person(3), 420)]);
    history.roster(3, &Planned { to: "2026-08-10T16:00", ..room }, &[person(4)]);
    history.clock_in(3, person(4), "2026-08-10T09:00");
    let watch = Planned {
        place: WEST,
        team: Some(volunteers),
        duty: DutyKind::Watch,
        payer: Payer::Community,
        ..Planned::default()
    };
    let soon = Planned { from: "2026-08-10T13:00", to: "2026-08-10T15:00", places: 2, ..watch };
    history.roster(4, &soon, &[person(8)]);
    history.roster(5, &Planned { from: "2026-08-10T15:00", to: "2026-08-10T16:00", ..watch }, &[]);
    let market = Planned { place: SOUTH, payer: Payer::Market, ..Planned::default() };
    history.roster(6, &Planned { from: "2026-08-10T06:00", to: "2026-08-10T07:00", ..market }, &[person(5)]);
    history.shift_event(6, &ShiftEvent::MarkedUncovered { missing: 1, at: at("2026-08-10T06:10") });
    history.shift_event(6, &ShiftEvent::ShiftClosed { at: at("2026-08-10T07:00") });
    history.roster(7, &patrol, &[]);
    history.shift_event(7, &ShiftEvent::ShiftCancelled { reason: "rain".into() });
    let early = Planned { place: EAST, from: "2026-08-10T06:00", to: "2026-08-10T07:00", places: 2, ..watch };
    history.roster(8, &early, &[person(6), person(7)]);
    for person in [person(6), person(7)] {
        history.clock_in(8, person, "2026-08-10T06:00");
    }
    history.certify(8, "2026-08-10T07:00", &[(person(6), 60), (person(7), 30)]);
    let corrected = ShiftEvent::CertificationCorrected { person: person(7), minutes: 45, reason: "x".into() };
    history.shift_event(8, &corrected);
}

fn run(history: &mut History) {
    let run = RunId(uuid(0x5000)).to_string();
    let checkpoint = |number: u128| CheckpointId(uuid(0x6000 + number));
    let due = |number: u128| DueStop {
        checkpoint: checkpoint(number),
        due_at: at("2026-08-10T09:00"),
        grace_minutes: 10,
    };
    history.add(
        &run,
        &RunEvent::PatrolStarted {
            plan: PlanId(uuid(0x7000)),
            version: 1,
            route: RouteId(uuid(0x7001)),
            shift: None,
            team: None,
            members: vec![person(1)],
            area: area(EAST),
            organisation: STATION,
            contract: None,
            payer: Payer::State,
            started_at: at("2026-08-10T08:30"),
            stops: (1..=4).map(due).collect(),
        },
    );
    for (number, in_window) in [(1, true), (2, false)] {
        history.add(
            &run,
            &RunEvent::CheckpointScanned {
                scan: domain::ScanId(uuid(0x8000 + number)),
                checkpoint: checkpoint(number),
                person: person(1),
                at: at("2026-08-10T09:00"),
                late: false,
                in_window,
                flags: vec![],
                trace: None,
            },
        );
    }
    let skipped = RunEvent::CheckpointSkipped {
        checkpoint: checkpoint(3),
        reason: SkipReason::Weather,
        at: at("2026-08-10T09:10"),
        note: None,
    };
    history.add(&run, &skipped);
    let missed = RunEvent::CheckpointMissed { checkpoint: checkpoint(4), due_at: at("2026-08-10T09:00") };
    history.add(&run, &missed);
}

/// A day of the district.
pub fn busy() -> History {
    let mut history = History::new();
    incidents(&mut history);
    shifts(&mut history);
    run(&mut history);
    history
}

fn dashboard(world: &World, scope: &Scope, station: domain::OrganisationId) -> Option<StationDashboard> {
    let targets = Targets { emergency_minutes: 5 };
    world
        .views
        .read_now(|views| views.station_dashboard(scope, station, today(), at(NOW).at, targets))
        .unwrap()
}

fn whole(world: &World) -> StationDashboard {
    dashboard(world, &Scope::everything(), STATION).unwrap()
}

fn left_out(reason: LeftOutReason, count: i64) -> LeftOut {
    LeftOut { reason, count }
}

#[test]
fn incidents_and_their_times() {
    let world = busy().views();
    let board = whole(&world);
    let apart = vec![
        left_out(LeftOutReason::Drill, 1),
        left_out(LeftOutReason::MergedDuplicate, 1),
        left_out(LeftOutReason::SelfInitiated, 1),
    ];
    assert_eq!((board.incidents.numerator, board.incidents.left_out.clone()), (4, apart.clone()));
    assert_eq!(board.incidents_by_kind, [(IncidentKind::Theft, 2), (IncidentKind::Noise, 2)]);
    assert_eq!(board.incidents_by_priority, [(Priority::Emergency, 2), (Priority::Routine, 2)]);
    let shares = [
        &board.closed,
        &board.disposition_complete,
        &board.reopened,
        &board.unfounded,
        &board.on_time_arrival,
        &board.closed_on_time,
    ];
    let expected = [(2, 4), (2, 2), (1, 4), (1, 4), (1, 2), (1, 2)];
    for (figure, (part, whole)) in shares.into_iter().zip(expected) {
        assert_eq!((figure.numerator, figure.denominator), (part, Some(whole)), "{figure:?}");
    }
    let times = [&board.queue, &board.response, &board.travel, &board.on_scene];
    let expected = [(120, 180), (360, 600), (300, 420), (600, 1_800)];
    for (durations, (p50, p90)) in times.into_iter().zip(expected) {
        assert_eq!(durations.count, 3);
        assert_eq!((durations.p50_seconds, durations.p90_seconds), (Some(p50), Some(p90)));
    }
    assert_eq!((&board.travel.left_out, &board.on_scene.left_out), (&apart, &apart));
    assert_eq!(board.queue.left_out, [apart, vec![left_out(LeftOutReason::NotYet, 1)]].concat());
    let year = board.year_on_year;
    assert_eq!((year.this, year.last_year, year.change_basis_points), (4, 5, Some(-2_000)));
}

#[test]
fn open_incidents_by_age_and_repeated_places() {
    let world = busy().views();
    let board = whole(&world);
    let open = |age| OpenIncidents { priority: Priority::Routine, age, count: 1 };
    let ages = [AgeBand::Under15Minutes, AgeBand::Under1Hour, AgeBand::Under4Hours];
    assert_eq!(board.open_incidents, ages.map(open));
    assert_eq!((board.open_incidents_total, board.open_drills), (3, 1));
    // The edge of the window counts, the minute before it does not.
    let places: BTreeSet<_> =
        board.repeat_places.iter().map(|place| (place.place_key.as_str(), place.incidents)).collect();
    assert_eq!(places, BTreeSet::from([("k1:a", 2), ("k1:b", 2)]));
    assert_eq!(board.repeat_places_total, 2);
}

#[test]
fn teams_duty_gaps_and_who_pays() {
    let world = busy().views();
    let board = whole(&world);
    let teams = |kind, payer, teams, members| TeamFigures { kind, payer, teams, members };
    assert_eq!(
        board.teams,
        [teams(TeamKind::Volunteer, Payer::Community, 2, 7), teams(TeamKind::Paid, Payer::Market, 1, 2)]
    );
    let paid: Vec<_> = board
        .payers
        .iter()
        .map(|p| (p.shifts, p.required_minutes, p.certified_minutes, p.uncovered_places, p.no_shows))
        .collect();
    assert_eq!(paid, [(3, 1_920, 420, 0, 0), (3, 420, 105, 0, 0), (1, 60, 0, 1, 1)]);
    assert_eq!((board.volunteer_minutes, board.corrections), (105, 1));
    assert_eq!((board.uncovered_places, board.no_shows), (1, 1));
    let duty: Vec<_> =
        board.duty_now.iter().map(|now| (now.duty, now.shifts, now.places, now.on_duty)).collect();
    assert_eq!(duty, [(DutyKind::Patrol, 1, 2, 1), (DutyKind::PoliceRoom, 1, 1, 1)]);
    let gaps: Vec<_> =
        board.gaps.iter().map(|gap| (gap.shift, gap.places, gap.filled, gap.missing)).collect();
    assert_eq!(gaps, [(shift(1), 2, 1, 1), (shift(4), 2, 1, 1)]);
    assert_eq!(board.gaps_total, 2);
    assert_eq!((board.gaps[1].starts_at, board.gaps[1].area), (at("2026-08-10T13:00"), area(WEST)));
    let rooms = board.police_rooms;
    assert_eq!((rooms.required_minutes, rooms.staffed_minutes), (960, 420));
    assert_eq!(rooms.longest_gap_minutes, Some(120));
    assert_eq!(board.households, 250);
}

#[test]
fn patrol_coverage_leaves_out_what_was_skipped_with_a_reason() {
    let board = whole(&busy().views());
    let coverage = &board.patrol_coverage;
    assert_eq!((coverage.numerator, coverage.denominator), (1, Some(3)));
    assert_eq!(coverage.left_out, [left_out(LeftOutReason::Skipped, 1)]);
    assert_eq!((board.checkpoints_missed, board.checkpoints_skipped, board.patrol_runs), (1, 1, 1));
}

#[test]
fn a_room_left_empty_is_not_hidden_by_another() {
    let mut history = History::new();
    let room = Planned {
        duty: DutyKind::PoliceRoom,
        from: "2026-08-10T00:00",
        to: "2026-08-10T12:00",
        ..Planned::default()
    };
    for (number, place, end) in [(1, EAST, "2026-08-10T12:00"), (2, WEST, "2026-08-10T08:30")] {
        history.roster(number, &Planned { place, ..room }, &[person(number)]);
        history.clock_in(number, person(number), "2026-08-10T00:00");
        history.certify(number, end, &[(person(number), 720)]);
    }
    assert_eq!(whole(&history.views()).police_rooms.longest_gap_minutes, Some(210));
}

#[test]
fn figures_follow_what_is_merged_corrected_and_reopened() {
    let mut history = busy();
    let unmerged = IncidentEvent::IncidentUnmerged { survivor: incident(3), reason: "x".into(), at: at(NOW) };
    history.incident_event(5, &unmerged);
    history.incident_event(1, &IncidentEvent::IncidentReopened { reason: "x".into(), at: at(NOW) });
    history.incident_event(2, &IncidentEvent::IncidentMerged { survivor: incident(1), at: at(NOW) });
    let moved = IncidentEvent::IncidentCorrected {
        reason: "wrong place".into(),
        at: at(NOW),
        area: Some(area(ABROAD)),
        kind: None,
        channel: None,
        self_initiated: None,
        drill: None,
        reported_at: None,
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        due_at: None,
    };
    history.incident_event(7, &moved);
    let zero = ShiftEvent::CertificationCorrected { person: person(6), minutes: 0, reason: "x".into() };
    history.shift_event(8, &zero);
    let world = history.views();
    let board = whole(&world);
    // 1, 3 and 5 are left; 2 is a duplicate now, 7 has moved away.
    assert_eq!(board.incidents.numerator, 3);
    assert_eq!((board.closed.numerator, board.reopened.numerator, board.unfounded.numerator), (0, 1, 0));
    assert_eq!((board.response.count, board.response.p50_seconds), (1, Some(240)));
    assert_eq!(board.volunteer_minutes, 45);
    assert_eq!(board.repeat_places.iter().map(|place| place.incidents).collect::<Vec<_>>(), [2]);
    // The live views went there in steps of a few events, the others at once.
    let differing = compare::differences(&world.file(), &world.built_again()).unwrap();
    assert_eq!(differing, Vec::<&str>::new());
}

#[test]
fn what_lies_outside_the_scope_is_not_told() {
    let mut history = busy();
    let local = domain::OrganisationId(uuid(0x58));
    history.organisation(local, OrganisationKind::PoliceStation, EAST);
    let areas = ["421002001", EAST, WEST].map(area).to_vec();
    history.add(&local.to_string(), &OrganisationEvent::JurisdictionAssigned { areas });
    let world = history.views();
    let of = |areas: &[&str], organisations: &[domain::OrganisationId]| Scope {
        areas: areas.iter().map(|code| area(code)).collect(),
        organisations: organisations.to_vec(),
        ..Scope::default()
    };
    let nobody: [Scope; 4] = [
        Scope::default(),
        of(&[ABROAD], &[]),
        of(&[], &[COMPANY]),
        Scope { person: Some(PersonId(uuid(1))), ..Scope::default() },
    ];
    for scope in &nobody {
        assert_eq!(dashboard(&world, scope, STATION), None, "{scope:?}");
    }
    assert_eq!(dashboard(&world, &Scope::everything(), COMPANY), None);
    // Areas inside one another count once; the station itself sees all of its jurisdiction.
    let own = dashboard(&world, &of(&[], &[local]), local).unwrap();
    assert_eq!((own.jurisdiction.clone(), own.incidents.numerator), (vec![area("421002001")], 3));
    let twice = dashboard(&world, &of(&[DISTRICT, EAST], &[]), local).unwrap();
    assert_eq!((twice.jurisdiction, twice.incidents.numerator), (own.jurisdiction, 3));
    // A scope that covers a part of the jurisdiction sees that part.
    let part = dashboard(&world, &of(&[EAST], &[]), local).unwrap();
    assert_eq!((part.jurisdiction, part.incidents.numerator), (vec![area(EAST)], 2));
    assert_eq!((part.open_incidents_total, part.gaps_total), (1, 1));
}
