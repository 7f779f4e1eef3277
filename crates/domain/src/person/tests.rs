use jiff::civil::date;

use super::*;
use crate::{
    Aggregate, AreaCode, CertificateStanding, CredentialId, Day, Language, OrganisationId, PersonId,
    PersonRole, Personal, PersonalText, Rejection,
    event::{EventBody, encode},
    rejection::common,
    shift::reason::{GUARD_BARRED, GUARD_UNDER_18, TOO_EARLY},
    testing::{at, context, given, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const COMPANY: OrganisationId = OrganisationId(uuid(21));
const CARD: CredentialId = CredentialId(uuid(41));
const NOW: &str = "2026-08-01T08:00:00+08:00";
/// The example of the standard itself.
const ID_NUMBER: &str = "11010519491231002X";

fn area() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

fn plain(text: &str) -> PersonalText {
    PersonalText::new(text)
}

fn known() -> Facts {
    Facts {
        birth_date: Some(date(1990, 1, 31)),
        organisation_known: true,
        area_known: true,
        retention: vec![],
    }
}

fn born(year: i16, month: i8, day: i8) -> Facts {
    Facts { birth_date: Some(date(year, month, day)), ..known() }
}

fn enrol() -> EnrolPerson {
    EnrolPerson {
        person: Some(WANG),
        name: plain(" 王小明 "),
        id_number: Some(plain("11010519491231002x")),
        phone: Some(plain("+86 138-0013-8000")),
        birth_date: Some(plain("1949-12-31")),
        address: Some(plain("中山路1号")),
        area: area(),
        schooling: Schooling::JuniorMiddle,
    }
}

fn enrolled(schooling: Schooling) -> PersonEvent {
    let field = |text: &str| Personal::plain(WANG, &plain(text));
    PersonEvent::PersonEnrolled {
        name: field("王小明"),
        id_number: Some(field(ID_NUMBER)),
        phone: Some(field("+86 138-0013-8000")),
        birth_date: Some(field("1949-12-31")),
        address: Some(field("中山路1号")),
        area: area(),
        schooling,
    }
}

fn wang() -> PersonEvent {
    enrolled(Schooling::JuniorMiddle)
}

fn grant(role: PersonRole) -> GrantRole {
    GrantRole { person: WANG, role, organisation: COMPANY }
}

fn granted(role: PersonRole) -> PersonEvent {
    PersonEvent::RoleGranted { role, organisation: COMPANY }
}

fn issue(credential: CredentialId) -> IssueCredential {
    IssueCredential {
        person: WANG,
        credential: Some(credential),
        kind: CredentialKind::GuardCertificate,
        number: plain("4210022026000001"),
        valid_from: day("2026-01-01"),
        valid_until: Some(day("2026-12-31")),
    }
}

fn issued(credential: CredentialId) -> PersonEvent {
    PersonEvent::CredentialIssued {
        credential,
        kind: CredentialKind::GuardCertificate,
        number: Personal::plain(WANG, &plain("4210022026000001")),
        valid_from: day("2026-01-01"),
        valid_until: Some(day("2026-12-31")),
    }
}

fn revoked(credential: CredentialId, time: &str) -> PersonEvent {
    PersonEvent::CredentialRevoked { credential, reason: "art. 45".into(), at: at(time) }
}

fn folded(history: impl IntoIterator<Item = PersonEvent>) -> Person {
    let mut state = Person::default();
    for event in history {
        state.evolve(&event);
    }
    state
}

#[test]
fn a_person_is_enrolled_once_with_sealed_fields() {
    given::<Person>([]).now(NOW).facts(known()).when(enrol()).then([wang()]);
    given::<Person>([wang()])
        .now(NOW)
        .facts(known())
        .when(enrol())
        .then_rejected(&common::ALREADY_EXISTS, Some("person"));
    given::<Person>([])
        .now(NOW)
        .facts(Facts { area_known: false, ..known() })
        .when(enrol())
        .then_rejected(&common::UNKNOWN_AREA, Some("area"));
    assert_eq!(wang().personal().len(), 5);
    assert!(encode(&wang()).is_err(), "an unsealed field must not be written");
}

#[test]
fn malformed_fields_are_refused_without_being_repeated() {
    let refused = |body: EnrolPerson, why: &'static crate::Reason, field: &str, value: &str| {
        let outcome = Person::default().decide(&body.into(), &known(), &context(at(NOW)));
        let rejection: Rejection = outcome.unwrap_err();
        assert_eq!((rejection.code(), rejection.field.as_deref()), (why.code, Some(field)), "{value}");
        for language in [Language::En, Language::ZhCn] {
            assert!(!rejection.message(language).contains(value));
        }
        assert!(!format!("{rejection:?}").contains(value));
    };
    for id in ["110105194912310021", "11010519491231002", "1101051949123100２X", "A1010519491231002X", "X"] {
        let body = EnrolPerson { id_number: Some(plain(id)), ..enrol() };
        refused(body, &reason::ID_NUMBER_MALFORMED, "idNumber", id);
    }
    for phone in ["1380", "138001380001380013800", "１３８００１３８０００", "138+0013", "call Wang"]
    {
        let body = EnrolPerson { phone: Some(plain(phone)), ..enrol() };
        refused(body, &reason::PHONE_MALFORMED, "phone", phone);
    }
    for birth in ["1990-1-31", "1990-02-30", "1899-12-31", "2026-08-02", "19900131", "1990/01/31"] {
        let body = EnrolPerson { birth_date: Some(plain(birth)), ..enrol() };
        refused(body, &reason::BIRTH_DATE_MALFORMED, "birthDate", birth);
    }
    given::<Person>([])
        .now(NOW)
        .facts(known())
        .when(EnrolPerson { name: plain("  "), ..enrol() })
        .then_rejected(&common::EMPTY_TEXT, Some("name"));
}

#[test]
fn a_correction_holds_only_what_changes() {
    let none = CorrectPerson {
        person: WANG,
        name: None,
        id_number: None,
        phone: None,
        birth_date: None,
        address: None,
        area: Some(area()),
        schooling: Some(Schooling::JuniorMiddle),
    };
    given::<Person>([wang()]).now(NOW).facts(known()).when(none.clone()).then_nothing();
    let body = CorrectPerson { phone: Some(plain("13900139000")), ..none };
    given::<Person>([wang()]).now(NOW).facts(known()).when(body).then([PersonEvent::PersonCorrected {
        name: None,
        id_number: None,
        phone: Some(Personal::plain(WANG, &plain("13900139000"))),
        birth_date: None,
        address: None,
        area: None,
        schooling: None,
    }]);
}

#[test]
fn art_16_a_guard_is_at_least_18() {
    let guard = PersonRole::Guard;
    given::<Person>([wang()]).now(NOW).facts(born(2008, 8, 1)).when(grant(guard)).then([granted(guard)]);
    given::<Person>([wang()]).now(NOW).facts(born(2008, 8, 1)).when(issue(CARD)).then([issued(CARD)]);
    for facts in [born(2008, 8, 2), born(2026, 8, 1), born(2030, 1, 1)] {
        given::<Person>([wang()])
            .now(NOW)
            .facts(facts.clone())
            .when(grant(guard))
            .then_rejected(&GUARD_UNDER_18, Some("person"));
        given::<Person>([wang()])
            .now(NOW)
            .facts(facts)
            .when(issue(CARD))
            .then_rejected(&GUARD_UNDER_18, Some("person"));
    }
    given::<Person>([wang()])
        .now(NOW)
        .facts(Facts { birth_date: None, ..known() })
        .when(grant(guard))
        .then_rejected(&reason::BIRTH_DATE_UNKNOWN, Some("person"));
    let volunteer = PersonRole::Volunteer;
    given::<Person>([wang()])
        .now(NOW)
        .facts(born(2010, 1, 1))
        .when(grant(volunteer))
        .then([granted(volunteer)]);
}

#[test]
fn art_16_a_guard_has_junior_middle_schooling() {
    for schooling in Schooling::ALL {
        let granting = given::<Person>([enrolled(*schooling)]).now(NOW).facts(known());
        let issuing = given::<Person>([enrolled(*schooling)]).now(NOW).facts(known());
        match schooling {
            Schooling::Unknown | Schooling::Unschooled | Schooling::Primary => {
                granting
                    .when(grant(PersonRole::Guard))
                    .then_rejected(&reason::GUARD_SCHOOLING, Some("person"));
                issuing.when(issue(CARD)).then_rejected(&reason::GUARD_SCHOOLING, Some("person"));
            }
            Schooling::JuniorMiddle
            | Schooling::SeniorMiddle
            | Schooling::College
            | Schooling::Bachelor
            | Schooling::Postgraduate => {
                granting.when(grant(PersonRole::Guard)).then([granted(PersonRole::Guard)]);
                issuing.when(issue(CARD)).then([issued(CARD)]);
            }
        }
    }
}

#[test]
fn art_17_a_revocation_bars_for_3_years() {
    let history = [wang(), issued(CARD), revoked(CARD, "2026-03-01T10:00:00+08:00")];
    for command in [PersonCommand::from(grant(PersonRole::Guard)), issue(CredentialId(uuid(42))).into()] {
        given::<Person>(history.clone())
            .now("2029-02-28T23:59:59+08:00")
            .facts(known())
            .when(command.clone())
            .then_rejected(&GUARD_BARRED, Some("person"));
        let after = given::<Person>(history.clone()).now("2029-03-01T00:00:00+08:00").facts(known());
        assert_eq!(after.when(command).events().len(), 1);
    }
}

#[test]
fn art_17_two_revocations_bar_for_good() {
    let second = CredentialId(uuid(42));
    let history = [
        wang(),
        issued(CARD),
        revoked(CARD, "2016-03-01T10:00:00+08:00"),
        issued(second),
        revoked(second, "2020-03-01T10:00:00+08:00"),
    ];
    given::<Person>(history)
        .now("2060-01-01T00:00:00+08:00")
        .facts(known())
        .when(grant(PersonRole::Guard))
        .then_rejected(&GUARD_BARRED, Some("person"));
}

#[test]
fn only_a_revoked_guard_certificate_bars() {
    let training = PersonEvent::CredentialIssued {
        credential: CARD,
        kind: CredentialKind::TrainingCertificate,
        number: Personal::plain(WANG, &plain("1")),
        valid_from: day("2026-01-01"),
        valid_until: None,
    };
    let person = folded([wang(), training, revoked(CARD, NOW)]);
    assert!(!person.barred_at(at(NOW).at));
}

#[test]
fn a_role_is_granted_once_per_organisation() {
    let role = PersonRole::Volunteer;
    let history = [wang(), granted(role)];
    given::<Person>(history.clone()).now(NOW).facts(known()).when(grant(role)).then_nothing();
    let other = GrantRole { organisation: OrganisationId(uuid(22)), ..grant(role) };
    assert_eq!(given::<Person>(history.clone()).now(NOW).facts(known()).when(other).events().len(), 1);
    let revoke = RevokeRole { person: WANG, role, organisation: COMPANY, reason: "moved".into() };
    given::<Person>(history).when(revoke.clone()).then([PersonEvent::RoleRevoked {
        role,
        organisation: COMPANY,
        reason: "moved".into(),
    }]);
    given::<Person>([wang()]).when(revoke).then_nothing();
    given::<Person>([wang()])
        .now(NOW)
        .facts(Facts { organisation_known: false, ..known() })
        .when(grant(role))
        .then_rejected(&common::UNKNOWN_ORGANISATION, Some("organisation"));
}

#[test]
fn one_guard_certificate_at_a_time() {
    let second = CredentialId(uuid(42));
    let history = [wang(), issued(CARD)];
    given::<Person>(history.clone()).now(NOW).facts(known()).when(issue(CARD)).then_nothing();
    given::<Person>(history.clone())
        .now(NOW)
        .facts(known())
        .when(issue(second))
        .then_rejected(&reason::CREDENTIAL_HELD, Some("kind"));
    let next = IssueCredential { valid_until: None, ..issue(second) };
    let after = given::<Person>(history.clone()).now("2027-01-01T00:00:00+08:00").facts(known());
    assert_eq!(after.when(next).events().len(), 1);
    given::<Person>(history)
        .now(NOW)
        .facts(known())
        .when(IssueCredential { valid_until: None, ..issue(CARD) })
        .then_rejected(&common::ALREADY_EXISTS, Some("credential"));
    given::<Person>([wang()])
        .now(NOW)
        .facts(known())
        .when(IssueCredential { valid_until: Some(day("2025-01-01")), ..issue(CARD) })
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("validUntil"));
}

