//! Scanned, skipped, missed, and a miss taken back.

use super::*;

#[test]
fn a_scan_is_taken_once_by_its_id() {
    let history = running([scanned(61, GATE, "08:10", true, &[])]);
    given::<PatrolRun>(running([])).now(&full("08:10")).when(scan(61, GATE)).then([scanned(
        61,
        GATE,
        "08:10",
        true,
        &[],
    )]);
    // Also when the repetition arrives days later, from a checkpoint that is gone by then.
    given::<PatrolRun>(with(history.clone(), [completed()]))
        .facts(retired(GATE, "08:00"))
        .now(&full("08:10"))
        .received("2026-09-01T08:10:00+08:00")
        .when(scan(61, GATE))
        .then_nothing();
    for (body, time) in [
        (scan(61, BRIDGE), "08:10"),
        (scan(61, GATE), "08:11"),
        (ScanCheckpoint { person: LI, ..scan(61, GATE) }, "08:10"),
    ] {
        given::<PatrolRun>(history.clone())
            .now(&full(time))
            .when(body)
            .then_rejected(&reason::SCAN_ID_REUSED, Some("scan"));
    }
}

#[test]
fn the_window_reaches_from_grace_before_to_grace_after() {
    for (time, in_window) in [("08:04", false), ("08:05", true), ("08:15", true)] {
        given::<PatrolRun>(running([])).now(&full(time)).when(scan(61, GATE)).then([scanned(
            61,
            GATE,
            time,
            in_window,
            &[],
        )]);
    }
}

#[test]
fn a_checkpoint_off_the_route_or_retired_is_refused() {
    given::<PatrolRun>(running([]))
        .now(&full("08:10"))
        .when(scan(61, CheckpointId(uuid(9))))
        .then_rejected(&reason::CHECKPOINT_NOT_ON_ROUTE, Some("checkpoint"));
    given::<PatrolRun>(running([]))
        .facts(retired(GATE, "08:10"))
        .now(&full("08:10"))
        .when(scan(61, GATE))
        .then_rejected(&reason::CHECKPOINT_RETIRED, Some("checkpoint"));
    given::<PatrolRun>(running([]))
        .facts(retired(GATE, "08:12"))
        .now(&full("08:10"))
        .received(&full("08:20"))
        .when(scan(61, GATE))
        .then([scanned(61, GATE, "08:10", true, &[])]);
}

#[test]
fn oddities_are_flagged_and_kept() {
    let drifted =
        given::<PatrolRun>(running([])).now(&full("08:16")).received(&full("08:10")).when(scan(61, GATE));
    // The visit was no later than its report: it is in the window although the device says 08:16.
    drifted.then([scanned(61, GATE, "08:16", true, &[ScanFlag::ClockDrift])]);
    for (distance, flags) in [(200, vec![]), (201, vec![ScanFlag::LocationFarOff])] {
        given::<PatrolRun>(running([]))
            .now(&full("08:10"))
            .when(ScanCheckpoint { distance_metres: Some(distance), ..scan(61, GATE) })
            .then([scanned(61, GATE, "08:10", true, &flags)]);
    }
    given::<PatrolRun>(running([]))
        .now(&full("07:30"))
        .received(&full("07:40"))
        .when(scan(61, GATE))
        .then([scanned(61, GATE, "07:30", false, &[ScanFlag::OutsideRun])]);
    let by_li = ScanCheckpoint { person: LI, ..scan(61, GATE) };
    let events = given::<PatrolRun>(running([])).now(&full("08:10")).when(by_li).events();
    assert!(
        matches!(&*events, [RunEvent::CheckpointScanned { flags, .. }] if *flags == [ScanFlag::NotMember])
    );
}

#[test]
fn the_order_is_judged_by_device_time_and_not_by_arrival() {
    let bridge_first = running([scanned(62, BRIDGE, "08:08", false, &[])]);
    given::<PatrolRun>(bridge_first.clone()).now(&full("08:10")).when(scan(61, GATE)).then([scanned(
        61,
        GATE,
        "08:10",
        true,
        &[ScanFlag::OutOfOrder],
    )]);
    given::<PatrolRun>(bridge_first)
        .now(&full("08:07"))
        .received(&full("08:10"))
        .when(scan(61, GATE))
        .then([scanned(61, GATE, "08:07", true, &[])]);
    // The same pair, uploaded the other way round.
    given::<PatrolRun>(running([scanned(61, GATE, "08:10", true, &[])]))
        .now(&full("08:08"))
        .received(&full("08:12"))
        .when(scan(62, BRIDGE))
        .then([scanned(62, BRIDGE, "08:08", false, &[ScanFlag::OutOfOrder])]);
}

