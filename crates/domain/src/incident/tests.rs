//! Histories of incidents. Minutes count from the report at 22:00.

mod attend;
mod relate;
mod report;
mod settle;

use super::*;
use crate::{
    AreaCode, IncidentId, Priority, TeamId, When,
    testing::{at, uuid},
};

const INCIDENT: IncidentId = IncidentId(uuid(9));
const OTHER: IncidentId = IncidentId(uuid(5));
const PATROL: TeamId = TeamId(uuid(21));
const WATCH: TeamId = TeamId(uuid(22));

fn area() -> AreaCode {
    "421002001001".parse().unwrap()
}

fn minute(minute: i64) -> When {
    at("2026-08-01T22:00:00+08:00").plus_minutes(minute)
}

/// The same, as the test's clock takes it.
fn clock(minutes: i64) -> String {
    minute(minutes).to_string()
}

fn known() -> Facts {
    Facts {
        area_known: true,
        organisation_known: true,
        contract_known: true,
        unit_known: true,
        survivor: None,
    }
}

fn report() -> ReportIncident {
    ReportIncident {
        incident: Some(INCIDENT),
        area: area(),
        kind: IncidentKind::Dispute,
        channel: IncidentChannel::Phone,
        priority: Priority::Routine,
        self_initiated: false,
        drill: false,
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        shift: None,
        run: None,
        company: None,
        contract: None,
        due_at: None,
    }
}

fn reported() -> IncidentEvent {
    IncidentEvent::IncidentReported {
        area: area(),
        kind: IncidentKind::Dispute,
        channel: IncidentChannel::Phone,
        priority: Priority::Routine,
        self_initiated: false,
        drill: false,
        reported_at: minute(0),
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        shift: None,
        run: None,
        company: None,
        contract: None,
        due_at: None,
    }
}

fn dispatched(unit: TeamId, at: i64) -> IncidentEvent {
    IncidentEvent::UnitDispatched { unit, at: minute(at) }
}

fn arrived(unit: TeamId, at: i64) -> IncidentEvent {
    IncidentEvent::UnitArrived { unit, at: minute(at) }
}

fn cleared(unit: TeamId, at: i64) -> IncidentEvent {
    IncidentEvent::UnitCleared { unit, at: minute(at) }
}

fn disposed(code: DispositionCode, at: i64) -> IncidentEvent {
    IncidentEvent::DispositionRecorded { code, note: None, at: minute(at) }
}

fn closed(at: i64) -> IncidentEvent {
    IncidentEvent::IncidentClosed { at: minute(at) }
}

fn reopened(at: i64) -> IncidentEvent {
    IncidentEvent::IncidentReopened { reason: "again".into(), at: minute(at) }
}

fn merged(survivor: IncidentId, at: i64) -> IncidentEvent {
    IncidentEvent::IncidentMerged { survivor, at: minute(at) }
}

/// Reported, and what follows.
fn since_report(more: impl IntoIterator<Item = IncidentEvent>) -> Vec<IncidentEvent> {
    let mut history = vec![reported()];
    history.extend(more);
    history
}

fn since_closing(more: impl IntoIterator<Item = IncidentEvent>) -> Vec<IncidentEvent> {
    let mut history = since_report([arrived(PATROL, 5), disposed(DispositionCode::Mediated, 30), closed(40)]);
    history.extend(more);
    history
}

fn folded(history: Vec<IncidentEvent>) -> Incident {
    let mut incident = Incident::default();
    for event in history {
        crate::Aggregate::evolve(&mut incident, &event);
    }
    incident
}

fn phase(history: Vec<IncidentEvent>) -> Phase {
    folded(history).phase
}