#[test]
fn a_revoked_credential_is_not_renewed() {
    let renew = |until| RenewCredential { person: WANG, credential: CARD, valid_until: day(until) };
    let history = [wang(), issued(CARD)];
    given::<Person>(history.clone())
        .when(renew("2030-12-31"))
        .then([PersonEvent::CredentialRenewed { credential: CARD, valid_until: day("2030-12-31") }]);
    given::<Person>(history.clone()).when(renew("2026-12-31")).then_nothing();
    given::<Person>(history)
        .when(renew("2026-12-30"))
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("validUntil"));
    given::<Person>([wang()])
        .when(renew("2030-12-31"))
        .then_rejected(&reason::CREDENTIAL_UNKNOWN, Some("credential"));
    let history = [wang(), issued(CARD), revoked(CARD, NOW)];
    given::<Person>(history.clone())
        .when(renew("2030-12-31"))
        .then_rejected(&reason::CREDENTIAL_REVOKED, Some("credential"));
    given::<Person>(history.clone())
        .when(ReinstateCredential { person: WANG, credential: CARD })
        .then_rejected(&reason::CREDENTIAL_REVOKED, Some("credential"));
    given::<Person>(history)
        .now(NOW)
        .when(RevokeCredential { person: WANG, credential: CARD, reason: "again".into() })
        .then_nothing();
}

