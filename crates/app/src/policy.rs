//! Policies: what time alone makes due. Each cause has one deterministic command id, so it is acted on once, also after
//! a restart and on several nodes.

use domain::{
    Rejection,
    incident::{EscalateIncident, EscalationCause},
    organisation::ExpireLicence,
    patrol_run::MarkMissed,
    person::ExpireCredential,
    shift::{MarkUncovered, Shift},
};
use views::query::Overdue;

use crate::{App, AppError, Handles as _, Request, Viewer};

/// Due things taken up at once, of each kind; the rest waits for the next round.
const ROUND: usize = 500;

/// What one round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Commands that appended events.
    pub acted: usize,
    /// Causes that were gone by the time they were acted on.
    pub void: usize,
    /// Whether more may be due.
    pub more: bool,
}

impl App {
    /// Acts on everything that is due now, as far as the views know.
    ///
    /// # Errors
    /// A fault of the log, the keyring or the views: the next round takes up what is left.
    pub async fn run_policies(&self) -> Result<Round, AppError> {
        let now = self.now();
        let grace = self.config().uncovered_grace_minutes;
        let targets = self.config().response_target_minutes;
        let due = self
            .views
            .read(move |views| views.overdue(now, grace, |priority| targets[priority as usize], ROUND))
            .await?;
        let mut round = Round { more: due.len() >= ROUND, ..Round::default() };
        for cause in due {
            match self.act(&cause).await {
                Ok(true) => round.acted += 1,
                Ok(false) => round.void += 1,
                Err(AppError::Rejected(rejection)) => {
                    round.void += 1;
                    note(&cause, &rejection);
                }
                Err(fault) => return Err(fault),
            }
        }
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
                let assigned = self.state_of::<Shift>(shift).await?.places.contains_key(&person);
                return if assigned {
                    self.confirm(&request, person, shift).await
                } else {
                    Ok(self.release(&viewer, &request, person, shift, "left behind").await?.is_some())
                };
            }
            Overdue::Erasure(person) => {
                self.finish_erasure(&viewer, &request(format!("erasure {person}")), person).await?;
                return Ok(true);
            }
        };
        Ok(done.appended > 0)
    }
}

fn note(cause: &Overdue, rejection: &Rejection) {
    tracing::debug!(?cause, code = rejection.code(), "a policy's command was refused");
}
