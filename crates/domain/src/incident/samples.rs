//! One event of every kind, for the golden files.

use super::{
    DispositionCode, EscalationCause, IncidentChannel, IncidentEvent, IncidentKind, IncidentTransferTarget,
};
use crate::{
    ContractId, IncidentId, OrganisationId, Personal, Priority, RunId, ShiftId, TeamId, When,
    testing::{at, check_golden, uuid},
};

const SURVIVOR: IncidentId = IncidentId(uuid(2));
const UNIT: TeamId = TeamId(uuid(21));

fn minute(minute: i64) -> When {
    at("2026-08-01T22:00:00+08:00").plus_minutes(minute)
}

fn sealed() -> Option<Personal> {
    Some(Personal::sealed(IncidentId(uuid(1)), "sealed"))
}

pub(crate) fn samples() -> Vec<IncidentEvent> {
    let mut events = vec![reported(), corrected()];
    events.extend([
        IncidentEvent::IncidentTriaged { kind: IncidentKind::Burglary, at: minute(1) },
        IncidentEvent::IncidentPrioritised { priority: Priority::Emergency, at: minute(1) },
        IncidentEvent::UnitDispatched { unit: UNIT, at: minute(2) },
        IncidentEvent::DispatchAccepted { unit: UNIT, at: minute(3) },
        IncidentEvent::UnitEnRoute { unit: UNIT, at: minute(4) },
        IncidentEvent::UnitArrived { unit: UNIT, at: minute(9) },
        IncidentEvent::UnitCleared { unit: UNIT, at: minute(40) },
        IncidentEvent::IncidentMerged { survivor: SURVIVOR, at: minute(5) },
        IncidentEvent::IncidentUnmerged { survivor: SURVIVOR, reason: "another shop".into(), at: minute(6) },
        IncidentEvent::IncidentTransferred {
            to: IncidentTransferTarget::Agency,
            organisation: Some(OrganisationId(uuid(31))),
            reference: Some("2026-118".into()),
            at: minute(41),
        },
        IncidentEvent::IncidentEscalated { cause: EscalationCause::MassIncidentSign, at: minute(12) },
        IncidentEvent::DispositionRecorded {
            code: DispositionCode::CaseFiled,
            note: sealed(),
            at: minute(45),
        },
        IncidentEvent::IncidentClosed { at: minute(50) },
        IncidentEvent::IncidentReopened { reason: "new witness".into(), at: minute(90) },
        IncidentEvent::FeedbackRecorded { score: 4, comment: sealed(), at: minute(80) },
    ]);
    events
}

fn reported() -> IncidentEvent {
    IncidentEvent::IncidentReported {
        area: "421002001001".parse().unwrap(),
        kind: IncidentKind::Theft,
        channel: IncidentChannel::ResidentApp,
        priority: Priority::Urgent,
        self_initiated: true,
        drill: true,
        reported_at: minute(0),
        reporter_name: sealed(),
        reporter_phone: sealed(),
        address: sealed(),
        narrative: sealed(),
        place_key: Some("k1:9f86d081884c7d65".into()),
        shift: Some(ShiftId(uuid(41))),
        run: Some(RunId(uuid(42))),
        company: Some(OrganisationId(uuid(43))),
        contract: Some(ContractId(uuid(44))),
        due_at: Some(minute(24 * 60)),
    }
}

fn corrected() -> IncidentEvent {
    IncidentEvent::IncidentCorrected {
        reason: "misheard".into(),
        at: minute(60),
        area: Some("421002001002".parse().unwrap()),
        kind: Some(IncidentKind::Robbery),
        channel: Some(IncidentChannel::Phone),
        self_initiated: Some(false),
        drill: Some(false),
        reported_at: Some(minute(-3)),
        reporter_name: sealed(),
        reporter_phone: sealed(),
        address: sealed(),
        narrative: sealed(),
        place_key: Some("k1:60303ae22b998861".into()),
        due_at: Some(minute(48 * 60)),
    }
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
