use super::*;
use crate::{
    AccessId, ActorId, Aggregate, IncidentId, PersonId,
    rejection::common,
    testing::{check_golden, given, uuid},
};

const WANG: PersonalSubject = PersonalSubject::Person(PersonId(uuid(11)));
const THEFT: PersonalSubject = PersonalSubject::Incident(IncidentId(uuid(41)));
const OFFICER: ActorId = ActorId(uuid(7));
const AREA: &str = "421002001001";

fn of(subjects: &[PersonalSubject], subject: PersonalSubject) -> OpenPersonalData {
    OpenPersonalData {
        subject,
        by: OFFICER,
        fields: None,
        purpose: AccessPurpose::IncidentHandling,
        reason: " 回访报警人 ".into(),
        among: subjects.to_vec(),
        sought: None,
    }
}

fn one(subject: PersonalSubject) -> OpenPersonalData {
    of(&[subject], subject)
}

fn facts() -> Facts {
    Facts { erased: false, area: Some(AREA.parse().unwrap()), opened: 0, limit: 60 }
}

fn opened(kind: PersonalSubjectKind, fields: &[PersonalFieldName]) -> AccessEvent {
    opened_among(1, kind, fields)
}

fn opened_among(among: u16, kind: PersonalSubjectKind, fields: &[PersonalFieldName]) -> AccessEvent {
    AccessEvent::PersonalDataOpened {
        kind,
        area: Some(AREA.parse().unwrap()),
        fields: fields.to_vec(),
        purpose: AccessPurpose::IncidentHandling,
        reason: "回访报警人".into(),
        among,
        by_phone: false,
    }
}

#[test]
fn an_access_is_recorded_with_its_fields_and_its_reason() {
    let event = opened(PersonalSubjectKind::Person, PersonalSubjectKind::Person.fields());
    given::<Access>([]).facts(facts()).when(one(WANG)).then([event.clone()]);
    // Seeing something again is a new access, not a repetition.
    given::<Access>([event.clone()]).facts(facts()).when(one(WANG)).then([event]);
    let two = OpenPersonalData {
        fields: Some(vec![PersonalFieldName::ReporterPhone, PersonalFieldName::ReporterName]),
        ..one(THEFT)
    };
    given::<Access>([]).facts(facts()).when(two).then([opened(
        PersonalSubjectKind::Incident,
        &[PersonalFieldName::ReporterName, PersonalFieldName::ReporterPhone],
    )]);
}

#[test]
fn nothing_is_opened_without_a_reason_and_a_reason_names_no_number() {
    let with = |reason: &str| OpenPersonalData { reason: reason.into(), ..one(WANG) };
    let refused = |reason: &str, by| {
        given::<Access>([]).facts(facts()).when(with(reason)).then_rejected(by, Some("reason"));
    };
    refused(" ", &common::EMPTY_TEXT);
    refused(&"长".repeat(501), &common::TEXT_TOO_LONG);
    refused("回电 13812345678", &common::PERSONAL_NUMBER);
    refused("核对证件 11010519491231002X", &common::PERSONAL_NUMBER);
    let purpose = AccessPurpose::Inspection;
    let seek = SeekPersonalData { by: OFFICER, purpose, reason: String::new(), sought: [0; 16] };
    given::<Access>([]).facts(facts()).when(seek).then_rejected(&common::EMPTY_TEXT, Some("reason"));
    let export =
        ExportPersonalData { after: None, up_to: 9, events: 9, fields: 2, purpose, reason: "\n".into() };
    given::<Access>([]).when(export).then_rejected(&common::EMPTY_TEXT, Some("reason"));
}

#[test]
fn only_fields_that_a_subject_has_are_opened() {
    let of_incident = OpenPersonalData { fields: Some(vec![PersonalFieldName::Narrative]), ..one(WANG) };
    let nothing = OpenPersonalData { fields: Some(vec![]), ..one(WANG) };
    given::<Access>([]).facts(facts()).when(nothing).then_rejected(&reason::NOTHING_NAMED, Some("fields"));
    given::<Access>([])
        .facts(facts())
        .when(of_incident)
        .then_rejected(&reason::NO_SUCH_FIELD, Some("fields.0"));
    // In a mixed request each subject gives what it has, and one that has none of it is a mistake.
    let mixed = |subject, fields: &[PersonalFieldName]| OpenPersonalData {
        fields: Some(fields.to_vec()),
        ..of(&[WANG, THEFT], subject)
    };
    let both = [PersonalFieldName::ReporterPhone, PersonalFieldName::Phone];
    given::<Access>([]).facts(facts()).when(mixed(WANG, &both)).then([opened_among(
        2,
        PersonalSubjectKind::Person,
        &[PersonalFieldName::Phone],
    )]);
    given::<Access>([])
        .facts(facts())
        .when(mixed(WANG, &both[..1]))
        .then_rejected(&reason::NO_SUCH_FIELD, Some("fields"));
    let all: Vec<_> = [PersonalSubjectKind::Person, PersonalSubjectKind::Incident]
        .iter()
        .flat_map(|kind| kind.fields())
        .copied()
        .collect();
    assert!(PersonalFieldName::ALL.iter().all(|field| all.contains(field)));
}

