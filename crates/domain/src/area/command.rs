//! What can be asked of an area.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::{AreaCode, Day, PersonId, aggregate::commands, vocabulary::vocabulary};

commands! {
    /// Commands to an area. An area is always named by its code: nothing is derived.
    AreaCommand for area: AreaCode;
    create {}
    then {
        Register(RegisterArea),
        DefineGrid(DefineGrid),
        ReviseBoundary(ReviseGridBoundary),
        Split(SplitGrid),
        Merge(MergeGrid),
        AssignStaff(AssignGridStaff),
        RelieveStaff(RelieveGridStaff),
        CountHouseholds(CountHouseholds),
        CorrectHouseholdCount(CorrectHouseholdCount),
        CorrectName(CorrectAreaName),
        Dissolve(DissolveArea),
    }
}

vocabulary! {
    /// What somebody does in a grid.
    GridStaffRole {
        /// 网格长: answers for the grid.
        Chief,
        /// 专职网格员: works in the grid full-time.
        Officer,
        /// 兼职网格员: helps beside other work.
        PartTimeOfficer,
        /// 社区民警 or 辅警 tied to the grid.
        CommunityPolice,
        /// 楼栋长: head of a building.
        BuildingHead,
    }
}

/// Registers a province, prefecture, county, township or village; the area above it must be registered before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RegisterArea {
    /// Code of the division: 2, 4, 6, 9 or 12 digits.
    pub area: AreaCode,
    /// Official name, at most 100 characters.
    pub name: String,
    /// The area that contains it. Left out: taken from the code, which must agree with it anyway.
    pub parent: Option<AreaCode>,
}

/// Draws a new grid inside a registered village or community.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DefineGrid {
    /// Code of the grid: the 12 digits of its village and three more.
    pub area: AreaCode,
    /// Name of the grid, at most 100 characters.
    pub name: String,
    /// Registered households; 100 to 150 is the guidance, any number is accepted.
    pub households: u32,
    /// The boundary in words or as a polygon, at most 10,000 characters. Left out: not described yet.
    pub boundary: Option<String>,
}

/// Redraws the boundary of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReviseGridBoundary {
    /// The grid.
    pub area: AreaCode,
    /// The new boundary in words or as a polygon, at most 10,000 characters.
    pub boundary: String,
}

/// Ends a grid that is divided; the grids that take its place are defined before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct SplitGrid {
    /// The grid that ends.
    pub area: AreaCode,
    /// The 2 to 20 grids of the same village that take its place.
    pub into: Vec<AreaCode>,
}

/// Ends a grid that becomes a part of another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct MergeGrid {
    /// The grid that ends.
    pub area: AreaCode,
    /// The grid of the same village that takes it in.
    pub into: AreaCode,
}

/// Gives a person a part in a grid; who has another part there changes to this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct AssignGridStaff {
    /// The grid.
    pub area: AreaCode,
    /// Who works there.
    pub person: PersonId,
    /// What the person does there.
    pub role: GridStaffRole,
}

/// Ends the part that a person has in a grid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct RelieveGridStaff {
    /// The grid.
    pub area: AreaCode,
    /// Who leaves.
    pub person: PersonId,
}

/// States how many households are registered in an area on a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CountHouseholds {
    /// The area.
    pub area: AreaCode,
    /// Number of households.
    pub households: u32,
    /// The day of the count: not before the last count and not in the future.
    pub on: Day,
}

/// Corrects the last count of households; also possible after the area has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectHouseholdCount {
    /// The area.
    pub area: AreaCode,
    /// The day of the count that was wrong.
    pub on: Day,
    /// The right number of households.
    pub households: u32,
    /// Why, without naming people.
    pub reason: String,
}

/// Corrects the name of an area; also possible after the area has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct CorrectAreaName {
    /// The area.
    pub area: AreaCode,
    /// The right name, at most 100 characters.
    pub name: String,
    /// Why, without naming people.
    pub reason: String,
}

/// Ends an area; its code stays valid for what happened before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct DissolveArea {
    /// The area.
    pub area: AreaCode,
    /// Why, without naming people.
    pub reason: String,
    /// The area of the same level that takes its place. Left out: none does.
    pub successor: Option<AreaCode>,
}
