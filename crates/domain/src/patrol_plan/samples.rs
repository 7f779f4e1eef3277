//! One event of every kind, for the golden files.

use super::{CheckpointPosition, PlanEvent, RouteStop};
use crate::{
    Actor, ActorId, CheckpointId, OrganisationId, PersonId, RouteId,
    testing::{at, check_golden, uuid},
};

const GATE: CheckpointId = CheckpointId(uuid(41));
const BRIDGE: CheckpointId = CheckpointId(uuid(42));

fn actor(id: u128) -> Actor {
    Actor {
        id: ActorId(uuid(id)),
        person: Some(PersonId(uuid(id + 1))),
        organisation: Some(OrganisationId(uuid(21))),
    }
}

pub(crate) fn samples() -> Vec<PlanEvent> {
    vec![
        PlanEvent::PlanDrafted {
            area: "421002001001".parse().unwrap(),
            organisation: OrganisationId(uuid(21)),
            name: "Night rounds".into(),
            version: 1,
            drafted_by: actor(0xa0),
        },
        PlanEvent::RouteDefined {
            version: 1,
            route: RouteId(uuid(51)),
            name: "Along the river".into(),
            checkpoints: vec![
                RouteStop { checkpoint: GATE, due_after_minutes: 10, grace_minutes: 5 },
                RouteStop { checkpoint: BRIDGE, due_after_minutes: 30, grace_minutes: 10 },
            ],
        },
        PlanEvent::PlanApproved { version: 1, approved_by: actor(0xb0) },
        PlanEvent::PlanPublished { version: 1 },
        PlanEvent::PlanSuperseded { version: 1, by: 2 },
        PlanEvent::CheckpointInstalled {
            checkpoint: GATE,
            name: "East gate".into(),
            area: "421002001001".parse().unwrap(),
            tag: Some("9f86d081884c7d65".into()),
            position: Some(CheckpointPosition {
                latitude_microdegrees: 30_307_000,
                longitude_microdegrees: 112_255_000,
            }),
        },
        PlanEvent::CheckpointRetired {
            checkpoint: GATE,
            at: at("2026-08-01T09:00:00+08:00"),
            reason: "the gate was walled up".into(),
        },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}
