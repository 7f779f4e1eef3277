use app::{App, Handles, Rehearsal, Request, Viewer};
use domain::{
    PersonRole, ShiftId,
    shift::{AssignShift, CancelShift, PublishShift, WithdrawAssignment},
};

use super::support::{TestApp, officer, refusal};

const FROM: &str = "2026-08-01T08:00:00+08:00";
const TO: &str = "2026-08-01T12:00:00+08:00";

async fn rehearsed<C>(
    app: &TestApp,
    viewer: &Viewer,
    request: &Request,
    command: C,
) -> Result<Rehearsal, &'static str>
where
    App: Handles<C>,
{
    let head = app.head().await;
    let outcome = app.app.rehearse(viewer, request, command).await;
    assert_eq!(app.head().await, head, "a rehearsal has appended something");
    outcome.map_err(|cause| cause.rejection().expect("a rejection").code())
}

#[tokio::test]
async fn a_rehearsal_tells_what_would_become_of_a_command_and_does_nothing() {
    let app = TestApp::new().await;
    let platform = Viewer::platform();
    let shift = app.shift(1, FROM, TO).await;
    let cancel = || CancelShift { shift, reason: "rain".into() };
    let request = app.request();
    for _ in 0..2 {
        let rehearsal = rehearsed(&app, &platform, &request, cancel()).await.unwrap();
        assert!(matches!(&rehearsal, Rehearsal::Accepted(stream) if stream.as_str() == shift.to_string()));
    }
    let done = app.app.handle(&platform, &request, cancel()).await.unwrap();
    let again = rehearsed(&app, &platform, &request, cancel()).await.unwrap();
    assert!(matches!(again, Rehearsal::Repeated(first) if first.position == done.position));
    let other = rehearsed(&app, &platform, &app.request(), cancel()).await.unwrap();
    assert!(matches!(other, Rehearsal::Nothing(_)));
    let unknown = PublishShift { shift: ShiftId(uuid::Uuid::nil()) };
    assert_eq!(rehearsed(&app, &platform, &app.request(), unknown).await.unwrap_err(), "not_found");
}

#[tokio::test]
async fn a_rehearsal_asks_for_the_right_like_the_command_itself() {
    let app = TestApp::new().await;
    let shift = app.shift(1, FROM, TO).await;
    let elsewhere = officer("330903");
    let cancel = CancelShift { shift, reason: "rain".into() };
    let request = app.request();
    let refused = rehearsed(&app, &elsewhere, &request, cancel.clone()).await.unwrap_err();
    assert_eq!(refused, refusal(app.app.handle(&elsewhere, &request, cancel).await));
}

#[tokio::test]
async fn a_rehearsed_assignment_meets_the_other_shifts_of_the_person_and_reserves_nothing() {
    let app = TestApp::new().await;
    let platform = Viewer::platform();
    let person = app.person(1, PersonRole::Volunteer).await;
    let (one, two) = (app.shift(1, FROM, TO).await, app.shift(2, FROM, TO).await);
    let assign = |shift| AssignShift { shift, person };
    for shift in [one, two] {
        rehearsed(&app, &platform, &app.request(), assign(shift)).await.unwrap();
    }
    app.does(assign(one)).await;
    let refused = rehearsed(&app, &platform, &app.request(), assign(two)).await.unwrap_err();
    assert_eq!(refused, "overlapping_shift");
    let withdraw = WithdrawAssignment { shift: one, person, reason: "ill".into() };
    rehearsed(&app, &platform, &app.request(), withdraw).await.unwrap();
    let still = rehearsed(&app, &platform, &app.request(), assign(two)).await.unwrap_err();
    assert_eq!(still, "overlapping_shift");
}
