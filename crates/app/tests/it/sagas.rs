use app::{Handles as _, Request, Viewer};
use domain::{
    PersonRole,
    shift::{AcceptTrade, AssignShift, CancelShift, ProposeTrade, WithdrawAssignment},
};

use super::support::{TestApp, refusal};

#[tokio::test]
async fn nobody_gets_two_overlapping_shifts_even_at_the_same_moment() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let mut shifts = Vec::new();
    for number in 0..8 {
        shifts.push(app.shift(number, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00").await);
    }
    let tries: Vec<_> = shifts
        .into_iter()
        .map(|shift| {
            let (app, request) = (app.app.clone(), app.request());
            tokio::spawn(async move {
                app.handle(&Viewer::platform(), &request, AssignShift { shift, person }).await
            })
        })
        .collect();
    let mut given = 0;
    for outcome in tries {
        match outcome.await.unwrap() {
            Ok(done) => given += done.appended,
            refused => assert_eq!(refusal(refused), "overlapping_shift"),
        }
    }
    assert_eq!(given, 1);
}

#[tokio::test]
async fn back_to_back_shifts_do_not_overlap() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let morning = app.shift(1, "2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00").await;
    let noon = app.shift(2, "2026-08-01T12:00:00+08:00", "2026-08-01T16:00:00+08:00").await;
    app.does(AssignShift { shift: morning, person }).await;
    app.does(AssignShift { shift: noon, person }).await;
}

#[tokio::test]
async fn a_withdrawn_a_cancelled_and_a_traded_place_give_the_time_back() {
    let app = TestApp::new().await;
    let wang = app.person(1, PersonRole::Volunteer).await;
    let li = app.person(2, PersonRole::Volunteer).await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    let [one, two, three, four] = [
        app.shift(1, from, to).await,
        app.shift(2, from, to).await,
        app.shift(3, from, to).await,
        app.shift(4, from, to).await,
    ];
    app.does(AssignShift { shift: one, person: wang }).await;
    app.does(WithdrawAssignment { shift: one, person: wang, reason: "ill".into() }).await;
    app.does(AssignShift { shift: two, person: wang }).await;
    app.does(CancelShift { shift: two, reason: "rain".into() }).await;
    app.does(AssignShift { shift: three, person: wang }).await;
    let trade = domain::TradeId(uuid::Uuid::from_u128(77));
    app.does(ProposeTrade { shift: three, trade: Some(trade), from: wang, to: li }).await;
    app.does(AcceptTrade { shift: three, trade }).await;
    app.does(AssignShift { shift: four, person: wang }).await;
    assert_eq!(
        app.refuses(&Viewer::platform(), AssignShift { shift: one, person: li }).await,
        "overlapping_shift"
    );
}

#[tokio::test]
async fn a_refused_assignment_leaves_no_reservation() {
    let app = TestApp::new().await;
    let wang = app.person(1, PersonRole::Volunteer).await;
    let li = app.person(2, PersonRole::Volunteer).await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    let full = app.shift(1, from, to).await;
    let free = app.shift(2, from, to).await;
    app.does(AssignShift { shift: full, person: wang }).await;
    assert_eq!(
        app.refuses(&Viewer::platform(), AssignShift { shift: full, person: li }).await,
        "no_place_left"
    );
    app.does(AssignShift { shift: free, person: li }).await;
}

#[tokio::test]
async fn a_repeated_assignment_after_a_withdrawal_does_not_happen_again() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    let shift = app.shift(1, from, to).await;
    let request: Request = app.request();
    let platform = Viewer::platform();
    let first = app.app.handle(&platform, &request, AssignShift { shift, person }).await.unwrap();
    app.does(WithdrawAssignment { shift, person, reason: "ill".into() }).await;
    let again = app.app.handle(&platform, &request, AssignShift { shift, person }).await.unwrap();
    assert_eq!((again.position, again.appended), (first.position, 0));
    let head = app.head().await;
    app.does(AssignShift { shift, person }).await;
    assert_eq!(app.head().await, head + 3, "reserve, assign, confirm");
}

#[tokio::test]
async fn a_repeated_withdrawal_does_not_free_a_place_that_was_given_again() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    let shift = app.shift(1, from, to).await;
    let other = app.shift(2, from, to).await;
    let platform = Viewer::platform();
    app.does(AssignShift { shift, person }).await;
    let request = app.request();
    let withdraw = WithdrawAssignment { shift, person, reason: "ill".into() };
    app.app.handle(&platform, &request, withdraw.clone()).await.unwrap();
    app.does(AssignShift { shift, person }).await;
    let head = app.head().await;
    app.app.handle(&platform, &request, withdraw).await.unwrap();
    assert_eq!(app.head().await, head);
    assert_eq!(app.refuses(&platform, AssignShift { shift: other, person }).await, "overlapping_shift");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_assign_at_once_the_losers_do_not_free_the_time() {
    let app = TestApp::new().await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    for round in 0..10 {
        let person = app.person(round, PersonRole::Volunteer).await;
        let shift = app.shift(100 + round, from, to).await;
        let other = app.shift(200 + round, from, to).await;
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let request = Request { expected_revision: Some(1), ..app.request() };
                let app = app.app.clone();
                tokio::spawn(async move {
                    app.handle(&Viewer::platform(), &request, AssignShift { shift, person }).await
                })
            })
            .collect();
        let mut given = 0;
        for outcome in tries {
            match outcome.await.unwrap() {
                Ok(done) => given += done.appended,
                refused => assert_eq!(refusal(refused), "stale_revision"),
            }
        }
        assert_eq!(given, 1);
        let overlapping = AssignShift { shift: other, person };
        assert_eq!(app.refuses(&Viewer::platform(), overlapping).await, "overlapping_shift");
    }
}

#[tokio::test]
async fn a_cancelled_shift_gives_everybody_the_time_back() {
    let app = TestApp::new().await;
    let (from, to) = ("2026-08-01T08:00:00+08:00", "2026-08-01T12:00:00+08:00");
    let mut schedule = TestApp::schedule(1, from, to);
    schedule.places = 3;
    let shift = schedule.shift.unwrap();
    app.does(schedule).await;
    app.does(domain::shift::PublishShift { shift }).await;
    let mut people = Vec::new();
    for number in 0..3 {
        let person = app.person(number, PersonRole::Volunteer).await;
        app.does(AssignShift { shift, person }).await;
        people.push(person);
    }
    app.does(CancelShift { shift, reason: "rain".into() }).await;
    for (number, person) in (10..).zip(people) {
        let other = app.shift(number, from, to).await;
        app.does(AssignShift { shift: other, person }).await;
    }
}
