use app::{Handles as _, Request, Viewer};
use domain::shift::{CancelShift, PublishShift};
use views::rows::{ShiftPhase, ShiftRow};

use super::support::{TestApp, officer, refusal};

const FROM: &str = "2026-08-01T08:00:00+08:00";
const TO: &str = "2026-08-01T12:00:00+08:00";

#[tokio::test]
async fn a_repeated_command_answers_its_first_outcome_and_appends_nothing() {
    let app = TestApp::new().await;
    let request = app.request();
    let schedule = TestApp::schedule(1, FROM, TO);
    let first = app.app.handle(&Viewer::platform(), &request, schedule.clone()).await.unwrap();
    let head = app.head().await;
    let second = app.app.handle(&Viewer::platform(), &request, schedule.clone()).await.unwrap();
    assert_eq!((second.position, second.revision, second.appended), (first.position, first.revision, 0));
    let app = app.restart();
    let third = app.app.handle(&Viewer::platform(), &request, schedule).await.unwrap();
    assert_eq!((third.position, third.revision, third.appended), (first.position, first.revision, 0));
    assert_eq!(app.head().await, head);
}

#[tokio::test]
async fn the_same_command_sent_many_times_at_once_happens_once() {
    let app = TestApp::new().await;
    let request = app.request();
    let head = app.head().await;
    let sent = (0..16).map(|_| {
        let (app, request) = (app.app.clone(), request);
        tokio::spawn(async move {
            app.handle(&Viewer::platform(), &request, TestApp::schedule(1, FROM, TO)).await
        })
    });
    let mut appended = 0;
    for answer in sent.collect::<Vec<_>>() {
        appended += answer.await.unwrap().unwrap().appended;
    }
    assert_eq!(appended, 1);
    assert_eq!(app.head().await, head + 1);
}

#[tokio::test]
async fn a_command_id_is_not_used_for_two_contents() {
    let app = TestApp::new().await;
    let request = app.request();
    let platform = Viewer::platform();
    app.app.handle(&platform, &request, TestApp::schedule(1, FROM, TO)).await.unwrap();
    let other = app.app.handle(&platform, &request, TestApp::schedule(2, FROM, TO)).await;
    assert_eq!(refusal(other), "command_id_reused");
    let app = app.restart();
    let other = app.app.handle(&platform, &request, TestApp::schedule(2, FROM, TO)).await;
    assert_eq!(refusal(other), "command_id_reused");
}

#[tokio::test]
async fn a_stale_revision_is_refused_and_a_fresh_one_accepted() {
    let app = TestApp::new().await;
    let shift = app.shift(1, FROM, TO).await;
    let cancel = CancelShift { shift, reason: "rain".into() };
    let stale = Request { expected_revision: Some(0), ..app.request() };
    let answer = app.app.handle(&Viewer::platform(), &stale, cancel.clone()).await;
    assert_eq!(refusal(answer), "stale_revision");
    let fresh = Request { expected_revision: Some(1), ..app.request() };
    assert_eq!(app.app.handle(&Viewer::platform(), &fresh, cancel).await.unwrap().revision, Some(2));
}

#[tokio::test]
async fn a_command_returns_when_the_views_show_it() {
    let app = TestApp::new().await;
    let shift = app.shift(1, FROM, TO).await;
    let done = app.does(CancelShift { shift, reason: "rain".into() }).await;
    assert!(done.visible);
    let row: ShiftRow = app
        .app
        .views()
        .read_now(|views| views.one(&views::Scope::everything(), shift.0.as_bytes()))
        .unwrap()
        .unwrap();
    assert_eq!(row.phase, ShiftPhase::Cancelled);
}

#[tokio::test]
async fn nobody_learns_what_exists_outside_their_scope() {
    let app = TestApp::new().await;
    let shift = app.shift(1, FROM, TO).await;
    let missing = domain::ShiftId(uuid::Uuid::from_u128(9));
    let stranger = officer("420103");
    assert_eq!(app.refuses(&stranger, PublishShift { shift }).await, "not_found");
    assert_eq!(app.refuses(&stranger, PublishShift { shift: missing }).await, "not_found");
    assert_eq!(app.refuses(&stranger, TestApp::schedule(3, FROM, TO)).await, "forbidden");
    let done = app.app.handle(&officer("421002"), &app.request(), PublishShift { shift }).await.unwrap();
    assert_eq!(done.appended, 0);
}

#[tokio::test]
async fn nobody_opens_a_person_by_taking_them_into_service() {
    use app::AccountRole;
    use domain::{OrganisationKind, PersonRole, organisation::RegisterOrganisation, person::GrantRole};
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Police).await;
    let company = domain::OrganisationId(uuid::Uuid::from_u128(0xc0));
    app.does(RegisterOrganisation {
        organisation: Some(company),
        kind: OrganisationKind::SecurityCompany,
        name: "保安公司".into(),
        area: "421002".parse().unwrap(),
        unified_code: None,
    })
    .await;
    let manager =
        Viewer::new(uuid::Uuid::from_u128(0xf2), [AccountRole::CompanyManager], vec![], vec![company], None);
    let grant = GrantRole { person, role: PersonRole::Volunteer, organisation: company };
    assert_eq!(app.refuses(&manager, grant).await, "not_found");
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing_in_flight() {
    let app = TestApp::new().await;
    let request = app.request();
    let platform = Viewer::platform();
    let gone = tokio::time::timeout(
        std::time::Duration::ZERO,
        app.app.handle(&platform, &request, TestApp::schedule(1, FROM, TO)),
    )
    .await;
    drop(gone);
    let done = app.app.handle(&platform, &request, TestApp::schedule(1, FROM, TO)).await.unwrap();
    assert_eq!(done.revision, Some(0));
}
