//! What time alone has made due, for the policies. No scope: no user sees it.
//!
//! Each kind of thing is taken up in the order in which it fell due, a bounded number at a time, and the next time goes
//! on behind the last one until the end is reached. So what is refused again and again, and stays due, keeps nothing
//! else from its turn.

use domain::{CredentialId, Day, IncidentId, OrganisationId, PersonId, Priority, RunId, ShiftId};
use rusqlite::types::Value;

use super::Snapshot;
use crate::{
    Row, ViewsError, row,
    rows::{
        CredentialStatus, IncidentRow, OrganisationRow, PersonRow, ReservationRow, RunRow, ShiftRow,
        StopOutcome,
    },
};

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

/// What is due now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub causes: Vec<Overdue>,
    /// Where to go on the next time, once the causes were taken up.
    pub turns: Turns,
    /// Whether some kind had more than was asked for.
    pub more: bool,
}

/// How far each kind of thing has been taken up. The default begins with what has been due longest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    shifts: Turn,
    runs: Turn,
    credentials: Turn,
    licences: Turn,
    incidents: [Turn; Priority::ALL.len()],
    reservations: Turn,
    erasures: Turn,
}

/// When the last row taken up fell due, and its key; `None` at the begin.
type Turn = Option<(i64, Vec<u8>)>;

/// Which rows are due: those whose column is below a bound, and perhaps fulfil another condition, with one `?`.
struct Wanted {
    column: &'static str,
    below: i64,
    also: Option<(&'static str, i64)>,
}

impl Wanted {
    const fn new(column: &'static str, below: i64) -> Self {
        Self { column, below, also: None }
    }

    const fn also(mut self, condition: &'static str, value: i64) -> Self {
        self.also = Some((condition, value));
        self
    }
}

/// One look at everything that is due.
struct Round<'a> {
    snapshot: &'a Snapshot<'a>,
    limit: usize,
    more: bool,
}

impl Round<'_> {
    /// The next rows in the order in which they fell due; back to the begin behind the last one.
    fn take<R: Row>(&mut self, wanted: &Wanted, turn: &mut Turn) -> Result<Vec<R>, ViewsError> {
        let Wanted { column, below, also } = wanted;
        let mut sql = format!("SELECT {column}, id, doc FROM {} WHERE {column} < ?", R::TABLE);
        let mut values = vec![Value::Integer(*below)];
        if let Some((condition, value)) = also {
            sql += &format!(" AND {condition}");
            values.push(Value::Integer(*value));
        }
        if let Some((at, key)) = turn.take() {
            sql += &format!(" AND ({column}, id) > (?, ?)");
            values.extend([Value::Integer(at), Value::Blob(key)]);
        }
        sql += &format!(" ORDER BY {column}, id LIMIT {}", self.limit);
        let mut statement = self.snapshot.connection().prepare_cached(&sql)?;
        let mut found = statement.query(rusqlite::params_from_iter(values))?;
        let mut rows = Vec::new();
        let mut last = None;
        while let Some(row) = found.next()? {
            last = Some((row.get(0)?, row.get(1)?));
            rows.push(row::decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?);
        }
        if rows.len() >= self.limit {
            self.more = true;
            *turn = last;
        }
        Ok(rows)
    }
}

impl Snapshot<'_> {
    /// What is due at `now`, at most `limit` rows of each kind, behind those of `turns`. `grace_minutes` after its start
    /// an empty place counts as uncovered; `target_minutes` tells how long an incident of a priority may wait.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn overdue(
        &self,
        now: jiff::Timestamp,
        grace_minutes: i64,
        target_minutes: impl Fn(Priority) -> i64,
        limit: usize,
        turns: &Turns,
    ) -> Result<Due, ViewsError> {
        let second = now.as_second();
        let today = i64::from(self.calendar().day_number(now));
        let mut turns = turns.clone();
        let mut due = Vec::new();
        let mut round = Round { snapshot: self, limit: limit.max(1), more: false };
        let begun = Wanted::new("vacant_from", second - grace_minutes * 60 + 1);
        let shifts: Vec<ShiftRow> = round.take(&begun, &mut turns.shifts)?;
        due.extend(shifts.into_iter().map(|shift| Overdue::UncoveredShift(shift.id)));
        let runs: Vec<RunRow> = round.take(&Wanted::new("deadline", second), &mut turns.runs)?;
        due.extend(runs.iter().flat_map(|run| missed(run, second)));
        let expired = Wanted::new("credential_until", today);
        let persons: Vec<PersonRow> = round.take(&expired, &mut turns.credentials)?;
        due.extend(persons.iter().flat_map(|person| credentials(person, today)));
        let lapsed = Wanted::new("licence_until", today);
        let companies: Vec<OrganisationRow> = round.take(&lapsed, &mut turns.licences)?;
        due.extend(companies.into_iter().filter_map(|company| {
            let until = company.licence.as_ref()?.valid_until;
            Some(Overdue::Licence(company.id, until))
        }));
        for (priority, turn) in Priority::ALL.iter().zip(&mut turns.incidents) {
            let below = second - target_minutes(*priority) * 60;
            let waiting = Wanted::new("unanswered_since", below).also("priority = ?", *priority as i64);
            let incidents: Vec<IncidentRow> = round.take(&waiting, turn)?;
            due.extend(incidents.into_iter().map(|row| Overdue::Unanswered(row.id, row.reopened)));
        }
        let left: Vec<ReservationRow> = round
            .take(&Wanted::new("expires_at", second).also("ends_at > ?", second), &mut turns.reservations)?;
        due.extend(left.into_iter().map(|left| Overdue::Reservation(left.person, left.shift)));
        let asked = Wanted::new("erasing_since", second - 60);
        let erasing: Vec<PersonRow> = round.take(&asked, &mut turns.erasures)?;
        due.extend(erasing.into_iter().map(|person| Overdue::Erasure(person.id)));
        Ok(Due { causes: due, turns, more: round.more })
    }
}

fn missed(run: &RunRow, second: i64) -> impl Iterator<Item = Overdue> {
    let due = run.stops.iter().filter(move |stop| stop.outcome == StopOutcome::Due);
    let missed = due.filter(move |stop| stop.deadline() < second);
    missed.map(|stop| Overdue::MissedCheckpoint(run.id, stop.checkpoint))
}

fn credentials(person: &PersonRow, today: i64) -> impl Iterator<Item = Overdue> {
    let running = person
        .credentials
        .iter()
        .filter(|held| matches!(held.status, CredentialStatus::Valid | CredentialStatus::Suspended));
    running.filter_map(move |held| {
        let until = held.valid_until?;
        let expired = i64::from(crate::calendar::day_number(until)) < today;
        expired.then_some(Overdue::Credential(person.id, held.id, until))
    })
}
