//! Units on their way, on scene and away.

use super::*;
use crate::{rejection::common, testing::given};

fn dispatch(unit: TeamId) -> DispatchUnit {
    DispatchUnit { incident: INCIDENT, unit }
}

fn accept(unit: TeamId) -> AcceptDispatch {
    AcceptDispatch { incident: INCIDENT, unit }
}

fn en_route(unit: TeamId) -> MarkUnitEnRoute {
    MarkUnitEnRoute { incident: INCIDENT, unit }
}

fn arrive(unit: TeamId) -> MarkUnitArrived {
    MarkUnitArrived { incident: INCIDENT, unit }
}

fn clear(unit: TeamId) -> ClearUnit {
    ClearUnit { incident: INCIDENT, unit }
}

fn accepted(unit: TeamId, at: i64) -> IncidentEvent {
    IncidentEvent::DispatchAccepted { unit, at: minute(at) }
}

fn on_the_way(unit: TeamId, at: i64) -> IncidentEvent {
    IncidentEvent::UnitEnRoute { unit, at: minute(at) }
}

/// A decision at a minute, with everything known.
fn at_minute(
    minutes: i64,
    history: Vec<IncidentEvent>,
    command: impl Into<IncidentCommand>,
) -> crate::testing::Decided<Incident> {
    given::<Incident>(history).facts(known()).now(&clock(minutes)).when(command.into())
}

#[test]
fn a_unit_goes_step_by_step() {
    let mut history = since_report([]);
    let steps: [(i64, IncidentCommand, IncidentEvent, Phase); 5] = [
        (2, dispatch(PATROL).into(), dispatched(PATROL, 2), Phase::Dispatched),
        (3, accept(PATROL).into(), accepted(PATROL, 3), Phase::Dispatched),
        (4, en_route(PATROL).into(), on_the_way(PATROL, 4), Phase::Dispatched),
        (9, arrive(PATROL).into(), arrived(PATROL, 9), Phase::OnScene),
        (30, clear(PATROL).into(), cleared(PATROL, 30), Phase::OnScene),
    ];
    for (minutes, command, event, expected) in steps {
        at_minute(minutes, history.clone(), command.clone()).then([event.clone()]);
        history.push(event);
        assert_eq!(phase(history.clone()), expected);
        at_minute(minutes, history.clone(), command).then_nothing();
    }
    let incident = folded(history);
    assert_eq!(incident.first_dispatch_at, Some(minute(2)));
    assert_eq!(incident.first_arrival_at, Some(minute(9)));
}

#[test]
fn an_arrival_without_dispatch_is_taken_and_no_dispatch_made_up() {
    at_minute(3, since_report([]), arrive(PATROL)).then([arrived(PATROL, 3)]);
    let incident = folded(since_report([arrived(PATROL, 3)]));
    assert_eq!((incident.phase, incident.first_dispatch_at), (Phase::OnScene, None));
    assert_eq!(incident.units[&PATROL].dispatched_at, None);
    at_minute(4, since_report([]), en_route(WATCH)).then([on_the_way(WATCH, 4)]);
    at_minute(5, since_report([arrived(PATROL, 3)]), accept(PATROL))
        .then_rejected(&reason::NOT_DISPATCHED, Some("unit"));
}

#[test]
fn the_times_of_a_unit_never_run_backwards() {
    let all = || {
        since_report([
            dispatched(PATROL, 10),
            accepted(PATROL, 12),
            on_the_way(PATROL, 14),
            arrived(PATROL, 20),
        ])
    };
    let refused = |minutes, history, command: IncidentCommand| {
        at_minute(minutes, history, command).then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
    };
    refused(19, all(), clear(PATROL).into());
    refused(9, since_report([dispatched(PATROL, 10)]), accept(PATROL).into());
    refused(9, since_report([dispatched(PATROL, 10)]), en_route(PATROL).into());
    refused(11, since_report([dispatched(PATROL, 10), accepted(PATROL, 12)]), arrive(PATROL).into());
    refused(-1, since_report([]), dispatch(PATROL).into());
    // A late report must fit below the later steps, too.
    refused(21, since_report([arrived(PATROL, 20)]), dispatch(PATROL).into());
    refused(21, since_report([dispatched(PATROL, 10), arrived(PATROL, 20)]), en_route(PATROL).into());
}

