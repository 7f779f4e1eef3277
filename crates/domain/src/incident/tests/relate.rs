//! Merging, handing on, raising.

use super::*;
use crate::{OrganisationId, rejection::common, testing::given};

fn merge() -> MergeIncident {
    MergeIncident { incident: INCIDENT, survivor: OTHER }
}

fn unmerge() -> UnmergeIncident {
    UnmergeIncident { incident: INCIDENT, reason: "another shop".into() }
}

/// Facts with a survivor that was reported at this minute.
fn survivor(told: i64) -> Facts {
    let survivor = Survivor { merged_into: None, first_told_at: minute(told), drill: false };
    Facts { survivor: Some(survivor), ..known() }
}

fn refused(facts: Facts, reason: &'static crate::Reason, body: MergeIncident) {
    given::<Incident>([reported()])
        .facts(facts)
        .now(&clock(5))
        .when(body)
        .then_rejected(reason, Some("survivor"));
}

#[test]
fn a_duplicate_points_to_its_survivor() {
    given::<Incident>([reported()]).facts(survivor(-2)).now(&clock(5)).when(merge()).then([merged(OTHER, 5)]);
    let history = since_report([merged(OTHER, 5)]);
    given::<Incident>(history.clone()).now(&clock(6)).when(merge()).then_nothing();
    assert_eq!(folded(history).as_survivor().unwrap().merged_into, Some(OTHER));
}

#[test]
fn the_survivor_exists_is_not_merged_itself_and_is_another_incident() {
    refused(known(), &reason::UNKNOWN_SURVIVOR, merge());
    let mut facts = survivor(-2);
    if let Some(survivor) = &mut facts.survivor {
        survivor.merged_into = Some(IncidentId(uuid(4)));
    }
    refused(facts, &reason::SURVIVOR_MERGED, merge());
    refused(survivor(-2), &common::NOT_SELF, MergeIncident { survivor: INCIDENT, ..merge() });
}

#[test]
fn merges_never_run_in_a_ring() {
    // The earlier report survives, so of two merges into each other one is always refused.
    refused(survivor(1), &reason::SURVIVOR_IS_LATER, merge());
    let same_instant = |incident, survives| {
        given::<Incident>([reported()])
            .facts(survivor(0))
            .now(&clock(5))
            .when(MergeIncident { incident, survivor: survives })
    };
    same_instant(INCIDENT, OTHER).then([merged(OTHER, 5)]);
    same_instant(OTHER, INCIDENT).then_rejected(&reason::SURVIVOR_IS_LATER, Some("survivor"));
}

#[test]
fn a_drill_never_swallows_a_real_incident() {
    let mut facts = survivor(-2);
    if let Some(survivor) = &mut facts.survivor {
        survivor.drill = true;
    }
    refused(facts, &reason::DRILL_AND_REAL, merge());
}

#[test]
fn a_merged_incident_stands_still_until_it_is_unmerged() {
    let history = since_report([dispatched(PATROL, 2), merged(OTHER, 5)]);
    let incident = INCIDENT;
    let commands: [IncidentCommand; 8] = [
        PrioritiseIncident { incident, priority: Priority::Low }.into(),
        DispatchUnit { incident, unit: WATCH }.into(),
        MarkUnitArrived { incident, unit: PATROL }.into(),
        EscalateIncident { incident, cause: EscalationCause::Risk }.into(),
        RecordDisposition { incident, code: DispositionCode::Duplicate, note: None }.into(),
        CloseIncident { incident }.into(),
        RecordFeedback { incident, score: 3, comment: None }.into(),
        MergeIncident { incident, survivor: IncidentId(uuid(4)) }.into(),
    ];
    for command in commands {
        given::<Incident>(history.clone())
            .facts(survivor(-2))
            .now(&clock(6))
            .when(command)
            .then_rejected(&reason::INCIDENT_MERGED, Some("incident"));
    }
    let unmerged =
        IncidentEvent::IncidentUnmerged { survivor: OTHER, reason: "another shop".into(), at: minute(7) };
    given::<Incident>(history.clone()).now(&clock(7)).when(unmerge()).then([unmerged.clone()]);
    let after = folded(history.into_iter().chain([unmerged]).collect());
    assert_eq!((after.phase, after.merged_into), (Phase::Dispatched, None));
    given::<Incident>([reported()]).now(&clock(7)).when(unmerge()).then_nothing();
}

