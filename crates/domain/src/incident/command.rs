//! What can be asked of an incident.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use super::{DispositionCode, EscalationCause, IncidentChannel, IncidentKind, IncidentTransferTarget};
use crate::{
    AreaCode, ContractId, IncidentId, OrganisationId, PersonalText, Priority, RunId, ShiftId, TeamId, When,
    aggregate::commands,
};

commands! {
    /// Commands to an incident.
    IncidentCommand for incident: IncidentId;
    create { Report(ReportIncident), }
    then {
        Triage(TriageIncident),
        Prioritise(PrioritiseIncident),
        Dispatch(DispatchUnit),
        Accept(AcceptDispatch),
        EnRoute(MarkUnitEnRoute),
        Arrive(MarkUnitArrived),
        Clear(ClearUnit),
        Merge(MergeIncident),
        Unmerge(UnmergeIncident),
        Transfer(TransferIncident),
        Escalate(EscalateIncident),
        Dispose(RecordDisposition),
        Close(CloseIncident),
        Reopen(ReopenIncident),
        Feedback(RecordFeedback),
        Correct(CorrectIncident),
    }
}

/// Reports an incident. The time of the report is the input's `occurredAt`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReportIncident {
    /// Left out: derived from the command id.
    pub incident: Option<IncidentId>,
    /// Where it happened.
    pub area: AreaCode,
    /// What it seems to be.
    pub kind: IncidentKind,
    /// The way on which it was reported.
    pub channel: IncidentChannel,
    /// How urgent it seems to be.
    pub priority: Priority,
    /// Whether a patrol found it by itself: such reports are counted apart.
    pub self_initiated: bool,
    /// Whether it is part of a drill: drills never count in the figures.
    pub drill: bool,
    /// Name of the reporter; sealed with the key of the incident. Left out: not told.
    pub reporter_name: Option<PersonalText>,
    /// Telephone number of the reporter; sealed with the key of the incident. Left out: not told.
    pub reporter_phone: Option<PersonalText>,
    /// Where exactly; sealed with the key of the incident. Left out: not told.
    pub address: Option<PersonalText>,
    /// What was told; sealed with the key of the incident. Left out: not recorded.
    pub narrative: Option<PersonalText>,
    /// Opaque key of the place, equal for equal places, to find repeat addresses: up to 128 letters, digits and
    /// `-_.:=+/`. It must not be the address itself. Left out: the place is not counted.
    pub place_key: Option<String>,
    /// Shift in which it was found. Left out: found in none.
    pub shift: Option<ShiftId>,
    /// Patrol run on which it was found. Left out: found on none.
    pub run: Option<RunId>,
    /// Security company in whose work it was found. Left out: not found in the work of one.
    pub company: Option<OrganisationId>,
    /// Contract in whose work it was found; the company must then be named too. Left out: none.
    pub contract: Option<ContractId>,
    /// When it shall be closed; not before the report. Left out: no time is set.
    pub due_at: Option<When>,
}

/// Records what triage found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct TriageIncident {
    /// The incident.
    pub incident: IncidentId,
    /// What it is.
    pub kind: IncidentKind,
    /// How urgent it is; left out: as before.
    pub priority: Option<Priority>,
}

/// Changes how urgent the incident is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct PrioritiseIncident {
    /// The incident.
    pub incident: IncidentId,
    /// How urgent it is.
    pub priority: Priority,
}

/// Sends a unit to the incident.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DispatchUnit {
    /// The incident.
    pub incident: IncidentId,
    /// The team that is sent.
    pub unit: TeamId,
}

/// The unit confirms to have been sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AcceptDispatch {
    /// The incident.
    pub incident: IncidentId,
    /// The team that was sent.
    pub unit: TeamId,
}

/// The unit is on its way. It need not have been dispatched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MarkUnitEnRoute {
    /// The incident.
    pub incident: IncidentId,
    /// The team on its way.
    pub unit: TeamId,
}

/// The unit is on scene. It need not have been dispatched; no dispatch is then made up for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MarkUnitArrived {
    /// The incident.
    pub incident: IncidentId,
    /// The team on scene.
    pub unit: TeamId,
}

/// The unit is free again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ClearUnit {
    /// The incident.
    pub incident: IncidentId,
    /// The team that is free again.
    pub unit: TeamId,
}

/// States that this incident is a duplicate of an earlier one, which survives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MergeIncident {
    /// The duplicate.
    pub incident: IncidentId,
    /// The incident that survives: reported no later than the duplicate, and not merged itself.
    pub survivor: IncidentId,
}

/// Takes a merge back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct UnmergeIncident {
    /// The incident that was taken for a duplicate.
    pub incident: IncidentId,
    /// Why, without naming people.
    pub reason: String,
}

/// Hands the incident on to mediation, to a case file or to another public body.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct TransferIncident {
    /// The incident.
    pub incident: IncidentId,
    /// What carries it on.
    pub to: IncidentTransferTarget,
    /// Who carries it on; required for an agency. Left out: not named.
    pub organisation: Option<OrganisationId>,
    /// Number of the case or mediation at the receiver, up to 100 characters. Left out: there is none.
    pub reference: Option<String>,
}

/// Raises the incident to the level above, once for each cause. The platform does this by itself when nobody arrived
/// within the target time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct EscalateIncident {
    /// The incident.
    pub incident: IncidentId,
    /// Why.
    pub cause: EscalationCause,
}

/// Records how the incident ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RecordDisposition {
    /// The incident.
    pub incident: IncidentId,
    /// How it ended.
    pub code: DispositionCode,
    /// What was done; sealed with the key of the incident. Left out: nothing to be noted.
    pub note: Option<PersonalText>,
}

/// Closes the incident: it needs a disposition, and an author who is not the platform itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CloseIncident {
    /// The incident.
    pub incident: IncidentId,
}

/// Opens a closed incident again; it then needs a new disposition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReopenIncident {
    /// The incident.
    pub incident: IncidentId,
    /// Why, without naming people.
    pub reason: String,
}

/// Records how satisfied the reporter is with what was done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RecordFeedback {
    /// The incident.
    pub incident: IncidentId,
    /// From 1 (not satisfied) to 5 (fully satisfied).
    pub score: u8,
    /// What the reporter said; sealed with the key of the incident. Left out: nothing.
    pub comment: Option<PersonalText>,
}

/// Corrects the report. A field that is left out stays as it is; the original stays in the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectIncident {
    /// The incident.
    pub incident: IncidentId,
    /// Why, without naming people.
    pub reason: String,
    /// Where it happened.
    pub area: Option<AreaCode>,
    /// What it is.
    pub kind: Option<IncidentKind>,
    /// The way on which it was reported.
    pub channel: Option<IncidentChannel>,
    /// Whether a patrol found it by itself.
    pub self_initiated: Option<bool>,
    /// Whether it is part of a drill.
    pub drill: Option<bool>,
    /// When it was reported: not after the first unit was sent or arrived.
    pub reported_at: Option<When>,
    /// Name of the reporter; sealed with the key of the incident.
    pub reporter_name: Option<PersonalText>,
    /// Telephone number of the reporter; sealed with the key of the incident.
    pub reporter_phone: Option<PersonalText>,
    /// Where exactly; sealed with the key of the incident.
    pub address: Option<PersonalText>,
    /// What was told; sealed with the key of the incident.
    pub narrative: Option<PersonalText>,
    /// Opaque key of the place: up to 128 letters, digits and `-_.:=+/`.
    pub place_key: Option<String>,
    /// When it shall be closed; not before the report.
    pub due_at: Option<When>,
}
