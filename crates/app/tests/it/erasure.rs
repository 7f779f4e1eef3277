use domain::{PersonRole, person::RequestErasure};
use keyring::Opened;
use views::{Scope, rows::PersonRow};

use super::support::TestApp;

fn row(app: &TestApp, person: domain::PersonId) -> PersonRow {
    app.app.views().read_now(|views| views.one(&Scope::everything(), person.0.as_bytes())).unwrap().unwrap()
}

#[tokio::test]
async fn an_erased_person_can_not_be_opened_any_more_and_the_log_stays_whole() {
    let app = TestApp::new().await;
    let person = app.person(1, PersonRole::Volunteer).await;
    let sealed = row(&app, person).name.as_sealed().unwrap().to_owned();
    let open = |app: &TestApp| app.app.keyring().open_sealed(person.0, &sealed).unwrap();
    assert!(matches!(open(&app), Opened::Plain(name) if name.as_str() == "王小明"));
    app.does(RequestErasure { person }).await;
    assert!(matches!(open(&app), Opened::Erased));
    let app = app.restart();
    assert!(matches!(open(&app), Opened::Erased));
    app.app.views().wait_for(app.head().await, std::time::Duration::from_secs(10)).await.unwrap();
    assert!(row(&app, person).erased_at.is_some());
    let verified = event_log::sqlite::verify(&app.folder.path().join("log.db"), |_, _| {}).unwrap();
    assert_eq!(verified.events, app.head().await);
}
