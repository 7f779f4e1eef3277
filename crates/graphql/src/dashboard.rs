//! The dashboard of a police station.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{AreaCode, DutyKind, Payer, Priority, When};
use views::query;

use crate::{
    context::related,
    figure::{Durations, Figure, IncidentsOfKind, IncidentsOfPriority, Period, TeamFigures, shown},
    scalar::{Position, id},
    shift::Shift,
};

/// What a station sees, as of one position.
#[derive(Clone, Debug)]
pub struct StationDashboard(pub(crate) query::StationDashboard);

/// The figures of a police station over a period, and its present state, as of one position of the log.
#[Object]
impl StationDashboard {
    /// Position that everything here is as of.
    async fn as_of(&self) -> Position {
        Position(self.0.as_of)
    }

    /// The days that it covers.
    async fn period(&self) -> Period {
        self.0.period.into()
    }

    /// The areas that it covers: what the asker may see of the station's jurisdiction.
    async fn jurisdiction(&self) -> &[AreaCode] {
        &self.0.jurisdiction
    }

    /// Patrol teams now, by kind and by who pays for them.
    async fn teams(&self) -> Vec<TeamFigures> {
        shown(&self.0.teams)
    }

    /// Duty in the period, by who pays for it.
    async fn payers(&self) -> Vec<PayerFigures> {
        shown(&self.0.payers)
    }

    /// Who is on duty now, by kind of duty.
    async fn duty_now(&self) -> Vec<DutyNow> {
        shown(&self.0.duty_now)
    }

    /// Shifts with empty places, now or within two hours, at most 50.
    async fn gaps(&self) -> Vec<DutyGap> {
        shown(&self.0.gaps)
    }

    /// How many shifts have empty places, now or within two hours.
    async fn gaps_total(&self) -> i64 {
        self.0.gaps_total
    }

    /// Open incidents now, by priority and age.
    async fn open_incidents(&self) -> Vec<OpenIncidentsByAge> {
        shown(&self.0.open_incidents)
    }

    /// How many incidents are open now.
    async fn open_incidents_total(&self) -> i64 {
        self.0.open_incidents_total
    }

    /// Incidents reported in the period.
    async fn incidents(&self) -> Figure {
        (&self.0.incidents).into()
    }

    /// Incidents reported in the period, by kind.
    async fn incidents_by_kind(&self) -> Vec<IncidentsOfKind> {
        shown(&self.0.incidents_by_kind)
    }

    /// Incidents reported in the period, by priority.
    async fn incidents_by_priority(&self) -> Vec<IncidentsOfPriority> {
        shown(&self.0.incidents_by_priority)
    }

    /// Incidents closed ÷ incidents reported.
    async fn closed(&self) -> Figure {
        (&self.0.closed).into()
    }

    /// Closed incidents with a complete disposition ÷ closed incidents.
    async fn disposition_complete(&self) -> Figure {
        (&self.0.disposition_complete).into()
    }

    /// Incidents opened again ÷ incidents reported.
    async fn reopened(&self) -> Figure {
        (&self.0.reopened).into()
    }

    /// Incidents in which nothing of the report had happened ÷ incidents reported.
    async fn unfounded(&self) -> Figure {
        (&self.0.unfounded).into()
    }

    /// From the report to the first dispatch.
    async fn queue(&self) -> Durations {
        (&self.0.queue).into()
    }

    /// From the report to the first arrival.
    async fn response(&self) -> Durations {
        (&self.0.response).into()
    }

    /// From the dispatch to the arrival of a unit.
    async fn travel(&self) -> Durations {
        (&self.0.travel).into()
    }

    /// From the arrival to the clearing of a unit.
    async fn on_scene(&self) -> Durations {
        (&self.0.on_scene).into()
    }

    /// Emergencies with an arrival within the target ÷ emergencies with an arrival.
    async fn on_time_arrival(&self) -> Figure {
        (&self.0.on_time_arrival).into()
    }

    /// Incidents closed by their due time ÷ incidents with a due time.
    async fn closed_on_time(&self) -> Figure {
        (&self.0.closed_on_time).into()
    }

    /// Incidents against the same days of the year before, as known now.
    async fn year_on_year(&self) -> YearOnYear {
        let known = self.0.year_on_year;
        YearOnYear {
            this: known.this,
            last_year: known.last_year,
            change_basis_points: known.change_basis_points,
        }
    }

    /// Places with more than one incident within 90 days, at most 20; told by their opaque keys.
    async fn repeat_places(&self) -> Vec<RepeatPlace> {
        shown(&self.0.repeat_places)
    }

    /// Checkpoints hit in their window ÷ checkpoints due.
    async fn patrol_coverage(&self) -> Figure {
        (&self.0.patrol_coverage).into()
    }

    /// Checkpoints missed in the period.
    async fn checkpoints_missed(&self) -> i64 {
        self.0.checkpoints_missed
    }

    /// Checkpoints skipped with a reason in the period.
    async fn checkpoints_skipped(&self) -> i64 {
        self.0.checkpoints_skipped
    }

    /// Open drills; not among the open incidents.
    async fn open_drills(&self) -> i64 {
        self.0.open_drills
    }

    /// How many places have at least two reports within 90 days.
    async fn repeat_places_total(&self) -> i64 {
        self.0.repeat_places_total
    }

    /// Places that were empty at the begin of their shift, in the period.
    async fn uncovered_places(&self) -> i64 {
        self.0.uncovered_places
    }

