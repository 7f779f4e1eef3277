//! The dashboard of a police station: one snapshot, O(days) rows.

mod area;
mod now;
mod rooms;

use domain::{
    AreaCode, DutyKind, OrganisationId, OrganisationKind, Payer, Priority, ShiftId, TeamKind, When,
    incident::IncidentKind,
};
use jiff::Timestamp;
use rusqlite::types::Value;

use super::{Durations, Figure, LeftOutReason, Snapshot};
use crate::{
    Histogram, Measure, Period, Rollups, Scope, TIMELESS, ViewsError, rollup,
    rows::{ContractPhase, OrganisationRow, phases},
    team_class,
};

/// Places with repeated incidents: window and number of places listed.
const REPEAT_DAYS: i32 = 90;
const MAX_REPEAT_PLACES: usize = 20;
/// Below this base no percentage is told.
const LEAST_BASE: i64 = 5;

/// Response targets that are configuration, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    /// Within which an emergency must have an arrival.
    pub emergency_minutes: i64,
}

/// Teams of one kind and payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeamFigures {
    pub kind: TeamKind,
    pub payer: Payer,
    pub teams: i64,
    pub members: i64,
}

/// Duty by who pays for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayerFigures {
    pub payer: Payer,
    pub shifts: i64,
    pub required_minutes: i64,
    pub certified_minutes: i64,
    pub uncovered_places: i64,
    pub no_shows: i64,
}

/// People on duty at this moment, by kind of duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutyNow {
    pub duty: DutyKind,
    pub shifts: i64,
    pub places: i64,
    pub on_duty: i64,
}

/// A shift with empty places, now or within two hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyGap {
    pub shift: ShiftId,
    pub area: AreaCode,
    pub duty: DutyKind,
    pub starts_at: When,
    pub ends_at: When,
    pub places: u16,
    /// Clocked in when it has begun, assigned when it is still to come.
    pub filled: u16,
    pub missing: u16,
}

phases! {
    /// How long an incident has been open.
    AgeBand {
        Under15Minutes,
        Under1Hour,
        Under4Hours,
        Under24Hours,
        Older,
    }
}

/// Open incidents of one priority and age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenIncidents {
    pub priority: Priority,
    pub age: AgeBand,
    pub count: i64,
}

/// Against the same days of the year before, as known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearOnYear {
    pub this: i64,
    pub last_year: i64,
    /// (this − last year) ÷ last year in 1/10,000; `None` when the base is below 5.
    pub change_basis_points: Option<i64>,
}

/// Staffing of police rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuity {
    pub required_minutes: i64,
    pub staffed_minutes: i64,
    /// Longest time inside the period, up to now, that one room had nobody clocked in, counted from its first shift on;
    /// `None` without police rooms.
    pub longest_gap_minutes: Option<i64>,
}

/// A place with more than one incident within 90 days; told by its opaque key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatPlace {
    pub place_key: String,
    pub incidents: i64,
}

/// What a station sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationDashboard {
    pub station: OrganisationId,
    pub as_of: u64,
    pub period: Period,
    pub jurisdiction: Vec<AreaCode>,
    pub teams: Vec<TeamFigures>,
    pub payers: Vec<PayerFigures>,
    pub duty_now: Vec<DutyNow>,
    pub gaps: Vec<DutyGap>,
    pub gaps_total: i64,
    pub open_incidents: Vec<OpenIncidents>,
    pub open_incidents_total: i64,
    /// Open drills; not among the above. Merged duplicates are never open.
    pub open_drills: i64,
    pub incidents: Figure,
    pub incidents_by_kind: Vec<(IncidentKind, i64)>,
    pub incidents_by_priority: Vec<(Priority, i64)>,
    pub closed: Figure,
    pub disposition_complete: Figure,
    pub reopened: Figure,
    pub unfounded: Figure,
    pub queue: Durations,
    pub response: Durations,
    pub travel: Durations,
    pub on_scene: Durations,
    pub on_time_arrival: Figure,
    pub closed_on_time: Figure,
    pub year_on_year: YearOnYear,
    /// The places with the most reports, at most 20.
    pub repeat_places: Vec<RepeatPlace>,
    /// How many places have at least two reports.
    pub repeat_places_total: i64,
    pub patrol_coverage: Figure,
    pub checkpoints_missed: i64,
    pub checkpoints_skipped: i64,
    pub patrol_runs: i64,
    /// Places empty at the begin of their shift.
    pub uncovered_places: i64,
    pub no_shows: i64,
    pub volunteer_minutes: i64,
    pub corrections: i64,
    pub police_rooms: Continuity,
    pub active_contracts: i64,
    pub households: i64,
}

/// The rollups of a period, and what is left out of the figures over reports.
struct Sums(Rollups);