#[test]
fn a_late_report_fits_in_between() {
    let history = since_report([dispatched(PATROL, 10), arrived(PATROL, 20)]);
    at_minute(15, history.clone(), en_route(PATROL)).then([on_the_way(PATROL, 15)]);
    at_minute(20, history, clear(PATROL)).then([cleared(PATROL, 20)]);
    let history = since_report([arrived(PATROL, 20)]);
    at_minute(12, history, dispatch(PATROL)).then([dispatched(PATROL, 12)]);
    assert_eq!(phase(since_report([arrived(PATROL, 20), dispatched(PATROL, 12)])), Phase::OnScene);
}

#[test]
fn units_have_their_times_apart() {
    let history = since_report([dispatched(PATROL, 10), arrived(PATROL, 20)]);
    at_minute(5, history.clone(), arrive(WATCH)).then([arrived(WATCH, 5)]);
    let mut history = history;
    history.push(arrived(WATCH, 5));
    assert_eq!(folded(history).first_arrival_at, Some(minute(5)));
}

#[test]
fn a_cleared_unit_can_be_sent_again() {
    let history = since_report([dispatched(PATROL, 2), arrived(PATROL, 9), cleared(PATROL, 30)]);
    at_minute(29, history.clone(), dispatch(PATROL)).then_nothing();
    at_minute(30, history.clone(), dispatch(PATROL)).then([dispatched(PATROL, 30)]);
    let mut again = history;
    again.push(dispatched(PATROL, 30));
    let incident = folded(again.clone());
    assert_eq!(
        incident.units[&PATROL],
        UnitTimes { dispatched_at: Some(minute(30)), ..UnitTimes::default() }
    );
    assert_eq!(incident.first_dispatch_at, Some(minute(2)));
    at_minute(35, again, arrive(PATROL)).then([arrived(PATROL, 35)]);
}

#[test]
fn only_a_formed_team_that_attends_is_a_unit() {
    given::<Incident>([reported()])
        .facts(Facts { unit_known: false, ..known() })
        .now(&clock(2))
        .when(dispatch(PATROL))
        .then_rejected(&common::UNKNOWN_TEAM, Some("unit"));
    at_minute(2, since_report([]), clear(PATROL)).then_rejected(&reason::NOT_ATTENDING, Some("unit"));
    let crowd = (100..150).map(|number| dispatched(TeamId(uuid(number)), 1));
    at_minute(2, since_report(crowd), dispatch(PATROL)).then_rejected(&common::TOO_MANY, Some("unit"));
}

#[test]
fn a_dispatch_after_the_disposition_asks_for_a_new_one() {
    let resolved = since_report([arrived(PATROL, 5), disposed(DispositionCode::Mediated, 30)]);
    at_minute(31, resolved.clone(), dispatch(WATCH)).then([dispatched(WATCH, 31)]);
    let mut late = resolved.clone();
    late.push(dispatched(WATCH, 30));
    assert_eq!(phase(late), Phase::Resolved);
    let mut again = resolved;
    again.push(dispatched(WATCH, 31));
    assert_eq!(phase(again.clone()), Phase::Dispatched);
    at_minute(40, again, CloseIncident { incident: INCIDENT })
        .then_rejected(&reason::CLOSING_WITHOUT_DISPOSITION, Some("incident"));
}

#[test]
fn after_the_closing_only_late_reports_of_units_that_attended_are_taken() {
    at_minute(35, since_closing([]), clear(PATROL)).then([cleared(PATROL, 35)]);
    assert_eq!(phase(since_closing([cleared(PATROL, 35)])), Phase::Closed);
    at_minute(50, since_closing([]), dispatch(WATCH)).then_rejected(&common::WRONG_PHASE, Some("incident"));
    at_minute(50, since_closing([]), arrive(WATCH)).then_rejected(&common::WRONG_PHASE, Some("incident"));
    at_minute(50, since_closing([cleared(PATROL, 35)]), dispatch(PATROL))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn a_reopened_incident_takes_units_again() {
    let reopened = since_closing([cleared(PATROL, 35), reopened(60)]);
    let with = |event| phase(reopened.iter().cloned().chain([event]).collect());
    assert_eq!(with(dispatched(WATCH, 61)), Phase::Dispatched);
    assert_eq!(with(arrived(WATCH, 61)), Phase::OnScene);
    assert_eq!(with(dispatched(WATCH, 20)), Phase::Reopened, "a late report of what happened before");
    assert_eq!(with(arrived(WATCH, 20)), Phase::Reopened);
    at_minute(61, reopened.clone(), dispatch(PATROL)).then([dispatched(PATROL, 61)]);
}
