//! Personal data is opened to those who have the right, and never without a record.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::{AccountRole, App, AppError, Config, Reveal, RevealByPhone, Revealed, Viewer};
use domain::{
    CommandId, IncidentId, PersonId, PersonRole, PersonalText,
    access::{AccessEvent, AccessPurpose, PersonalFieldName, PersonalSubject, PersonalSubjectKind},
    event::decode,
    incident::{IncidentChannel, IncidentKind, ReportIncident},
    person::{CorrectPerson, RequestErasure},
};
use event_log::{
    Append, Appended, EventLog, LogError, Position, Recorded, Revision, StreamName, Subscription,
};
use futures_util::future::BoxFuture;
use uuid::Uuid;
use views::{Scope, rows::AccessRow};

use super::support::{AREA, STATION, TestApp, area};

/// Of whomever `TestApp::person` enrols.
const PHONE: &str = "+86 139-0000-1111";

fn officer(account: u128) -> Viewer {
    let roles = [AccountRole::StationOfficer];
    Viewer::new(Uuid::from_u128(account), roles, vec!["421002".parse().unwrap()], vec![STATION], None)
}

fn of(subjects: &[PersonalSubject]) -> Reveal {
    Reveal {
        subjects: subjects.to_vec(),
        fields: None,
        purpose: AccessPurpose::Duty,
        reason: "核对值班人员".into(),
    }
}

fn by_phone(phone: &str) -> RevealByPhone {
    RevealByPhone {
        phone: PersonalText::new(phone),
        fields: None,
        purpose: AccessPurpose::IncidentHandling,
        reason: "来电核实".into(),
    }
}

fn command(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(0xABC0_0000 + number))
}

