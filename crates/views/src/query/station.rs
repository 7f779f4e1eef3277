//! The dashboard of a police station: one snapshot, O(days) rows.

use domain::{
    AreaCode, AreaLevel, DutyKind, OrganisationId, Payer, Priority, ShiftId, TeamKind, When,
    incident::IncidentKind,
};
use jiff::Timestamp;
use rusqlite::types::Value;

use super::{Durations, Figure, LeftOutReason, Snapshot};
use crate::{
    Histogram, Measure, Period, Rollups, Scope, TIMELESS, ViewsError,
    rows::{AreaRow, ContractPhase, OrganisationRow, ShiftPhase, ShiftRow, phases},
    team_class,
};

/// Gaps listed at most; the total is told beside them.
const MAX_GAPS: usize = 50;
/// Gaps are looked for this far ahead.
const AHEAD_SECONDS: i64 = 2 * 3_600;
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
    /// Longest stretch inside the period without anybody certified; `None` without police rooms.
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
    pub repeat_places: Vec<RepeatPlace>,
    pub patrol_coverage: Figure,
    pub checkpoints_missed: i64,
    pub patrol_runs: i64,
    pub volunteer_minutes: i64,
    pub corrections: i64,
    pub police_rooms: Continuity,
    pub active_contracts: i64,
    pub households: i64,
}

/// The rollups of a period, and what is left out of the figures over reports.
struct Sums(Rollups);