#[test]
fn an_incident_is_handed_on_once_to_each_receiver() {
    let transfer = TransferIncident {
        incident: INCIDENT,
        to: IncidentTransferTarget::Mediation,
        organisation: None,
        reference: Some("2026-7".into()),
    };
    let transferred = IncidentEvent::IncidentTransferred {
        to: IncidentTransferTarget::Mediation,
        organisation: None,
        reference: Some("2026-7".into()),
        at: minute(9),
    };
    given::<Incident>([reported()])
        .facts(known())
        .now(&clock(9))
        .when(transfer.clone())
        .then([transferred.clone()]);
    given::<Incident>(since_report([transferred])).now(&clock(10)).when(transfer.clone()).then_nothing();
    given::<Incident>(since_closing([]))
        .facts(known())
        .now(&clock(50))
        .when(transfer)
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn an_agency_is_named_and_known() {
    let transfer = |organisation| TransferIncident {
        incident: INCIDENT,
        to: IncidentTransferTarget::Agency,
        organisation,
        reference: None,
    };
    given::<Incident>([reported()])
        .facts(known())
        .now(&clock(9))
        .when(transfer(None))
        .then_rejected(&reason::AGENCY_NOT_NAMED, Some("organisation"));
    given::<Incident>([reported()])
        .facts(Facts { organisation_known: false, ..known() })
        .now(&clock(9))
        .when(transfer(Some(OrganisationId(uuid(31)))))
        .then_rejected(&common::UNKNOWN_ORGANISATION, Some("organisation"));
}

#[test]
fn an_incident_is_escalated_once_per_cause() {
    let escalate = |cause| EscalateIncident { incident: INCIDENT, cause };
    let escalated = |cause, at| IncidentEvent::IncidentEscalated { cause, at: minute(at) };
    let unanswered = EscalationCause::Unanswered;
    let platform = crate::Actor::PLATFORM;
    given::<Incident>(since_report([dispatched(PATROL, 2)]))
        .actor(platform)
        .now(&clock(15))
        .when(escalate(unanswered))
        .then([escalated(unanswered, 15)]);
    let history = since_report([escalated(unanswered, 15)]);
    given::<Incident>(history.clone()).now(&clock(20)).when(escalate(unanswered)).then_nothing();
    given::<Incident>(history)
        .now(&clock(20))
        .when(escalate(EscalationCause::Risk))
        .then([escalated(EscalationCause::Risk, 20)]);
    given::<Incident>(since_closing([]))
        .now(&clock(50))
        .when(escalate(EscalationCause::Risk))
        .then_rejected(&common::WRONG_PHASE, Some("incident"));
}

#[test]
fn an_answered_incident_is_not_escalated_as_unanswered() {
    let escalate = EscalateIncident { incident: INCIDENT, cause: EscalationCause::Unanswered };
    for history in [since_report([arrived(PATROL, 5)]), since_closing([])] {
        given::<Incident>(history).now(&clock(50)).when(escalate.clone()).then_nothing();
    }
    let again = since_report([IncidentEvent::IncidentEscalated {
        cause: EscalationCause::Unanswered,
        at: minute(15),
    }])
    .into_iter()
    .chain([disposed(DispositionCode::Unfounded, 30), closed(40), reopened(60)]);
    assert_eq!(given::<Incident>(again).now(&clock(90)).when(escalate).events().len(), 1);
}
