//! What happens to a patrol plan.

use serde::{Deserialize, Serialize};

use crate::{Actor, AreaCode, CheckpointId, EventBody, OrganisationId, Personal, RouteId, When};

/// Events of a patrol plan. Every version is told in full: the routes that a revision keeps are defined anew in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PlanEvent {
    /// A version was begun: 1 for a new plan, the next number for a revision.
    PlanDrafted {
        area: AreaCode,
        organisation: OrganisationId,
        name: String,
        version: u16,
        /// Who must not approve it.
        drafted_by: Actor,
    },
    /// Sets or replaces a route of a version that is still a draft.
    RouteDefined {
        version: u16,
        route: RouteId,
        name: String,
        /// In the order of the walk.
        checkpoints: Vec<RouteStop>,
    },
    PlanApproved {
        version: u16,
        approved_by: Actor,
    },
    PlanPublished {
        version: u16,
    },
    /// `version` is no longer to be walked: `by` took its place.
    PlanSuperseded {
        version: u16,
        by: u16,
    },
    CheckpointInstalled {
        checkpoint: CheckpointId,
        name: String,
        area: AreaCode,
        /// Hash of its NFC tag or QR code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<CheckpointPosition>,
    },
    CheckpointRetired {
        checkpoint: CheckpointId,
        at: When,
        reason: String,
    },
}

/// A stop of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteStop {
    pub checkpoint: CheckpointId,
    /// Minutes from the start of the run.
    pub due_after_minutes: u16,
    /// Minutes before and after the due time that still count.
    pub grace_minutes: u16,
}

/// Where a checkpoint stands, in millionths of a degree (WGS 84). It tells nothing of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointPosition {
    /// North is positive, -90,000,000 to 90,000,000.
    pub latitude_microdegrees: i32,
    /// East is positive, -180,000,000 to 180,000,000.
    pub longitude_microdegrees: i32,
}

impl EventBody for PlanEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        vec![]
    }
}
