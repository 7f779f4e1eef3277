//! What happens to the duty of a person.

use serde::{Deserialize, Serialize};

use crate::{CommandId, EventBody, Personal, ShiftId, When};

/// Events of the duty of one person; the person is the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DutyEvent {
    /// The time from `starts_at` to just before `ends_at` is taken by the shift.
    AssignmentReserved {
        shift: ShiftId,
        starts_at: When,
        ends_at: When,
        /// Server time after which a policy looks whether the reservation was left behind.
        expires_at: When,
        /// The command that gives the place: only it goes on from here. None: older than version 2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<CommandId>,
    },
    /// The shift has given the place to the person.
    AssignmentConfirmed { shift: ShiftId },
    /// The time is free again.
    AssignmentReleased { shift: ShiftId, reason: String },
}

impl EventBody for DutyEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::AssignmentReserved { .. }
            | Self::AssignmentConfirmed { .. }
            | Self::AssignmentReleased { .. } => vec![],
        }
    }
}
