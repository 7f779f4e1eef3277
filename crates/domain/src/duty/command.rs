//! What can be asked of the duty of a person. These commands come from the platform itself, in the course of an
//! assignment, a trade or a withdrawal.

#[cfg(feature = "graphql")]
use async_graphql::InputObject;

use crate::{CommandId, PersonId, ShiftId, When};

/// Commands to the duty of a person. Written out, because none of them creates its target: the person exists already.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DutyCommand {
    Reserve(ReserveAssignment),
    Confirm(ConfirmAssignment),
    Release(ReleaseAssignment),
}

impl DutyCommand {
    /// Imperative name, as in the schema.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reserve(_) => "ReserveAssignment",
            Self::Confirm(_) => "ConfirmAssignment",
            Self::Release(_) => "ReleaseAssignment",
        }
    }

    /// The person whose duty it is.
    pub const fn target(&self) -> PersonId {
        match self {
            Self::Reserve(body) => body.person,
            Self::Confirm(body) => body.person,
            Self::Release(body) => body.person,
        }
    }
}

impl From<ReserveAssignment> for DutyCommand {
    fn from(body: ReserveAssignment) -> Self {
        Self::Reserve(body)
    }
}

impl From<ConfirmAssignment> for DutyCommand {
    fn from(body: ConfirmAssignment) -> Self {
        Self::Confirm(body)
    }
}

impl From<ReleaseAssignment> for DutyCommand {
    fn from(body: ReleaseAssignment) -> Self {
        Self::Release(body)
    }
}

/// Reserves a person's time for a shift; refused when another duty overlaps with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReserveAssignment {
    /// Whose time.
    pub person: PersonId,
    /// The shift that takes it.
    pub shift: ShiftId,
    /// Begin of the shift.
    pub starts_at: When,
    /// End of the shift; the next one may begin at this very instant.
    pub ends_at: When,
    /// The command that gives the place. Another one for the same place is refused as long as this one is on its way.
    pub command: CommandId,
}

/// States that the shift has given the place to the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ConfirmAssignment {
    /// Whose time.
    pub person: PersonId,
    /// The shift.
    pub shift: ShiftId,
}

/// Frees the time that a shift had taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "graphql", derive(InputObject))]
pub struct ReleaseAssignment {
    /// Whose time.
    pub person: PersonId,
    /// The shift.
    pub shift: ShiftId,
    /// Why, without naming people.
    pub reason: String,
    /// Only what this command has reserved; left out: a place that was given, whoever gave it.
    pub reserved_by: Option<CommandId>,
}
