//! One event of every kind, for the golden files.

use super::DutyEvent;
use crate::{
    CommandId, ShiftId,
    testing::{at, uuid},
};

pub(crate) fn samples() -> Vec<DutyEvent> {
    let shift = ShiftId(uuid(1));
    vec![
        DutyEvent::AssignmentReserved {
            shift,
            starts_at: at("2026-08-01T08:00:00+08:00"),
            ends_at: at("2026-08-01T12:00:00+08:00"),
            expires_at: at("2026-07-30T09:10:00+08:00"),
            command: Some(CommandId(uuid(2))),
        },
        DutyEvent::AssignmentConfirmed { shift },
        DutyEvent::AssignmentReleased { shift, reason: "traded".into() },
    ]
}
