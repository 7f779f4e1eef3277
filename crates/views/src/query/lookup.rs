//! Look-ups of the application itself: commands seen, and what the policies wait for. They have no scope because no
//! user sees their answers.

use domain::{
    CommandId, ContractId, CredentialId, Day, IncidentId, OrganisationId, PersonId, Priority, RunId, ShiftId,
};
use rusqlite::OptionalExtension as _;

use super::Snapshot;
use crate::{
    Scope, ViewsError,
    rows::{
        CredentialStatus, IncidentRow, OrganisationRow, PersonRow, ReservationRow, RunRow, ShiftRow,
        StopOutcome,
    },
};

/// A command that has become events, and the place of its first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCommand {
    /// Keyed digest of its content.
    pub content: String,
    pub stream: String,
    pub position: u64,
    pub revision: u64,
}

/// Something that time alone has made due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// The shift has begun with empty places.
    UncoveredShift(ShiftId),
    /// Deadline and grace of a checkpoint have passed.
    MissedCheckpoint(RunId, domain::CheckpointId),
    /// The last day of a credential has passed.
    Credential(PersonId, CredentialId, Day),
    /// The last day of a company's licence has passed.
    Licence(OrganisationId, Day),
    /// Nobody has arrived within the target, since the report or the so-manieth reopening.
    Unanswered(IncidentId, u32),
    /// A reservation was left behind.
    Reservation(PersonId, ShiftId),
    /// An erasure was requested and not finished.
    Erasure(PersonId),
}

impl Snapshot<'_> {
    /// The first outcome of a command, when it had one.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn seen_command(&self, id: CommandId) -> Result<Option<SeenCommand>, ViewsError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT content, stream, position, revision FROM command WHERE id = ?")?;
        let seen = statement
            .query_row([&id.0.as_bytes()[..]], |row| {
                Ok(SeenCommand {
                    content: row.get(0)?,
                    stream: row.get(1)?,
                    position: row.get::<_, i64>(2)?.unsigned_abs(),
                    revision: row.get::<_, i64>(3)?.unsigned_abs(),
                })
            })
            .optional()?;
        Ok(seen)
    }

    /// What is due at `now`, at most `limit` of each kind. `grace_minutes` after its start an empty place counts as
    /// uncovered; `target_minutes` tells how long an incident of a priority may wait.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn overdue(
        &self,
        now: jiff::Timestamp,
        grace_minutes: i64,
        target_minutes: impl Fn(Priority) -> i64,
        limit: usize,
    ) -> Result<Vec<Overdue>, ViewsError> {
        let everything = Scope::everything();
        let second = now.as_second();
        let today = i64::from(self.calendar().day_number(now));
        let mut due = Vec::new();
        let begun = second - grace_minutes * 60;
        let shifts: Vec<ShiftRow> = self.all(&everything, "vacant_from <= ?", vec![begun.into()], limit)?;
        due.extend(shifts.into_iter().map(|shift| Overdue::UncoveredShift(shift.id)));
        let runs: Vec<RunRow> = self.all(&everything, "deadline < ?", vec![second.into()], limit)?;
        for run in runs {
            let missed =
                run.stops.iter().filter(|stop| stop.outcome == StopOutcome::Due && stop.deadline() < second);
            due.extend(missed.map(|stop| Overdue::MissedCheckpoint(run.id, stop.checkpoint)));
        }
        let persons: Vec<PersonRow> =
            self.all(&everything, "credential_until < ?", vec![today.into()], limit)?;
        for person in persons {
            let running = person
                .credentials
                .iter()
                .filter(|held| matches!(held.status, CredentialStatus::Valid | CredentialStatus::Suspended));
            let expired = running.filter_map(|held| {
                let until = held.valid_until?;
                (i64::from(crate::calendar::day_number(until)) < today).then_some((held.id, until))
            });
            due.extend(expired.map(|(id, until)| Overdue::Credential(person.id, id, until)));
        }
        let companies: Vec<OrganisationRow> =
            self.all(&everything, "licence_until < ?", vec![today.into()], limit)?;
        due.extend(companies.into_iter().filter_map(|company| {
            let until = company.licence.as_ref()?.valid_until;
            Some(Overdue::Licence(company.id, until))
        }));
        for priority in Priority::ALL {
            let before = second - target_minutes(*priority) * 60;
            let incidents: Vec<IncidentRow> = self.all(
                &everything,
                "unanswered_since < ? AND priority = ?",
                vec![before.into(), (*priority as i64).into()],
                limit,
            )?;
            due.extend(incidents.into_iter().map(|row| Overdue::Unanswered(row.id, row.reopened)));
        }
        let left: Vec<ReservationRow> =
            self.all(&everything, "expires_at < ?", vec![second.into()], limit)?;
        due.extend(
            left.into_iter().map(|reservation| Overdue::Reservation(reservation.person, reservation.shift)),
        );
        let erasing: Vec<PersonRow> =
            self.all(&everything, "erasing_since < ?", vec![(second - 60).into()], limit)?;
        due.extend(erasing.into_iter().map(|person| Overdue::Erasure(person.id)));
        Ok(due)
    }

    /// Until when personal data of a person must be kept: two years after the end of the last contract in whose
    /// attendance the person appears (Regulation on security services, art. 21).
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn contracts_worked_for(&self, person: PersonId) -> Result<Vec<ContractId>, ViewsError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT DISTINCT contract FROM attendance WHERE substr(id, 17, 16) = ?")?;
        let rows = statement.query_map([&person.0.as_bytes()[..]], |row| row.get::<_, [u8; 16]>(0))?;
        rows.map(|id| Ok(ContractId(uuid::Uuid::from_bytes(id?)))).collect()
    }
}