    /// Assigned people who never came, in the period.
    async fn no_shows(&self) -> i64 {
        self.0.no_shows
    }

    /// Patrol runs begun in the period.
    async fn patrol_runs(&self) -> i64 {
        self.0.patrol_runs
    }

    /// Certified minutes of the shifts of volunteer teams, of those that began in the period.
    async fn volunteer_minutes(&self) -> i64 {
        self.0.volunteer_minutes
    }

    /// How many times certified minutes were corrected, of the shifts that began in the period.
    async fn corrections(&self) -> i64 {
        self.0.corrections
    }

    /// Staffing of the police rooms 警务室.
    async fn police_rooms(&self) -> Continuity {
        let rooms = self.0.police_rooms;
        Continuity {
            required_minutes: rooms.required_minutes,
            staffed_minutes: rooms.staffed_minutes,
            longest_gap_minutes: rooms.longest_gap_minutes,
        }
    }

    /// Contracts in force now.
    async fn active_contracts(&self) -> i64 {
        self.0.active_contracts
    }

    /// Registered households of the grids, as last counted.
    async fn households(&self) -> i64 {
        self.0.households
    }
}

/// Duty by who pays for it.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct PayerFigures {
    /// Who pays.
    payer: Payer,
    /// How many shifts.
    shifts: i64,
    /// Places times minutes that were planned.
    required_minutes: i64,
    /// Minutes that were certified.
    certified_minutes: i64,
    /// Places that were empty when the duty began.
    uncovered_places: i64,
    /// People with a place who never came.
    no_shows: i64,
}

impl From<&query::PayerFigures> for PayerFigures {
    fn from(figures: &query::PayerFigures) -> Self {
        Self {
            payer: figures.payer,
            shifts: figures.shifts,
            required_minutes: figures.required_minutes,
            certified_minutes: figures.certified_minutes,
            uncovered_places: figures.uncovered_places,
            no_shows: figures.no_shows,
        }
    }
}

/// People on duty now, of one kind of duty.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct DutyNow {
    /// Kind of duty.
    duty: DutyKind,
    /// How many shifts run.
    shifts: i64,
    /// How many places they have.
    places: i64,
    /// How many people are on duty.
    on_duty: i64,
}

impl From<&query::DutyNow> for DutyNow {
    fn from(now: &query::DutyNow) -> Self {
        Self { duty: now.duty, shifts: now.shifts, places: now.places, on_duty: now.on_duty }
    }
}

/// A shift with empty places.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct DutyGap {
    /// The shift.
    shift_id: ID,
    /// Where the duty is done.
    area_code: AreaCode,
    /// Kind of duty.
    duty: DutyKind,
    /// Begin of the duty.
    starts_at: When,
    /// End of the duty.
    ends_at: When,
    /// How many people it takes.
    places: u16,
    /// How many have come, or are assigned when it has not begun yet.
    filled: u16,
    /// How many places are empty.
    missing: u16,
    #[graphql(skip)]
    shift: domain::ShiftId,
}

impl From<&query::DutyGap> for DutyGap {
    fn from(gap: &query::DutyGap) -> Self {
        Self {
            shift_id: id(gap.shift),
            area_code: gap.area,
            duty: gap.duty,
            starts_at: gap.starts_at,
            ends_at: gap.ends_at,
            places: gap.places,
            filled: gap.filled,
            missing: gap.missing,
            shift: gap.shift,
        }
    }
}

#[async_graphql::ComplexObject]
impl DutyGap {
    /// The shift, when it lies in the asker's scope.
    async fn shift(&self, ctx: &Context<'_>) -> Result<Option<Shift>> {
        related(ctx, self.shift.0)
    }
}

/// How long an incident has been open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "query::AgeBand")]
pub enum AgeBand {
    /// Less than 15 minutes.
    Under15Minutes,
    /// 15 minutes to less than an hour.
    Under1Hour,
    /// 1 to less than 4 hours.
    Under4Hours,
    /// 4 to less than 24 hours.
    Under24Hours,
    /// 24 hours or more.
    Older,
}

/// Open incidents of one priority and age.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct OpenIncidentsByAge {
    /// The priority.
    priority: Priority,
    /// How long they have been open.
    age: AgeBand,
    /// How many incidents are open.
    count: i64,
}

impl From<&query::OpenIncidents> for OpenIncidentsByAge {
    fn from(open: &query::OpenIncidents) -> Self {
        Self { priority: open.priority, age: open.age.into(), count: open.count }
    }
}

/// A count against the same days of the year before.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct YearOnYear {
    /// In the period.
    this: i64,
    /// In the same days of the year before.
    last_year: i64,
    /// (this − last year) ÷ last year in 1/10,000; null when last year's count is below 5.
    change_basis_points: Option<i64>,
}

/// Staffing of police rooms 警务室.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Continuity {
    /// Minutes that were planned.
    required_minutes: i64,
    /// Minutes with somebody there, certified.
    staffed_minutes: i64,
    /// Longest stretch of the period without anybody certified; null without police rooms.
    longest_gap_minutes: Option<i64>,
}

/// A place with more than one incident.
#[derive(Clone, Debug, SimpleObject)]
pub struct RepeatPlace {
    /// Opaque key of the place.
    place_key: String,
    /// How many incidents.
    incidents: i64,
}

impl From<&query::RepeatPlace> for RepeatPlace {
    fn from(place: &query::RepeatPlace) -> Self {
        Self { place_key: place.place_key.clone(), incidents: place.incidents }
    }
}