#[test]
fn a_credential_is_suspended_for_a_time() {
    let suspend = SuspendCredential { person: WANG, credential: CARD, reason: "inspection".into() };
    let reinstate = ReinstateCredential { person: WANG, credential: CARD };
    let suspended = PersonEvent::CredentialSuspended { credential: CARD, reason: "inspection".into() };
    given::<Person>([wang(), issued(CARD)]).when(suspend.clone()).then([suspended.clone()]);
    given::<Person>([wang(), issued(CARD)]).when(reinstate.clone()).then_nothing();
    let history = [wang(), issued(CARD), suspended];
    given::<Person>(history.clone()).when(suspend).then_nothing();
    given::<Person>(history).when(reinstate).then([PersonEvent::CredentialReinstated { credential: CARD }]);
}

#[test]
fn a_credential_expires_once_after_its_last_day() {
    let expire = ExpireCredential { person: WANG, credential: CARD };
    let expired = PersonEvent::CredentialExpired { credential: CARD, valid_until: day("2026-12-31") };
    given::<Person>([wang(), issued(CARD)])
        .now("2026-12-31T23:59:59+08:00")
        .when(expire.clone())
        .then_rejected(&TOO_EARLY, Some("occurredAt"));
    given::<Person>([wang(), issued(CARD)])
        .now("2027-01-01T00:00:00+08:00")
        .when(expire.clone())
        .then([expired.clone()]);
    given::<Person>([wang(), issued(CARD), expired.clone()])
        .now("2027-01-02T00:00:00+08:00")
        .when(expire.clone())
        .then_nothing();
    let renewed = PersonEvent::CredentialRenewed { credential: CARD, valid_until: day("2027-12-31") };
    given::<Person>([wang(), issued(CARD), expired, renewed])
        .now("2028-01-01T00:00:00+08:00")
        .when(expire)
        .then([PersonEvent::CredentialExpired { credential: CARD, valid_until: day("2027-12-31") }]);
}