impl Sums {
    fn of(&self, measure: Measure) -> &Histogram {
        static NONE: Histogram = Histogram::new();
        self.0.get(&measure).unwrap_or(&NONE)
    }

    fn total(&self, measure: Measure) -> i64 {
        self.0.get(&measure).map_or(0, Histogram::total)
    }

    fn left_out(&self) -> [(LeftOutReason, i64); 3] {
        [
            (LeftOutReason::Drill, self.total(Measure::Drills)),
            (LeftOutReason::MergedDuplicate, self.total(Measure::MergedDuplicates)),
            (LeftOutReason::SelfInitiated, self.total(Measure::SelfInitiated)),
        ]
    }

    fn counted(&self, figure: Figure) -> Figure {
        self.left_out().into_iter().fold(figure, |figure, (reason, count)| figure.without(reason, count))
    }

    fn apart(&self, durations: Durations) -> Durations {
        self.left_out()
            .into_iter()
            .fold(durations, |durations, (reason, count)| durations.without(reason, count))
    }

    /// A duration that begins with the report.
    fn timed(&self, measure: Measure) -> Durations {
        let durations = Durations::of(self.of(measure));
        let not_yet = self.total(Measure::Incidents) - durations.count;
        self.apart(durations).without(LeftOutReason::NotYet, not_yet.max(0))
    }

    fn on_time_arrival(&self, targets: Targets) -> Figure {
        let emergencies = self.of(Measure::EmergencyResponseSeconds);
        let in_time = emergencies.at_most(targets.emergency_minutes * 60);
        self.counted(Figure::share(in_time, emergencies.total()))
    }

    fn patrol_coverage(&self) -> Figure {
        let skipped = self.total(Measure::CheckpointsSkipped);
        Figure::share(self.total(Measure::CheckpointsHit), self.total(Measure::CheckpointsDue) - skipped)
            .without(LeftOutReason::Skipped, skipped)
    }
}

