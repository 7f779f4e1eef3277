//! The rules of how an incident ends, and begins again.

use super::{Incident, IncidentEvent, Phase, RecordDisposition, RecordFeedback, Report, decide, reason};
use crate::{
    Actor, Context, Rejection,
    aggregate::{in_order, rule, text},
    rejection::common,
};

impl Incident {
    pub(super) fn dispose(
        &self,
        report: &Report,
        body: &RecordDisposition,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        match self.phase {
            Phase::Reported | Phase::Triaged | Phase::Dispatched | Phase::OnScene | Phase::Reopened => {}
            Phase::Resolved => {
                let same = self.disposition.is_some_and(|disposition| disposition.code == body.code);
                if same && body.note.is_none() {
                    return Ok(vec![]);
                }
            }
            Phase::Absent | Phase::Closed => return Err(self.wrong_phase()),
        }
        has_author(context)?;
        let at = decide::time_of(report, context)?;
        if let Some(reopened_at) = self.reopened_at {
            in_order("occurredAt", reopened_at, at)?;
        }
        let note = decide::told("note", body.incident, body.note.as_ref(), 2_000)?;
        Ok(vec![IncidentEvent::DispositionRecorded { code: body.code, note, at }])
    }

    pub(super) fn close(&self, report: &Report, context: &Context) -> Result<Vec<IncidentEvent>, Rejection> {
        let disposition = match self.phase {
            Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Reopened
            | Phase::Resolved => self.disposition,
            Phase::Closed => return Ok(vec![]),
            Phase::Absent => return Err(self.wrong_phase()),
        };
        let Some(disposition) = disposition else {
            return Err(Rejection::new(&reason::CLOSING_WITHOUT_DISPOSITION).field("incident"));
        };
        has_author(context)?;
        let at = decide::time_of(report, context)?;
        in_order("occurredAt", disposition.at, at)?;
        Ok(vec![IncidentEvent::IncidentClosed { at }])
    }

    pub(super) fn reopen(
        &self,
        report: &Report,
        why: &str,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        match self.phase {
            Phase::Closed => {}
            Phase::Reopened => return Ok(vec![]),
            Phase::Absent
            | Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Resolved => return Err(self.wrong_phase()),
        }
        let reason = text("reason", why, 500)?;
        let at = decide::time_of(report, context)?;
        if let Some(closed_at) = self.closed_at {
            in_order("occurredAt", closed_at, at)?;
        }
        Ok(vec![IncidentEvent::IncidentReopened { reason, at }])
    }

    pub(super) fn feedback(
        &self,
        report: &Report,
        body: &RecordFeedback,
        context: &Context,
    ) -> Result<Vec<IncidentEvent>, Rejection> {
        match self.phase {
            Phase::Resolved | Phase::Closed => {}
            Phase::Absent
            | Phase::Reported
            | Phase::Triaged
            | Phase::Dispatched
            | Phase::OnScene
            | Phase::Reopened => return Err(self.wrong_phase()),
        }
        rule((1..=5).contains(&body.score), || {
            Rejection::new(&common::OUT_OF_RANGE).field("score").with("least", 1).with("most", 5)
        })?;
        if self.feedback_score == Some(body.score) && body.comment.is_none() {
            return Ok(vec![]);
        }
        let at = decide::time_of(report, context)?;
        let comment = decide::told("comment", body.incident, body.comment.as_ref(), 1_000)?;
        Ok(vec![IncidentEvent::FeedbackRecorded { score: body.score, comment, at }])
    }
}

/// Somebody answers for how an incident ended: a person or an account, never the platform.
fn has_author(context: &Context) -> Result<(), Rejection> {
    rule(context.actor.id != Actor::PLATFORM.id || context.actor.person.is_some(), || {
        Rejection::new(&reason::CLOSING_WITHOUT_AUTHOR).field("incident")
    })
}
