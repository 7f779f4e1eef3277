//! Reporting, triage and corrections.

use super::*;
use crate::{
    Aggregate, ContractId, EventBody, OrganisationId, PersonalText, event::encode, rejection::common,
    testing::given,
};

fn correct() -> CorrectIncident {
    CorrectIncident {
        incident: INCIDENT,
        reason: "misheard".into(),
        area: None,
        kind: None,
        channel: None,
        self_initiated: None,
        drill: None,
        reported_at: None,
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        due_at: None,
    }
}

#[test]
fn an_incident_is_reported_once() {
    given::<Incident>([]).facts(known()).now(&clock(0)).when(report()).then([reported()]);
    given::<Incident>([reported()])
        .facts(known())
        .now(&clock(0))
        .when(report())
        .then_rejected(&common::ALREADY_EXISTS, Some("incident"));
    given::<Incident>([])
        .when(CloseIncident { incident: INCIDENT })
        .then_rejected(&common::NOT_FOUND, Some("incident"));
}

#[test]
fn a_report_names_what_exists() {
    let refused = |facts: Facts, body: ReportIncident, reason, field| {
        given::<Incident>([]).facts(facts).now(&clock(0)).when(body).then_rejected(reason, Some(field));
    };
    let contract = Some(ContractId(uuid(5)));
    let company = Some(OrganisationId(uuid(6)));
    refused(Facts { area_known: false, ..known() }, report(), &common::UNKNOWN_AREA, "area");
    refused(
        Facts { organisation_known: false, ..known() },
        ReportIncident { company, ..report() },
        &common::UNKNOWN_ORGANISATION,
        "company",
    );
    refused(known(), ReportIncident { contract, ..report() }, &reason::CONTRACT_WITHOUT_COMPANY, "company");
    refused(
        Facts { contract_known: false, ..known() },
        ReportIncident { contract, company, ..report() },
        &reason::CONTRACT_OF_ANOTHER,
        "contract",
    );
}

#[test]
fn a_report_comes_neither_from_the_future_nor_after_its_due_date() {
    given::<Incident>([])
        .facts(known())
        .now(&clock(10))
        .received(&clock(0))
        .when(report())
        .then_rejected(&common::IN_THE_FUTURE, Some("occurredAt"));
    given::<Incident>([])
        .facts(known())
        .now(&clock(0))
        .when(ReportIncident { due_at: Some(minute(-1)), ..report() })
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("dueAt"));
}

#[test]
fn what_people_told_is_personal_and_belongs_to_the_incident() {
    let told = |text: &str| Some(PersonalText::new(text));
    let body = ReportIncident {
        reporter_name: told("王小明"),
        reporter_phone: told("13800000000"),
        address: told("红门路1号"),
        narrative: told("门被撬"),
        ..report()
    };
    let mut events = given::<Incident>([]).facts(known()).now(&clock(0)).when(body).events();
    assert!(encode(&events[0]).is_err(), "plain text must not be written");
    let fields = events[0].personal_mut();
    assert_eq!(fields.len(), 4);
    for field in fields {
        assert_eq!(field.subject, INCIDENT.into());
        field.seal_with(|_, _| Ok::<_, ()>("sealed".into())).unwrap();
    }
    assert!(encode(&events[0]).is_ok());
    given::<Incident>([])
        .facts(known())
        .now(&clock(0))
        .when(ReportIncident { narrative: told(&"长".repeat(4_001)), ..report() })
        .then_rejected(&common::TEXT_TOO_LONG, Some("narrative"));
}

#[test]
fn a_place_key_is_no_address() {
    for address in ["红门路1号", "1 Red Gate Road"] {
        given::<Incident>([])
            .facts(known())
            .now(&clock(0))
            .when(ReportIncident { place_key: Some(address.into()), ..report() })
            .then_rejected(&reason::PLACE_KEY_NOT_OPAQUE, Some("placeKey"));
    }
    let body = ReportIncident { place_key: Some("k1:9f86d081+/=".into()), ..report() };
    assert_eq!(given::<Incident>([]).facts(known()).now(&clock(0)).when(body).events().len(), 1);
}

