use app::{Config, Handles as _, Request, Viewer};
use domain::{
    CommandId, PersonId, PersonRole, ShiftId,
    duty::{Duty, ReserveAssignment},
    incident::{IncidentChannel, IncidentKind, ReportIncident},
    shift::{
        AcceptTrade, AssignShift, CancelShift, ClockIn, ProposeTrade, Shift, ShiftCommand, WithdrawAssignment,
    },
};
use views::{
    Scope,
    rows::{IncidentRow, ShiftRow},
};

use super::support::{TestApp, area, at};

const FROM: &str = "2026-08-01T08:00:00+08:00";
const TO: &str = "2026-08-01T12:00:00+08:00";

async fn settle(app: &TestApp) {
    app.app.views().wait_for(app.head().await, std::time::Duration::from_secs(10)).await.unwrap();
}

fn shift(app: &TestApp, id: domain::ShiftId) -> ShiftRow {
    app.app.views().read_now(|views| views.one(&Scope::everything(), id.0.as_bytes())).unwrap().unwrap()
}

#[tokio::test]
async fn an_empty_place_is_noted_once_also_after_a_restart() {
    let app = TestApp::new().await;
    let empty = app.shift(1, FROM, TO).await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let staffed = app.shift(2, FROM, TO).await;
    app.does(AssignShift { shift: staffed, person }).await;
    app.set_clock("2026-08-01T07:55:00+08:00");
    app.does(ClockIn { shift: staffed, person }).await;
    app.set_clock("2026-08-01T08:14:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0, "within the grace");
    app.set_clock("2026-08-01T08:16:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 1);
    settle(&app).await;
    assert_eq!(shift(&app, empty).uncovered, Some(1));
    assert_eq!(shift(&app, staffed).uncovered, None);
    let app = app.restart();
    settle(&app).await;
    let head = app.head().await;
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0);
    assert_eq!(app.head().await, head);
}

/// The first step of giving a place, without those after it.
async fn reserved(app: &TestApp, person: PersonId, shift: ShiftId, command: CommandId) {
    let reserve = ReserveAssignment { person, shift, starts_at: at(FROM), ends_at: at(TO), command };
    app.app.execute::<Duty>(&Viewer::platform(), &app.request(), reserve.into()).await.unwrap();
}

#[tokio::test]
async fn a_place_that_another_node_is_giving_is_left_to_it() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let shift = app.shift(1, FROM, TO).await;
    // Another node has come so far with a command of its own.
    let theirs = app.request();
    reserved(&app, person, shift, theirs.command).await;
    let assign = AssignShift { shift, person };
    assert_eq!(app.refuses(&Viewer::platform(), assign.clone()).await, "being_assigned");
    // What was refused here has not taken their time back: they go on, and the time is taken.
    app.app.handle(&Viewer::platform(), &theirs, assign.clone()).await.unwrap();
    let overlapping = AssignShift { shift: app.shift(2, FROM, TO).await, person };
    assert_eq!(app.refuses(&Viewer::platform(), overlapping).await, "overlapping_shift");
    app.set_clock("2026-08-01T07:30:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0, "the reservation is confirmed");
}

#[tokio::test]
async fn a_place_whose_withdrawal_was_cut_off_can_be_given_again() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let shift = app.shift(1, FROM, TO).await;
    let assign = AssignShift { shift, person };
    app.does(assign.clone()).await;
    // The process dies, or the sender hangs up, before the time is given back.
    let withdraw = WithdrawAssignment { shift, person, reason: "ill".into() };
    app.app.execute::<Shift>(&Viewer::platform(), &app.request(), withdraw.into()).await.unwrap();
    app.does(assign).await;
    let overlapping = AssignShift { shift: app.shift(2, FROM, TO).await, person };
    assert_eq!(app.refuses(&Viewer::platform(), overlapping).await, "overlapping_shift");
}

