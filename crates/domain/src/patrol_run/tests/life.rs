//! Start, pause, end; deviations and calls for help.

use super::*;

#[test]
fn a_run_pins_the_published_version_and_its_due_times() {
    given::<PatrolRun>([]).facts(known()).now(&full("08:00")).when(start()).then([started()]);
    given::<PatrolRun>([started()])
        .facts(known())
        .now(&full("08:00"))
        .when(start())
        .then_rejected(&common::ALREADY_EXISTS, Some("run"));
    let twice = StartPatrol { members: vec![WANG, WANG], ..start() };
    given::<PatrolRun>([]).facts(known()).now(&full("08:00")).when(twice).then([started()]);
}

#[test]
fn a_run_starts_on_a_published_route_with_known_people() {
    let refused = |facts: Facts, body: StartPatrol, reason, field| {
        given::<PatrolRun>([]).facts(facts).now(&full("08:00")).when(body).then_rejected(reason, Some(field));
    };
    refused(Facts { plan: None, ..known() }, start(), &reason::PLAN_NOT_PUBLISHED, "plan");
    let elsewhere = StartPatrol { route: RouteId(uuid(9)), ..start() };
    refused(known(), elsewhere, &reason::UNKNOWN_ROUTE, "route");
    let empty = PublishedPlan { routes: [(RIVER, vec![])].into(), ..published() };
    refused(Facts { plan: Some(empty), ..known() }, start(), &reason::NO_STOPS, "route");
    refused(known(), StartPatrol { members: vec![], ..start() }, &reason::NO_MEMBERS, "members");
    refused(known(), StartPatrol { members: vec![WANG; 51], ..start() }, &common::TOO_MANY, "members");
    refused(Facts { members_known: false, ..known() }, start(), &common::UNKNOWN_PERSON, "members");
    refused(Facts { team_known: false, ..known() }, start(), &common::UNKNOWN_TEAM, "team");
    let on_shift = StartPatrol { shift: Some(ShiftId(uuid(3))), ..start() };
    refused(Facts { shift_known: false, ..known() }, on_shift, &reason::UNKNOWN_SHIFT, "shift");
    let on_contract = StartPatrol { contract: Some(ContractId(uuid(3))), ..start() };
    refused(Facts { contract_known: false, ..known() }, on_contract, &reason::UNKNOWN_CONTRACT, "contract");
    given::<PatrolRun>([])
        .facts(known())
        .now(&full("08:10"))
        .received(&full("08:00"))
        .when(start())
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
}

#[test]
fn pauses_alternate_and_do_not_move_the_due_times() {
    let (pause, resume) = (PausePatrol { run: RUN }, ResumePatrol { run: RUN });
    let paused = running([RunEvent::PatrolPaused { at: t("08:05") }]);
    given::<PatrolRun>(running([])).when(resume.clone()).then_nothing();
    given::<PatrolRun>(running([]))
        .now(&full("08:05"))
        .when(pause.clone())
        .then([RunEvent::PatrolPaused { at: t("08:05") }]);
    given::<PatrolRun>(paused.clone()).when(pause.clone()).then_nothing();
    given::<PatrolRun>(paused.clone())
        .now(&full("08:04"))
        .when(resume.clone())
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
    let resumed = RunEvent::PatrolResumed { at: t("08:20") };
    given::<PatrolRun>(paused.clone()).now(&full("08:20")).when(resume.clone()).then([resumed.clone()]);
    assert_eq!(state(with(paused, [resumed])).next_deadline(), Some((GATE, t("08:15").at)));
    let ended = running([completed()]);
    given::<PatrolRun>(ended.clone()).when(pause).then_rejected(&common::WRONG_PHASE, Some("run"));
    given::<PatrolRun>(ended).when(resume).then_rejected(&common::WRONG_PHASE, Some("run"));
}

