//! Policies: what time alone makes due. Each cause has one deterministic command id, so it is acted on once, also after
//! a restart and on several nodes.

use std::sync::PoisonError;

use domain::{
    duty::{Duty, ReleaseAssignment},
    incident::{EscalateIncident, EscalationCause},
    organisation::ExpireLicence,
    patrol_run::MarkMissed,
    person::ExpireCredential,
    shift::{MarkUncovered, Shift},
};
use tracing::{Instrument as _, field::Empty};
use views::query::Overdue;

use crate::{App, AppError, Handles as _, Request, Viewer};

/// What one round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Commands that appended events.
    pub acted: usize,
    /// Causes that were gone by the time they were acted on, or whose command was refused.
    pub void: usize,
    /// Causes that met a fault of their own; the others were taken up all the same.
    pub failed: usize,
    /// Whether more may be due.
    pub more: bool,
}

impl App {
    /// Acts on what is due now, as far as the views know: what has been due longest first, a bounded number of each
    /// kind ([`Config::policy_round`](crate::Config)). The next round goes on behind these, so that what is refused every time delays nothing else.
    ///
    /// # Errors
    /// The log or the views can not be used: the next round takes up the same again.
    pub async fn run_policies(&self) -> Result<Round, AppError> {
        let now = self.now();
        let grace = self.config().uncovered_grace_minutes;
        let targets = self.config().response_target_minutes;
        let most = self.config().policy_round;
        let turns = self.policy_turns.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let due = self
            .views
            .read(move |views| views.overdue(now, grace, |priority| targets[priority as usize], most, &turns))
            .await?;
        let mut round = Round { more: due.more, ..Round::default() };
        for cause in due.causes {
            let span = tracing::info_span!("policy", kind = kind(&cause), outcome = Empty);
            let outcome = self.act(&cause).instrument(span.clone()).await;
            let (word, counted) = match &outcome {
                Ok(true) => ("acted", &mut round.acted),
                Ok(false) | Err(AppError::Rejected(_)) => ("void", &mut round.void),
                Err(_) => ("failed", &mut round.failed),
            };
            *counted += 1;
            span.record("outcome", word);
            self.policies.add(kind(&cause), word);
            span.in_scope(|| note(&cause, &outcome));
            if let Err(fault @ (AppError::Log(_) | AppError::Views(_))) = outcome {
                return Err(fault);
            }
        }
        *self.policy_turns.lock().unwrap_or_else(PoisonError::into_inner) = due.turns;
        Ok(round)
    }

    /// `true` when events came of it.
    async fn act(&self, cause: &Overdue) -> Result<bool, AppError> {
        let viewer = Viewer::platform();
        let request = |cause: String| Request { wait: false, ..Request::new(self.own_id(&cause)) };
        let done = match *cause {
            Overdue::UncoveredShift(shift) => {
                let request = request(format!("uncovered {shift}"));
                self.handle(&viewer, &request, MarkUncovered { shift }).await?
            }
            Overdue::MissedCheckpoint(run, checkpoint) => {
                let request = request(format!("missed {run} {checkpoint}"));
                self.handle(&viewer, &request, MarkMissed { run, checkpoint }).await?
            }
            Overdue::Credential(person, credential, until) => {
                let request = request(format!("credential {credential} {until}"));
                self.handle(&viewer, &request, ExpireCredential { person, credential }).await?
            }
            Overdue::Licence(organisation, until) => {
                let request = request(format!("licence {organisation} {until}"));
                self.handle(&viewer, &request, ExpireLicence { organisation }).await?
            }
            Overdue::Unanswered(incident, times_reopened) => {
                let request = request(format!("unanswered {incident} {times_reopened}"));
                let escalate = EscalateIncident { incident, cause: EscalationCause::Unanswered };
                self.handle(&viewer, &request, escalate).await?
            }
            Overdue::Reservation(person, shift) => {
                let request = request(format!("reservation {person} {shift}"));
                let _turn = self.people_turn(&[person]).await;
                let duty = self.state_of::<Duty>(person).await?;
                let Some(taken) = duty.assignments.get(&shift) else { return Ok(false) };
                if self.state_of::<Shift>(shift).await?.holds(person) {
                    return self.confirm(&request, person, shift).await;
                }
                let reserved_by = taken.command;
                let left = ReleaseAssignment { person, shift, reason: "left behind".into(), reserved_by };
                return Ok(self.release(&viewer, &request, left).await?.is_some());
            }
            Overdue::Erasure(person) => {
                let request = request(format!("erasure {person}"));
                return Ok(self.finish_erasure(&viewer, &request, person).await?.is_some());
            }
        };
        Ok(done.appended > 0)
    }
}

/// What a cause is called in the figures.
const fn kind(cause: &Overdue) -> &'static str {
    match cause {
        Overdue::UncoveredShift(_) => "uncovered_shift",
        Overdue::MissedCheckpoint(..) => "missed_checkpoint",
        Overdue::Credential(..) => "credential",
        Overdue::Licence(..) => "licence",
        Overdue::Unanswered(..) => "unanswered_incident",
        Overdue::Reservation(..) => "reservation",
        Overdue::Erasure(_) => "erasure",
    }
}

fn note(cause: &Overdue, outcome: &Result<bool, AppError>) {
    let kind = kind(cause);
    match outcome {
        Ok(_) => {}
        Err(AppError::Rejected(rejection)) => {
            tracing::debug!(kind, code = rejection.code(), "a policy's command was refused");
        }
        Err(fault) => tracing::warn!(kind, %fault, "a policy's command failed"),
    }
}
