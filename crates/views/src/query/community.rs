//! What happened in a community, without anybody's personal data.

use domain::{
    AreaCode, AreaLevel, ContractId, Day, Fen, OrganisationId, OrganisationKind, Priority, TeamKind,
    incident::IncidentKind,
};
use rusqlite::types::Value;

use super::{Durations, Figure, LeftOutReason, Snapshot, TeamFigures, station};
use crate::{
    Histogram, Measure, Period, Scope, TIMELESS, ViewsError,
    rows::{AreaRow, ContractPhase, ContractRow, StatementPhase, StatementRow},
};

/// A contract of the community and whether it is fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityContract {
    pub contract: ContractId,
    pub number: String,
    pub company: OrganisationId,
    pub phase: ContractPhase,
    pub coverage: Figure,
    pub upheld_breaches: i64,
    pub latest_statement: Option<(Day, Day, Fen, StatementPhase)>,
}

/// What a committee sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityOverview {
    pub community: AreaCode,
    pub as_of: u64,
    pub period: Period,
    pub incidents: Figure,
    pub incidents_by_kind: Vec<(IncidentKind, i64)>,
    pub incidents_by_priority: Vec<(Priority, i64)>,
    pub response: Durations,
    pub closed_on_time: Figure,
    pub teams: Vec<TeamFigures>,
    pub shifts: i64,
    pub required_minutes: i64,
    pub certified_minutes: i64,
    pub volunteer_minutes: i64,
    /// People of volunteer teams with certified minutes in the period, each counted once.
    pub distinct_volunteers: i64,
    pub patrol_coverage: Figure,
    pub households: i64,
    pub contracts: Vec<CommunityContract>,
}

/// Contracts listed at most.
const MAX_CONTRACTS: usize = 50;

impl Snapshot<'_> {
    /// `None` when the community is unknown or lies outside the scope.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn community_overview(
        &self,
        scope: &Scope,
        community: AreaCode,
        period: Period,
    ) -> Result<Option<CommunityOverview>, ViewsError> {
        let known = self.one::<AreaRow>(scope, community.as_str().as_bytes())?;
        // A grid has no committee, and no figures of its own.
        if known.is_none_or(|area| area.level == AreaLevel::Grid) {
            return Ok(None);
        }
        let sums = self.rollups(&[community], period.day_numbers())?;
        let state = self.rollups(&[community], (TIMELESS, TIMELESS))?;
        let of = |measure| sums.get(&measure).cloned().unwrap_or_default();
        let reported = of(Measure::Incidents).total();
        let due = of(Measure::ClosedByDue);
        let incidents = Figure::count(reported)
            .without(LeftOutReason::Drill, of(Measure::Drills).total())
            .without(LeftOutReason::MergedDuplicate, of(Measure::MergedDuplicates).total())
            .without(LeftOutReason::SelfInitiated, of(Measure::SelfInitiated).total());
        let skipped = of(Measure::CheckpointsSkipped).total();
        Ok(Some(CommunityOverview {
            community,
            as_of: self.position(),
            period,
            incidents,
            incidents_by_kind: station::by(&of(Measure::IncidentKinds), IncidentKind::ALL),
            incidents_by_priority: station::by(&of(Measure::Incidents), Priority::ALL),
            response: Durations::of(&of(Measure::ResponseSeconds)),
            closed_on_time: Figure::share(due.of(1), due.total()),
            teams: station::teams(&state),
            shifts: of(Measure::Shifts).total(),
            required_minutes: of(Measure::RequiredMinutes).total(),
            certified_minutes: of(Measure::CertifiedMinutes).total(),
            volunteer_minutes: of(Measure::VolunteerMinutes).total(),
            distinct_volunteers: self.distinct_volunteers(community, period)?,
            patrol_coverage: Figure::share(
                of(Measure::CheckpointsHit).total(),
                of(Measure::CheckpointsDue).total() - skipped,
            )
            .without(LeftOutReason::Skipped, skipped),
            households: state.get(&Measure::Households).map_or(0, Histogram::total),
            contracts: self.community_contracts(scope, community, period)?,
        }))
    }

    fn distinct_volunteers(&self, community: AreaCode, period: Period) -> Result<i64, ViewsError> {
        let Some((from, until)) = period.instants(self.calendar()) else { return Ok(0) };
        let mut statement = self.connection().prepare_cached(
            "SELECT COUNT(DISTINCT json_extract(person.value, '$.person'))
             FROM shift, json_each(shift.doc, '$.people') AS person
             WHERE area >= ? AND area < ? AND starts_at >= ? AND starts_at < ? AND team_kind = ?
               AND json_extract(person.value, '$.certified_minutes') > 0",
        )?;
        let count = statement.query_row(
            (
                community.as_str(),
                community.range_end(),
                from.as_second(),
                until.as_second(),
                TeamKind::Volunteer as i64,
            ),
            |row| row.get(0),
        )?;
        Ok(count)
    }

    fn community_contracts(
        &self,
        scope: &Scope,
        community: AreaCode,
        period: Period,
    ) -> Result<Vec<CommunityContract>, ViewsError> {
        // Service given in the community, and service that its committee pays for elsewhere.
        let condition = "(area >= ? AND area < ?)
             OR client IN (SELECT id FROM organisation WHERE area >= ? AND area < ? AND kind = ?)";
        let ends = [Value::Text(community.to_string()), Value::Text(community.range_end())];
        let mut values = [ends.clone(), ends].concat();
        values.push(Value::Integer(OrganisationKind::Committee as i64));
        let rows: Vec<ContractRow> = self.all(scope, condition, values, MAX_CONTRACTS)?;
        let mut contracts = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(report) = self.contract_report(scope, row.id, period)? else { continue };
            let everything = Scope::everything();
            let of_contract = vec![Value::Blob(row.id.0.as_bytes().to_vec())];
            let statements: Vec<StatementRow> = self.all(&everything, "contract = ?", of_contract, 1_000)?;
            let latest = statements.into_iter().max_by_key(|statement| statement.to);
            contracts.push(CommunityContract {
                contract: row.id,
                number: row.number,
                company: row.company,
                phase: row.phase,
                coverage: Figure { events: vec![], ..report.coverage },
                upheld_breaches: report.upheld_breaches.numerator,
                latest_statement: latest.map(|last| (last.from, last.to, last.payable, last.phase)),
            });
        }
        Ok(contracts)
    }
}