#[test]
fn an_exact_location_is_personal() {
    let body = ScanCheckpoint { trace: Some(PersonalText::new("30.3070,112.2550")), ..scan(61, GATE) };
    let events = given::<PatrolRun>(running([])).now(&full("08:10")).when(body).events();
    let [RunEvent::CheckpointScanned { trace: Some(trace), .. }] = &*events else { panic!("{events:?}") };
    assert_eq!(trace.subject, WANG.into());
    assert!(crate::event::encode(&events[0]).is_err());
}

#[test]
fn a_miss_follows_from_deadline_and_grace() {
    given::<PatrolRun>(running([]))
        .now(&full("08:14"))
        .when(mark(GATE))
        .then_rejected(&reason::TOO_EARLY, Some("occurredAt"));
    // A business time in the future does not make it later.
    given::<PatrolRun>(running([]))
        .now(&full("08:15"))
        .received(&full("08:14"))
        .when(mark(GATE))
        .then_rejected(&reason::TOO_EARLY, Some("occurredAt"));
    given::<PatrolRun>(running([])).now(&full("08:15")).when(mark(GATE)).then([missed(GATE, "08:10")]);
    for settled in [scanned(61, GATE, "08:10", true, &[]), skipped(GATE), missed(GATE, "08:10")] {
        given::<PatrolRun>(running([settled])).now(&full("08:15")).when(mark(GATE)).then_nothing();
    }
}

#[test]
fn completing_leaves_the_rest_to_the_deadlines() {
    let history =
        running([scanned(61, GATE, "08:10", true, &[]), RunEvent::PatrolCompleted { at: t("08:20") }]);
    let run = state(history.clone());
    assert_eq!(run.due_stops().map(|stop| stop.checkpoint).collect::<Vec<_>>(), [BRIDGE, PIER]);
    assert_eq!(run.next_deadline(), Some((BRIDGE, t("08:35").at)));
    let marked = given::<PatrolRun>(history.clone()).now(&full("08:35")).when(mark(BRIDGE)).events();
    assert_eq!(marked, [missed(BRIDGE, "08:30")]);
    let run = state(with(with(history, marked), [missed(PIER, "08:50")]));
    assert_eq!(run.next_deadline(), None);
}

#[test]
fn a_late_offline_scan_rescinds_the_miss() {
    let history = running([missed(GATE, "08:10"), completed()]);
    let taken = late(scanned(61, GATE, "08:15", true, &[ScanFlag::AfterMiss]));
    given::<PatrolRun>(history.clone())
        .now(&full("08:15"))
        .received("2026-08-04T09:00:00+08:00")
        .when(scan(61, GATE))
        .then([taken.clone(), rescinded(GATE, 61)]);
    let after = with(history, [taken, rescinded(GATE, 61)]);
    assert_eq!(state(after.clone()).stop(GATE).unwrap().outcome, StopOutcome::Scanned);
    // A second member's scan of the same checkpoint rescinds nothing more.
    given::<PatrolRun>(after)
        .now(&full("08:14"))
        .received(&full("09:00"))
        .when(scan(62, GATE))
        .then([late(scanned(62, GATE, "08:14", true, &[]))]);
}

#[test]
fn a_visit_after_the_deadline_stays_a_miss_stated_or_not() {
    let taken = scanned(61, GATE, "08:16", false, &[ScanFlag::AfterMiss]);
    given::<PatrolRun>(running([missed(GATE, "08:10")]))
        .now(&full("08:16"))
        .when(scan(61, GATE))
        .then([taken.clone()]);
    given::<PatrolRun>(running([]))
        .now(&full("08:16"))
        .when(scan(61, GATE))
        .then([missed(GATE, "08:10"), taken.clone()]);
    let run = state(running([missed(GATE, "08:10"), taken.clone()]));
    assert_eq!(run.stop(GATE).unwrap().outcome, StopOutcome::Missed);
    // An earlier offline scan of the same checkpoint still rescinds it.
    given::<PatrolRun>(running([missed(GATE, "08:10"), taken]))
        .now(&full("08:10"))
        .received(&full("08:20"))
        .when(scan(62, GATE))
        .then([scanned(62, GATE, "08:10", true, &[ScanFlag::AfterMiss]), rescinded(GATE, 62)]);
}