fn refused(outcome: Result<Revealed, AppError>) -> (&'static str, Option<String>) {
    match outcome {
        Err(AppError::Rejected(rejection)) => {
            (rejection.code(), rejection.field.as_deref().map(str::to_owned))
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn person(app: &TestApp, number: u128) -> PersonalSubject {
    PersonalSubject::Person(app.person(number, PersonRole::Police).await)
}

async fn incident(app: &TestApp, number: u128, phone: &str) -> PersonalSubject {
    let id = IncidentId(Uuid::from_u128(0x4000 + number));
    let report = ReportIncident {
        incident: Some(id),
        area: area(),
        kind: IncidentKind::Noise,
        channel: IncidentChannel::Phone,
        priority: domain::Priority::Routine,
        self_initiated: false,
        drill: false,
        reporter_name: Some(PersonalText::new("李四")),
        reporter_phone: Some(PersonalText::new(phone)),
        address: None,
        narrative: None,
        place_key: None,
        shift: None,
        run: None,
        company: None,
        contract: None,
        due_at: None,
    };
    app.does(report).await;
    PersonalSubject::Incident(id)
}

/// The records of accesses in the log, in their order.
async fn records(app: &TestApp) -> Vec<(StreamName, AccessEvent)> {
    let all = app.log.read_all(None, 100_000).await.unwrap();
    let of_access = all.into_iter().filter(|record| record.stream.category() == "access");
    of_access
        .map(|record| {
            let event = decode(&record.kind, record.version, &record.data).unwrap();
            (record.stream, event)
        })
        .collect()
}

#[tokio::test]
async fn an_opening_is_on_record_before_it_is_told() {
    let app = TestApp::new().await;
    let wang = person(&app, 1).await;
    let revealed = app.app.reveal(&officer(1), command(1), of(&[wang])).await.unwrap();
    assert_eq!(revealed.position, app.head().await);
    assert!(PersonalSubjectKind::Person.fields().iter().all(|field| revealed.openings[0].covers(*field)));
    let expected = AccessEvent::PersonalDataOpened {
        kind: PersonalSubjectKind::Person,
        area: Some(area()),
        fields: PersonalSubjectKind::Person.fields().to_vec(),
        purpose: AccessPurpose::Duty,
        reason: "核对值班人员".into(),
        among: 1,
        by_phone: false,
    };
    let name = StreamName::parse(&format!("access-{}", wang.uuid())).unwrap();
    assert_eq!(records(&app).await, [(name, expected)]);
    let everything = Scope::everything();
    let rows: Vec<AccessRow> =
        app.app.views().read_now(|views| views.all(&everything, "1", vec![], 10)).unwrap();
    assert_eq!((rows.len(), rows[0].actor.0, rows[0].subject()), (1, Uuid::from_u128(1), Some(wang)));
    assert_eq!(rows[0].organisation, Some(STATION));
    // Only what was asked for.
    let phone = Reveal { fields: Some(vec![PersonalFieldName::Phone]), ..of(&[wang]) };
    let revealed = app.app.reveal(&officer(1), command(2), phone).await.unwrap();
    assert!(revealed.openings[0].covers(PersonalFieldName::Phone));
    assert!(!revealed.openings[0].covers(PersonalFieldName::Name));
}

#[tokio::test]
async fn a_repetition_opens_again_without_a_second_record_and_not_for_ever() {
    let app = TestApp::new().await;
    let (wang, noise) = (person(&app, 1).await, incident(&app, 1, "13507210977").await);
    let wanted = of(&[wang, noise]);
    let first = app.app.reveal(&officer(1), command(1), wanted.clone()).await.unwrap();
    let head = app.head().await;
    assert_eq!(records(&app).await.len(), 2);
    for _ in 0..2 {
        let again = app.app.reveal(&officer(1), command(1), wanted.clone()).await.unwrap();
        assert_eq!((again.openings, again.position), (first.openings.clone(), first.position));
    }
    let app = app.restart();
    let again = app.app.reveal(&officer(1), command(1), wanted.clone()).await.unwrap();
    assert_eq!(again.openings, first.openings);
    // Not for somebody else, not for something else, and not for longer than an answer is on its way.
    let reused = ("command_id_reused", Some("commandId".to_owned()));
    assert_eq!(refused(app.app.reveal(&officer(2), command(1), wanted.clone()).await), reused);
    for other in [
        of(&[noise, wang]),
        of(&[wang]),
        Reveal { reason: "别的理由".into(), ..wanted.clone() },
        Reveal { fields: Some(vec![PersonalFieldName::Address]), ..wanted.clone() },
    ] {
        assert_eq!(refused(app.app.reveal(&officer(1), command(1), other).await), reused);
    }
    app.set_clock("2026-08-01T06:11:00+08:00");
    assert_eq!(refused(app.app.reveal(&officer(1), command(1), wanted).await).0, "reveal_over");
    assert_eq!(app.head().await, head);
}

#[tokio::test]
async fn what_one_may_not_open_is_refused_and_nothing_is_recorded() {
    let app = TestApp::new().await;
    let (wang, noise) = (person(&app, 1).await, incident(&app, 1, "13507210977").await);
    let head = app.head().await;
    let of_area = |roles: &[AccountRole], prefix: &str| {
        let roles = roles.iter().copied();
        Viewer::new(Uuid::from_u128(9), roles, vec![prefix.parse().unwrap()], vec![], None)
    };
    use AccountRole::{Administrator, Auditor, CommitteeClerk, CompanyManager, Member, StationChief};
    let id = || Some("id".to_owned());
    // In sight, but not in the service of an organisation that the person serves.
    for (viewer, subject, code) in [
        (of_area(&[StationChief], "421002"), wang, "forbidden"),
        (of_area(&[CommitteeClerk], AREA), wang, "forbidden"),
        (of_area(&[CommitteeClerk], AREA), noise, "forbidden"),
        (of_area(&[Auditor], AREA), wang, "forbidden"),
        (of_area(&[Administrator, StationChief], AREA), noise, "forbidden"),
        (of_area(&[CompanyManager], "33"), wang, "not_found"),
        (of_area(&[Member], "33"), noise, "not_found"),
        (of_area(&[StationChief], "33"), noise, "not_found"),
        (officer(1), PersonalSubject::Person(PersonId(Uuid::from_u128(77))), "not_found"),
        (officer(1), PersonalSubject::Incident(IncidentId(wang.uuid())), "not_found"),
        (Viewer::platform(), wang, "forbidden"),
    ] {
        assert_eq!(refused(app.app.reveal(&viewer, command(1), of(&[subject])).await), (code, id()));
    }
    // One of many refuses all, and says which.
    let unknown = PersonalSubject::Person(PersonId(Uuid::from_u128(77)));
    let many = app.app.reveal(&officer(1), command(1), of(&[wang, noise, wang, unknown])).await;
    assert_eq!(refused(many), ("not_found", Some("ids.2".to_owned())));
    assert_eq!(refused(app.app.reveal(&officer(1), command(1), of(&[])).await).0, "nothing_named");
    let without = Reveal { reason: " ".into(), ..of(&[wang]) };
    assert_eq!(
        refused(app.app.reveal(&officer(1), command(1), without).await),
        ("empty_text", Some("reason".to_owned()))
    );
    // A list of none is no way to say "all".
    let nothing = ("nothing_named", Some("fields".to_owned()));
    let none = Reveal { fields: Some(vec![]), ..of(&[wang]) };
    assert_eq!(refused(app.app.reveal(&officer(1), command(1), none).await), nothing);
    let none = RevealByPhone { fields: Some(vec![]), ..by_phone(PHONE) };
    assert_eq!(refused(app.app.reveal_by_phone(&officer(1), command(1), none).await), nothing);
    assert_eq!(app.head().await, head);
}

#[tokio::test]
async fn a_credential_that_may_only_read_opens_nothing() {
    let app = TestApp::new().await;
    let wang = person(&app, 1).await;
    let head = app.head().await;
    let reader = officer(1).reading_only();
    assert_eq!(refused(app.app.reveal(&reader, command(1), of(&[wang])).await).0, "read_only");
    let looked = app.app.reveal_by_phone(&reader, command(1), by_phone(PHONE)).await;
    assert_eq!(refused(looked).0, "read_only");
    assert_eq!(app.head().await, head);
}

#[tokio::test]
async fn who_has_several_organisations_opens_in_the_name_of_the_one_that_gives_the_right() {
    let app = TestApp::new().await;
    let (wang, noise) = (person(&app, 1).await, incident(&app, 1, "13507210977").await);
    let other = domain::OrganisationId(Uuid::from_u128(0xc2));
    let areas = vec!["421002".parse().unwrap()];
    let roles = [AccountRole::StationOfficer];
    let both = Viewer::new(Uuid::from_u128(1), roles, areas, vec![other, STATION], None);
    app.app.reveal(&both, command(1), of(&[wang])).await.unwrap();
    let everything = Scope::everything();
    let rows: Vec<AccessRow> =
        app.app.views().read_now(|views| views.all(&everything, "1", vec![], 10)).unwrap();
    assert_eq!(rows[0].organisation, Some(STATION));
    // The right to an incident comes from its place: the request has to say in whose name.
    let unclear = "acting_organisation_unclear";
    assert_eq!(refused(app.app.reveal(&both, command(2), of(&[noise])).await).0, unclear);
    // The same for a number that nobody has, that of an incident and that of a colleague.
    let head = app.head().await;
    for number in ["13700000000", "13507210977", PHONE] {
        assert_eq!(refused(app.app.reveal_by_phone(&both, command(2), by_phone(number)).await).0, unclear);
    }
    assert_eq!(app.head().await, head);
    let acting = both.clone().acting_for(STATION).unwrap();
    app.app.reveal(&acting, command(2), of(&[noise])).await.unwrap();
    let elsewhere = both.acting_for(other).unwrap();
    assert_eq!(refused(app.app.reveal(&elsewhere, command(3), of(&[wang])).await).0, "forbidden");
}

#[tokio::test]
async fn an_erased_person_is_opened_no_more() {
    let app = TestApp::new().await;
    let (wang, li) = (person(&app, 1).await, person(&app, 2).await);
    let PersonalSubject::Person(id) = wang else { panic!("a person") };
    app.app.reveal(&officer(1), command(1), of(&[wang])).await.unwrap();
    app.does(RequestErasure { person: id }).await;
    let head = app.head().await;
    // An erasure ends all service, and with it the right of others; there is nothing for the person either.
    let once = app.app.reveal(&officer(1), command(2), of(&[wang])).await;
    assert_eq!(refused(once), ("forbidden", Some("id".to_owned())));
    let repeated = app.app.reveal(&officer(1), command(1), of(&[wang])).await;
    assert_eq!(refused(repeated), ("forbidden", Some("id".to_owned())));
    let roles = [AccountRole::Member, AccountRole::StationOfficer];
    let own = Viewer::new(Uuid::from_u128(7), roles, vec![], vec![STATION], Some(id));
    let second = app.app.reveal(&own, command(3), of(&[li, wang])).await;
    assert_eq!(refused(second), ("subject_erased", Some("ids.1".to_owned())));
    assert_eq!(app.head().await, head);
    // Neither is the number looked up any more.
    let found = app.app.reveal_by_phone(&officer(1), command(4), by_phone(PHONE)).await.unwrap();
    assert_eq!(found.openings.iter().map(app::Opening::subject).collect::<Vec<_>>(), [li]);
}

#[tokio::test]
async fn an_account_opens_a_bounded_number_an_hour_however_many_ask_at_once() {
    let app = Arc::new(TestApp::with(Config { reveals_per_hour: 5, ..Config::default() }).await);
    let (wang, li) = (person(&app, 1).await, person(&app, 2).await);
    let asked = (0..12).map(|number| {
        let app = Arc::clone(&app);
        async move { app.app.reveal(&officer(1), command(number), of(&[wang])).await }
    });
    let outcomes = futures_util::future::join_all(asked).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(refused(outcome).0, "reveal_limit");
    }
    assert_eq!(records(&app).await.len(), 5);
    // Another account has its own; a look-up counts as well; many are opened whole or not at all.
    for number in 20..23 {
        app.app.reveal(&officer(2), command(number), of(&[li])).await.unwrap();
    }
    app.app.reveal_by_phone(&officer(2), command(23), by_phone("13700000000")).await.unwrap();
    let both = app.app.reveal(&officer(2), command(24), of(&[wang, li])).await;
    assert_eq!(refused(both).0, "reveal_limit");
    app.set_clock("2026-08-01T07:00:01+08:00");
    app.app.reveal(&officer(2), command(25), of(&[wang, li])).await.unwrap();
    assert_eq!(records(&app).await.len(), 11);
}

#[tokio::test]
async fn fifty_are_opened_at_once_and_no_more() {
    let app = TestApp::new().await;
    let mut roster = Vec::new();
    // The first in the list is not the first to be reported: the order of the ids decides nothing.
    for number in [7, 0, 50].into_iter().chain(1..7).chain(8..50) {
        roster.push(incident(&app, number, "13507210977").await);
        app.set_clock("2026-08-01T06:01:00+08:00");
    }
    let beyond = app.app.reveal(&officer(1), command(1), of(&roster)).await;
    assert_eq!(refused(beyond), ("too_many", Some("ids".to_owned())));
    assert!(records(&app).await.is_empty());
    let revealed = app.app.reveal(&officer(1), command(1), of(&roster[1..])).await.unwrap();
    assert_eq!(revealed.openings.len(), 50);
    let streams: std::collections::BTreeSet<_> =
        records(&app).await.into_iter().map(|(stream, _)| stream.as_str().to_owned()).collect();
    assert_eq!(streams.len(), 50);
    // A number that more incidents have shows the latest fifty.
    let found = app.app.reveal_by_phone(&officer(2), command(2), by_phone("13507210977")).await.unwrap();
    let found: std::collections::BTreeSet<_> = found.openings.iter().map(app::Opening::subject).collect();
    assert_eq!(found, roster[1..].iter().copied().collect());
}

#[tokio::test]
async fn a_number_finds_whom_it_belongs_to_now_and_the_asker_may_open() {
    let app = TestApp::new().await;
    let wang = person(&app, 1).await;
    let noise = incident(&app, 1, "139 0000 1111").await;
    let found = |outcome: Result<Revealed, AppError>| -> Vec<PersonalSubject> {
        outcome.unwrap().openings.iter().map(app::Opening::subject).collect()
    };
    let asked = app.app.reveal_by_phone(&officer(1), command(1), by_phone(PHONE)).await;
    assert_eq!(found(asked), [wang, noise]);
    // Repeated after another incident came in: the first outcome, and no second record.
    let theft = incident(&app, 2, PHONE).await;
    let count = records(&app).await.len();
    let again = app.app.reveal_by_phone(&officer(1), command(1), by_phone(PHONE)).await;
    assert_eq!(found(again), [wang, noise]);
    let other = app.app.reveal_by_phone(&officer(1), command(1), by_phone("13700000000")).await;
    assert_eq!(refused(other).0, "command_id_reused");
    assert_eq!(records(&app).await.len(), count);
    // A station that the person does not serve sees the incidents of its jurisdiction alone.
    let elsewhere = |roles: &[AccountRole], prefix: &str| {
        let areas = vec![prefix.parse().unwrap()];
        Viewer::new(Uuid::from_u128(8), roles.iter().copied(), areas, vec![], None)
    };
    let chief = elsewhere(&[AccountRole::StationChief], "421002");
    let asked = app.app.reveal_by_phone(&chief, command(2), by_phone(PHONE)).await;
    let mut seen = found(asked);
    seen.sort_unstable();
    assert_eq!(seen, [noise, theft]);
    // One number that nobody has and one that is not for the asker: the same answer, and both on record.
    let stranger = elsewhere(&[AccountRole::StationOfficer], "33");
    for (number, phone) in [(3, PHONE), (4, "13700000000")] {
        let asked = app.app.reveal_by_phone(&stranger, command(number), by_phone(phone)).await;
        assert!(found(asked).is_empty());
        let sought = AccessEvent::PersonalDataSought {
            purpose: AccessPurpose::IncidentHandling,
            reason: "来电核实".into(),
        };
        let (stream, event) = records(&app).await.pop().unwrap();
        assert_eq!((stream.id(), event), (&*Uuid::from_u128(8).to_string(), sought));
    }
    // Nobody else looks up numbers.
    use AccountRole::{Administrator, Auditor, CommitteeClerk, CompanyManager, Member, StationOfficer};
    for roles in
        [&[CommitteeClerk][..], &[CompanyManager], &[Member], &[Auditor], &[Administrator, StationOfficer]]
    {
        let asked = app.app.reveal_by_phone(&elsewhere(roles, "421002"), command(5), by_phone(PHONE)).await;
        assert_eq!(refused(asked).0, "forbidden", "{roles:?}");
    }
    let short = app.app.reveal_by_phone(&officer(1), command(6), by_phone("110")).await;
    assert_eq!(refused(short), ("phone_too_short", Some("phone".to_owned())));
}

#[tokio::test]
async fn a_corrected_number_finds_nobody_any_more() {
    let app = TestApp::new().await;
    let wang = person(&app, 1).await;
    let PersonalSubject::Person(id) = wang else { panic!("a person") };
    app.does(CorrectPerson {
        person: id,
        name: None,
        id_number: None,
        phone: Some(PersonalText::new("13812340000")),
        birth_date: None,
        address: None,
        area: None,
        schooling: None,
    })
    .await;
    let old = app.app.reveal_by_phone(&officer(1), command(1), by_phone(PHONE)).await.unwrap();
    assert!(old.openings.is_empty());
    let new = app.app.reveal_by_phone(&officer(1), command(2), by_phone("138-1234-0000")).await.unwrap();
    assert_eq!(new.openings[0].subject(), wang);
}

#[tokio::test]
async fn numbers_from_before_the_look_ups_are_taken_up_once() {
    let app = TestApp::new().await;
    let (wang, noise) = (person(&app, 1).await, incident(&app, 1, PHONE).await);
    let keyring = rusqlite::Connection::open(app.folder.path().join("keyring.db")).unwrap();
    keyring.execute_batch("DELETE FROM lookup").unwrap();
    drop(keyring);
    let none = app.app.reveal_by_phone(&officer(1), command(1), by_phone(PHONE)).await.unwrap();
    assert!(none.openings.is_empty());
    assert_eq!(app.app.complete_lookups().await.unwrap(), 2);
    assert_eq!(app.app.complete_lookups().await.unwrap(), 0);
    let found = app.app.reveal_by_phone(&officer(1), command(2), by_phone(PHONE)).await.unwrap();
    assert_eq!(found.openings.iter().map(app::Opening::subject).collect::<Vec<_>>(), [wang, noise]);
}

/// A log that takes no appends while it is told so.
struct Refusing(Arc<dyn EventLog>, Arc<AtomicBool>);

impl EventLog for Refusing {
    fn append(&self, append: Append) -> BoxFuture<'_, Result<Appended, LogError>> {
        if self.1.load(Ordering::Relaxed) {
            return Box::pin(async { Err(LogError::Unavailable("told so".into())) });
        }
        self.0.append(append)
    }

    fn read_stream<'a>(
        &'a self,
        stream: &'a StreamName,
        from: Revision,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Recorded>, LogError>> {
        self.0.read_stream(stream, from, limit)
    }

    fn read_all(
        &self,
        after: Option<Position>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        self.0.read_all(after, limit)
    }

    fn subscribe(&self, after: Option<Position>) -> Box<dyn Subscription> {
        self.0.subscribe(after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<Position>, LogError>> {
        self.0.head()
    }
}

#[tokio::test]
async fn without_an_acknowledged_record_nothing_is_opened() {
    let app = TestApp::new().await;
    let wang = person(&app, 1).await;
    let refuses = Arc::new(AtomicBool::new(true));
    let log: Arc<dyn EventLog> =
        Arc::new(Refusing(Arc::clone(&app.log) as Arc<dyn EventLog>, Arc::clone(&refuses)));
    let (keyring, views) = (Arc::clone(app.app.keyring()), Arc::clone(app.app.views()));
    let now = app.app.now();
    let deaf = App::new(log, keyring, views, Arc::new(move || now), Config::default());
    let outcome = deaf.reveal(&officer(1), command(1), of(&[wang])).await;
    assert!(matches!(outcome, Err(AppError::Log(LogError::Unavailable(_)))), "{outcome:?}");
    let outcome = deaf.reveal_by_phone(&officer(1), command(2), by_phone(PHONE)).await;
    assert!(matches!(outcome, Err(AppError::Log(LogError::Unavailable(_)))), "{outcome:?}");
    assert!(records(&app).await.is_empty());
    refuses.store(false, Ordering::Relaxed);
    assert_eq!(deaf.reveal(&officer(1), command(1), of(&[wang])).await.unwrap().openings.len(), 1);
}