#[test]
fn a_training_is_recorded_once() {
    let complete =
        |hours, on| CompleteTraining { person: WANG, course: "first aid".into(), hours, on: day(on) };
    let completed =
        PersonEvent::TrainingCompleted { course: "first aid".into(), hours: 16, on: day("2026-07-01") };
    given::<Person>([wang()]).now(NOW).when(complete(16, "2026-07-01")).then([completed.clone()]);
    given::<Person>([wang(), completed]).now(NOW).when(complete(16, "2026-07-01")).then_nothing();
    given::<Person>([wang()])
        .now(NOW)
        .when(complete(0, "2026-07-01"))
        .then_rejected(&common::OUT_OF_RANGE, Some("hours"));
    given::<Person>([wang()])
        .now(NOW)
        .when(complete(1, "2026-08-02"))
        .then_rejected(&common::IN_THE_FUTURE, Some("on"));
}

#[test]
fn others_see_roles_certificate_age_and_bars() {
    let person = folded([wang(), granted(PersonRole::Guard), issued(CARD)]);
    let standing = person.standing_at(WANG, at(NOW).at, Some(date(2008, 2, 29)));
    assert_eq!(standing.roles, [(PersonRole::Guard, COMPANY)].into());
    assert_eq!((standing.guard_certificate, standing.age), (CertificateStanding::Valid, Some(18)));
    assert!(!standing.barred);
    for (time, certificate) in [
        ("2025-12-31T23:59:59+08:00", CertificateStanding::None),
        ("2026-12-31T23:59:59+08:00", CertificateStanding::Valid),
        ("2027-01-01T00:00:00+08:00", CertificateStanding::Expired),
    ] {
        assert_eq!(person.standing_at(WANG, at(time).at, None).guard_certificate, certificate, "{time}");
    }
    let person = folded([wang(), issued(CARD), revoked(CARD, NOW)]);
    let standing = person.standing_at(WANG, at(NOW).at, None);
    assert_eq!((standing.guard_certificate, standing.age), (CertificateStanding::Revoked, None));
    assert!(standing.barred && standing.roles.is_empty());
}

