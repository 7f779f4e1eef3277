//! The rules of a person's duty.

use super::{ConfirmAssignment, Duty, DutyCommand, DutyEvent, ReleaseAssignment, ReserveAssignment, reason};
use crate::{
    Aggregate, AreaCode, CommandId, Context, PersonId, Rejection, When,
    aggregate::{rule, text},
    rejection::common,
    shift,
    time::plus_seconds,
};

/// How long an assignment may take from the reservation to its confirmation, in minutes of the server's clock.
pub const RESERVATION_MINUTES: i64 = 10;
/// Duties that a person can have reserved at once: more than a year of daily shifts.
const MOST_ASSIGNMENTS: usize = 500;

/// What the duty of a person must know of others: nothing. That the person exists and is fit is the shift's rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {}

impl Aggregate for Duty {
    const CATEGORY: &'static str = "duty";
    type Id = PersonId;
    type Event = DutyEvent;
    type Command = DutyCommand;
    type Facts = Facts;

    fn target(command: &DutyCommand, _id: CommandId) -> PersonId {
        command.target()
    }

    fn stream_id(id: PersonId) -> String {
        id.0.to_string()
    }

    fn evolve(&mut self, event: &DutyEvent) {
        self.apply(event);
    }

    /// A person's duty lies wherever the shifts are.
    fn area(&self) -> Option<AreaCode> {
        None
    }

    fn exists(&self) -> bool {
        self.has_happened()
    }

    fn decide(
        &self,
        command: &DutyCommand,
        _facts: &Facts,
        context: &Context,
    ) -> Result<Vec<DutyEvent>, Rejection> {
        match command {
            DutyCommand::Reserve(body) => self.reserve(body, context),
            DutyCommand::Confirm(body) => self.confirm(body),
            DutyCommand::Release(body) => self.release(body),
        }
    }
}

impl Duty {
    fn reserve(&self, body: &ReserveAssignment, context: &Context) -> Result<Vec<DutyEvent>, Rejection> {
        rule(body.ends_at.at > body.starts_at.at, || {
            Rejection::new(&common::TIMES_RUN_BACKWARDS)
                .field("endsAt")
                .with("given", body.ends_at)
                .with("earlier", body.starts_at)
        })?;
        rule(body.starts_at.minutes_until(&body.ends_at) <= 24 * 60, || {
            Rejection::new(&shift::reason::SHIFT_TOO_LONG).field("endsAt")
        })?;
        if let Some(taken) = self.assignments.get(&body.shift) {
            let same = taken.starts_at.at == body.starts_at.at && taken.ends_at.at == body.ends_at.at;
            rule(same, || Rejection::new(&common::ALREADY_EXISTS).field("shift").about("assignment"))?;
            if taken.command == Some(body.command) {
                return Ok(vec![]);
            }
            // Two commands that went on from one reservation could each take it back from the other. A confirmed one is
            // taken over: whoever asks knows that the shift no longer holds the place.
            rule(taken.confirmed, || Rejection::new(&reason::BEING_ASSIGNED).field("person"))?;
        }
        let horizon = self.horizon().filter(|horizon| body.ends_at.at < *horizon);
        if let Some(horizon) = horizon {
            return Err(Rejection::new(&reason::DUTY_TOO_OLD).field("endsAt").with("horizon", horizon));
        }
        if let Some(other) = self.overlapping(body.shift, body.starts_at, body.ends_at) {
            let times = format!("{} – {}", other.starts_at, other.ends_at);
            return Err(Rejection::new(&shift::reason::OVERLAPPING_SHIFT)
                .field("person")
                .with("other", times));
        }
        rule(self.assignments.len() < MOST_ASSIGNMENTS, || {
            Rejection::new(&common::TOO_MANY).field("person").with("limit", MOST_ASSIGNMENTS)
        })?;
        let expires_at = When {
            at: plus_seconds(context.recorded_at, RESERVATION_MINUTES * 60),
            offset: context.occurred_at.offset,
        };
        Ok(vec![DutyEvent::AssignmentReserved {
            shift: body.shift,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            expires_at,
            command: Some(body.command),
        }])
    }

    fn confirm(&self, body: &ConfirmAssignment) -> Result<Vec<DutyEvent>, Rejection> {
        match self.assignments.get(&body.shift) {
            Some(taken) if taken.confirmed => Ok(vec![]),
            Some(_) => Ok(vec![DutyEvent::AssignmentConfirmed { shift: body.shift }]),
            None => Err(Rejection::new(&reason::NOT_RESERVED).field("shift")),
        }
    }

    fn release(&self, body: &ReleaseAssignment) -> Result<Vec<DutyEvent>, Rejection> {
        let Some(taken) = self.assignments.get(&body.shift) else { return Ok(vec![]) };
        let meant = match body.reserved_by {
            Some(command) => taken.command == Some(command),
            // What is on its way belongs to its command. Version 1 did not name it.
            None => taken.confirmed || taken.command.is_none(),
        };
        if !meant {
            return Ok(vec![]);
        }
        let reason = text("reason", &body.reason, 500)?;
        Ok(vec![DutyEvent::AssignmentReleased { shift: body.shift, reason }])
    }
}