impl Snapshot<'_> {
    /// `None` when there is no such station in the scope.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn station_dashboard(
        &self,
        scope: &Scope,
        station: OrganisationId,
        period: Period,
        now: Timestamp,
        targets: Targets,
    ) -> Result<Option<StationDashboard>, ViewsError> {
        let found = self.one::<OrganisationRow>(scope, station.0.as_bytes())?;
        let Some(row) = found.filter(|row| row.kind == OrganisationKind::PoliceStation) else {
            return Ok(None);
        };
        // What the asker may see of it: a scope narrower than the jurisdiction narrows the figures.
        let jurisdiction = area::covered(scope, &row);
        let areas = self.counties(&jurisdiction)?;
        let sums = self.rollups(&areas, period.day_numbers())?;
        let state = self.rollups(&areas, (TIMELESS, TIMELESS))?;
        let duty = self.duty(&jurisdiction, now)?;
        let open = self.open_incidents(&jurisdiction, now)?;
        let (repeat_places, repeat_places_total) = self.repeat_places(&areas, period)?;
        let sums = Sums(sums);
        let of = |measure| sums.of(measure);
        let reported = sums.total(Measure::Incidents);
        let closed = of(Measure::Closed);
        let due = of(Measure::ClosedByDue);
        Ok(Some(StationDashboard {
            station,
            as_of: self.position(),
            period,
            teams: teams(&state),
            payers: payers(&sums.0),
            duty_now: duty.now,
            gaps: duty.gaps,
            gaps_total: duty.gaps_total,
            open_incidents: open.incidents,
            open_incidents_total: open.total,
            open_drills: open.drills,
            incidents: sums.counted(Figure::count(reported)),
            incidents_by_kind: by(of(Measure::IncidentKinds), IncidentKind::ALL),
            incidents_by_priority: by(of(Measure::Incidents), Priority::ALL),
            closed: sums.counted(Figure::share(closed.total(), reported)),
            disposition_complete: Figure::share(closed.of(1), closed.total()),
            reopened: Figure::share(sums.total(Measure::Reopened), reported),
            unfounded: Figure::share(sums.total(Measure::Unfounded), reported),
            queue: sums.timed(Measure::QueueSeconds),
            response: sums.timed(Measure::ResponseSeconds),
            travel: sums.apart(Durations::of(of(Measure::TravelSeconds))),
            on_scene: sums.apart(Durations::of(of(Measure::OnSceneSeconds))),
            on_time_arrival: sums.on_time_arrival(targets),
            closed_on_time: Figure::share(due.of(1), due.total()),
            year_on_year: self.year_on_year(&areas, period, reported)?,
            repeat_places,
            repeat_places_total,
            patrol_coverage: sums.patrol_coverage(),
            checkpoints_skipped: sums.total(Measure::CheckpointsSkipped),
            checkpoints_missed: sums.total(Measure::CheckpointsMissed),
            patrol_runs: sums.total(Measure::Runs),
            uncovered_places: sums.total(Measure::UncoveredPlaces),
            no_shows: sums.total(Measure::NoShows),
            volunteer_minutes: sums.total(Measure::VolunteerMinutes),
            corrections: sums.total(Measure::Corrections),
            police_rooms: self.police_rooms(&jurisdiction, period, now, &sums.0)?,
            active_contracts: self.active_contracts(&jurisdiction)?,
            households: state.get(&Measure::Households).map_or(0, Histogram::total),
            jurisdiction,
        }))
    }

    fn year_on_year(&self, areas: &[AreaCode], period: Period, this: i64) -> Result<YearOnYear, ViewsError> {
        let dimensions: Vec<rollup::Dimension> = areas.iter().map(|area| area.as_str().into()).collect();
        let last_year = match period.last_year() {
            Some(before) => {
                rollup::total(self.connection(), &dimensions, before.day_numbers(), Measure::Incidents)?
            }
            None => 0,
        };
        let change = (last_year >= LEAST_BASE).then(|| (this - last_year) * 10_000 / last_year);
        Ok(YearOnYear { this, last_year, change_basis_points: change })
    }

    /// Places with the most reports in the 90 days up to the end of the period, and how many places have at least two.
    fn repeat_places(
        &self,
        areas: &[AreaCode],
        period: Period,
    ) -> Result<(Vec<RepeatPlace>, i64), ViewsError> {
        let (_, until) = period.day_numbers();
        let dimensions: Vec<_> = areas.iter().map(rollup::places_of).collect();
        let days = (until - REPEAT_DAYS + 1, until);
        let sums = rollup::read(self.connection(), &dimensions, days)?;
        let places = sums.get(&Measure::Places).into_iter().flat_map(Histogram::values);
        let mut repeated: Vec<(i64, i64)> = places.filter(|(_, reports)| *reports >= 2).collect();
        let total = i64::try_from(repeated.len()).unwrap_or(i64::MAX);
        repeated.sort_unstable_by_key(|(place, reports)| (-reports, *place));
        let mut key =
            self.connection().prepare_cached("SELECT place_key FROM incident WHERE place = ? LIMIT 1")?;
        let named = repeated.into_iter().take(MAX_REPEAT_PLACES).map(|(place, incidents)| {
            let place_key = key.query_row([place], |row| row.get(0))?;
            Ok(RepeatPlace { place_key, incidents })
        });
        Ok((named.collect::<Result<_, rusqlite::Error>>()?, total))
    }

    fn active_contracts(&self, areas: &[AreaCode]) -> Result<i64, ViewsError> {
        let (inside, mut values) = area::inside(areas);
        values.insert(0, Value::Integer(ContractPhase::Active as i64));
        let sql = format!("SELECT COUNT(*) FROM contract WHERE phase = ? AND {inside}");
        let mut statement = self.connection().prepare_cached(&sql)?;
        Ok(statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?)
    }
}

pub(super) fn teams(state: &Rollups) -> Vec<TeamFigures> {
    let of = |measure, class| state.get(&measure).map_or(0, |histogram: &Histogram| histogram.of(class));
    let all = TeamKind::ALL.iter().flat_map(|kind| Payer::ALL.iter().map(move |payer| (*kind, *payer)));
    all.map(|(kind, payer)| {
        let class = team_class(kind, payer);
        TeamFigures {
            kind,
            payer,
            teams: of(Measure::Teams, class),
            members: of(Measure::TeamMembers, class),
        }
    })
    .filter(|figures| figures.teams > 0)
    .collect()
}

fn payers(sums: &Rollups) -> Vec<PayerFigures> {
    let of = |measure, payer: Payer| {
        sums.get(&measure).map_or(0, |histogram: &Histogram| histogram.of(i64::from(payer as u8)))
    };
    let figures = Payer::ALL.iter().map(|payer| PayerFigures {
        payer: *payer,
        shifts: of(Measure::Shifts, *payer),
        required_minutes: of(Measure::RequiredMinutes, *payer),
        certified_minutes: of(Measure::CertifiedMinutes, *payer),
        uncovered_places: of(Measure::UncoveredPlaces, *payer),
        no_shows: of(Measure::NoShows, *payer),
    });
    figures.collect()
}

/// Counts by the ordinal of a vocabulary, those that occur.
pub(super) fn by<T: Copy>(histogram: &Histogram, all: &[T]) -> Vec<(T, i64)> {
    let named =
        histogram.values().filter_map(|(value, n)| Some((*all.get(usize::try_from(value).ok()?)?, n)));
    named.collect()
}
