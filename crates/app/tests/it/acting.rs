use app::{AccountRole, Handles as _, Viewer};
use domain::{
    OrganisationId, OrganisationKind, PersonRole,
    organisation::RegisterOrganisation,
    person::{EnrolPerson, Schooling},
    shift::{AssignShift, PublishShift, ScheduleShift, WithdrawAssignment},
};
use event_log::EventLog as _;
use uuid::Uuid;

use super::support::{STATION, TestApp, area, refusal};

const FROM: &str = "2026-08-01T08:00:00+08:00";
const TO: &str = "2026-08-01T12:00:00+08:00";
const ONE: OrganisationId = OrganisationId(Uuid::from_u128(0xc1));
const OTHER: OrganisationId = OrganisationId(Uuid::from_u128(0xc2));

async fn two_companies() -> TestApp {
    let app = TestApp::new().await;
    for (organisation, name) in [(ONE, "甲保安公司"), (OTHER, "乙保安公司")] {
        app.does(RegisterOrganisation {
            organisation: Some(organisation),
            kind: OrganisationKind::SecurityCompany,
            name: name.into(),
            area: "421002".parse().unwrap(),
            unified_code: None,
        })
        .await;
    }
    app
}

fn manager() -> Viewer {
    let organisations = vec![ONE, OTHER];
    Viewer::new(Uuid::from_u128(0xf2), [AccountRole::CompanyManager], vec![], organisations, None)
}

fn shift_of(organisation: OrganisationId, number: u128) -> ScheduleShift {
    ScheduleShift { organisation, ..TestApp::schedule(number, FROM, TO) }
}

fn enrol() -> EnrolPerson {
    EnrolPerson {
        person: None,
        name: domain::PersonalText::new("王小明"),
        id_number: None,
        phone: None,
        birth_date: None,
        address: None,
        area: area(),
        schooling: Schooling::JuniorMiddle,
    }
}

/// In whose name every event so far was done, last first.
async fn named(app: &TestApp) -> Vec<Option<OrganisationId>> {
    let all = app.log.read_all(None, 1_000).await.unwrap();
    let meta = |meta: &[u8]| serde_json::from_slice::<domain::Meta>(meta).unwrap();
    all.iter().rev().map(|event| meta(&event.meta).actor.organisation).collect()
}

#[tokio::test]
async fn a_manager_of_two_acts_for_the_one_that_it_concerns() {
    let app = two_companies().await;
    for (number, organisation) in [(1, OTHER), (2, ONE)] {
        app.can(&manager(), shift_of(organisation, number)).await;
        assert_eq!(named(&app).await[0], Some(organisation));
        let shift = shift_of(organisation, number).shift.unwrap();
        app.can(&manager(), PublishShift { shift }).await;
        assert_eq!(named(&app).await[0], Some(organisation));
    }
}

#[tokio::test]
async fn every_step_of_a_saga_is_in_the_same_name() {
    let app = two_companies().await;
    let organisations = vec![ONE, STATION];
    let chief = Viewer::new(Uuid::from_u128(0xf5), [AccountRole::StationChief], vec![], organisations, None);
    let person = app.person(1, PersonRole::Police).await;
    let shift = shift_of(STATION, 1).shift.unwrap();
    app.can(&chief, shift_of(STATION, 1)).await;
    app.can(&chief, PublishShift { shift }).await;
    app.can(&chief, AssignShift { shift, person }).await;
    assert_eq!(named(&app).await[..3], [Some(STATION); 3], "reserved, assigned, confirmed");
    app.can(&chief, WithdrawAssignment { shift, person, reason: "ill".into() }).await;
    assert_eq!(named(&app).await[..2], [Some(STATION); 2], "withdrawn, released");
}

#[tokio::test]
async fn what_does_not_tell_for_whom_is_refused_until_it_is_said() {
    let app = two_companies().await;
    assert_eq!(app.refuses(&manager(), enrol()).await, "acting_organisation_unclear");
    let acting = manager().acting_for(OTHER).unwrap();
    app.can(&acting, enrol()).await;
    assert_eq!(named(&app).await[0], Some(OTHER));
    // With one organisation there is nothing to tell.
    let single = Viewer::new(Uuid::from_u128(0xf3), [AccountRole::CompanyManager], vec![], vec![ONE], None);
    app.can(&single, enrol()).await;
    assert_eq!(named(&app).await[0], Some(ONE));
}

#[tokio::test]
async fn who_speaks_for_one_has_not_the_rights_of_the_other() {
    let app = two_companies().await;
    let acting = manager().acting_for(ONE).unwrap();
    assert_eq!(app.refuses(&acting, shift_of(OTHER, 1)).await, "acting_organisation_differs");
    app.can(&acting, shift_of(ONE, 2)).await;
    assert_eq!(named(&app).await[0], Some(ONE));
    let third = OrganisationId(Uuid::from_u128(0xc3));
    assert_eq!(manager().acting_for(third), None, "only one's own");
    assert!(acting.scope.covers_organisation(&OTHER), "what it sees stays");
}

#[tokio::test]
async fn a_right_that_comes_from_a_place_is_used_in_the_name_of_the_owner_or_of_nobody_guessed() {
    let app = two_companies().await;
    let officer = |organisations: Vec<OrganisationId>| {
        let areas = vec!["421002".parse().unwrap()];
        Viewer::new(Uuid::from_u128(0xf4), [AccountRole::StationOfficer], areas, organisations, None)
    };
    app.can(&officer(vec![ONE, OTHER]), shift_of(OTHER, 1)).await;
    assert_eq!(named(&app).await[0], Some(OTHER));
    let strangers = [0xd1, 0xd2].map(|number| OrganisationId(Uuid::from_u128(number)));
    let refused = app.refuses(&officer(strangers.to_vec()), shift_of(ONE, 2)).await;
    assert_eq!(refused, "acting_organisation_unclear");
    app.can(&officer(vec![]), shift_of(ONE, 3)).await;
    assert_eq!(named(&app).await[0], None);
}

#[tokio::test]
async fn who_may_read_only_sends_no_command_not_even_a_repeated_one() {
    let app = two_companies().await;
    let request = app.request();
    let manager = manager();
    let done = app.app.handle(&manager, &request, shift_of(ONE, 1)).await.unwrap();
    assert_eq!(done.appended, 1);
    let reader = manager.clone().reading_only();
    assert_eq!(refusal(app.app.handle(&reader, &request, shift_of(ONE, 1)).await), "read_only");
    let person = app.person(1, PersonRole::Police).await;
    let shift = shift_of(ONE, 1).shift.unwrap();
    let head = app.head().await;
    assert_eq!(app.refuses(&reader, AssignShift { shift, person }).await, "read_only");
    assert_eq!(app.refuses(&reader, shift_of(ONE, 2)).await, "read_only");
    assert_eq!(app.head().await, head, "no step of a saga either");
    assert!(reader.scope.covers_organisation(&ONE));
}