#[test]
fn a_volunteer_is_known_as_such_and_never_as_a_guard() {
    let person = folded([wang(), granted(PersonRole::Volunteer)]);
    let standing = person.standing_at(WANG, at(NOW).at, Some(date(1990, 1, 31)));
    assert_eq!(standing.roles, [(PersonRole::Volunteer, COMPANY)].into());
    assert_eq!(standing.guard_certificate, CertificateStanding::None);
}

#[test]
fn pipl_art_47_an_erasure_waits_for_retention_duties() {
    let block = |until, reason| RetentionBlock { until: day(until), reason };
    let request = RequestErasure { person: WANG };
    let requested = PersonEvent::ErasureRequested { at: at(NOW) };
    let blocked = PersonEvent::ErasureBlocked {
        until: day("2028-08-01"),
        reasons: vec![RetentionReason::ContractRecord, RetentionReason::OpenPayment],
    };
    let held = Facts {
        retention: vec![
            block("2026-08-01", RetentionReason::OpenPayment),
            block("2028-08-01", RetentionReason::ContractRecord),
            block("2026-07-31", RetentionReason::MonitoringRecord),
        ],
        ..known()
    };
    given::<Person>([wang()])
        .now(NOW)
        .facts(held.clone())
        .when(request.clone())
        .then([requested.clone(), blocked.clone()]);
    let history = [wang(), requested.clone(), blocked.clone()];
    given::<Person>(history.clone()).now(NOW).facts(held.clone()).when(request.clone()).then_nothing();
    given::<Person>(history.clone())
        .now(NOW)
        .when(RecordErasure { person: WANG })
        .then_rejected(&reason::ERASURE_BLOCKED, Some("person"));
    let lapsed = "2028-08-02T00:00:00+08:00";
    given::<Person>(history)
        .now(lapsed)
        .facts(held.clone())
        .when(request.clone())
        .then([PersonEvent::ErasureRequested { at: at(lapsed) }]);
    let open = [wang(), requested];
    given::<Person>(open.clone()).now(NOW).facts(known()).when(request.clone()).then_nothing();
    given::<Person>(open).now(NOW).facts(held).when(request).then([blocked]);
}

#[test]
fn an_erased_person_takes_no_further_personal_data() {
    let role = PersonRole::Volunteer;
    let open = [wang(), granted(role), PersonEvent::ErasureRequested { at: at(NOW) }];
    let erased = PersonEvent::PersonErased { at: at(NOW) };
    let record = RecordErasure { person: WANG };
    let events = given::<Person>(open.clone()).now(NOW).when(record.clone()).events();
    assert!(matches!(&events[0], PersonEvent::RoleRevoked { organisation, .. } if *organisation == COMPANY));
    assert_eq!((events.len(), &events[1]), (2, &erased));
    given::<Person>([wang()])
        .now(NOW)
        .when(record.clone())
        .then_rejected(&common::WRONG_PHASE, Some("person"));
    let gone = [wang(), issued(CARD), PersonEvent::ErasureRequested { at: at(NOW) }, erased];
    given::<Person>(gone.clone()).now(NOW).when(record).then_nothing();
    for history in [open.to_vec(), gone.to_vec()] {
        for command in [
            PersonCommand::from(grant(PersonRole::Guard)),
            issue(CredentialId(uuid(42))).into(),
            CompleteTraining { person: WANG, course: "x".into(), hours: 1, on: day("2026-07-01") }.into(),
        ] {
            given::<Person>(history.clone())
                .now(NOW)
                .facts(known())
                .when(command)
                .then_rejected(&common::WRONG_PHASE, Some("person"));
        }
    }
    given::<Person>(gone)
        .now(NOW)
        .when(RevokeCredential { person: WANG, credential: CARD, reason: "art. 45".into() })
        .then([revoked(CARD, NOW)]);
}

#[test]
fn nobody_is_found_before_the_enrolment() {
    given::<Person>([])
        .when(RequestErasure { person: WANG })
        .then_rejected(&common::NOT_FOUND, Some("person"));
    assert_eq!(Person::CATEGORY, "person");
}
