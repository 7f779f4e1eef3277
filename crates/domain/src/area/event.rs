//! What happens to an area.

use serde::{Deserialize, Serialize};

use crate::{AreaCode, AreaLevel, Day, EventBody, PersonId, Personal, area::GridStaffRole};

/// Events of an area. Names of divisions are public, nothing here is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AreaEvent {
    /// Every level but the grid.
    AreaRegistered {
        code: AreaCode,
        level: AreaLevel,
        name: String,
        /// None for a province.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<AreaCode>,
    },
    GridDefined {
        code: AreaCode,
        name: String,
        /// Registered households when the grid was drawn.
        households: u32,
        /// The boundary in words or as a polygon, as the committee keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boundary: Option<String>,
    },
    GridBoundaryRevised {
        boundary: String,
    },
    /// The grid ends; the others take its place.
    GridSplit {
        into: Vec<AreaCode>,
    },
    /// The grid ends and becomes a part of another.
    GridsMerged {
        into: AreaCode,
    },
    GridStaffAssigned {
        person: PersonId,
        role: GridStaffRole,
    },
    GridStaffRelieved {
        person: PersonId,
    },
    HouseholdsCounted {
        households: u32,
        on: Day,
    },
    /// Replaces the count of that day; the original stays in the log.
    HouseholdCountCorrected {
        on: Day,
        households: u32,
        reason: String,
    },
    /// The name was written wrongly; a renaming in real life is a new fact of the division's own authority.
    AreaNameCorrected {
        name: String,
        reason: String,
    },
    AreaDissolved {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<AreaCode>,
    },
}

impl EventBody for AreaEvent {
    fn personal_mut(&mut self) -> Vec<&mut Personal> {
        vec![]
    }
}