/// Withdrawal, cancellation and trade each lose their last step to a crash.
#[tokio::test]
async fn time_that_a_crash_kept_from_being_given_back_is_given_back() {
    let app = TestApp::new().await;
    let (wang, li) = (app.person(1, PersonRole::Volunteer).await, app.person(2, PersonRole::Volunteer).await);
    let zhao = app.person(3, PersonRole::Volunteer).await;
    let [withdrawn, cancelled, traded, other] = [
        app.shift(1, FROM, TO).await,
        app.shift(2, FROM, TO).await,
        app.shift(3, FROM, TO).await,
        app.shift(4, FROM, TO).await,
    ];
    let only_the_shift = async |command: ShiftCommand| {
        app.app.execute::<Shift>(&Viewer::platform(), &app.request(), command).await.unwrap();
    };
    app.does(AssignShift { shift: withdrawn, person: wang }).await;
    only_the_shift(WithdrawAssignment { shift: withdrawn, person: wang, reason: "ill".into() }.into()).await;
    app.does(AssignShift { shift: cancelled, person: li }).await;
    only_the_shift(CancelShift { shift: cancelled, reason: "rain".into() }.into()).await;
    app.does(AssignShift { shift: traded, person: zhao }).await;
    let taker = app.person(4, PersonRole::Volunteer).await;
    let trade = domain::TradeId(uuid::Uuid::from_u128(77));
    app.does(ProposeTrade { shift: traded, trade: Some(trade), from: zhao, to: taker }).await;
    reserved(&app, taker, traded, app.request().command).await;
    only_the_shift(AcceptTrade { shift: traded, trade }.into()).await;
    for person in [wang, li, zhao, taker] {
        let assign = AssignShift { shift: other, person };
        assert_eq!(app.refuses(&Viewer::platform(), assign).await, "overlapping_shift");
    }
    settle(&app).await;
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0, "their commands may still be on their way");
    app.set_clock("2026-08-01T06:11:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 4);
    settle(&app).await;
    let round = app.app.run_policies().await.unwrap();
    assert_eq!((round.acted, round.void), (0, 0), "nothing is left to look at");
    assert_eq!(
        app.refuses(&Viewer::platform(), AssignShift { shift: other, person: taker }).await,
        "overlapping_shift"
    );
    for (person, number) in [(wang, 5), (li, 6), (zhao, 7)] {
        let shift = app.shift(number, FROM, TO).await;
        app.does(AssignShift { shift, person }).await;
    }
}

/// A log from elsewhere may have places whose time was never taken: there is nothing to give back, and nothing that says so.
#[tokio::test]
async fn a_place_that_took_no_time_is_looked_at_until_its_shift_is_over() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let shift = app.shift(1, FROM, TO).await;
    let assign = AssignShift { shift, person };
    app.app.execute::<Shift>(&Viewer::platform(), &app.request(), assign.into()).await.unwrap();
    let withdraw = WithdrawAssignment { shift, person, reason: "ill".into() };
    app.app.execute::<Shift>(&Viewer::platform(), &app.request(), withdraw.into()).await.unwrap();
    settle(&app).await;
    app.set_clock("2026-08-01T06:11:00+08:00");
    let round = app.app.run_policies().await.unwrap();
    assert_eq!((round.acted, round.void), (0, 1));
    app.set_clock(TO);
    app.app.run_policies().await.unwrap();
    settle(&app).await;
    let round = app.app.run_policies().await.unwrap();
    assert_eq!((round.acted, round.void), (0, 0), "nothing is left to look at");
}

#[tokio::test]
async fn a_place_of_a_cancelled_shift_is_not_confirmed_after_a_crash() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let shift = app.shift(1, FROM, TO).await;
    let request = app.request();
    // The process dies between the place and its confirmation; then the shift is called off.
    reserved(&app, person, shift, request.command).await;
    let assign = AssignShift { shift, person };
    app.app.execute::<Shift>(&Viewer::platform(), &request, assign.into()).await.unwrap();
    app.does(CancelShift { shift, reason: "rain".into() }).await;
    app.set_clock("2026-08-01T06:11:00+08:00");
    settle(&app).await;
    assert_eq!(app.app.run_policies().await.unwrap().acted, 1);
    let other = app.shift(2, FROM, TO).await;
    app.does(AssignShift { shift: other, person }).await;
}

