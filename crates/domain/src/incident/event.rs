//! What happens to an incident.

use serde::{Deserialize, Serialize};

use super::{DispositionCode, EscalationCause, IncidentChannel, IncidentKind, IncidentTransferTarget};
use crate::{
    AreaCode, ContractId, EventBody, IncidentId, OrganisationId, Personal, Priority, RunId, ShiftId, TeamId,
    When,
};

/// Events of an incident. Times (`at`, `reported_at`) are business or device times; the server's time, who did it
/// and in whose name stand in the envelope. Personal fields are sealed with the key of the incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum IncidentEvent {
    IncidentReported {
        area: AreaCode,
        kind: IncidentKind,
        channel: IncidentChannel,
        priority: Priority,
        /// Found by a patrol itself: counted apart in the figures.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        self_initiated: bool,
        /// Part of a drill: never in the figures.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        drill: bool,
        reported_at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter_name: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter_phone: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        narrative: Option<Personal>,
        /// Opaque key of the place, equal for equal places: finds repeat addresses without knowing them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place_key: Option<String>,
        /// Shift and patrol run of whoever reported it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shift: Option<ShiftId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
        /// Security company and contract in whose work it was found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        company: Option<OrganisationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contract: Option<ContractId>,
        /// When it shall be closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<When>,
    },
    /// `kind` is what triage found; it replaces the reported one.
    IncidentTriaged {
        kind: IncidentKind,
        at: When,
    },
    IncidentPrioritised {
        priority: Priority,
        at: When,
    },
    /// After the unit was cleared a new dispatch begins a new round of its times.
    UnitDispatched {
        unit: TeamId,
        at: When,
    },
    DispatchAccepted {
        unit: TeamId,
        at: When,
    },
    UnitEnRoute {
        unit: TeamId,
        at: When,
    },
    UnitArrived {
        unit: TeamId,
        at: When,
    },
    /// The unit is free again, whether it had arrived or was called back on its way.
    UnitCleared {
        unit: TeamId,
        at: When,
    },
    /// This incident is a duplicate of `survivor`.
    IncidentMerged {
        survivor: IncidentId,
        at: When,
    },
    /// It was no duplicate of `survivor` after all.
    IncidentUnmerged {
        survivor: IncidentId,
        reason: String,
        at: When,
    },
    IncidentTransferred {
        to: IncidentTransferTarget,
        /// Who carries it on; always there when `to` is an agency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organisation: Option<OrganisationId>,
        /// Number of the case or mediation at the receiver.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        at: When,
    },
    IncidentEscalated {
        cause: EscalationCause,
        at: When,
    },
    /// A later one replaces it.
    DispositionRecorded {
        code: DispositionCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Personal>,
        at: When,
    },
    /// The author is the actor in the envelope, never the platform.
    IncidentClosed {
        at: When,
    },
    IncidentReopened {
        reason: String,
        at: When,
    },
    /// `score` from 1 (not satisfied) to 5; a later one replaces it.
    FeedbackRecorded {
        score: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<Personal>,
        at: When,
    },
    /// Corrects `IncidentReported` of the same stream: a field that is here replaces the one of the same name there
    /// (`kind` also the one that triage found).
    IncidentCorrected {
        reason: String,
        at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<AreaCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<IncidentKind>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<IncidentChannel>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        self_initiated: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drill: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported_at: Option<When>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter_name: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter_phone: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        narrative: Option<Personal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place_key: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<When>,
    },
}

impl EventBody for IncidentEvent {
    fn phones(&self) -> Vec<&Personal> {
        match self {
            Self::IncidentReported { reporter_phone, .. }
            | Self::IncidentCorrected { reporter_phone, .. } => reporter_phone.iter().collect(),
            _ => vec![],
        }
    }

    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::IncidentReported { reporter_name, reporter_phone, address, narrative, .. }
            | Self::IncidentCorrected { reporter_name, reporter_phone, address, narrative, .. } => {
                [reporter_name, reporter_phone, address, narrative].into_iter().flatten().collect()
            }
            Self::DispositionRecorded { note, .. } => note.iter_mut().collect(),
            Self::FeedbackRecorded { comment, .. } => comment.iter_mut().collect(),
            Self::IncidentTriaged { .. }
            | Self::IncidentPrioritised { .. }
            | Self::UnitDispatched { .. }
            | Self::DispatchAccepted { .. }
            | Self::UnitEnRoute { .. }
            | Self::UnitArrived { .. }
            | Self::UnitCleared { .. }
            | Self::IncidentMerged { .. }
            | Self::IncidentUnmerged { .. }
            | Self::IncidentTransferred { .. }
            | Self::IncidentEscalated { .. }
            | Self::IncidentClosed { .. }
            | Self::IncidentReopened { .. } => vec![],
        }
    }
}
