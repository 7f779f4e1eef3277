//! The views as a whole: rebuilt ones equal the live ones, a swap fails no query, an unknown event stops them loudly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    Actor, ActorId, CommandId, Meta, PersonRole,
    incident::{IncidentChannel, IncidentKind, MergeIncident, ReportIncident, UnmergeIncident},
    shift::{AssignShift, CancelShift, CertifyShift, ClockIn, CloseShift, CorrectCertification},
};
use event_log::{Append, EventLog as _, Expected, NewEvent, StreamName};
use uuid::Uuid;
use views::{Scope, compare, query::Targets, rebuild_file, rows::ShiftRow};

use super::support::{STATION, TestApp, area};

/// Some life: shifts in several states, a correction, a merge and an unmerge.
async fn live(app: &TestApp) {
    let person = app.person(1, PersonRole::Volunteer).await;
    let shift = app.shift(1, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00").await;
    app.does(AssignShift { shift, person }).await;
    app.set_clock("2026-08-01T08:00:00+08:00");
    app.does(ClockIn { shift, person }).await;
    app.set_clock("2026-08-01T12:00:00+08:00");
    app.does(CloseShift { shift }).await;
    app.does(CertifyShift { shift }).await;
    app.does(CorrectCertification { shift, person, minutes: 200, reason: "left early".into() }).await;
    let cancelled = app.shift(2, "2026-08-01T13:00:00+08:00", "2026-08-01T14:00:00+08:00").await;
    app.does(CancelShift { shift: cancelled, reason: "rain".into() }).await;
    let mut incidents = Vec::new();
    for _ in 0..2 {
        let done = app.does(report()).await;
        incidents.push(done.stream.as_str().parse().unwrap());
        app.set_clock("2026-08-01T12:10:00+08:00");
    }
    app.does(MergeIncident { incident: incidents[1], survivor: incidents[0] }).await;
    app.does(UnmergeIncident { incident: incidents[1], reason: "another place".into() }).await;
}

fn report() -> ReportIncident {
    ReportIncident {
        incident: None,
        area: area(),
        kind: IncidentKind::Noise,
        channel: IncidentChannel::Phone,
        priority: domain::Priority::Routine,
        self_initiated: false,
        drill: false,
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        shift: None,
        run: None,
        company: None,
        contract: None,
        due_at: None,
    }
}

#[tokio::test]
async fn rebuilt_views_equal_the_live_ones_row_by_row() {
    let app = TestApp::new().await;
    live(&app).await;
    app.app.views().wait_for(app.head().await, Duration::from_secs(10)).await.unwrap();
    let options = app.app.views().options().clone();
    let built = app.folder.path().join("again.db");
    let reader = app.log.reader().unwrap();
    let done =
        rebuild_file(&built, &options.calendar, move |after, limit| reader.read_all(after, limit), |_| {})
            .unwrap();
    assert_eq!(done.position, app.head().await);
    assert_eq!(compare::differences(&options.file(), &built).unwrap(), Vec::<&str>::new());
    // The comparison itself can tell a difference.
    let spoiled = rusqlite::Connection::open(&built).unwrap();
    spoiled.execute("UPDATE shift SET phase = 0", []).unwrap();
    drop(spoiled);
    assert_eq!(compare::differences(&options.file(), &built).unwrap(), vec!["shift"]);
}

#[tokio::test]
async fn views_that_were_stopped_between_any_two_events_end_the_same() {
    let mut app = TestApp::new().await;
    live(&app).await;
    let before = compare::digests(&app.app.views().options().file()).unwrap();
    for _ in 0..3 {
        app = app.restart();
        app.app.views().wait_for(app.head().await, Duration::from_secs(10)).await.unwrap();
    }
    assert_eq!(compare::digests(&app.app.views().options().file()).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_to_rebuilt_views_fails_no_query() {
    let app = TestApp::new().await;
    live(&app).await;
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let views = Arc::clone(app.app.views());
    let (stopped, count, reading) = (Arc::clone(&stop), Arc::clone(&asked), Arc::clone(&views));
    let queries = tokio::spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            let answer =
                reading.read(|views| views.all::<ShiftRow>(&Scope::everything(), "1", vec![], 10)).await;
            assert!(answer.unwrap().len() >= 2);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    for round in 0..3 {
        let views = Arc::clone(&views);
        tokio::task::spawn_blocking(move || views.rebuild_and_swap(|_| {})).await.unwrap().unwrap();
        // The new file follows the log.
        let number = 10 + round;
        app.shift(number, "2026-08-02T08:00:00+08:00", "2026-08-02T12:00:00+08:00").await;
        app.does(CancelShift {
            shift: domain::ShiftId(Uuid::from_u128(0x2000 + number)),
            reason: "x".into(),
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    queries.await.unwrap();
    assert!(asked.load(Ordering::Relaxed) > 0);
    drop(views);
    let app = app.restart();
    app.app.views().wait_for(app.head().await, Duration::from_secs(10)).await.unwrap();
    let shifts = app
        .app
        .views()
        .read_now(|views| views.all::<ShiftRow>(&Scope::everything(), "1", vec![], 100))
        .unwrap();
    assert_eq!(shifts.len(), 5);
}

#[tokio::test]
async fn an_event_of_an_unknown_kind_stops_the_views_and_is_named() {
    let app = TestApp::new().await;
    let now = app.app.views().calendar().local(app.app.now());
    let meta = Meta {
        occurred_at: now,
        recorded_at: now.at,
        actor: Actor { id: ActorId(Uuid::nil()), person: None, organisation: None },
        area: None,
        command: CommandId(Uuid::from_u128(5)),
        content: "".into(),
        index: 0,
        causation: None,
        correlation: Uuid::nil(),
    };
    let event = NewEvent {
        id: Uuid::from_u128(6),
        kind: "ShiftTeleported".into(),
        version: 1,
        meta: serde_json::to_vec(&meta).unwrap(),
        data: b"{}".to_vec(),
    };
    let stream = StreamName::parse("shift-00000000-0000-0000-0000-000000000001").unwrap();
    app.log.append(Append { stream, expected: Expected::NoStream, events: vec![event] }).await.unwrap();
    let head = app.head().await;
    let waited = app.app.views().wait_for(head, Duration::from_secs(10)).await;
    assert!(matches!(waited, Err(views::ViewsError::Stopped(_))), "{waited:?}");
    let failure = app.app.views().failure().unwrap();
    assert!(failure.contains("ShiftTeleported") && failure.contains(&head.to_string()), "{failure}");
}

#[tokio::test]
async fn figures_follow_corrections_merges_and_unmerges() {
    let app = TestApp::new().await;
    app.does(domain::organisation::AssignJurisdiction {
        organisation: STATION,
        areas: vec!["421002".parse().unwrap()],
    })
    .await;
    live(&app).await;
    let (views, now) = (app.app.views(), app.app.now());
    let day = views.calendar().day(now);
    let period = views::Period { from: day, to: day };
    let targets = Targets { emergency_minutes: 5 };
    let dashboard = views
        .read_now(|views| views.station_dashboard(&Scope::everything(), STATION, period, now, targets))
        .unwrap()
        .unwrap();
    let state = dashboard.payers.iter().find(|figures| figures.payer == domain::Payer::State).unwrap();
    assert_eq!((state.shifts, state.required_minutes, state.certified_minutes), (1, 240, 200));
    assert_eq!(dashboard.corrections, 1);
    assert_eq!(dashboard.incidents.numerator, 2);
    assert_eq!(dashboard.incidents.left_out, vec![]);
    assert_eq!((dashboard.open_incidents_total, dashboard.as_of), (2, app.head().await));
    let elsewhere = Scope { areas: vec!["420103".parse().unwrap()], ..Scope::default() };
    let hidden =
        views.read_now(|views| views.station_dashboard(&elsewhere, STATION, period, now, targets)).unwrap();
    assert!(hidden.is_none());
}
