//! The rules of the units that attend an incident.

use super::{Facts, Incident, IncidentEvent, Phase, Report, UnitStep, decide::time_of, reason};
use crate::{
    Context, Rejection, TeamId,
    aggregate::{in_order, rule},
    rejection::common,
};

/// Units that can attend one incident.
const MOST_UNITS: usize = 50;

impl Incident {
    /// One step of one unit. Reports may come late and out of order; what they tell must be in order: dispatch ≤
    /// accept ≤ en route ≤ arrival ≤ clear. Whoever goes by themselves has no dispatch, and none is made up.
    pub(super) fn attend(
        &self,
        report: &Report,
        unit: TeamId,
        step: UnitStep,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        let at = time_of(report, context)?;
        let times = self.units.get(&unit);
        let new_round = times.is_none_or(|times| times.begins_new_round(step, at));
        if !new_round && times.is_some_and(|times| times.get(step).is_some()) {
            return Ok(vec![]);
        }
        match step {
            UnitStep::Dispatched | UnitStep::EnRoute | UnitStep::Arrived => {}
            UnitStep::Accepted => {
                rule(times.is_some_and(|times| times.dispatched_at.is_some()), || {
                    Rejection::new(&reason::NOT_DISPATCHED).field("unit")
                })?;
            }
            UnitStep::Cleared => {
                rule(times.is_some(), || Rejection::new(&reason::NOT_ATTENDING).field("unit"))?;
            }
        }
        match self.phase {
            Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved
            | Phase::Reopened => {}
            // After the closing only late reports of units that attended are taken.
            Phase::Closed => rule(!new_round, || self.wrong_phase())?,
            Phase::Absent => return Err(self.wrong_phase()),
        }
        if times.is_none() {
            rule(facts.unit_known, || Rejection::new(&common::UNKNOWN_TEAM).field("unit"))?;
            rule(self.units.len() < MOST_UNITS, || {
                Rejection::new(&common::TOO_MANY).field("unit").with("limit", MOST_UNITS)
            })?;
        }
        if let Some(times) = times.filter(|_| !new_round)
            && let Some((earlier_step, later_step)) = times.contradiction(step, at)
        {
            in_order("occurredAt", earlier_step, later_step)?;
        }
        Ok(vec![match step {
            UnitStep::Dispatched => IncidentEvent::UnitDispatched { unit, at },
            UnitStep::Accepted => IncidentEvent::DispatchAccepted { unit, at },
            UnitStep::EnRoute => IncidentEvent::UnitEnRoute { unit, at },
            UnitStep::Arrived => IncidentEvent::UnitArrived { unit, at },
            UnitStep::Cleared => IncidentEvent::UnitCleared { unit, at },
        }])
    }
}