#[test]
fn triage_finds_the_kind_and_the_priority() {
    let triage = |kind, priority| TriageIncident { incident: INCIDENT, kind, priority };
    let triaged = IncidentEvent::IncidentTriaged { kind: IncidentKind::Assault, at: minute(2) };
    let urgent = IncidentEvent::IncidentPrioritised { priority: Priority::Urgent, at: minute(2) };
    given::<Incident>([reported()])
        .now(&clock(2))
        .when(triage(IncidentKind::Assault, Some(Priority::Urgent)))
        .then([triaged.clone(), urgent.clone()]);
    let history = since_report([triaged, urgent]);
    assert_eq!(phase(history.clone()), Phase::Triaged);
    given::<Incident>(history)
        .now(&clock(3))
        .when(triage(IncidentKind::Assault, Some(Priority::Urgent)))
        .then_nothing();
    let on_scene = since_report([
        arrived(PATROL, 1),
        IncidentEvent::IncidentTriaged { kind: IncidentKind::Dispute, at: minute(2) },
    ]);
    assert_eq!(phase(on_scene), Phase::OnScene);
    given::<Incident>(since_closing([]))
        .now(&clock(50))
        .when(triage(IncidentKind::Assault, None))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn a_priority_changes_while_the_incident_is_open() {
    let prioritise = |priority| PrioritiseIncident { incident: INCIDENT, priority };
    given::<Incident>([reported()])
        .now(&clock(1))
        .when(prioritise(Priority::Low))
        .then([IncidentEvent::IncidentPrioritised { priority: Priority::Low, at: minute(1) }]);
    given::<Incident>([reported()]).now(&clock(1)).when(prioritise(Priority::Routine)).then_nothing();
    given::<Incident>(since_closing([]))
        .now(&clock(50))
        .when(prioritise(Priority::Low))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
    given::<Incident>([reported()])
        .now(&clock(-1))
        .when(prioritise(Priority::Low))
        .then_rejected(&common::TIMES_RUN_BACKWARDS, Some("occurredAt"));
}

#[test]
fn a_correction_names_the_fields_that_were_wrong() {
    let body = CorrectIncident {
        kind: Some(IncidentKind::Assault),
        channel: Some(IncidentChannel::Phone),
        reported_at: Some(minute(-4)),
        ..correct()
    };
    let events = given::<Incident>(since_closing([])).now(&clock(60)).when(body.clone()).events();
    let IncidentEvent::IncidentCorrected { kind, channel, reported_at, drill, .. } = &events[0] else {
        unreachable!()
    };
    assert_eq!(
        (kind, channel, reported_at, drill),
        (&Some(IncidentKind::Assault), &None, &Some(minute(-4)), &None),
        "only what is really another value"
    );
    let history = since_closing(events);
    let incident = folded(history.clone());
    assert_eq!(incident.phase, Phase::Closed);
    let report = incident.report.unwrap();
    assert_eq!((report.kind, report.reported_at), (IncidentKind::Assault, minute(-4)));
    assert_eq!(report.first_told_at, minute(0));
    given::<Incident>(history).now(&clock(61)).when(body).then_nothing();
}

#[test]
fn a_correction_keeps_the_times_in_order() {
    let refused = |body: CorrectIncident, field| {
        given::<Incident>(since_closing([]))
            .now(&clock(60))
            .when(body)
            .then_rejected(&common::TIMES_RUN_BACKWARDS, Some(field));
    };
    refused(CorrectIncident { reported_at: Some(minute(6)), ..correct() }, "reportedAt");
    refused(CorrectIncident { reported_at: Some(minute(61)), ..correct() }, "reportedAt");
    refused(CorrectIncident { due_at: Some(minute(-1)), ..correct() }, "dueAt");
}

#[test]
fn a_correction_is_checked_like_a_report() {
    let refused = |body: CorrectIncident, reason, field| {
        given::<Incident>([reported()]).now(&clock(60)).when(body).then_rejected(reason, Some(field));
    };
    refused(correct(), &reason::NOTHING_TO_CORRECT, "incident");
    let elsewhere = Some("421002001002".parse().unwrap());
    refused(CorrectIncident { area: elsewhere, ..correct() }, &common::UNKNOWN_AREA, "area");
    let key = Some("红门路1号".to_owned());
    refused(CorrectIncident { place_key: key, ..correct() }, &reason::PLACE_KEY_NOT_OPAQUE, "placeKey");
    let no_reason = CorrectIncident { reason: " ".into(), drill: Some(true), ..correct() };
    refused(no_reason, &common::EMPTY_TEXT, "reason");
}

#[test]
fn a_corrected_area_is_the_area_from_then_on() {
    let elsewhere: AreaCode = "421002001002".parse().unwrap();
    let history = given::<Incident>([reported()])
        .facts(known())
        .now(&clock(60))
        .when(CorrectIncident { area: Some(elsewhere), ..correct() })
        .events();
    assert_eq!(folded(since_report(history)).area(), Some(elsewhere));
}

#[test]
fn an_incident_has_its_streams_and_its_kinds() {
    assert_eq!(Incident::CATEGORY, "incident");
    assert_eq!(crate::event::kinds::<IncidentEvent>().len(), 17);
    let command: IncidentCommand = report().into();
    assert_eq!(command.name(), "ReportIncident");
}
