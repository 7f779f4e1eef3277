//! What the decisions of a person's duty need to remember.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{DutyEvent, RESERVATION_MINUTES};
use crate::{CommandId, ShiftId, When, time::plus_seconds};

/// How long a duty that is over is still remembered, in seconds.
const REMEMBERED_SECONDS: i64 = 7 * 24 * 60 * 60;

/// One stretch of time that a shift has taken: from `starts_at` to just before `ends_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub starts_at: When,
    pub ends_at: When,
    /// Server time after which a policy looks at it; means nothing once it is confirmed.
    pub expires_at: When,
    pub confirmed: bool,
    /// The command that reserved it.
    pub command: Option<CommandId>,
}

/// State of the duty of one person: what is taken from a week ago on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    pub assignments: BTreeMap<ShiftId, Assignment>,
    /// Latest begin of any duty and latest server time of any reservation.
    newest: Option<(Timestamp, Timestamp)>,
}

impl Duty {
    /// A duty that ended before this instant is forgotten, and can no longer be reserved: 7 days before the newest
    /// duty, or before now where that lies in the future (a roster made weeks ahead must not hide the duties of
    /// tomorrow). "Now" is read off the reservations, so that folding the same events gives the same state.
    pub fn horizon(&self) -> Option<Timestamp> {
        self.newest.map(|(begin, reserved)| plus_seconds(begin.min(reserved), -REMEMBERED_SECONDS))
    }

    /// Unconfirmed reservations that are past their time: for the policy that releases what a crash left behind.
    pub fn left_behind(&self, now: Timestamp) -> impl Iterator<Item = ShiftId> + '_ {
        self.assignments
            .iter()
            .filter(move |(_, taken)| !taken.confirmed && taken.expires_at.at <= now)
            .map(|(shift, _)| *shift)
    }

    /// The assignment of another shift that shares time with this one. Intervals are half-open.
    pub(super) fn overlapping(&self, shift: ShiftId, starts_at: When, ends_at: When) -> Option<&Assignment> {
        self.assignments
            .iter()
            .filter(|(other, _)| **other != shift)
            .map(|(_, taken)| taken)
            .find(|taken| taken.starts_at.at < ends_at.at && starts_at.at < taken.ends_at.at)
    }

    pub(super) fn apply(&mut self, event: &DutyEvent) {
        match event {
            DutyEvent::AssignmentReserved { shift, starts_at, ends_at, expires_at, command } => {
                let (starts_at, ends_at, expires_at, command) = (*starts_at, *ends_at, *expires_at, *command);
                let taken = Assignment { starts_at, ends_at, expires_at, confirmed: false, command };
                self.assignments.insert(*shift, taken);
                let reserved = expires_at.plus_minutes(-RESERVATION_MINUTES).at;
                let (begin, now) = self.newest.unwrap_or((starts_at.at, reserved));
                self.newest = Some((begin.max(starts_at.at), now.max(reserved)));
                self.forget();
            }
            DutyEvent::AssignmentConfirmed { shift } => {
                if let Some(taken) = self.assignments.get_mut(shift) {
                    taken.confirmed = true;
                }
            }
            DutyEvent::AssignmentReleased { shift, .. } => {
                self.assignments.remove(shift);
            }
        }
    }

    /// An open reservation is kept whatever its age: it still has to be confirmed or released.
    fn forget(&mut self) {
        if let Some(horizon) = self.horizon() {
            self.assignments.retain(|_, taken| !taken.confirmed || taken.ends_at.at >= horizon);
        }
    }

    pub(super) const fn has_happened(&self) -> bool {
        self.newest.is_some()
    }
}
