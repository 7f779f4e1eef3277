//! What happens on a patrol run.

use serde::{Deserialize, Serialize};

use crate::{
    AreaCode, CheckpointId, ContractId, DeviationId, EventBody, OrganisationId, Payer, PersonId, Personal,
    PlanId, RouteId, ScanId, ShiftId, TeamId, When, vocabulary::vocabulary,
};

/// Events of a patrol run. `at` is business or device time; the server's time stands in the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RunEvent {
    PatrolStarted {
        plan: PlanId,
        /// The published version that the run is walked by, to its end.
        version: u16,
        route: RouteId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shift: Option<ShiftId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
        members: Vec<PersonId>,
        /// Area and organisation of the plan.
        area: AreaCode,
        organisation: OrganisationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contract: Option<ContractId>,
        payer: Payer,
        started_at: When,
        /// In the order of the walk.
        stops: Vec<DueStop>,
    },
    PatrolPaused {
        at: When,
    },
    PatrolResumed {
        at: When,
    },
    CheckpointScanned {
        scan: ScanId,
        checkpoint: CheckpointId,
        person: PersonId,
        /// The device's time, however wrong its clock was.
        at: When,
        /// It reached the server more than 15 minutes after the device's time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
        /// At most the grace before or after the due time.
        in_window: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flags: Vec<ScanFlag>,
        /// Exact location of the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace: Option<Personal>,
    },
    CheckpointSkipped {
        checkpoint: CheckpointId,
        reason: SkipReason,
        at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Due time and grace passed without a scan.
    CheckpointMissed {
        checkpoint: CheckpointId,
        due_at: When,
    },
    /// `scan`, reported late, shows that the checkpoint was visited before its deadline.
    MissRescinded {
        checkpoint: CheckpointId,
        scan: ScanId,
    },
    DeviationDetected {
        deviation: DeviationId,
        kind: DeviationKind,
        at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checkpoint: Option<CheckpointId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    DeviationAcknowledged {
        deviation: DeviationId,
        at: When,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    SosRaised {
        person: PersonId,
        at: When,
        /// Exact location of the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trace: Option<Personal>,
    },
    PatrolCompleted {
        at: When,
    },
    PatrolAbandoned {
        at: When,
        reason: String,
    },
}

/// A stop of a run, with the time it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueStop {
    pub checkpoint: CheckpointId,
    pub due_at: When,
    /// Minutes before and after the due time that still count.
    pub grace_minutes: u16,
}

vocabulary! {
    /// What is odd about a scan; it is kept all the same.
    ScanFlag {
        /// The device's clock was more than 5 minutes ahead of the server.
        ClockDrift,
        /// The device was more than 200 metres away from the checkpoint.
        LocationFarOff,
        /// Against the order of the route, by the device's times.
        OutOfOrder,
        /// The checkpoint counted as missed when the scan was reported.
        AfterMiss,
        /// By the device's time it lies before the start or after the end of the run.
        OutsideRun,
        /// Who scanned is not among the members of the run.
        NotMember,
    }

    /// Why a checkpoint is left out.
    SkipReason {
        /// The way there is blocked.
        NoAccess,
        /// The patrol was called to an incident.
        CalledAway,
        /// The weather does not allow it.
        Weather,
        /// The tag or the device does not work.
        TagBroken,
        /// The checkpoint was retired during the run.
        CheckpointRetired,
        /// Another reason, told in the note.
        Other,
    }

    /// How a run departs from its route.
    DeviationKind {
        /// The patrol left the route.
        LeftRoute,
        /// The patrol stood still for too long.
        LongStop,
        /// The patrol moves too fast to be on foot.
        TooFast,
        /// The device stopped reporting.
        DeviceSilent,
        /// Another kind, told in the note.
        Other,
    }
}

impl EventBody for RunEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        match self {
            Self::CheckpointScanned { trace, .. } | Self::SosRaised { trace, .. } => {
                trace.iter_mut().collect()
            }
            _ => vec![],
        }
    }
}
