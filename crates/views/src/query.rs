//! Queries on a consistent snapshot. Every one takes a `&Scope`; what lies outside is not found.

mod community;
mod due;
mod figure;
mod lookup;
mod report;
mod station;

use std::ops::ControlFlow;

use domain::AreaCode;
use rusqlite::Connection;

use crate::{
    Calendar, Followed, Page, PageRequest, Row, Scope, ViewsError,
    rollup::{self, Dimension, Rollups},
    row::{self, Told},
};

pub use community::{CommunityContract, CommunityOverview};
pub use due::{Due, Overdue, Turns};
pub use figure::{Durations, Figure, LeftOut, LeftOutReason, MAX_EVENTS};
pub use lookup::SeenCommand;
pub use report::{ContractReport, PostReport, ReportedBreach, ReportedStatement};
pub use station::{
    AgeBand, Continuity, DutyGap, DutyNow, OpenIncidents, PayerFigures, RepeatPlace, StationDashboard,
    Targets, TeamFigures, YearOnYear,
};

/// The views at one position. Held for one query.
#[derive(Debug)]
pub struct Snapshot<'a> {
    connection: &'a Connection,
    calendar: &'a Calendar,
    position: u64,
}

impl<'a> Snapshot<'a> {
    /// Begins a read transaction; the caller ends it.
    pub(crate) fn take(connection: &'a Connection, calendar: &'a Calendar) -> Result<Self, ViewsError> {
        connection.execute_batch("BEGIN")?;
        let position: i64 =
            connection.prepare_cached("SELECT position FROM progress")?.query_row([], |row| row.get(0))?;
        Ok(Self { connection, calendar, position: position.unsigned_abs() })
    }

    /// The position that everything in this snapshot is as of.
    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn calendar(&self) -> &Calendar {
        self.calendar
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.connection
    }

    /// One row by its key, when it exists and lies in the scope.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn one<R: Row>(&self, scope: &Scope, key: &[u8]) -> Result<Option<R>, ViewsError> {
        row::one(self.connection, scope, key)
    }

    /// One page of a list.
    ///
    /// # Errors
    /// A cursor of another list, or a store that can not be read.
    pub fn page<R: Row>(&self, scope: &Scope, request: &PageRequest) -> Result<Page<R>, ViewsError> {
        row::page(self.connection, scope, request)
    }

    /// Every row that the filters let through, in the order of a column, one after the other: memory does not grow with
    /// their number. Ends early when `take` answers `Break`.
    ///
    /// # Errors
    /// What `take` answers, or that the store can not be read.
    pub fn each<R: Row>(
        &self,
        scope: &Scope,
        filters: &[(String, Vec<rusqlite::types::Value>)],
        order_by: &'static str,
        descending: bool,
        take: impl FnMut(R) -> Result<ControlFlow<()>, ViewsError>,
    ) -> Result<(), ViewsError> {
        row::each(self.connection, scope, filters, (order_by, descending), take)
    }

    /// How many rows the request's filters let through, whatever its page.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn count<R: Row>(&self, scope: &Scope, request: &PageRequest) -> Result<u64, ViewsError> {
        row::count::<R>(self.connection, scope, request)
    }

    /// Rows that events after `after` and up to `until` touched last, each once, in the order of these
    /// events; at most `limit`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn changed<R: Followed>(
        &self,
        scope: &Scope,
        (after, until): (u64, u64),
        limit: usize,
    ) -> Result<Vec<Told<R>>, ViewsError> {
        row::changed(self.connection, scope, (after, until), limit)
    }

    /// How many rows, of whatever scope, were touched after a position; counts no further than `most`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn count_changed<R: Followed>(&self, after: u64, most: u32) -> Result<u32, ViewsError> {
        row::count_changed::<R>(self.connection, after, most)
    }

    /// All rows under a condition with `?` placeholders, at most `limit`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn all<R: Row>(
        &self,
        scope: &Scope,
        condition: &str,
        values: Vec<rusqlite::types::Value>,
        limit: usize,
    ) -> Result<Vec<R>, ViewsError> {
        row::all(self.connection, scope, condition, values, limit)
    }

    /// Sums of the rollups of some areas (villages, townships or counties; larger ones are summed over their counties
    /// by the caller) over days, both included. [`crate::TIMELESS`] is the day of current states.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn rollups(&self, areas: &[AreaCode], days: (i32, i32)) -> Result<Rollups, ViewsError> {
        let dimensions: Vec<Dimension> = areas.iter().map(|area| area.as_str().into()).collect();
        rollup::read(self.connection, &dimensions, days)
    }
}
