//! The times of one unit at an incident.

use crate::When;

/// What a unit does at an incident, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitStep {
    Dispatched,
    Accepted,
    EnRoute,
    Arrived,
    Cleared,
}

/// The times of one unit in its current round, from its dispatch (or from its first sign, if it was not dispatched)
/// until it is cleared. They never run backwards; a step that nobody reported stays empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTimes {
    pub dispatched_at: Option<When>,
    pub accepted_at: Option<When>,
    pub en_route_at: Option<When>,
    pub arrived_at: Option<When>,
    pub cleared_at: Option<When>,
}

impl UnitTimes {
    pub const fn get(&self, step: UnitStep) -> Option<When> {
        match step {
            UnitStep::Dispatched => self.dispatched_at,
            UnitStep::Accepted => self.accepted_at,
            UnitStep::EnRoute => self.en_route_at,
            UnitStep::Arrived => self.arrived_at,
            UnitStep::Cleared => self.cleared_at,
        }
    }

    /// The earliest of its times.
    pub fn earliest(&self) -> Option<When> {
        self.steps().into_iter().filter_map(|(_, at)| at).min_by_key(|at| at.at)
    }

    /// Whether this step comes after the unit was cleared, so that its times begin anew.
    pub fn begins_new_round(&self, step: UnitStep, at: When) -> bool {
        let Some(cleared_at) = self.cleared_at else { return false };
        match step {
            UnitStep::Dispatched => at.at >= cleared_at.at,
            UnitStep::EnRoute | UnitStep::Arrived => at.at > cleared_at.at,
            UnitStep::Accepted | UnitStep::Cleared => false,
        }
    }

    /// A known time that this one contradicts: the two in the order in which they should not be, earlier step first.
    pub(super) fn contradiction(&self, step: UnitStep, at: When) -> Option<(When, When)> {
        self.steps().into_iter().find_map(|(other, known)| {
            let known = known?;
            if other < step && known.at > at.at {
                Some((known, at))
            } else if other > step && at.at > known.at {
                Some((at, known))
            } else {
                None
            }
        })
    }

    pub(super) fn record(&mut self, step: UnitStep, at: When) {
        if self.begins_new_round(step, at) {
            *self = Self::default();
        }
        let field = match step {
            UnitStep::Dispatched => &mut self.dispatched_at,
            UnitStep::Accepted => &mut self.accepted_at,
            UnitStep::EnRoute => &mut self.en_route_at,
            UnitStep::Arrived => &mut self.arrived_at,
            UnitStep::Cleared => &mut self.cleared_at,
        };
        *field = Some(at);
    }

    const fn steps(&self) -> [(UnitStep, Option<When>); 5] {
        [
            (UnitStep::Dispatched, self.dispatched_at),
            (UnitStep::Accepted, self.accepted_at),
            (UnitStep::EnRoute, self.en_route_at),
            (UnitStep::Arrived, self.arrived_at),
            (UnitStep::Cleared, self.cleared_at),
        ]
    }
}