impl Sums {
    fn of(&self, measure: Measure) -> Histogram {
        self.0.get(&measure).cloned().unwrap_or_default()
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

    /// A duration that begins with the report.
    fn timed(&self, measure: Measure) -> Durations {
        let durations = Durations::of(&self.of(measure));
        let not_yet = self.total(Measure::Incidents) - durations.count;
        self.left_out()
            .into_iter()
            .fold(durations, |durations, (reason, count)| durations.without(reason, count))
            .without(LeftOutReason::NotYet, not_yet.max(0))
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
        let Some(row) = self.one::<OrganisationRow>(scope, station.0.as_bytes())? else { return Ok(None) };
        // What the asker may see of it: a scope narrower than the jurisdiction narrows the figures.
        let jurisdiction = within(scope, &row.jurisdiction);
        let areas = self.counties(&jurisdiction)?;
        let sums = self.rollups(&areas, period.day_numbers())?;
        let state = self.rollups(&areas, (TIMELESS, TIMELESS))?;
        let shifts = self.open_shifts(&jurisdiction, now)?;
        let (gaps, gaps_total) = gaps(&shifts, now);
        let (open_incidents, open_incidents_total) = self.open_incidents(&jurisdiction, now)?;
        let sums = Sums(sums);
        let of = |measure| sums.of(measure);
        let reported = sums.total(Measure::Incidents);
        let closed = of(Measure::Closed);
        let emergencies = of(Measure::EmergencyResponseSeconds);
        let due = of(Measure::ClosedByDue);
        Ok(Some(StationDashboard {
            station,
            as_of: self.position(),
            period,
            teams: teams(&state),
            payers: payers(&sums.0),
            duty_now: duty_now(&shifts, now),
            gaps,
            gaps_total,
            open_incidents,
            open_incidents_total,
            incidents: sums.counted(Figure::count(reported)),
            incidents_by_kind: by(&of(Measure::IncidentKinds), IncidentKind::ALL),
            incidents_by_priority: by(&of(Measure::Incidents), Priority::ALL),
            closed: sums.counted(Figure::share(closed.total(), reported)),
            disposition_complete: Figure::share(closed.of(1), closed.total()),
            reopened: Figure::share(sums.total(Measure::Reopened), reported),
            unfounded: Figure::share(sums.total(Measure::Unfounded), reported),
            queue: sums.timed(Measure::QueueSeconds),
            response: sums.timed(Measure::ResponseSeconds),
            travel: Durations::of(&of(Measure::TravelSeconds)),
            on_scene: Durations::of(&of(Measure::OnSceneSeconds)),
            on_time_arrival: Figure::share(
                emergencies.at_most(targets.emergency_minutes * 60),
                emergencies.total(),
            ),
            closed_on_time: Figure::share(due.of(1), due.total()),
            year_on_year: self.year_on_year(&areas, period, reported)?,
            repeat_places: self.repeat_places(&jurisdiction, period)?,
            patrol_coverage: sums.patrol_coverage(),
            checkpoints_missed: sums.total(Measure::CheckpointsMissed),
            patrol_runs: sums.total(Measure::Runs),
            volunteer_minutes: sums.total(Measure::VolunteerMinutes),
            corrections: sums.total(Measure::Corrections),
            police_rooms: self.police_rooms(&jurisdiction, period, now, &sums.0)?,
            active_contracts: self.active_contracts(&jurisdiction)?,
            households: state.get(&Measure::Households).map_or(0, Histogram::total),
            jurisdiction,
        }))
    }

    /// Rollups are kept for counties and below: larger areas are the sum of their counties.
    fn counties(&self, areas: &[AreaCode]) -> Result<Vec<AreaCode>, ViewsError> {
        let mut counties = Vec::new();
        for area in areas {
            match area.level() {
                AreaLevel::Province | AreaLevel::Prefecture => {
                    let inside = vec![
                        Value::Text(area.to_string()),
                        Value::Text(area.range_end()),
                        Value::Integer(AreaLevel::County as i64),
                    ];
                    let condition = "area >= ? AND area < ? AND level = ?";
                    let rows = self.all::<AreaRow>(&Scope::everything(), condition, inside, 1_000)?;
                    counties.extend(rows.into_iter().map(|row| row.code));
                }
                AreaLevel::County | AreaLevel::Township | AreaLevel::Village => counties.push(*area),
                AreaLevel::Grid => counties.extend(area.parent()),
            }
        }
        Ok(counties)
    }

    /// Published shifts that are running or begin soon.
    fn open_shifts(&self, areas: &[AreaCode], now: Timestamp) -> Result<Vec<ShiftRow>, ViewsError> {
        let second = now.as_second();
        let condition = "open_until > ? AND starts_at <= ?";
        let values = vec![second.into(), (second + AHEAD_SECONDS).into()];
        self.all(&of_areas(areas), condition, values, 10_000)
    }

    fn open_incidents(
        &self,
        areas: &[AreaCode],
        now: Timestamp,
    ) -> Result<(Vec<OpenIncidents>, i64), ViewsError> {
        let (visible, values) = of_areas(areas).condition(&<crate::rows::IncidentRow as crate::Row>::SCOPE);
        let sql = format!(
            "SELECT priority, open_since FROM incident WHERE open_since IS NOT NULL AND counted = 1 AND {visible}"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut counts: std::collections::BTreeMap<(i64, AgeBand), i64> = std::collections::BTreeMap::new();
        let mut total = 0;
        while let Some(row) = rows.next()? {
            let since: i64 = row.get(1)?;
            *counts.entry((row.get(0)?, age(now.as_second() - since))).or_default() += 1;
            total += 1;
        }
        let named = counts.into_iter().filter_map(|((priority, age), count)| {
            let priority = *Priority::ALL.get(usize::try_from(priority).ok()?)?;
            Some(OpenIncidents { priority, age, count })
        });
        Ok((named.collect(), total))
    }

    fn year_on_year(&self, areas: &[AreaCode], period: Period, this: i64) -> Result<YearOnYear, ViewsError> {
        let last_year = match period.last_year() {
            Some(before) => {
                let sums = self.rollups(areas, before.day_numbers())?;
                sums.get(&Measure::Incidents).map_or(0, Histogram::total)
            }
            None => 0,
        };
        let change = (last_year >= LEAST_BASE).then(|| (this - last_year) * 10_000 / last_year);
        Ok(YearOnYear { this, last_year, change_basis_points: change })
    }

    fn repeat_places(&self, areas: &[AreaCode], period: Period) -> Result<Vec<RepeatPlace>, ViewsError> {
        let Some((_, until)) = period.instants(self.calendar()) else { return Ok(vec![]) };
        let (visible, values) = of_areas(areas).condition(&<crate::rows::IncidentRow as crate::Row>::SCOPE);
        let sql = format!(
            "SELECT place_key, COUNT(*) FROM incident
             WHERE place_key IS NOT NULL AND reported_at >= ? AND reported_at < ? AND counted = 1 AND {visible}
             GROUP BY place_key HAVING COUNT(*) >= 2 ORDER BY COUNT(*) DESC, place_key LIMIT {MAX_REPEAT_PLACES}"
        );
        let from = until.as_second() - i64::from(REPEAT_DAYS) * 86_400;
        let given = [Value::Integer(from), Value::Integer(until.as_second())];
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement
            .query_map(rusqlite::params_from_iter(given.into_iter().chain(values)), |row| {
                Ok(RepeatPlace { place_key: row.get(0)?, incidents: row.get(1)? })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn police_rooms(
        &self,
        areas: &[AreaCode],
        period: Period,
        now: Timestamp,
        sums: &Rollups,
    ) -> Result<Continuity, ViewsError> {
        let of = |measure| sums.get(&measure).map_or(0, Histogram::total);
        let required_minutes = of(Measure::PoliceRoomRequired);
        let mut longest = None;
        if required_minutes > 0
            && let Some((from, until)) = period.instants(self.calendar())
        {
            let until = until.min(now);
            let condition = "duty = ? AND starts_at >= ? AND starts_at < ?";
            let begin = from.as_second() - 86_400;
            let values = vec![(DutyKind::PoliceRoom as i64).into(), begin.into(), until.as_second().into()];
            let shifts = self.all::<ShiftRow>(&of_areas(areas), condition, values, 20_000)?;
            longest = Some(longest_gap(&shifts, from.as_second(), until.as_second()));
        }
        Ok(Continuity {
            required_minutes,
            staffed_minutes: of(Measure::PoliceRoomStaffed),
            longest_gap_minutes: longest,
        })
    }

    fn active_contracts(&self, areas: &[AreaCode]) -> Result<i64, ViewsError> {
        let (visible, mut values) =
            of_areas(areas).condition(&<crate::rows::ContractRow as crate::Row>::SCOPE);
        values.insert(0, Value::Integer(ContractPhase::Active as i64));
        let sql = format!("SELECT COUNT(*) FROM contract WHERE phase = ? AND {visible}");
        let mut statement = self.connection().prepare_cached(&sql)?;
        Ok(statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?)
    }
}

/// The areas as a scope: every row inside them, whoever asks.
pub(super) fn of_areas(areas: &[AreaCode]) -> Scope {
    Scope { areas: areas.to_vec(), ..Scope::default() }
}

/// The part of some areas that a scope covers.
fn within(scope: &Scope, areas: &[AreaCode]) -> Vec<AreaCode> {
    let own = |area: &AreaCode| {
        if scope.covers_area(area) {
            return vec![*area];
        }
        scope.areas.iter().filter(|narrower| area.contains(narrower)).copied().collect()
    };
    areas.iter().flat_map(own).collect()
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

fn running(shift: &ShiftRow, now: Timestamp) -> bool {
    shift.starts_at.at <= now && now < shift.ends_at.at
}

fn duty_now(shifts: &[ShiftRow], now: Timestamp) -> Vec<DutyNow> {
    let figures = DutyKind::ALL.iter().map(|duty| {
        let mut figures = DutyNow { duty: *duty, shifts: 0, places: 0, on_duty: 0 };
        for shift in shifts.iter().filter(|shift| shift.duty == *duty && running(shift, now)) {
            figures.shifts += 1;
            figures.places += i64::from(shift.places);
            figures.on_duty += i64::try_from(shift.on_duty()).unwrap_or_default();
        }
        figures
    });
    figures.filter(|figures| figures.shifts > 0).collect()
}

/// The most urgent first.
fn gaps(shifts: &[ShiftRow], now: Timestamp) -> (Vec<DutyGap>, i64) {
    let gap = |shift: &ShiftRow| {
        let there = if running(shift, now) { shift.on_duty() } else { shift.people.len() };
        let filled = u16::try_from(there).unwrap_or(u16::MAX);
        let missing = shift.places.saturating_sub(filled);
        (missing > 0 && shift.phase != ShiftPhase::Closed).then_some(DutyGap {
            shift: shift.id,
            area: shift.area,
            duty: shift.duty,
            starts_at: shift.starts_at,
            ends_at: shift.ends_at,
            places: shift.places,
            filled,
            missing,
        })
    };
    let mut gaps: Vec<DutyGap> = shifts.iter().filter_map(gap).collect();
    let total = i64::try_from(gaps.len()).unwrap_or(i64::MAX);
    gaps.sort_by_key(|gap| (gap.starts_at.at, gap.shift));
    gaps.truncate(MAX_GAPS);
    (gaps, total)
}

const fn age(seconds: i64) -> AgeBand {
    match seconds {
        ..900 => AgeBand::Under15Minutes,
        900..3_600 => AgeBand::Under1Hour,
        3_600..14_400 => AgeBand::Under4Hours,
        14_400..86_400 => AgeBand::Under24Hours,
        _ => AgeBand::Older,
    }
}

/// Longest stretch of `[from, until)` in minutes that nobody was clocked in for.
fn longest_gap(shifts: &[ShiftRow], from: i64, until: i64) -> i64 {
    let mut stretches: Vec<(i64, i64)> = shifts
        .iter()
        .flat_map(|shift| shift.people.iter().map(move |person| (shift, person)))
        .filter_map(|(shift, person)| {
            let begin = person.clocked_in?.at.as_second().max(from);
            let end = person.clocked_out.unwrap_or(shift.ends_at).at.as_second().min(until);
            (begin < end).then_some((begin, end))
        })
        .collect();
    stretches.sort_unstable();
    let mut covered_until = from;
    let mut longest = 0;
    for (begin, end) in stretches {
        longest = longest.max(begin - covered_until);
        covered_until = covered_until.max(end);
    }
    longest.max(until - covered_until).max(0) / 60
}
