//! What can be asked of a patrol run.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use super::{DeviationKind, SkipReason};
use crate::{
    CheckpointId, ContractId, DeviationId, Payer, PersonId, PersonalText, PlanId, RouteId, RunId, ScanId,
    ShiftId, TeamId, aggregate::commands,
};

commands! {
    /// Commands to a patrol run.
    RunCommand for run: RunId;
    create { Start(StartPatrol), }
    then {
        Pause(PausePatrol),
        Resume(ResumePatrol),
        Scan(ScanCheckpoint),
        Skip(SkipCheckpoint),
        MarkMissed(MarkMissed),
        ReportDeviation(ReportDeviation),
        AcknowledgeDeviation(AcknowledgeDeviation),
        RaiseSos(RaiseSos),
        Complete(CompletePatrol),
        Abandon(AbandonPatrol),
    }
}

/// Begins a walk along a route of the published version of a plan. It begins at the input's `occurredAt`, from which
/// the due times of its stops are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct StartPatrol {
    /// Left out: derived from the command id.
    pub run: Option<RunId>,
    /// The plan; its published version is the one that is walked.
    pub plan: PlanId,
    /// A route of the published version.
    pub route: RouteId,
    /// The shift that the walk is part of. Left out: part of none.
    pub shift: Option<ShiftId>,
    /// The team that walks. Left out: no team.
    pub team: Option<TeamId>,
    /// Who walks, 1 to 50 people.
    pub members: Vec<PersonId>,
    /// Contract the walk is done for. Left out: done for none.
    pub contract: Option<ContractId>,
    /// Who pays for it.
    pub payer: Payer,
}

/// Interrupts the walk. The due times of the stops do not move.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct PausePatrol {
    /// The run.
    pub run: RunId,
}

/// Goes on with the walk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ResumePatrol {
    /// The run.
    pub run: RunId,
}

/// Reports a visit to a checkpoint. The device's time is the input's `occurredAt`. The same scan may be sent again
/// at any time; it may be sent late, up to 72 hours after the end of the run. What is odd about it is flagged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ScanCheckpoint {
    /// The run.
    pub run: RunId,
    /// Id of the scan, chosen by the device.
    pub scan: ScanId,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Who scanned.
    pub person: PersonId,
    /// Distance between the device and the checkpoint in metres; more than 200 is flagged. Left out: not known, not
    /// flagged.
    pub distance_metres: Option<u32>,
    /// Exact location of the person, up to 500 characters; sealed with the key of that person. Left out: not known.
    pub trace: Option<PersonalText>,
}

/// States that a checkpoint is left out, before its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SkipCheckpoint {
    /// The run.
    pub run: RunId,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Why.
    pub reason: SkipReason,
    /// More about it, without naming people, up to 500 characters. Needed when the reason is another one. Left out:
    /// nothing.
    pub note: Option<String>,
}

/// States that a checkpoint was not visited by its due time plus grace. The platform does this by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MarkMissed {
    /// The run.
    pub run: RunId,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
}

/// Reports that the run departs from its route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReportDeviation {
    /// The run.
    pub run: RunId,
    /// Left out: derived from the command id.
    pub deviation: Option<DeviationId>,
    /// How it departs.
    pub kind: DeviationKind,
    /// The checkpoint of the run that it concerns. Left out: none.
    pub checkpoint: Option<CheckpointId>,
    /// Whom it concerns. Left out: nobody in particular.
    pub person: Option<PersonId>,
    /// More about it, without naming people, up to 500 characters. Needed when the kind is another one. Left out:
    /// nothing.
    pub note: Option<String>,
}

/// Confirms to have seen a deviation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AcknowledgeDeviation {
    /// The run.
    pub run: RunId,
    /// The deviation.
    pub deviation: DeviationId,
    /// What follows from it, without naming people, up to 500 characters. Left out: nothing.
    pub note: Option<String>,
}

/// Calls for help. It is taken whatever the state of the run and of the device's clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RaiseSos {
    /// The run.
    pub run: RunId,
    /// Who needs help.
    pub person: PersonId,
    /// Exact location of the person, up to 500 characters; sealed with the key of that person. Left out: not known.
    pub trace: Option<PersonalText>,
}

/// Ends the walk. Stops without a scan are missed once their deadlines pass, unless late scans arrive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CompletePatrol {
    /// The run.
    pub run: RunId,
}

/// Breaks the walk off.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AbandonPatrol {
    /// The run.
    pub run: RunId,
    /// Why, without naming people, up to 500 characters.
    pub reason: String,
}