#[test]
fn a_run_ends_once_and_not_before_it_started() {
    let complete = CompletePatrol { run: RUN };
    let abandon = AbandonPatrol { run: RUN, reason: "flooded".into() };
    let abandoned = RunEvent::PatrolAbandoned { at: t("08:20"), reason: "flooded".into() };
    given::<PatrolRun>(running([]))
        .now(&full("07:59"))
        .when(complete.clone())
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
    given::<PatrolRun>(running([]))
        .now(&full("09:00"))
        .received(&full("08:50"))
        .when(complete.clone())
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
    let paused = running([RunEvent::PatrolPaused { at: t("08:05") }]);
    given::<PatrolRun>(paused).now(&full("09:00")).when(complete.clone()).then([completed()]);
    given::<PatrolRun>(running([completed()])).when(complete.clone()).then_nothing();
    given::<PatrolRun>(running([completed()]))
        .when(abandon.clone())
        .then_rejected(&common::WRONG_PHASE, Some("run"));
    given::<PatrolRun>(running([])).now(&full("08:20")).when(abandon.clone()).then([abandoned.clone()]);
    given::<PatrolRun>(running([abandoned.clone()])).when(abandon).then_nothing();
    given::<PatrolRun>(running([abandoned]))
        .when(complete.clone())
        .then_rejected(&common::WRONG_PHASE, Some("run"));
    given::<PatrolRun>([]).when(complete).then_rejected(&common::NOT_FOUND, Some("run"));
}

#[test]
fn a_deviation_is_detected_and_acknowledged_once() {
    let deviation = DeviationId(uuid(71));
    let report = ReportDeviation {
        run: RUN,
        deviation: Some(deviation),
        kind: DeviationKind::LongStop,
        checkpoint: Some(GATE),
        person: None,
        note: None,
    };
    let detected = RunEvent::DeviationDetected {
        deviation,
        kind: DeviationKind::LongStop,
        at: t("08:20"),
        checkpoint: Some(GATE),
        person: None,
        note: None,
    };
    let known = running([detected.clone()]);
    given::<PatrolRun>(running([])).now(&full("08:20")).when(report.clone()).then([detected]);
    given::<PatrolRun>(known.clone()).now(&full("08:20")).when(report.clone()).then_nothing();
    given::<PatrolRun>(known.clone())
        .now(&full("08:20"))
        .when(ReportDeviation { kind: DeviationKind::LeftRoute, ..report.clone() })
        .then_rejected(&common::ALREADY_EXISTS, Some("deviation"));
    given::<PatrolRun>(running([]))
        .now(&full("08:20"))
        .when(ReportDeviation { kind: DeviationKind::Other, ..report.clone() })
        .then_rejected(&reason::NOTE_NEEDED, Some("note"));
    given::<PatrolRun>(running([]))
        .now(&full("07:20"))
        .when(report)
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
    let acknowledge = AcknowledgeDeviation { run: RUN, deviation, note: None };
    given::<PatrolRun>(running([]))
        .when(acknowledge.clone())
        .then_rejected(&reason::UNKNOWN_DEVIATION, Some("deviation"));
    let seen = RunEvent::DeviationAcknowledged { deviation, at: t("08:40"), note: None };
    given::<PatrolRun>(known.clone()).now(&full("08:40")).when(acknowledge.clone()).then([seen.clone()]);
    given::<PatrolRun>(with(known, [seen])).when(acknowledge).then_nothing();
}

#[test]
fn a_call_for_help_is_taken_whatever_the_state() {
    let call = RaiseSos { run: RUN, person: LI, trace: Some(PersonalText::new("30.3070,112.2550")) };
    let events = given::<PatrolRun>(running([completed()]))
        .now(&full("11:00"))
        .received(&full("10:00"))
        .when(call.clone())
        .events();
    let [RunEvent::SosRaised { person: LI, trace: Some(trace), .. }] = &*events else { panic!("{events:?}") };
    assert_eq!((trace.subject, trace.as_plain()), (LI.into(), Some("30.3070,112.2550")));
    given::<PatrolRun>(running(events)).now(&full("11:00")).when(call).then_nothing();
}
