//! The rules of how an incident is merged, handed on and raised.

use super::{
    EscalationCause, Facts, Incident, IncidentEvent, IncidentTransferTarget, MergeIncident, Phase, Report,
    Transfer, TransferIncident, UnmergeIncident, decide::time_of, reason,
};
use crate::{
    Context, Rejection,
    aggregate::{rule, text},
    rejection::common,
};

/// How often one incident can be handed on.
const MOST_TRANSFERS: usize = 20;

impl Incident {
    /// The survivor is the earlier report (of two at the same instant the one with the smaller id). That order is
    /// fixed by the first word of each, so a ring of merges can not arise, not even when two incidents are merged into
    /// each other at the same moment and neither decision sees the other.
    pub(super) fn merge(
        &self,
        report: &Report,
        body: &MergeIncident,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        if self.merged_into == Some(body.survivor) {
            return Ok(vec![]);
        }
        self.stands_alone()?;
        rule(body.survivor != body.incident, || Rejection::new(&common::NOT_SELF).field("survivor"))?;
        let Some(survivor) = facts.survivor else {
            return Err(Rejection::new(&reason::UNKNOWN_SURVIVOR).field("survivor"));
        };
        if let Some(merged_into) = survivor.merged_into {
            return Err(Rejection::new(&reason::SURVIVOR_MERGED)
                .field("survivor")
                .with("survivor", merged_into));
        }
        rule(survivor.drill == report.drill, || Rejection::new(&reason::DRILL_AND_REAL).field("survivor"))?;
        let earlier = (survivor.first_told_at.at, body.survivor) < (report.first_told_at.at, body.incident);
        rule(earlier, || {
            Rejection::new(&reason::SURVIVOR_IS_LATER).field("survivor").with("earlier", report.first_told_at)
        })?;
        let at = time_of(report, context)?;
        Ok(vec![IncidentEvent::IncidentMerged { survivor: body.survivor, at }])
    }

    pub(super) fn unmerge(
        &self,
        report: &Report,
        body: &UnmergeIncident,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        let Some(survivor) = self.merged_into else { return Ok(vec![]) };
        let reason = text("reason", &body.reason, 500)?;
        let at = time_of(report, context)?;
        Ok(vec![IncidentEvent::IncidentUnmerged { survivor, reason, at }])
    }

    pub(super) fn transfer(
        &self,
        report: &Report,
        body: &TransferIncident,
        facts: &Facts,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        let reference = body.reference.as_deref().map(|number| text("reference", number, 100)).transpose()?;
        let transfer = Transfer {
            to: body.to,
            organisation: body.organisation,
            reference: reference.as_deref().map(Box::from),
        };
        if self.transfers.contains(&transfer) {
            return Ok(vec![]);
        }
        match self.phase {
            Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved
            | Phase::Reopened => {}
            Phase::Absent | Phase::Closed => return Err(self.wrong_phase()),
        }
        match body.to {
            IncidentTransferTarget::Mediation | IncidentTransferTarget::Case => {}
            IncidentTransferTarget::Agency => rule(body.organisation.is_some(), || {
                Rejection::new(&reason::AGENCY_NOT_NAMED).field("organisation")
            })?,
        }
        rule(facts.organisation_known, || {
            Rejection::new(&common::UNKNOWN_ORGANISATION).field("organisation")
        })?;
        rule(self.transfers.len() < MOST_TRANSFERS, || {
            Rejection::new(&common::TOO_MANY).field("to").with("limit", MOST_TRANSFERS)
        })?;
        let at = time_of(report, context)?;
        Ok(vec![IncidentEvent::IncidentTransferred {
            to: body.to,
            organisation: body.organisation,
            reference,
            at,
        }])
    }

    /// Once per cause. An incident that was answered meanwhile is not unanswered any more: a policy that comes too
    /// late does nothing.
    pub(super) fn escalate(
        &self,
        report: &Report,
        cause: EscalationCause,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        if self.escalations.contains(&cause) || (cause == EscalationCause::Unanswered && !self.unanswered()) {
            return Ok(vec![]);
        }
        match self.phase {
            Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved
            | Phase::Reopened => {}
            Phase::Absent | Phase::Closed => return Err(self.wrong_phase()),
        }
        let at = time_of(report, context)?;
        Ok(vec![IncidentEvent::IncidentEscalated { cause, at }])
    }
}
