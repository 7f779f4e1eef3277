//! What happens to a shift.

use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, ContractId, DutyKind, EventBody, OrganisationId, Payer, PersonId, Personal, PostId, TeamId,
    TradeId, When,
};

/// Events of a shift. Times are business or device times; the server's time stands in the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ShiftEvent {
    ShiftScheduled {
        area: AreaCode,
        organisation: OrganisationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
        /// Contract and post that it is worked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contract: Option<ContractId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post: Option<PostId>,
        duty: DutyKind,
        payer: Payer,
        starts_at: When,
        ends_at: When,
        places: u16,
    },
    ShiftPublished {},
    ShiftAssigned {
        person: PersonId,
    },
    /// The assignment ended before the duty: withdrawn, or traded away.
    AssignmentWithdrawn {
        person: PersonId,
        reason: String,
    },
    ShiftAcknowledged {
        person: PersonId,
    },
    TradeProposed {
        trade: TradeId,
        from: PersonId,
        to: PersonId,
    },
    TradeAccepted {
        trade: TradeId,
        from: PersonId,
        to: PersonId,
    },
    TradeDeclined {
        trade: TradeId,
    },
    /// `late` when the report reached the server more than the grace after the device's time.
    ClockedIn {
        person: PersonId,
        at: When,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    ClockedOut {
        person: PersonId,
        at: When,
    },
    HandedOver {
        from: PersonId,
        to: PersonId,
        at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Personal>,
    },
    /// `missing` places were empty when the duty began.
    MarkedUncovered {
        missing: u16,
        at: When,
    },
    ShiftClosed {
        at: When,
    },
    /// Minutes on duty inside the shift, one entry per person who clocked in.
    ShiftCertified {
        minutes: Vec<CertifiedMinutes>,
    },
    /// Replaces the certified minutes of one person; the original stays in the log.
    CertificationCorrected {
        person: PersonId,
        minutes: u32,
        reason: String,
    },
    ShiftCancelled {
        reason: String,
    },
}

/// What is certified for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedMinutes {
    pub person: PersonId,
    /// Whole minutes, never more than the shift is long.
    pub minutes: u32,
}

impl EventBody for ShiftEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::HandedOver { note, .. } => note.iter_mut().collect(),
            _ => vec![],
        }
    }
}