#[tokio::test]
async fn a_reservation_left_behind_by_a_crash_is_released_and_a_confirmed_place_kept() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let lost = app.shift(1, FROM, TO).await;
    let request = app.request();
    // The process dies here: reserved, never assigned.
    reserved(&app, person, lost, request.command).await;
    let other = app.shift(2, FROM, TO).await;
    let assign = AssignShift { shift: other, person };
    assert_eq!(app.refuses(&Viewer::platform(), assign.clone()).await, "overlapping_shift");
    app.set_clock("2026-08-01T06:30:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 1);
    settle(&app).await;
    app.does(assign).await;
    app.set_clock("2026-08-01T07:30:00+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0, "a confirmed place is nobody's leftover");
}

#[tokio::test]
async fn an_unanswered_incident_is_escalated_past_its_target() {
    let app = TestApp::new().await;
    let request = Request { occurred_at: Some(at("2026-08-01T06:00:00+08:00")), ..app.request() };
    let report = ReportIncident {
        incident: None,
        area: area(),
        kind: IncidentKind::Theft,
        channel: IncidentChannel::Phone,
        priority: domain::Priority::Emergency,
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
    };
    let done = app.app.handle(&Viewer::platform(), &request, report).await.unwrap();
    app.set_clock("2026-08-01T06:04:59+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0);
    app.set_clock("2026-08-01T06:05:01+08:00");
    assert_eq!(app.app.run_policies().await.unwrap().acted, 1);
    settle(&app).await;
    assert_eq!(app.app.run_policies().await.unwrap().acted, 0);
    let id: domain::IncidentId = done.stream.as_str().parse().unwrap();
    let row: IncidentRow =
        app.app.views().read_now(|views| views.one(&Scope::everything(), id.0.as_bytes())).unwrap().unwrap();
    assert_eq!(row.escalations.len(), 1);
}

/// The views say of these shifts that they have begun with an empty place, long ago; their streams know better.
fn pretend_due(app: &TestApp, shifts: &[domain::ShiftId]) {
    let connection = rusqlite::Connection::open(app.app.views().options().file()).unwrap();
    for (since, shift) in shifts.iter().enumerate() {
        let changed = connection
            .execute("UPDATE shift SET vacant_from = ? WHERE id = ?", (since as i64, shift.0.as_bytes()))
            .unwrap();
        assert_eq!(changed, 1);
    }
}

#[tokio::test]
async fn what_is_refused_every_time_keeps_nothing_else_from_its_turn() {
    let app = TestApp::with(Config { policy_round: 2, ..Config::default() }).await;
    let mut refused = Vec::new();
    for number in 1..=5 {
        refused.push(app.shift(number, "2026-08-02T08:00:00+08:00", "2026-08-02T12:00:00+08:00").await);
    }
    let empty = app.shift(6, FROM, TO).await;
    settle(&app).await;
    pretend_due(&app, &refused);
    app.set_clock("2026-08-01T08:16:00+08:00");
    let mut rounds = Vec::new();
    for _ in 0..4 {
        let round = app.app.run_policies().await.unwrap();
        rounds.push((round.acted, round.void, round.more));
        settle(&app).await;
    }
    // Longest due first, two at a time; behind the last one from the begin again.
    assert_eq!(rounds, [(0, 2, true), (0, 2, true), (1, 1, true), (0, 0, false)]);
    assert_eq!(shift(&app, empty).uncovered, Some(1));
    let round = app.app.run_policies().await.unwrap();
    assert_eq!((round.acted, round.void, round.more), (0, 2, true));
    let counted = app.app.policy_outcomes();
    assert_eq!(counted, [("uncovered_shift", "acted", 1), ("uncovered_shift", "void", 7)]);
}