#[test]
fn an_erased_person_is_not_opened() {
    let erased = Facts { erased: true, ..facts() };
    given::<Access>([]).facts(erased).when(one(WANG)).then_rejected(&reason::SUBJECT_ERASED, Some("id"));
    given::<Access>([])
        .facts(erased)
        .when(of(&[THEFT, WANG], WANG))
        .then_rejected(&reason::SUBJECT_ERASED, Some("ids.1"));
}

#[test]
fn an_account_opens_a_bounded_number_an_hour() {
    let used = |opened| Facts { opened, limit: 3, ..facts() };
    let event = opened(PersonalSubjectKind::Person, PersonalSubjectKind::Person.fields());
    given::<Access>([]).facts(used(2)).when(one(WANG)).then([event]);
    given::<Access>([]).facts(used(3)).when(one(WANG)).then_rejected(&reason::REVEAL_LIMIT, None);
    // A request for many is counted whole with its first, and goes on when it was begun.
    let both = [WANG, THEFT];
    given::<Access>([]).facts(used(1)).when(of(&both, WANG)).then([opened_among(
        2,
        PersonalSubjectKind::Person,
        PersonalSubjectKind::Person.fields(),
    )]);
    given::<Access>([]).facts(used(2)).when(of(&both, WANG)).then_rejected(&reason::REVEAL_LIMIT, None);
    given::<Access>([]).facts(used(2)).when(of(&both, THEFT)).then([opened_among(
        2,
        PersonalSubjectKind::Incident,
        PersonalSubjectKind::Incident.fields(),
    )]);
    let purpose = AccessPurpose::IncidentHandling;
    let seek = SeekPersonalData { by: OFFICER, purpose, reason: "来电核实".into(), sought: [0; 16] };
    let sought = AccessEvent::PersonalDataSought { purpose, reason: "来电核实".into() };
    given::<Access>([]).facts(used(2)).when(seek.clone()).then([sought]);
    given::<Access>([]).facts(used(3)).when(seek).then_rejected(&reason::REVEAL_LIMIT, None);
}

#[test]
fn a_request_opens_at_most_fifty() {
    let many = |count: u128| -> Vec<_> {
        (0..count).map(|number| PersonalSubject::Person(PersonId(uuid(number + 1)))).collect()
    };
    let wide = Facts { limit: 1_000, ..facts() };
    let fits = many(50);
    assert_eq!(given::<Access>([]).facts(wide).when(of(&fits, fits[0])).events().len(), 1);
    let beyond = many(51);
    given::<Access>([])
        .facts(wide)
        .when(of(&beyond, beyond[0]))
        .then_rejected(&common::TOO_MANY, Some("ids"));
}

#[test]
fn an_export_is_recorded_once_for_everybody() {
    let purpose = AccessPurpose::Inspection;
    let export = ExportPersonalData {
        after: Some(100),
        up_to: 4_200,
        events: 4_100,
        fields: 312,
        purpose,
        reason: "年度检查".into(),
    };
    assert_eq!(AccessCommand::from(export.clone()).target(), AccessId::EXPORTS);
    given::<Access>([]).when(export).then([samples::samples().remove(2)]);
}

#[test]
fn a_subject_is_written_as_its_global_id_and_a_refusal_repeats_nothing() {
    for subject in [WANG, THEFT] {
        assert_eq!(subject.to_string().parse(), Ok(subject));
        assert_eq!(PersonalSubject::of(subject.kind(), subject.uuid()), subject);
    }
    for wrong in ["13812345678", "shift-00000000-0000-0000-0000-00000000000b", "person-x"] {
        let refused = wrong.parse::<PersonalSubject>().unwrap_err();
        assert!(!refused.to_string().contains(wrong));
    }
}

#[test]
fn a_number_is_looked_up_in_one_spelling() {
    let key = |text| phone_key(text).map(|key| key.expose().to_owned());
    for same in ["13812345678", "138-1234-5678", "+86 138 1234 5678", "008613812345678", "8613812345678"] {
        assert_eq!(key(same).as_deref(), Some("13812345678"), "{same}");
    }
    assert_eq!(key("0716-8212345").as_deref(), Some("07168212345"));
    assert_eq!(key("86123").as_deref(), Some("86123"));
    assert_eq!(key("110"), None);
}

#[test]
fn golden_files() {
    assert_eq!(Access::CATEGORY, "access");
    check_golden(samples::samples());
}
