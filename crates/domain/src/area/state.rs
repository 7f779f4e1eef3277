//! What the decisions of an area need to remember.

use std::collections::BTreeMap;

use crate::{
    AreaCode, Day, PersonId,
    area::{AreaEvent, GridStaffRole},
};

/// Where an area stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Absent,
    Active,
    /// A grid that was divided.
    Split,
    /// A grid that became a part of another.
    Merged,
    Dissolved,
}

crate::word::named!(Phase {
    Absent = "not registered", "未登记";
    Active = "in force", "有效";
    Split = "split", "已拆分";
    Merged = "merged into another", "已合并";
    Dissolved = "dissolved", "已撤销";
});

/// The last count of households.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseholdCount {
    pub on: Day,
    pub households: u32,
}

/// State of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Area {
    pub phase: Phase,
    pub code: Option<AreaCode>,
    pub name: Box<str>,
    /// Of a grid: in words or as a polygon.
    pub boundary: Option<Box<str>>,
    /// Registered households: of the last count, or of the definition of a grid.
    pub households: Option<u32>,
    pub last_count: Option<HouseholdCount>,
    pub staff: BTreeMap<PersonId, GridStaffRole>,
    /// What took its place.
    pub successors: Vec<AreaCode>,
}

impl Area {
    /// Whether it is registered and has not ended.
    pub fn is_active(&self) -> bool {
        self.phase == Phase::Active
    }

    pub(super) fn apply(&mut self, event: &AreaEvent) {
        match event {
            AreaEvent::AreaRegistered { code, name, .. } => {
                self.phase = Phase::Active;
                self.code = Some(*code);
                self.name = name.as_str().into();
            }
            AreaEvent::GridDefined { code, name, households, boundary } => {
                self.phase = Phase::Active;
                self.code = Some(*code);
                self.name = name.as_str().into();
                self.households = Some(*households);
                self.boundary = boundary.as_deref().map(Into::into);
            }
            AreaEvent::GridBoundaryRevised { boundary } => self.boundary = Some(boundary.as_str().into()),
            AreaEvent::GridSplit { into } => self.end(Phase::Split, into),
            AreaEvent::GridsMerged { into } => self.end(Phase::Merged, &[*into]),
            AreaEvent::GridStaffAssigned { person, role } => {
                self.staff.insert(*person, *role);
            }
            AreaEvent::GridStaffRelieved { person } => {
                self.staff.remove(person);
            }
            AreaEvent::HouseholdsCounted { households, on }
            | AreaEvent::HouseholdCountCorrected { households, on, .. } => {
                self.households = Some(*households);
                self.last_count = Some(HouseholdCount { on: *on, households: *households });
            }
            AreaEvent::AreaNameCorrected { name, .. } => self.name = name.as_str().into(),
            AreaEvent::AreaDissolved { successor, .. } => self.end(Phase::Dissolved, successor.as_slice()),
        }
    }

    fn end(&mut self, phase: Phase, successors: &[AreaCode]) {
        self.phase = phase;
        self.successors = successors.to_vec();
        self.staff.clear();
    }
}
