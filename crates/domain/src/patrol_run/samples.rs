//! One event of every kind, for the golden files.

use super::{DeviationKind, DueStop, RunEvent, ScanFlag, SkipReason};
use crate::{
    CheckpointId, ContractId, DeviationId, OrganisationId, Payer, PersonId, Personal, PlanId, RouteId,
    ScanId, ShiftId, TeamId,
    testing::{at, check_golden, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const GATE: CheckpointId = CheckpointId(uuid(41));
const SCAN: ScanId = ScanId(uuid(61));
const DEVIATION: DeviationId = DeviationId(uuid(71));

pub(crate) fn samples() -> Vec<RunEvent> {
    let noon = at("2026-08-01T12:00:00+08:00");
    vec![
        RunEvent::PatrolStarted {
            plan: PlanId(uuid(1)),
            version: 2,
            route: RouteId(uuid(51)),
            shift: Some(ShiftId(uuid(2))),
            team: Some(TeamId(uuid(22))),
            members: vec![WANG, LI],
            area: "421002001001".parse().unwrap(),
            organisation: OrganisationId(uuid(21)),
            contract: Some(ContractId(uuid(23))),
            payer: Payer::Market,
            started_at: at("2026-08-01T08:00:00+08:00"),
            stops: vec![DueStop {
                checkpoint: GATE,
                due_at: at("2026-08-01T08:10:00+08:00"),
                grace_minutes: 5,
            }],
        },
        RunEvent::PatrolPaused { at: noon },
        RunEvent::PatrolResumed { at: noon },
        RunEvent::CheckpointScanned {
            scan: SCAN,
            checkpoint: GATE,
            person: WANG,
            at: noon,
            late: true,
            in_window: false,
            flags: ScanFlag::ALL.to_vec(),
            trace: Some(Personal::sealed(WANG, "sealed")),
        },
        RunEvent::CheckpointSkipped {
            checkpoint: GATE,
            reason: SkipReason::Other,
            at: noon,
            note: Some("the street is a market today".into()),
        },
        RunEvent::CheckpointMissed { checkpoint: GATE, due_at: at("2026-08-01T08:10:00+08:00") },
        RunEvent::MissRescinded { checkpoint: GATE, scan: SCAN },
        RunEvent::DeviationDetected {
            deviation: DEVIATION,
            kind: DeviationKind::LongStop,
            at: noon,
            checkpoint: Some(GATE),
            person: Some(WANG),
            note: Some("40 minutes at one place".into()),
        },
        RunEvent::DeviationAcknowledged {
            deviation: DEVIATION,
            at: noon,
            note: Some("helped at an accident".into()),
        },
        RunEvent::SosRaised { person: WANG, at: noon, trace: Some(Personal::sealed(WANG, "sealed")) },
        RunEvent::PatrolCompleted { at: noon },
        RunEvent::PatrolAbandoned { at: noon, reason: "flooded".into() },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
