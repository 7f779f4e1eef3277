//! One event of every kind, for the golden files.

use super::{CertifiedMinutes, ShiftEvent};
use crate::{
    ContractId, DutyKind, OrganisationId, Payer, PersonId, Personal, PostId, TeamId, TradeId,
    testing::{at, check_golden, golden, uuid},
};

const WANG: PersonId = PersonId(uuid(11));
const LI: PersonId = PersonId(uuid(12));
const TRADE: TradeId = TradeId(uuid(31));

pub(crate) fn samples() -> Vec<ShiftEvent> {
    vec![
        ShiftEvent::ShiftScheduled {
            area: "421002001001".parse().unwrap(),
            organisation: OrganisationId(uuid(21)),
            team: Some(TeamId(uuid(22))),
            contract: Some(ContractId(uuid(23))),
            post: Some(PostId(uuid(24))),
            duty: DutyKind::Post,
            payer: Payer::Market,
            starts_at: at("2026-08-01T08:00:00+08:00"),
            ends_at: at("2026-08-01T12:00:00+08:00"),
            places: 2,
        },
        ShiftEvent::ShiftPublished {},
        ShiftEvent::ShiftAssigned { person: WANG },
        ShiftEvent::AssignmentWithdrawn { person: LI, reason: "called away".into() },
        ShiftEvent::ShiftAcknowledged { person: WANG },
        ShiftEvent::TradeProposed { trade: TRADE, from: WANG, to: LI },
        ShiftEvent::TradeAccepted { trade: TRADE, from: WANG, to: LI },
        ShiftEvent::TradeDeclined { trade: TRADE },
        ShiftEvent::ClockedIn { person: WANG, at: at("2026-08-01T07:58:00+08:00"), late: true },
        ShiftEvent::ClockedOut { person: WANG, at: at("2026-08-01T12:00:00+08:00") },
        ShiftEvent::HandedOver {
            from: WANG,
            to: LI,
            at: at("2026-08-01T12:00:00+08:00"),
            note: Some(Personal::sealed(WANG, "sealed")),
        },
        ShiftEvent::MarkedUncovered { missing: 1, at: at("2026-08-01T08:15:00+08:00") },
        ShiftEvent::ShiftClosed { at: at("2026-08-01T12:05:00+08:00") },
        ShiftEvent::ShiftCertified { minutes: vec![CertifiedMinutes { person: WANG, minutes: 240 }] },
        ShiftEvent::CertificationCorrected { person: WANG, minutes: 200, reason: "left early".into() },
        ShiftEvent::ShiftCancelled { reason: "heavy rain".into() },
    ]
}

#[test]
fn golden_files_match() {
    check_golden(samples());
}

#[test]
fn the_first_version_of_a_scheduled_shift_gets_its_end_and_one_place() {
    let lifted = crate::event::decode("ShiftScheduled", 1, &golden("ShiftScheduled", 1)).unwrap();
    let ShiftEvent::ShiftScheduled { ends_at, places, .. } = lifted else { panic!("{lifted:?}") };
    assert_eq!((ends_at, places), (at("2026-08-01T12:00:00+08:00"), 1));
}