#[test]
fn a_clock_that_was_reset_rescinds_nothing() {
    let events = given::<PatrolRun>(running([missed(GATE, "08:10")]))
        .now("1970-01-01T00:00:00Z")
        .received(&full("08:40"))
        .when(scan(61, GATE))
        .events();
    let [RunEvent::CheckpointScanned { in_window: false, late: true, flags, .. }] = &*events else {
        panic!("{events:?}")
    };
    assert_eq!(*flags, [ScanFlag::AfterMiss, ScanFlag::OutsideRun]);
}

#[test]
fn scans_are_taken_for_72_hours_after_the_end() {
    let history = running([completed()]);
    let events = given::<PatrolRun>(history.clone())
        .now(&full("08:10"))
        .received("2026-08-04T09:00:00+08:00")
        .when(scan(61, GATE))
        .events();
    assert_eq!(events, [late(scanned(61, GATE, "08:10", true, &[]))]);
    given::<PatrolRun>(history)
        .now(&full("08:10"))
        .received("2026-08-04T09:00:01+08:00")
        .when(scan(61, GATE))
        .then_rejected(&reason::SCAN_TOO_LATE, Some("run"));
}

#[test]
fn a_checkpoint_is_skipped_before_its_deadline() {
    given::<PatrolRun>(running([])).now(&full("08:05")).when(skip(GATE)).then([skipped(GATE)]);
    given::<PatrolRun>(running([skipped(GATE)])).now(&full("08:06")).when(skip(GATE)).then_nothing();
    given::<PatrolRun>(running([]))
        .now(&full("08:16"))
        .when(skip(GATE))
        .then_rejected(&reason::DEADLINE_PASSED, Some("occurredAt"));
    for settled in [scanned(61, GATE, "08:10", true, &[]), missed(GATE, "08:10")] {
        given::<PatrolRun>(running([settled]))
            .now(&full("08:12"))
            .when(skip(GATE))
            .then_rejected(&reason::CHECKPOINT_SETTLED, Some("checkpoint"));
    }
    given::<PatrolRun>(running([]))
        .now(&full("08:05"))
        .when(SkipCheckpoint { reason: SkipReason::Other, ..skip(GATE) })
        .then_rejected(&reason::NOTE_NEEDED, Some("note"));
    given::<PatrolRun>(running([completed()]))
        .now(&full("08:05"))
        .when(skip(GATE))
        .then_rejected(&common::WRONG_PHASE, Some("run"));
    // Who gets there after all is believed.
    given::<PatrolRun>(running([skipped(GATE)])).now(&full("08:12")).when(scan(61, GATE)).then([scanned(
        61,
        GATE,
        "08:12",
        true,
        &[],
    )]);
}

#[test]
fn nobody_misses_a_checkpoint_that_was_taken_away() {
    let taken_away = RunEvent::CheckpointSkipped {
        checkpoint: GATE,
        reason: SkipReason::CheckpointRetired,
        at: t("08:12"),
        note: None,
    };
    given::<PatrolRun>(running([]))
        .facts(retired(GATE, "08:12"))
        .now(&full("08:15"))
        .when(mark(GATE))
        .then([taken_away]);
    given::<PatrolRun>(running([]))
        .facts(retired(GATE, "08:16"))
        .now(&full("08:17"))
        .when(mark(GATE))
        .then([missed(GATE, "08:10")]);
}

#[test]
fn a_run_takes_a_bounded_number_of_scans() {
    let many = (0..1_000).map(|number| scanned(1_000 + number, GATE, "08:10", true, &[]));
    given::<PatrolRun>(running(many))
        .now(&full("08:10"))
        .when(scan(61, GATE))
        .then_rejected(&common::TOO_MANY, Some("scan"));
}
