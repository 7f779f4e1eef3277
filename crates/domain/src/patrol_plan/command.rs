//! What can be asked of a patrol plan.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{AreaCode, CheckpointId, OrganisationId, PlanId, RouteId, aggregate::commands};

commands! {
    /// Commands to a patrol plan.
    PlanCommand for plan: PlanId;
    create { Draft(DraftPlan), }
    then {
        Revise(DraftPlanRevision),
        DefineRoute(DefineRoute),
        Approve(ApprovePlan),
        Publish(PublishPlan),
        Install(InstallCheckpoint),
        Retire(RetireCheckpoint),
    }
}

/// Begins a patrol plan with the draft of its first version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DraftPlan {
    /// Left out: derived from the command id.
    pub plan: Option<PlanId>,
    /// The area that is patrolled.
    pub area: AreaCode,
    /// Whose plan it is: the station, committee or company.
    pub organisation: OrganisationId,
    /// Name of the plan, up to 100 characters.
    pub name: String,
}

/// Begins the draft of the next version. It starts with the routes of the latest version, without the checkpoints
/// that were retired since; a version that was approved but not yet published is superseded at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DraftPlanRevision {
    /// The plan.
    pub plan: PlanId,
    /// New name of the plan; left out: the name stays.
    pub name: Option<String>,
    /// Routes that the new version shall not have.
    pub without_routes: Vec<RouteId>,
}

/// Sets or replaces a route of the draft. A version that is approved or published can not be changed any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DefineRoute {
    /// The plan.
    pub plan: PlanId,
    /// The route to replace. Left out: a new one, with an id derived from the command id.
    pub route: Option<RouteId>,
    /// Name of the route, up to 100 characters.
    pub name: String,
    /// The stops in the order of the walk, 1 to 100, each checkpoint once, due times never decreasing.
    pub checkpoints: Vec<RouteStopInput>,
}

/// A stop of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RouteStopInput {
    /// A checkpoint of the same plan that is installed and not retired.
    pub checkpoint: CheckpointId,
    /// When it is due: minutes from the start of the run, 0 to 1,440.
    pub due_after_minutes: u16,
    /// How many minutes before and after the due time still count, 1 to 240.
    pub grace_minutes: u16,
}

/// Approves the draft. Who drafted it can not approve it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ApprovePlan {
    /// The plan.
    pub plan: PlanId,
    /// The version that was read and is approved.
    pub version: u16,
}

/// Puts the approved version into force. The version published before it is superseded; runs that have begun keep
/// the version they began with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct PublishPlan {
    /// The plan.
    pub plan: PlanId,
    /// The approved version.
    pub version: u16,
}

/// Puts up a checkpoint, so that routes can lead there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct InstallCheckpoint {
    /// The plan.
    pub plan: PlanId,
    /// Left out: derived from the command id.
    pub checkpoint: Option<CheckpointId>,
    /// Name of the checkpoint, up to 100 characters.
    pub name: String,
    /// Where it stands: the area of the plan or one inside it.
    pub area: AreaCode,
    /// Hash of its NFC tag or QR code, up to 128 characters; no two checkpoints in use share one. Left out: it has
    /// none.
    pub tag: Option<String>,
    /// Where exactly it stands. Left out: not surveyed.
    pub position: Option<CheckpointPositionInput>,
}

/// A fixed place, in millionths of a degree (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CheckpointPositionInput {
    /// Latitude, north positive, -90,000,000 to 90,000,000.
    pub latitude_microdegrees: i32,
    /// Longitude, east positive, -180,000,000 to 180,000,000.
    pub longitude_microdegrees: i32,
}

/// Takes a checkpoint out of use for good. From the input's `occurredAt` on, nothing is due there and no scan counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RetireCheckpoint {
    /// The plan.
    pub plan: PlanId,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Why, without naming people, up to 500 characters.
    pub reason: String,
}
